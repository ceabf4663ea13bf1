"""What the gateway does with a call before and after the provider has it, without network or database."""

from __future__ import annotations

import uuid

import pytest

from services.kit.clock import Clock
from services.kit.reference import Contract
from services.lgsp.admission import Admission
from services.lgsp.chain import Begun, Ended
from services.lgsp.gateway import Call, Gateway
from services.lgsp.limits import Limits
from services.lgsp.registry import Registry, System

_NATIONAL = System("national", "national", "http://127.0.0.1:9", "secret", placed=True)
_SCHEMA = {"type": "object"}


class _Books:
    """Takes every row."""

    def __init__(self) -> None:
        self.rows: list[tuple[Begun, Ended]] = []

    async def refuse(self, begun: Begun, ended: Ended) -> None:
        self.rows.append((begun, ended))


@pytest.fixture
def books() -> _Books:
    """Empty."""
    return _Books()


@pytest.fixture
def gateway(books: _Books) -> Gateway:
    """One provider, one contract."""
    made = Gateway(audit=books, limits=Limits(), clock=Clock(None), admission=Admission("key"))  # type: ignore[arg-type]
    contract = Contract("portal", "national", "population.verify", request_schema=_SCHEMA)
    made.use(Registry({"national": _NATIONAL}, [contract]))
    return made


def _call(provider: str, operation: str, body: bytes = b"{}") -> Call:
    headers = {b"x-call-id": str(uuid.uuid4()).encode()}
    return Call("POST", provider, operation, b"", headers, body)


async def test_words_of_a_caller_do_not_fill_the_metrics(gateway: Gateway, books: _Books) -> None:
    """Each is refused and on the books, and all are one line of the metrics."""
    for number in range(50):
        answer = await gateway.serve(_call(f"p{number}", f"o.{number}"), consumer="portal")
        assert (answer.status_code, answer.outcome) == (404, "refused")
    assert len(books.rows) == 50
    assert len(gateway._counters) == 1


async def test_a_body_too_deep_to_be_read_is_refused_on_the_books(gateway: Gateway, books: _Books) -> None:
    """It is the caller's mistake, and no surprise."""
    body = b"[" * 100_000 + b"]" * 100_000
    answer = await gateway.serve(_call("national", "population.verify", body), consumer="portal")
    assert (answer.status_code, answer.outcome) == (400, "refused")
    assert [ended.status for _, ended in books.rows] == [400]
