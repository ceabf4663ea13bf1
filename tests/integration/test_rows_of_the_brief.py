"""Every SYS row of portal, one-stop and their neighbours in a running province of each era: real services, real LGSP.

One test a row, named for it. Deeper tests of each stand beside the service they are about.
"""

from __future__ import annotations

import re
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from infra import demand, reference
from infra.blueprint import draw_up
from infra.local import clock, launch
from infra.local.target import LocalTarget
from infra.stack import Stack
from loadtests.accounts import passcode
from simulation import population, province_files
from simulation.province import Agency, Procedure, Province, Role

#: Rows of the brief whose systems this part of the project is about. Each has a test here, walked through both eras.
ROWS = (
    "SYS-PORTAL", "SYS-LEVELS", "SYS-ONESTOP", "SYS-PAY", "SYS-POST", "SYS-CONSULT", "SYS-OPENDATA", "SYS-KPI",
    "SYS-TTHC-DB", "SYS-NATIONAL-PORTAL", "SYS-DB-POPULATION", "SYS-DB-BUSINESS", "SYS-DB-INSURANCE", "SYS-DB-LAND",
    "SYS-ESSENTIAL", "SYS-VNEDU", "SYS-HIS", "SYS-CCVC",
)  # fmt: skip
#: Rows shown elsewhere, and where: a product is not part of a province until it has been inspected.
ELSEWHERE = {"SYS-ONESTOP-VENDORS": "test_conformance.py"}
#: Era -> province and day. 2026 is a province made from the lists of units, with its departments and three communes.
ERAS = {"2018": ("toy", "2018-08-22"), "2026": ("vinh_long_2026", "2026-07-01")}
_PATIENCE_SECONDS = 30.0
_NINE = 9 * 3600.0


