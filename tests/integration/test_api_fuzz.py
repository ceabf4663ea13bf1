"""Every address and every operation of every service, with whatever fits its schema: no answer is a server's error.

`schemathesis` draws requests from the service's own OpenAPI document. At night: to draw takes longer than to answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from running_service import AUDIT_TOKEN, PROVIDER_SECRET, Place, Running, lgsp_token
from signing_keys import Keys
from small_province import COMMUNE, LAN, PEOPLE, account
from standin_lgsp import StandinLgsp

from infra.blueprint import SERVICES
from infra.contracts import CONTRACTS

#: Service -> account that its own API is tried with; the others have no sign-in of their own, or none is needed.
ACCOUNTS = {
    "portal": LAN,
    "onestop": account("reception_clerk", COMMUNE),
    "office": account("document_clerk", COMMUNE),
    "lgsp": "lgsp.admin",
}
#: Out of reach is an answer: the LGSP of these tests leads nowhere, so 503 says what it should.
_OUT_OF_REACH = {502, 503}
_EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "60"))  # an address


@pytest.fixture(scope="module")
def service(
    place: Place, reference_folder: Path, lgsp: StandinLgsp, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Running]:
    """Each service once, started when a test first asks for it."""
    Keys().write(reference_folder)
    for contract in CONTRACTS:  # what others would say is not what is tried here
        if contract.manner != "outbox":
            lgsp.answers[f"{contract.provider}.{contract.operation}"] = lambda _call: (404, {"title": "not-found"})
    lgsp.answers["national.population.verify"] = lambda _call: (200, {"exists": True, "person": PEOPLE[LAN]})
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    link = {"secret": "s", "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"}
    registry.write_bytes(msgspec.json.encode({"systems": dict.fromkeys(SERVICES, link)}))
    running: dict[str, Running] = {}

    def get(name: str) -> Running:
        if name not in running:
            running[name] = place(name, LGSP_REGISTRY=str(registry))
        return running[name]

    return get


def _try(running: Running, name: str, *, examples: int) -> int:
    """Send drawn requests to every address; returns how many were sent."""
    described = requests.get(f"{running.url}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(described)
    token = running.sign_in(ACCOUNTS[name]) if name in ACCOUNTS else AUDIT_TOKEN
    sent, wrong = 0, []
    with requests.Session() as session:
        for found in schema.get_all_operations():
            try:
                sent += _try_one(running, name, found.ok(), session, token=token, examples=examples)
            except AssertionError as error:
                wrong.append(str(error)[:2000])
    assert not wrong, "\n\n".join(wrong)
    return sent


def _try_one(
    running: Running, name: str, operation: Any, session: requests.Session, *, token: str, examples: int
) -> int:
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN if '/control/' in operation.path else token}"}
    offered = operation.path.removeprefix("/lgsp/")
    if offered != operation.path:
        headers["X-Lgsp-Token"] = lgsp_token(provider=name, operation=offered, consumer=COMMUNE)
    sent = 0

    @settings(
        max_examples=examples, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def draw(case: Any) -> None:
        nonlocal sent
        sent += 1
        answer = case.call(base_url=running.url, headers=headers, session=session, timeout=60)
        fault = answer.status_code == 500 and "<soap:Fault>" in answer.text  # SOAP's own way to say what is wrong
        assert answer.status_code < 500 or answer.status_code in _OUT_OF_REACH or fault, (
            f"{case.as_curl_command()}\n{answer.status_code} {answer.text[:300]}\n{running.log()[-1500:]}"
        )

    draw()
    return sent


@pytest.mark.nightly
@pytest.mark.parametrize("name", SERVICES)
def test_no_request_that_fits_the_schema_breaks_a_service(service: Callable[[str], Running], name: str) -> None:
    """Whatever is drawn for an address, the service answers with something better than an internal error."""
    assert _try(service(name), name, examples=_EXAMPLES) > 0
