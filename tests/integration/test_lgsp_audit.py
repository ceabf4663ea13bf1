"""What was answered stands in the audit and its chain, whatever is killed; what is past its time goes, and no more."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import requests
from echo_provider import Echo
from running_service import Place, Running

from infra.reference import ADMINISTRATOR

ROUNDS, CALLERS = 3, 8


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """Answer everything."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(place: Place, echo: Echo, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """The LGSP with one consumer and one provider."""
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    link = {"secret": "s", "provider_secret": "provider-secret-that-is-long-enough", "url": echo.url}
    registry.write_bytes(msgspec.json.encode({"systems": {"portal": link, "national": link}}))
    contracts = [{"consumer": "portal", "provider": "national", "operation": "population.verify"}]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    return place("lgsp", LGSP_REGISTRY=str(registry))


def _token(gateway: Running) -> str:
    answer = requests.post(f"{gateway.url}/token", json={"system": "portal", "secret": "s"}, timeout=10)
    return str(answer.json()["token"])


def _calls(gateway: Running, token: str, answered: list[str], ended: threading.Event) -> None:
    """Call until told to end, and remember what was answered."""
    session = requests.Session()
    while not ended.is_set():
        call = str(uuid.uuid4())
        headers = {"Authorization": f"Bearer {token}", "X-Call-Id": call}
        try:
            answer = session.post(f"{gateway.url}/call/national/population.verify", headers=headers, timeout=20)
        except requests.RequestException:
            continue
        if answer.headers.get("X-Lgsp") == "answered":
            answered.append(call)
    session.close()


def test_no_answered_call_is_lost_when_the_lgsp_is_killed(gateway: Running) -> None:
    """Kill -9 under load, three times at random instants: every answered call is in the audit, the chain is whole."""
    token, answered, ended = _token(gateway), list[str](), threading.Event()
    chance = random.Random(6)  # noqa: S311 -- instants, not secrets
    callers = [threading.Thread(target=_calls, args=(gateway, token, answered, ended)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(ROUNDS):
            before, more = len(answered), chance.randint(20, 120)
            while len(answered) < before + more:
                assert any(caller.is_alive() for caller in callers)
                ended.wait(0.005)
            gateway.restart()
    finally:
        ended.set()
        for caller in callers:
            caller.join()

    audited = {row["call"]: row["outcome"] for row in gateway.export("audit")}
    assert {call: audited.get(call) for call in answered} == dict.fromkeys(answered, "answered")
    proof = gateway.get("/api/audit/verification", token=gateway.sign_in(ADMINISTRATOR["account"])).json()
    assert (proof["intact"], proof["broken"]) == (True, [])
    [head] = gateway.export("audit_heads")
    assert head["number"] == max(block["number"] for block in gateway.export("audit_chain"))


def test_an_audit_cut_off_at_its_end_is_noticed(gateway: Running) -> None:
    """Taking the newest block away with its rows leaves a consistent chain; the witness file knows better."""
    _one(gateway)
    gateway.query("CREATE TABLE kept_block AS SELECT * FROM audit_block ORDER BY number DESC LIMIT 1")
    gateway.query("CREATE TABLE kept_ended AS SELECT * FROM call_ended WHERE block = (SELECT number FROM kept_block)")
    gateway.query("DELETE FROM call_ended WHERE block = (SELECT number FROM kept_block)")
    gateway.query("DELETE FROM audit_block WHERE number = (SELECT number FROM kept_block)")
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    proof = gateway.get("/api/audit/verification", token=admin).json()
    assert "bị cắt" in proof["broken"][0]
    gateway.query("INSERT INTO audit_block SELECT * FROM kept_block")
    gateway.query("INSERT INTO call_ended SELECT * FROM kept_ended")
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True


def test_what_is_past_its_time_goes_and_the_rest_proves_itself(gateway: Running) -> None:
    """Half the blocks are made a year old: their calls go, whole, the others stay, and the chain still holds."""
    for _ in range(4):
        _one(gateway)
    before = len(gateway.export("audit"))
    gateway.query("UPDATE audit_block SET at = at - interval '1 year' "
                  "WHERE number < (SELECT max(number) - 4 FROM audit_block)")  # fmt: skip
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    assert gateway.post("/api/audit/retention", {"keep_days": 30}, token=admin, key="").status_code == 422
    removed = gateway.post("/api/audit/retention", {"keep_days": 90}, token=admin, key="").json()["removed"]
    left = gateway.export("audit")
    assert 0 < removed == before - len(left)
    assert len(left) >= 2
    assert {row["outcome"] for row in left} <= {"answered", "interrupted", "unreachable"}
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True
    gateway.restart()
    _one(gateway)
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True


def _one(gateway: Running) -> None:
    headers = {"Authorization": f"Bearer {_token(gateway)}", "X-Call-Id": str(uuid.uuid4()), "X-Synthetic": "1"}
    answer = requests.post(f"{gateway.url}/call/national/population.verify", headers=headers, timeout=20)
    assert answer.headers["X-Lgsp"] == "answered"


def test_synthetic_traffic_is_labelled(gateway: Running) -> None:
    """A call that says that nobody real waits for it is found by that."""
    _one(gateway)
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    found = gateway.get("/api/audit", token=admin, synthetic="true").json()["calls"]
    assert found
    assert all(call["synthetic"] for call in found)
    assert {call["synthetic"] for call in gateway.get("/api/audit", token=admin).json()["calls"]} >= {True}