class Standing:
    """A running province and those who use it."""

    def __init__(self, stack: Stack, province: Province, people: population.Population) -> None:
        """Made by the fixture."""
        self.stack, self.province = stack, province
        grown = people.people.filter(people.people["age"] > 30) if "age" in people.people.columns else people.people
        self.citizen = str(grown["personal_number"][0])
        self.name = str(grown["full_name"][0])
        company = people.companies.row(0, named=True)
        self.company = str(company["tax_code"])
        self._keys = 0

    def url(self, service: str) -> str:
        """Base address."""
        return self.stack.endpoints[service]

    def get(self, service: str, path: str, *, token: str = "", **params: str) -> requests.Response:
        """GET as whoever holds `token`."""
        return requests.get(self.url(service) + path, params=params, headers=_bearer(token), timeout=30)

    def post(self, service: str, path: str, body: Any = None, *, token: str = "") -> requests.Response:
        """POST under a fresh Idempotency-Key."""
        self._keys += 1
        headers = _bearer(token) | {"Idempotency-Key": f"row-{time.time_ns()}-{self._keys}"}
        data = b"" if body is None else msgspec.json.encode(body)
        return requests.post(self.url(service) + path, data=data, headers=headers, timeout=30)

    def done(self, service: str, path: str, body: Any = None, *, token: str = "") -> dict[str, Any]:
        """POST what has to succeed; returns the answer."""
        answer = self.post(service, path, body, token=token)
        assert answer.status_code in {200, 201}, f"{path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def sign_in(self, service: str, account: str) -> str:
        """Token of an account."""
        attempt = {"account": account, "passcode": passcode(self.stack.passcode_key, account)}
        return str(self.done(service, "/api/sign-in", attempt)["token"])

    def official(self, role: Role, agency: str) -> str:
        """Token of an official at the one-stop."""
        member = next(one for one in self.province.staff if one.role == role and one.agency == agency)
        return self.sign_in("onestop", member.account)

    def procedure(self, wanted: Callable[[Procedure], bool], what: str) -> Procedure:
        """A procedure of the catalogue that is asked for by a person and goes through no other agency."""
        found = next((one for one in self.province.procedures if wanted(one)), None)
        assert found, f"the catalogue has no procedure {what}"
        return found

    def receiver(self, procedure: Procedure) -> Agency:
        """An agency that takes the procedure in."""
        return next(
            one
            for one in self.province.agencies
            if one.tier == procedure.tier and procedure.department in {"", one.code}
        )

    def filed(self, procedure: Procedure, *, delivery: str = "counter", **more: str) -> str:
        """A dossier of the citizen's, filed online; returns its code."""
        body = {"procedure": procedure.code, "agency": self.receiver(procedure).code,
                "form": {"full_name": self.name, "request": procedure.name}, "prefilled": ["full_name"],
                "delivery": delivery} | more  # fmt: skip
        return str(self.done("portal", "/api/dossiers", body, token=self.sign_in("portal", self.citizen))["code"])

    def state(self, code: str, wanted: str) -> dict[str, Any]:
        """How the public sees a dossier, once it is in the state that is wanted."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            found = self.get("portal", f"/api/dossiers/{code}").json()
            if found.get("state") == wanted:
                return dict(found)
            assert time.monotonic() < deadline, f"{code} is {found}, not {wanted}"
            time.sleep(0.05)

    def arrived(self, code: str, token: str) -> None:
        """Wait until the one-stop has a dossier."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.get("onestop", f"/api/dossiers/{code}", token=token).status_code != 200:
            assert time.monotonic() < deadline, f"{code} never arrived at the one-stop"
            time.sleep(0.05)

    def worked(self, code: str, procedure: Procedure, *, by: str) -> dict[str, Any]:
        """Let officials accept, examine, decide and hand back; returns the last answer."""
        agency, one = self.receiver(procedure).code, f"/api/dossiers/{code}"
        clerk, specialist = self.official("reception_clerk", agency), self.official("specialist", agency)
        self.arrived(code, clerk)
        self.done("onestop", f"{one}/acceptance", token=clerk)
        self.done("onestop", f"{one}/examination", {"proposal": "approve"}, token=specialist)
        who = self.official("leader", agency) if procedure.needs_leader else specialist
        self.done("onestop", f"{one}/decision", {"decision": "approve"}, token=who)
        fee = procedure.online_fee if procedure.level < 4 else 0
        return self.done("onestop", f"{one}/return", {"by": by, "fee_cash": fee}, token=clerk)

    def export(self, service: str, name: str) -> list[dict[str, Any]]:
        """Records of a book."""
        answer = self.get(service, f"/export/{name}", token=self.stack.audit_token)
        assert answer.status_code == 200, answer.text
        return [msgspec.json.decode(line) for line in answer.content.splitlines()]

    def secret(self, service: str, name: str) -> str:
        """A secret of one service, as its supervisor was told."""
        told = launch.load(Path(self.stack.state) / "launch.json")
        return next(one.secrets[name] for one in told.services if one.name == service)

    def called(self, provider: str, operation: str) -> set[str]:
        """Who has called an operation through the LGSP and been answered, by the LGSP's own audit."""
        return {
            row["consumer"]
            for row in self.export("lgsp", "audit")
            if (row["provider"], row["operation"], row["outcome"]) == (provider, operation, "answered")
        }


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _small(province: Province) -> Province:
    """The province with three of its communes and a few of their people."""
    communes = tuple(msgspec.structs.replace(one, population=min(one.population, 400)) for one in province.communes[:3])
    units = {one.code for one in communes}
    agencies = tuple(one for one in province.agencies if one.tier != "commune" or one.unit in units)
    codes = {one.code for one in agencies}
    return msgspec.structs.replace(
        province,
        communes=communes,
        agencies=agencies,
        staff=tuple(one for one in province.staff if one.agency in codes),
        schools=tuple(one for one in province.schools if one.commune in units),
        health=tuple(one for one in province.health if one.commune in units),
        personas=tuple(one for one in province.personas if one.commune in units),
        companies=40,
    )


