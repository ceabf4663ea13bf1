"""The LGSP between two real systems: sector asks, national answers, and every call is on the books."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from load_stand_in import stack_of
from running_service import AUDIT_TOKEN, LGSP_SECRET, PASSCODE_KEY, PROVIDER_SECRET, Place, Running

from infra import stack as stacks
from infra.bodies import all_bodies
from loadtests import rollout

PERSON = "083190000001"


@pytest.fixture(scope="module")
def national(place: Place, reference_folder: Path) -> Running:
    """The national counterparts, with the small province's people."""
    (reference_folder / "people.csv").write_text(
        "personal_number,full_name,sex,born,commune,insurance_card\n"
        f"{PERSON},Nguyễn Thị Lan,female,1990-02-01,28756,HC4838300000001\n"
    )
    (reference_folder / "companies.csv").write_text("tax_code,name,director,province_code\n")
    (reference_folder / "ndxp.json").write_bytes(msgspec.json.encode(all_bodies()))
    return place("national")


@pytest.fixture(scope="module")
def gateway(
    place: Place, national: Running, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """The LGSP, linked to national (which answers) and dochub (which is not there)."""
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    systems = {
        "sector": {"secret": LGSP_SECRET, "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"},
        "national": {"secret": "other", "provider_secret": PROVIDER_SECRET, "url": national.url},
        "dochub": {"secret": "other", "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"},
    }
    registry.write_bytes(msgspec.json.encode({"systems": systems}))
    contracts = [
        {"consumer": "sector", "provider": "national", "operation": "population.verify"},
        {"consumer": "sector", "provider": "national", "operation": "insurance.check"},
        {"consumer": "sector", "provider": "dochub", "operation": "envelopes.list"},
        {"consumer": "portal", "provider": "national", "operation": "payment.create"},
    ]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    return place("lgsp", LGSP_REGISTRY=str(registry))


@pytest.fixture
def token(gateway: Running) -> str:
    """A token of the system `sector`."""
    answer = requests.post(f"{gateway.url}/token", json={"system": "sector", "secret": LGSP_SECRET}, timeout=10)
    return str(answer.json()["token"])


@pytest.fixture(autouse=True)
def _no_faults(national: Running) -> Iterator[None]:
    yield
    _set_faults(national, {})


def _set_faults(national: Running, faults: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}
    requests.put(f"{national.url}/control/faults", json=faults, headers=headers, timeout=10).raise_for_status()


def _call(gateway: Running, token: str, target: str, *, call: str = "", body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Call-Id": call or str(uuid.uuid4()), "X-Purpose": "test"}
    method = "GET" if body is None else "POST"
    return requests.request(method, f"{gateway.url}/call/{target}", json=body, headers=headers, timeout=20)


def _rows(gateway: Running, call: str) -> list[dict[str, Any]]:
    return [row for row in gateway.export("audit") if row["call"] == call]


def test_an_answered_call_has_exactly_one_audit_row(gateway: Running, national: Running, token: str) -> None:
    """Who, whom, what, why and how it ended stand in one row, and the callee has it in its own book."""
    call = str(uuid.uuid4())
    answer = _call(gateway, token, "national/population.verify", call=call, body={"personal_number": PERSON})
    assert (answer.status_code, answer.headers["X-Lgsp"]) == (200, "answered")
    assert answer.json()["exists"] is True
    [row] = _rows(gateway, call)
    told = (row["consumer"], row["provider"], row["operation"], row["purpose"], row["outcome"], row["status"])
    assert told == ("sector", "national", "population.verify", "test", "answered", 200)
    assert [(one["side"], one["peer"]) for one in national.export("calls") if one["call"] == call] == [
        ("served", "sector")
    ]


def test_wrong_credentials_get_no_token(gateway: Running) -> None:
    """A system that does not know its secret stays outside."""
    answer = requests.post(f"{gateway.url}/token", json={"system": "sector", "secret": "guess"}, timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (401, "wrong-credentials")


def test_a_call_without_a_token_is_not_passed_on(gateway: Running, national: Running) -> None:
    """Nobody calls anonymously."""
    before = len(national.export("calls"))
    answer = _call(gateway, "forged", "national/population.verify", body={"personal_number": PERSON})
    assert answer.status_code == 401
    assert len(national.export("calls")) == before


def test_a_call_without_a_contract_is_refused_and_written_down(gateway: Running, national: Running, token: str) -> None:
    """The service exists, but not for this system; the attempt stays on the books."""
    call = str(uuid.uuid4())
    answer = _call(gateway, token, "national/payment.create", call=call, body={"key": "k", "code": "c", "amount": 1})
    assert (answer.status_code, answer.json()["title"], answer.headers["X-Lgsp"]) == (403, "no-contract", "refused")
    assert [row["outcome"] for row in _rows(gateway, call)] == ["refused"]
    assert not [one for one in national.export("calls") if one["call"] == call]


def test_a_call_id_works_once(gateway: Running, national: Running, token: str) -> None:
    """A replayed call id is refused before the provider hears of it."""
    call = str(uuid.uuid4())
    question = {"personal_number": PERSON}
    _call(gateway, token, "national/population.verify", call=call, body=question)
    again = _call(gateway, token, "national/population.verify", call=call, body=question)
    assert again.json()["title"] == "call-id-reused"
    assert len([one for one in national.export("calls") if one["call"] == call]) == 1


def test_a_provider_out_of_reach_is_told_and_written_down(gateway: Running, token: str) -> None:
    """502 from the LGSP itself, with its audit row."""
    call = str(uuid.uuid4())
    answer = _call(gateway, token, "dochub/envelopes.list", call=call)
    assert (answer.status_code, answer.headers["X-Lgsp"]) == (502, "unreachable")
    assert [row["outcome"] for row in _rows(gateway, call)] == ["unreachable"]


def test_providers_answer_nobody_but_the_lgsp(national: Running) -> None:
    """Calling a provider directly, past the LGSP, fails."""
    answer = requests.post(f"{national.url}/lgsp/population.verify", json={"personal_number": PERSON}, timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (401, "not-from-lgsp")


def test_a_call_cut_off_by_the_death_of_the_lgsp_stays_on_the_books(
    gateway: Running, national: Running, token: str
) -> None:
    """Kill -9 between passing on and answering leaves an "interrupted" row, and nobody was told that it worked."""
    _set_faults(national, {"population": {"latency_ms": 3000}})
    call, heard = str(uuid.uuid4()), []

    def ask() -> None:
        try:
            heard.append(
                _call(gateway, token, "national/population.verify", call=call, body={"personal_number": PERSON})
            )
        except requests.ConnectionError:
            heard.append(None)

    asking = threading.Thread(target=ask)
    asking.start()
    while call not in (gateway.folder / "state" / "calls-under-way.ndjson").read_text():
        pass
    gateway.restart()
    asking.join()
    assert heard == [None]
    assert [row["outcome"] for row in _rows(gateway, call)] == ["interrupted"]


def test_the_nations_bodies_come_one_after_another(gateway: Running, national: Running, tmp_path: Path) -> None:
    """FIG-LGSP on running services: 3 of 93 bodies answer in 2018, all at the end of 2020, and the player leaves."""
    stack = msgspec.structs.replace(
        stacks.load(stack_of("http://127.0.0.1:1", tmp_path)),
        endpoints={"lgsp": gateway.url, "national": national.url},
        audit_token=AUDIT_TOKEN,
        passcode_key=PASSCODE_KEY,
    )
    played = list(rollout.play(stack, [date(2018, 8, 22), date(2020, 12, 31)]))
    assert [(one.asked, one.answered, one.failed) for one in played] == [(93, 3, 0), (93, 93, 0)]
    rows = [row for row in gateway.export("audit") if row["operation"] == "ndxp.request"]
    assert len(rows) == 2 * 93
    assert all(row["synthetic"] for row in rows)
    admin = gateway.sign_in("lgsp.admin")
    told = gateway.get("/api/registry", token=admin).json()
    assert not [one for one in told["contracts"] if one["consumer"] == "dien-tap-ndxp"]
    [player] = [one for one in told["systems"] if one["name"] == "dien-tap-ndxp"]
    assert all(one["revoked_at"] for one in player["credentials"])


def test_a_link_that_is_cut_is_told_and_the_others_hold(national: Running) -> None:
    """SYS-NDXP: 503 for the body whose link is cut, 404 for one not linked yet, answers from the rest."""
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}

    def cut(*codes: str) -> requests.Response:
        return requests.put(f"{national.url}/control/ndxp", json={"down": codes}, headers=headers, timeout=30)

    def asked(code: str) -> tuple[int, str]:
        body = {"to": code, "service": "danhMucDungChung"}
        answer = national.call("ndxp.request", consumer="portal", body=body)
        return answer.status_code, answer.json().get("title", "")

    def links() -> dict[str, str]:
        listed = national.call("ndxp.bodies", consumer="portal").json()["bodies"]
        return {one["code"]: one["link"] for one in listed}

    before = links()
    up = sorted(code for code, link in before.items() if link == "up")
    later = next(code for code, link in before.items() if link == "not-linked")
    assert cut("khong-co").status_code == 422
    assert cut(up[0]).status_code == 200
    assert links() == before | {up[0]: "down"}
    assert [asked(code) for code in (up[0], up[1], later)] == [(503, "link-down"), (200, ""), (404, "not-linked")]
    assert cut().status_code == 200
    assert (links(), asked(up[0])) == (before, (200, ""))


def test_sector_asks_through_the_lgsp(
    place: Place, gateway: Running, national: Running, reference_folder: Path
) -> None:
    """SYS-HIS: a visit is written with what the insurance register says, and an unknown facility is refused by name."""
    sites = {"schools": [{"code": "S1"}], "health": [{"code": "H1"}]}
    (reference_folder / "sites.json").write_bytes(msgspec.json.encode(sites))
    sector = place("sector", LGSP_URL=gateway.url)
    answer = sector.post("/his/visits", {"facility": "H1", "patient": PERSON}, key="visit-1")
    assert (answer.status_code, answer.json()["insured"]) == (201, True)
    again = sector.post("/his/visits", {"facility": "H1", "patient": PERSON}, key="visit-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [row["request_key"] for row in sector.export("visits")] == ["visit-1"]
    unknown = sector.post("/his/visits", {"facility": "H9", "patient": PERSON})
    assert unknown.status_code == 422
    assert "H9" in unknown.json()["errors"][0]["found"]
    _set_faults(national, {"insurance": {"outage": True}})
    out = sector.post("/his/visits", {"facility": "H1", "patient": PERSON}, key="visit-2")
    assert (out.status_code, out.json()["title"]) == (503, "counterpart-out-of-reach")
