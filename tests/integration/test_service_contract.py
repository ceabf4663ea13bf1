"""What every service owes to everybody (docs/wire.md, "Common to every service"), walked over the table of services."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import requests
from running_service import AUDIT_TOKEN, PROVIDER_SECRET, Place, Running
from signing_keys import Keys

from infra.blueprint import SERVICES


@pytest.fixture(scope="module")
def service(place: Place, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Running]:
    """Each service once, started when a test first asks for it."""
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    link = {"secret": "s", "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"}
    registry.write_bytes(msgspec.json.encode({"systems": dict.fromkeys(SERVICES, link)}))
    _fill(reference_folder)
    running: dict[str, Running] = {}

    def get(name: str) -> Running:
        if name not in running:
            running[name] = place(name, LGSP_REGISTRY=str(registry))
        return running[name]

    return get


def _fill(folder: Path) -> None:
    """Complete the small province's reference data where no other test has."""
    contents = {
        "people.csv": "personal_number,full_name,sex,born,commune,insurance_card\n",
        "companies.csv": "tax_code,name,director,province_code\n",
        "contracts.json": "[]",
        "sites.json": '{"schools": [], "health": []}',
    }
    for name, content in contents.items():
        if not (folder / name).exists():
            (folder / name).write_text(content)
    if not (folder / "keystore.json").exists():
        Keys().write(folder)


@pytest.mark.parametrize("name", SERVICES)
def test_it_says_that_it_is_alive_and_ready(service: Callable[[str], Running], name: str) -> None:
    """Health needs nothing, readiness asks the database, metrics are Prometheus text."""
    running = service(name)
    assert running.get("/health").json() == {"service": name, "alive": True}
    assert running.get("/ready").json() == {"service": name, "ready": True}
    assert 'http_answers_total{method="GET",route="/ready"' in running.get("/metrics").text


@pytest.mark.parametrize("name", SERVICES)
def test_its_books_are_for_the_auditor_alone(service: Callable[[str], Running], name: str) -> None:
    """Without the run's audit token neither names nor books nor backlog are told."""
    running = service(name)
    names = running.get("/export", token=AUDIT_TOKEN).json()["exports"]
    assert "dead_letters" in names
    for path in ("/export", "/backlog", *(f"/export/{one}" for one in names)):
        refused = running.get(path, token="guess")
        assert (refused.status_code, refused.json()["title"]) == (401, "not-the-auditor"), path
        assert running.get(path, token=AUDIT_TOKEN).status_code == 200, path


@pytest.mark.parametrize("name", SERVICES)
def test_errors_are_problem_documents_with_the_trace(service: Callable[[str], Running], name: str) -> None:
    """An unknown address answers as application/problem+json, and carries the caller's trace id."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = requests.get(
        f"{service(name).url}/no/such/address", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}, timeout=10
    )
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["trace_id"] == trace
    service(name).await_log(trace)


@pytest.mark.parametrize("name", SERVICES)
def test_a_body_over_the_limit_is_refused(service: Callable[[str], Running], name: str) -> None:
    """21 MiB are more than any service takes; it says so as soon as the length is announced."""
    with closing(http.client.HTTPConnection(service(name).url.removeprefix("http://"), timeout=10)) as connection:
        connection.putrequest("POST", "/token" if name == "lgsp" else "/lgsp/anything")
        connection.putheader("Content-Length", str(21 << 20))
        connection.endheaders()
        with closing(connection.getresponse()) as answer:
            assert (answer.status, msgspec.json.decode(answer.read())["title"]) == (413, "too-large")


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "lgsp"])
def test_nobody_but_the_lgsp_may_call_its_operations(service: Callable[[str], Running], name: str) -> None:
    """A call without the LGSP's token is refused before the operation is even looked up."""
    answer = requests.post(f"{service(name).url}/lgsp/anything", data=b"{}", timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (401, "not-from-lgsp")