@pytest.fixture(scope="module", params=ERAS)
def running(request: pytest.FixtureRequest) -> Iterator[Standing]:
    """A province of the era, nine o'clock on a working day."""
    name, day = ERAS[request.param]
    whole = province_files.load(name)
    province = whole if name == "toy" else _small(whole)
    people = population.draw(province, seed=7)
    target = LocalTarget()
    with tempfile.TemporaryDirectory(prefix="tinhmau-rows-") as folder:
        given = Path(folder) / "reference"
        reference.write(province, given, day=datetime.fromisoformat(day).date())
        people.write_reference(given)
        blueprint = draw_up(province, demand.demand_of_province(province))
        stack = target.place(blueprint, reference=given, province=province)
        try:
            clock.stand_clock(stack, day, _NINE)
            standing = Standing(stack, province, people)
            _await_day(standing, day)
            yield standing
        finally:
            target.remove(stack)


def _await_day(standing: Standing, day: str) -> None:
    """Services look at their clock four times a second: wait until a number drawn at a counter is one of the day."""
    agency = next(one.code for one in standing.province.agencies if one.tier == "commune")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not any(row["day"] == day for row in standing.export("onestop", "tickets")):
        assert time.monotonic() < deadline, f"it never became {day}"
        standing.post("onestop", f"/api/queues/{agency}/tickets")
        time.sleep(0.05)


def _online(procedure: Procedure) -> bool:
    return (
        procedure.level >= 3
        and procedure.applicant == "person"
        and not (procedure.linked_agencies or procedure.automatic)
    )


def test_every_row_has_its_test() -> None:
    """A row that is added without a test fails here; each test names its row in its docstring."""
    for row in ROWS:
        test = globals().get("test_" + row.lower().replace("-", "_"))
        assert test is not None, f"{row} has no test"
        assert row in (test.__doc__ or ""), f"{row}: the test does not say what it is about"
    for row, file in ELSEWHERE.items():
        text = (Path(__file__).parent / file).read_text("utf-8")
        assert re.search(rf"{row}\b", text), f"{row} is not in {file}"


def test_sys_portal(running: Standing) -> None:
    """SYS-PORTAL: one address; searched with and without diacritics; filed, numbered by the era's rule, published."""
    procedure = running.procedure(_online, "to file online")
    plain, marked = (
        running.get("portal", "/api/procedures", q=words).json()["found"]
        for words in ("khai sinh", "khai sinh".title())
    )
    code = running.filed(procedure)
    running.worked(code, procedure, by="counter")
    running.state(code, "returned")
    published = running.get("portal", "/results").text

    assert plain == marked > 0
    assert code.startswith(running.receiver(procedure).code)
    assert re.fullmatch(r"\d{6}-\d{4,}", code.removeprefix(f"{running.receiver(procedure).code}-"))
    assert code in published
    assert running.name not in published


def test_sys_levels(running: Standing) -> None:
    """SYS-LEVELS: each level of the catalogue allows what it allows, and refuses the next."""
    citizen = running.sign_in("portal", running.citizen)
    for level in sorted({one.level for one in running.province.procedures}):
        procedure = running.procedure(lambda one, level=level: one.level == level, f"of level {level}")
        form = running.get("portal", f"/api/procedures/{procedure.code}/form")
        body = {"procedure": procedure.code, "agency": running.receiver(procedure).code, "form": {"a": "b"},
                "delivery": "counter"}  # fmt: skip
        filed = running.post("portal", "/api/dossiers", body, token=citizen)
        assert form.status_code == (200 if level >= 2 else 409)
        assert filed.status_code == (201 if level >= 3 else 409), filed.text
        if level == 3:
            paid = running.post("portal", f"/api/dossiers/{filed.json()['code']}/payment", token=citizen)
            assert (paid.status_code, paid.json()["title"]) == (409, "wrong-level")


