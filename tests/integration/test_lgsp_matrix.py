"""Who may call what, for every pair of a system and an operation: the contracts' table is all there is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from echo_provider import Echo
from running_service import LGSP_SECRET, PROVIDER_SECRET, Place, Running

from infra.blueprint import SERVICES
from infra.contracts import CONTRACTS

SYSTEMS = tuple(name for name in SERVICES if name != "lgsp")
OFFERED = sorted({(one.provider, one.operation) for one in CONTRACTS})
GRANTED = {(one.consumer, one.provider, one.operation): one for one in CONTRACTS}


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """Stands behind every operation, so that what reaches a provider is seen."""
    provider = Echo()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def gateway(place: Place, echo: Echo, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """The LGSP with the contracts that a province is placed with."""
    link = {"secret": LGSP_SECRET, "provider_secret": PROVIDER_SECRET, "url": echo.url}
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    registry.write_bytes(msgspec.json.encode({"systems": dict.fromkeys(SYSTEMS, link)}))
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode([one.terms() for one in CONTRACTS]))
    return place("lgsp", LGSP_REGISTRY=str(registry))


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Connections that stay open."""
    with requests.Session() as opened:
        yield opened


def _call(gateway: Running, session: requests.Session, token: str, provider: str, operation: str, **how: Any) -> Any:
    call = str(uuid.uuid4())
    headers = {"Authorization": f"Bearer {token}", "X-Call-Id": call, "X-Purpose": how.get("purpose", "")}
    answer = session.post(f"{gateway.url}/call/{provider}/{operation}", headers=headers, data="{}", timeout=30)
    return call, answer


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_reaches_what_its_contracts_name_and_nothing_else(
    gateway: Running, echo: Echo, session: requests.Session, system: str
) -> None:
    """Every other operation of every provider is refused with 403, on the books, and its provider hears nothing."""
    asked = session.post(f"{gateway.url}/token", json={"system": system, "secret": LGSP_SECRET}, timeout=30)
    token = asked.json()["token"]
    refused = []
    for provider, operation in OFFERED:
        contract = GRANTED.get((system, provider, operation))
        purposes = tuple(contract.terms().get("purposes") or ()) if contract else ()
        purpose = str(purposes[0]) if purposes else "any"
        call, answer = _call(gateway, session, token, provider, operation, purpose=purpose)
        told = (answer.status_code, answer.headers["X-Lgsp"], call in echo.served)
        wanted = (200, "answered", True) if contract else (403, "refused", False)
        assert told == wanted, f"{system} -> {provider}.{operation}"
        if purposes:
            call, answer = _call(gateway, session, token, provider, operation, purpose="something-else")
            assert (answer.status_code, answer.json()["title"]) == (403, "wrong-purpose")
            assert call not in echo.served
        if not contract:
            refused.append(call)
    known = {row["call"]: row["outcome"] for row in gateway.export("audit")}
    assert {known.get(call) for call in refused} == {"refused"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_system_calls_in_anothers_name(gateway: Running, session: requests.Session, system: str) -> None:
    """A secret opens the door for its own system only: there is no such system as the other one with a wrong secret."""
    answer = session.post(f"{gateway.url}/token", json={"system": system, "secret": "another's"}, timeout=30)
    assert (answer.status_code, answer.json()["title"]) == (401, "wrong-credentials")
