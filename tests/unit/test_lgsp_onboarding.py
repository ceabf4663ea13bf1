"""What an onboarding may not say, because the LGSP could not work by it, or would work for somebody else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from services.kit.reference import Contract
from services.lgsp import onboarding
from services.lgsp.registry import Registry, System
from services.lgsp.store import NewSystem, Onboarding

_NATIONAL = System("national", "national", "http://127.0.0.1:9", "secret", placed=True)


def _wrong(wanted: Onboarding) -> list[str]:
    """Where the mistakes are."""
    return [one["where"] for one in onboarding.mistakes(wanted, Registry({"national": _NATIONAL}, ()))]


def _with_schema(schema: dict[str, object]) -> Onboarding:
    contract = Contract("his", "national", "population.verify", request_schema=schema)
    return Onboarding((NewSystem("his"),), (contract,))


@pytest.mark.parametrize(
    "url",
    ["http://h:99999", "http://h:65536/x", "http://h:0", "http://a..b", "https://.", f"http://{'a' * 64}.vn",
     "http://h/a\x00b", "http://h/a\x7f", "http://h/ă"],
)  # fmt: skip
def test_an_address_that_nobody_can_call_is_refused(url: str) -> None:
    """Once it stood in the registry, the LGSP could not read that any more, and not start."""
    assert _wrong(Onboarding((NewSystem("his", url=url),))) == ["systems[0].url"]


@pytest.mark.parametrize(
    "url", ["http://h", "https://a-b.c_d.vn:65535/x/y", "http://127.0.0.1:8080/", f"http://{'a' * 63}.vn"]
)
def test_other_addresses_are_taken(url: str) -> None:
    """Names, numbers, ports and paths."""
    assert _wrong(Onboarding((NewSystem("his", url=url),))) == []


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """A place inside the network, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/inside", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_schema_sends_the_lgsp_nowhere(elsewhere: tuple[str, list[str]], tmp_path: object) -> None:
    """Neither to another address nor into its own files, and not at the next start either."""
    url, asked = elsewhere
    for ref in (url, f"file://{__file__}", f"file://{tmp_path}"):
        assert _wrong(_with_schema({"$ref": ref})) == ["contracts[0].request_schema"]
        contract = Contract("his", "national", "population.verify", request_schema={"$ref": ref})
        with pytest.raises(ValueError, match="retriev"):
            Registry({"national": _NATIONAL}, [contract])
    assert asked == []


def test_a_schema_may_name_its_own_parts() -> None:
    """That needs nobody else."""
    schema: dict[str, object] = {"$ref": "#/$defs/name", "$defs": {"name": {"type": "string"}}}
    assert _wrong(_with_schema(schema)) == []


def test_of_a_large_body_one_mistake_is_told() -> None:
    """To name 200,000 of them would take the LGSP two seconds in which it serves nobody."""
    contract = Contract("his", "national", "x.y", request_schema={"type": "array", "items": {"type": "string"}})
    registry = Registry({"national": _NATIONAL}, [contract])
    assert len(registry.mistakes(contract, [1, 2, 3])) == 3
    [one] = registry.mistakes(contract, list(range(200_000)), large=True)
    assert one["where"] == "$[0]"