def test_sys_onestop(running: Standing) -> None:
    """SYS-ONESTOP: received at the counter, worked by three officials, shown to the public, handed over."""
    procedure = running.procedure(
        lambda one: one.tier == "commune" and one.needs_leader and not one.linked_agencies, "for a leader"
    )
    agency = running.receiver(procedure).code
    clerk = running.official("reception_clerk", agency)
    body = {"procedure": procedure.code, "applicant": {"personal_number": running.citizen, "full_name": running.name},
            "fee_cash": procedure.fee, "delivery": "counter"}  # fmt: skip
    code = str(running.done("onestop", "/api/dossiers", body, token=clerk)["code"])
    one = f"/api/dossiers/{code}"
    running.done("onestop", f"{one}/examination", {"proposal": "approve"}, token=running.official("specialist", agency))
    running.done("onestop", f"{one}/decision", {"decision": "approve"}, token=running.official("leader", agency))
    running.done("onestop", f"{one}/return", {"by": "counter", "fee_cash": 0}, token=clerk)
    steps = [step["state"] for step in running.state(code, "returned")["steps"]]
    running.done("onestop", f"{one}/archiving", token=clerk)

    assert steps == ["received", "examined", "approved", "returned"]
    assert running.get("onestop", f"{one}/archive", token=clerk).json()["intact"] is True


def test_sys_pay(running: Standing) -> None:
    """SYS-PAY: a level-4 fee is ordered, paid at the platform, and known at portal and one-stop, to the đồng."""
    procedure = running.procedure(lambda one: _online(one) and one.level == 4 and one.online_fee > 0, "with a fee")
    code = running.filed(procedure, delivery="online")
    citizen = running.sign_in("portal", running.citizen)
    order = running.done("portal", f"/api/dossiers/{code}/payment", token=citizen)
    paid = requests.post(order["pay_url"], headers={"Idempotency-Key": code}, timeout=30).json()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not any(row["code"] == code for row in running.export("onestop", "payments")):
        assert time.monotonic() < deadline, "the one-stop never heard of the payment"
        time.sleep(0.05)
    running.worked(code, procedure, by="online")
    running.state(code, "returned")

    assert (order["amount"], paid["status"]) == (procedure.online_fee, "paid")
    booked = {row["code"]: row["amount"] for row in running.export("onestop", "payments") if row["kind"] == "online"}
    assert booked[code] == procedure.online_fee
    books = running.done("portal", "/api/payments/reconciliation", token=running.stack.audit_token)
    assert books["differences"] == []


def test_sys_post(running: Standing) -> None:
    """SYS-POST: the result goes by post, can be followed, and is returned once the postman has delivered it."""
    procedure = running.procedure(_online, "to file online")
    code = running.filed(procedure, delivery="post")
    parcel = running.worked(code, procedure, by="post")["parcel"]
    running.state(code, "posted")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while running.post("national", f"/post/parcels/{parcel}/delivery").status_code == 404:
        assert time.monotonic() < deadline, "the post never got the parcel"
        time.sleep(0.05)

    assert running.state(code, "returned")["steps"][-1]["state"] == "returned"


def test_sys_consult(running: Standing) -> None:
    """SYS-CONSULT: no service goes online, or a level up, before people were asked; anybody may say what they think."""
    procedure = running.procedure(lambda one: one.level == 2, "of level 2")
    keeper = running.stack.audit_token
    refused = running.post("portal", f"/api/procedures/{procedure.code}/publication", {"level": 3}, token=keeper)
    question = {"procedure": procedure.code, "level": 3, "question": "Có nên nộp trực tuyến?", "days": 7}
    asked = running.post("portal", "/api/consultations", question, token=keeper)
    early = running.post("portal", f"/api/procedures/{procedure.code}/publication", {"level": 3}, token=keeper)

    assert (refused.status_code, refused.json()["title"]) == (409, "not-consulted")
    assert asked.status_code in {200, 201}, asked.text
    assert (early.status_code, early.json()["title"]) == (409, "still-open")
    assert procedure.name in running.get("portal", "/consultations").text


def test_sys_opendata(running: Standing) -> None:
    """SYS-OPENDATA: sets with schemas, and what the province does while it runs stands in them."""
    procedure = running.procedure(_online, "to file online")
    catalogue = running.get("portal", "/open-data/catalogue.json").text
    names = set(re.findall(r"/open-data/([\w-]+)\.json", catalogue)) - {"catalogue"}

    def all_sets() -> str:
        return "".join(running.get("portal", f"/open-data/{name}.json").text for name in sorted(names))

    before = all_sets()
    code = running.filed(procedure)
    running.worked(code, procedure, by="counter")
    running.state(code, "returned")
    running.done(
        "portal", f"/api/dossiers/{code}/rating", {"score": 5}, token=running.sign_in("portal", running.citizen)
    )

    assert len(names) >= 2
    for name in names:
        assert running.get("portal", f"/open-data/{name}/schema.json").status_code == 200
    assert all_sets() != before
    assert running.citizen not in all_sets()


def test_sys_kpi(running: Standing) -> None:
    """SYS-KPI: indicators of every agency, from what really happened, on a board for everybody."""
    procedure = running.procedure(_online, "to file online")
    agency = running.receiver(procedure)
    told = running.get("portal", "/api/indicators").json()
    board = running.get("portal", "/board")

    assert agency.code in msgspec.json.encode(told).decode()
    assert board.status_code == 200
    assert agency.name in board.text


def test_sys_tthc_db(running: Standing) -> None:
    """SYS-TTHC-DB: the catalogue is held against the nation's; a change there is named here, and gone when undone."""
    keeper, procedure = running.stack.audit_token, running.province.procedures[0]

    def drifted() -> int:
        return int(running.done("portal", "/api/catalogue/comparison", token=keeper)["drifted"])

    def change(changes: dict[str, Any]) -> None:
        answer = requests.put(
            f"{running.url('national')}/control/catalogue", json=changes, headers=_bearer(keeper), timeout=30
        )
        assert answer.ok, answer.text

    at_first = drifted()
    change({procedure.code: {"fee": procedure.fee + 1000}})
    changed, named = drifted(), [row["procedure"] for row in running.export("portal", "drift")]
    change({})

    assert changed == at_first + 1
    assert procedure.code in named
    assert drifted() == at_first


def test_sys_national_portal(running: Standing) -> None:
    """SYS-NATIONAL-PORTAL: a dossier handed in at the nation arrives here with two codes, and its states go back."""
    procedure = running.procedure(_online, "to file online")
    body = {"procedure": procedure.code, "agency": running.receiver(procedure).code, "form": {"a": "b"},
            "delivery": "counter"}  # fmt: skip
    token = running.sign_in("national", running.citizen)
    handed_in = running.done("national", "/api/dossiers", body, token=token)["code"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (known := [row for row in running.export("national", "submissions") if row["province_code"]]):
        assert time.monotonic() < deadline, running.export("national", "submissions")
        time.sleep(0.05)
    code = next(row["province_code"] for row in known if row["code"] == handed_in)
    running.worked(code, procedure, by="counter")
    running.state(code, "returned")
    while {row["code"]: row["state"] for row in running.export("national", "dossiers")}.get(code) != "returned":
        assert time.monotonic() < deadline, "the nation was not told"
        time.sleep(0.05)

    assert handed_in != code


def test_sys_db_population(running: Standing) -> None:
    """SYS-DB-POPULATION: who signs in is verified, and forms begin with what the population database knows."""
    attempt = {"account": running.citizen, "passcode": passcode(running.stack.passcode_key, running.citizen)}
    known = running.done("portal", "/api/sign-in", attempt)["prefill"]
    stranger = {"account": "001099999999", "passcode": passcode(running.stack.passcode_key, "001099999999")}

    assert known["full_name"] == running.name
    assert running.post("portal", "/api/sign-in", stranger).status_code == 401
    assert "portal" in running.called("national", "population.verify")


def test_sys_db_business(running: Standing) -> None:
    """SYS-DB-BUSINESS: a company is looked up when somebody files for it; one that does not exist is refused."""
    procedure = running.procedure(
        lambda one: one.level >= 3 and one.applicant == "company" and not one.linked_agencies and not one.automatic,
        "of a company",
    )
    body = {"procedure": procedure.code, "agency": running.receiver(procedure).code, "form": {"a": "b"},
            "delivery": "counter", "company": "0000000000"}  # fmt: skip
    wrong = running.post("portal", "/api/dossiers", body, token=running.sign_in("portal", running.citizen))
    code = running.filed(procedure, company=running.company)

    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "$.company")
    assert code
    assert "portal" in running.called("national", "business.lookup")


def test_sys_db_insurance(running: Standing) -> None:
    """SYS-DB-INSURANCE: a hospital asks whether a patient is insured, through the LGSP."""
    visit = {"facility": running.province.health[0].code, "patient": running.citizen}
    told = running.done("sector", "/his/visits", visit)

    assert told["insured"] in {True, False}
    assert "sector" in running.called("national", "insurance.check")


def test_sys_db_land(running: Standing) -> None:
    """SYS-DB-LAND: the portal may ask the land database through the LGSP; whoever has no contract may not."""
    for system, allowed in (("portal", True), ("sector", False)):
        secret = running.secret(system, "LGSP_SECRET")
        token = running.done("lgsp", "/token", {"system": system, "secret": secret})["token"]
        answer = requests.get(
            f"{running.url('lgsp')}/call/national/land.lookup",
            params={"personal_number": running.citizen},
            headers=_bearer(token) | {"X-Call-Id": str(uuid.uuid4()), "X-Purpose": "fill-in-form"},
            timeout=30,
        )
        assert (answer.headers["X-Lgsp"], answer.status_code) == (("answered", 200) if allowed else ("refused", 403)), (
            answer.text
        )
        if allowed:
            assert answer.json().keys() == {"exists", "parcel"}


def test_sys_essential(running: Standing) -> None:
    """SYS-ESSENTIAL: business registration and social insurance or tax are in the catalogue and can be found."""
    fields = " ".join(one.field for one in running.province.procedures)
    found = running.get("portal", "/api/procedures", q="dang ky kinh doanh").json()["found"]

    assert found > 0
    assert "Đăng ký kinh doanh" in fields
    if running.province.era == "2026":
        for field in ("Thuế", "Bảo hiểm xã hội", "Hải quan"):
            assert field in fields


def test_sys_vnedu(running: Standing) -> None:
    """SYS-VNEDU: a school enrols a pupil, whose parent the population database knows; once a month it declares."""
    school = running.province.schools[0].code
    enrolled = running.done(
        "sector", "/vnedu/enrolments", {"school": school, "pupil": "Bé Mẫu", "parent": running.citizen}
    )  # fmt: skip
    declared = _declared(running, "vnedu", school)

    assert enrolled["parent_known"] is True
    assert declared == 1


def test_sys_his(running: Standing) -> None:
    """SYS-HIS: insured patients of a facility are what it declares to the insurance for the month."""
    facility = running.province.health[-1].code
    insured = 0
    for _ in range(3):
        visit = {"facility": facility, "patient": running.citizen}
        insured += running.done("sector", "/his/visits", visit)["insured"]
    before = 1 if running.province.health[0].code == facility and insured else 0

    assert _declared(running, "his", facility) in {insured, insured + before}


def test_sys_ccvc(running: Standing) -> None:
    """SYS-CCVC: an agency appoints an official whom the population database knows; once a month it declares."""
    agency = running.province.agencies[0].code
    appointed = running.done("sector", "/ccvc/appointments", {"agency": agency, "official": running.citizen})
    wrong = running.post("sector", "/ccvc/appointments", {"agency": "no-such", "official": running.citizen})

    assert appointed["official_known"] is True
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "$.agency")
    assert _declared(running, "ccvc", agency) == 1


def _declared(running: Standing, system: str, site: str) -> int:
    """Declare this month for a site; returns how many people the insurance has been told of."""
    month = ERAS[running.province.era][1]
    people = int(running.done("sector", "/declarations", {"system": system, "site": site, "month": month})["people"])
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while "sector" not in running.called("national", "insurance.declare"):
        assert time.monotonic() < deadline, "the insurance was not told"
        time.sleep(0.05)
    return people
