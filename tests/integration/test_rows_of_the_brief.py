"""Every row of portal, one-stop and their neighbours in a running province of each era: real services, real LGSP.

One test a row, named for it. Deeper tests of each stand beside the service they are about.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from standing_era import ERAS, bearer, standing, until
from standing_era import Running as Standing

from loadtests.accounts import passcode
from simulation.province import Procedure

#: Rows of the brief whose systems and troubles this part of the project is about. Each has a test here, in both eras.
ROWS = (
    "SYS-PORTAL", "SYS-LEVELS", "SYS-ONESTOP", "SYS-ONESTOP-VENDORS", "SYS-PAY", "SYS-POST", "SYS-CONSULT",
    "SYS-OPENDATA", "SYS-KPI",
    "SYS-TTHC-DB", "SYS-NATIONAL-PORTAL", "SYS-DB-POPULATION", "SYS-DB-BUSINESS", "SYS-DB-INSURANCE", "SYS-DB-LAND",
    "SYS-ESSENTIAL", "SYS-VNEDU", "SYS-HIS", "SYS-CCVC",
    "TRB-UNBOUND-CATALOGUE", "TRB-HOLLOW-SERVICE", "TRB-NO-SHARING", "TRB-NO-ECITIZEN", "TRB-SLOW-MINISTRY",
    "TRB-VENDOR-MISMATCH",
)  # fmt: skip


@pytest.fixture(scope="module", params=ERAS)
def running(request: pytest.FixtureRequest) -> Iterator[Standing]:
    """A province of the era, nine o'clock on a working day."""
    with standing(request.param) as placed:
        yield placed


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
    """SYS-LEVELS: what each of the four levels allows, and that it refuses all that belongs to a higher one."""
    citizen = running.sign_in("portal", running.citizen)
    seen = {}
    for level in (1, 2, 3, 4):
        procedure = running.procedure(
            lambda one, level=level: (
                (one.level, one.applicant, one.automatic) == (level, "person", False)
                and (level < 4 or one.online_fee > 0)
            ),
            f"of level {level}",
        )
        body = {"procedure": procedure.code, "agency": running.receiver(procedure).code, "form": {"a": "b"}}
        handed_in = {"office": running.post_office, "procedure": procedure.code, "agency": body["agency"],
                     "applicant": {"personal_number": running.citizen, "full_name": running.name}}  # fmt: skip
        form = running.get("portal", f"/api/procedures/{procedure.code}/form")
        by_post = running.post("national", "/post/intake", handed_in)
        online = running.post("portal", "/api/dossiers", body | {"delivery": "online"}, token=citizen)
        filed = running.post("portal", "/api/dossiers", body | {"delivery": "counter"}, token=citizen)
        code = filed.json().get("code", "")
        paid = running.post("portal", f"/api/dossiers/{code}/payment", token=citizen).status_code if code else None
        seen[level] = (form.status_code, by_post.status_code, filed.status_code, online.status_code, paid)

    assert seen == {
        1: (409, 409, 409, 409, None),
        2: (200, 201, 409, 409, None),
        3: (200, 201, 201, 422, 409),
        4: (200, 201, 201, 201, 201),
    }


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


@pytest.mark.parametrize(("era", "product"), [("2018", "truc"), ("2026", "dua")])
def test_sys_onestop_vendors(era: str, product: str) -> None:
    """SYS-ONESTOP-VENDORS: with a vendor's product behind the one-stop, dossiers go their way through all systems.

    Sen has whole days of its own (tests/acceptance/test_vendor_province.py).
    """
    with standing(era, product=product) as running:
        procedure = running.procedure(_online, "to file online")
        online = running.filed(procedure, delivery="post")
        parcel = running.worked(online, procedure, by="post")["parcel"]
        running.state(online, "posted")
        test_sys_onestop(running)
        running.delivered(parcel)
        running.state(online, "returned")
        with_product = {row["code"]: row["state"] for row in running.export("onestop", "product")}
        events = running.export("onestop", "events")
        handed = [row for row in running.export("onestop", "dossiers") if row["channel"] == "counter"]

    assert [row["event"] for row in events if row["code"] == online] == [
        "submitted", "accepted", "examined", "decided", "handed_back", "delivered",
    ]  # fmt: skip
    assert {row["state"] for row in handed} == {"returned"}
    assert with_product == {online: "returned"} | {row["code"]: "returned" for row in handed}


def test_sys_pay(running: Standing) -> None:
    """SYS-PAY: a level-4 fee is ordered, paid at the platform, and known at portal and one-stop, to the đồng."""
    procedure = running.procedure(lambda one: _online(one) and one.level == 4 and one.online_fee > 0, "with a fee")
    code = running.filed(procedure, delivery="online")
    citizen = running.sign_in("portal", running.citizen)
    order = running.done("portal", f"/api/dossiers/{code}/payment", token=citizen)
    paid = requests.post(order["pay_url"], headers={"Idempotency-Key": code}, timeout=30).json()
    until(
        lambda: any(row["code"] == code for row in running.export("onestop", "payments")),
        "the one-stop never heard of the payment",
    )
    running.worked(code, procedure, by="online")
    running.state(code, "returned")

    assert (order["amount"], paid["status"]) == (procedure.online_fee, "paid")
    booked = {row["code"]: row["amount"] for row in running.export("onestop", "payments") if row["kind"] == "online"}
    assert booked[code] == procedure.online_fee
    books = running.done("portal", "/api/payments/reconciliation", token=running.stack.audit_token)
    assert books["differences"] == []


def test_sys_pay_waiver(running: Standing) -> None:
    """SYS-PAY, FIG-BT-BIZ: who files online pays nothing where the fee is waived; at the counter it is due."""
    procedure = next((one for one in running.province.procedures if one.waived_online and one.fee), None)
    if procedure is None:
        assert running.province.era == "2026", "2018 had a waiver of 100,000 đồng a time (FIG-BT-BIZ)"
        return
    online = running.filed(procedure, company=running.company)
    body = {"procedure": procedure.code, "applicant": {"personal_number": running.citizen, "full_name": running.name},
            "fee_cash": procedure.fee, "delivery": "counter", "company": running.company}  # fmt: skip
    clerk = running.official("reception_clerk", running.receiver(procedure).code)
    counter = running.done("onestop", "/api/dossiers", body, token=clerk)["code"]
    fees = until(
        lambda: (known := {row["code"]: row["fee"] for row in running.export("portal", "dossiers")}).keys()
        >= {online, counter} and known,
        "the portal never heard of the counter's dossier",
    )  # fmt: skip

    assert (fees[online], fees[counter]) == (0, procedure.fee)
    assert procedure.fee == 100_000


def test_sys_national_portal_lists(running: Standing) -> None:
    """SYS-NATIONAL-PORTAL: agencies and fields of the nation's lists are those of the province's catalogue."""
    agencies, fields = (
        running.from_the_nation(f"dvcqg.{name}")[name] for name in ("agencies", "fields")
    )  # fmt: skip

    assert {one["MaCoQuan"] for one in agencies} == {one.code for one in running.province.agencies}
    counted = {one["TenLinhVuc"]: one["SoThuTuc"] for one in fields}
    assert counted == {
        field: sum(one.field == field for one in running.province.procedures)
        for field in {one.field for one in running.province.procedures}
    }


def test_sys_post(running: Standing) -> None:
    """SYS-POST: taken in at a post office, brought to the agency, followed all the way, returned by the postman."""
    procedure = running.procedure(
        lambda one: one.level == 2 and one.applicant == "person" and not one.linked_agencies, "of level 2"
    )
    handed_in = {"office": running.post_office, "procedure": procedure.code,
                 "agency": running.receiver(procedure).code, "delivery": "post",
                 "applicant": {"personal_number": running.citizen, "full_name": running.name}}  # fmt: skip
    papers = running.done("national", "/post/intake", handed_in)["parcel"]

    def follow(parcel: str) -> dict[str, Any]:
        return dict(running.get("national", f"/post/parcels/{parcel}").json())

    on_the_way = follow(papers)
    for _ in range(2):  # a postman who is not sure tells it again
        running.done("national", f"/post/parcels/{papers}/delivery")
    code = str(until(lambda: follow(papers)["code"], "the papers never became a dossier"))
    result = running.worked(code, procedure, by="post")["parcel"]
    posted = running.state(code, "posted")["steps"]
    running.delivered(result)
    returned = running.state(code, "returned")["steps"]
    (kept,) = (row for row in running.export("onestop", "dossiers") if row["code"] == code)

    assert on_the_way == {"parcel": papers, "status": "accepted", "code": None}
    assert follow(papers) == {"parcel": papers, "status": "delivered", "code": code}
    assert follow(result) == {"parcel": result, "status": "delivered", "code": code}
    assert [step["state"] for step in posted] == ["submitted", "received", "examined", "approved", "posted"]
    assert [step["state"] for step in returned] == [*(step["state"] for step in posted), "returned"]
    assert (kept["channel"], kept["state"]) == ("post", "returned")
    known = {row["code"]: row["channel"] for row in running.export("portal", "dossiers")}
    assert list(known.values()).count("post") == 1
    assert known[code] == "post"
    wrong = running.post("national", "/post/intake", handed_in | {"office": "x", "agency": "y", "delivery": "online"})
    assert [one["where"] for one in wrong.json()["errors"]] == ["$.office", "$.agency", "$.delivery"]
    assert running.get("national", "/post/parcels/HS0VN").status_code == 404


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

    running.filed(procedure)
    mine = [row for row in running.export("portal", "dossiers") if row["agency"] == agency.code]
    saved = {row["code"]: row["fields_saved"] for row in running.export("portal", "saved_fields")}

    def up_to_date() -> dict[str, Any] | None:  # the board may be some seconds old
        lines = running.get("portal", "/api/indicators").json()["agencies"]
        return next((one for one in lines if (one["agency"], one["received"]) == (agency.code, len(mine))), None)

    line = until(up_to_date, f"the board never showed {len(mine)} dossiers of {agency.code}")
    board = running.get("portal", "/board")

    assert line["online_share"] == pytest.approx(sum(row["channel"] == "online" for row in mine) / len(mine))
    assert line["fields_saved"] == sum(saved.get(row["code"], 0) for row in mine) > 0
    assert (board.status_code, agency.name in board.text) == (200, True)


def test_sys_tthc_db(running: Standing) -> None:
    """SYS-TTHC-DB: the catalogue is held against the nation's; a change there is named here, and gone when undone."""
    keeper, procedure = running.stack.audit_token, running.province.procedures[0]

    def drifted() -> int:
        return int(running.done("portal", "/api/catalogue/comparison", token=keeper)["drifted"])

    def change(changes: dict[str, Any]) -> None:
        answer = requests.put(
            f"{running.url('national')}/control/catalogue", json=changes, headers=bearer(keeper), timeout=30
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
    code = until(
        lambda: {row["code"]: row["province_code"] for row in running.export("national", "submissions")}[handed_in],
        "the province never answered with its code",
    )
    running.worked(code, procedure, by="counter")
    running.state(code, "returned")
    until(
        lambda: {row["code"]: row["state"] for row in running.export("national", "dossiers")}.get(code) == "returned",
        "the nation was not told",
    )

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
    """SYS-DB-INSURANCE: a hospital asks whether a patient is insured, through the LGSP, and is told what is so."""
    before = running.called("national", "insurance.check").count("sector")
    for has_card in (True, False):
        patient = running.people.filter((running.people["insurance_card"].fill_null("") != "") == has_card)[
            "personal_number"
        ][0]
        visit = {"facility": running.province.health[0].code, "patient": patient}
        assert running.done("sector", "/his/visits", visit)["insured"] is has_card

    assert running.called("national", "insurance.check").count("sector") == before + 2


def test_sys_db_land(running: Standing) -> None:
    """SYS-DB-LAND: the portal may ask the land database through the LGSP; whoever has no contract may not."""
    for system, allowed in (("portal", True), ("sector", False)):
        secret = running.secret(system, "LGSP_SECRET")
        token = running.done("lgsp", "/token", {"system": system, "secret": secret})["token"]
        answer = requests.get(
            f"{running.url('lgsp')}/call/national/land.lookup",
            params={"personal_number": running.citizen},
            headers=bearer(token) | {"X-Call-Id": str(uuid.uuid4()), "X-Purpose": "fill-in-form"},
            timeout=30,
        )
        assert (answer.headers["X-Lgsp"], answer.status_code) == (("answered", 200) if allowed else ("refused", 403)), (
            answer.text
        )
        if allowed:
            assert answer.json().keys() == {"exists", "parcel"}


@pytest.mark.parametrize(("era", "other"), [("2018", "ben_tre_2018"), ("2026", "")], ids=["2018", "2026"])
def test_sys_essential(era: str, other: str) -> None:
    """SYS-ESSENTIAL: business registration, tax, customs and social insurance are found, filed and told to the nation.

    The toy has no tax office and no customs, so the older era is Bến Tre here, with three of its communes.
    """
    with standing(era, other=other) as running:
        filed = {}
        for field in ("Đăng ký kinh doanh", "Thuế", "Hải quan", "Bảo hiểm xã hội"):
            procedure = running.procedure(
                lambda one, field=field: one.field == field and one.level >= 3 and one.share_of_demand > 0, field
            )
            found = running.get("portal", "/api/procedures", q=procedure.name).json()["procedures"]
            assert procedure.code in [one["code"] for one in found]
            company = {"company": running.company} if procedure.applicant == "company" else {}
            filed[running.filed(procedure, **company)] = procedure.code
        known = until(
            lambda: (told := {row["code"]: row["procedure"] for row in running.export("national", "dossiers")}).keys()
            >= filed.keys() and told,
            "the nation never heard of all of them",
        )  # fmt: skip

    assert {code: known[code] for code in filed} == filed
    assert len(filed) == 4


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
    holders = running.people.filter(running.people["insurance_card"].fill_null("") != "")["personal_number"]
    others = running.people.filter(running.people["insurance_card"].fill_null("") == "")["personal_number"]
    before = _declared(running, "his", facility)
    seen = [
        running.done("sector", "/his/visits", {"facility": facility, "patient": patient})["insured"]
        for patient in (holders[1], holders[2], others[1])
    ]

    assert seen == [True, True, False]
    assert _declared(running, "his", facility) == before + 2


def test_sys_ccvc(running: Standing) -> None:
    """SYS-CCVC: an agency appoints an official whom the population database knows; once a month it declares."""
    agency = running.province.agencies[0].code
    appointed = running.done("sector", "/ccvc/appointments", {"agency": agency, "official": running.citizen})
    wrong = running.post("sector", "/ccvc/appointments", {"agency": "no-such", "official": running.citizen})

    for month in ("9999-12-31", "1999-12-01"):
        never = running.post("sector", "/declarations", {"system": "ccvc", "site": agency, "month": month})
        assert (never.status_code, never.json()["errors"][0]["where"]) == (422, "$.month")
    assert appointed["official_known"] is True
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "$.agency")
    assert _declared(running, "ccvc", agency) == 1


# Troubles


def test_trb_unbound_catalogue(running: Standing) -> None:
    """TRB-UNBOUND-CATALOGUE: services that the nation no longer has, or has under another code, are named to all."""
    keeper = running.stack.audit_token
    gone, renamed = running.province.procedures[0], running.province.procedures[1]

    def change(changes: dict[str, Any]) -> set[tuple[str, str]]:
        address = f"{running.url('national')}/control/catalogue"
        assert requests.put(address, json=changes, headers=bearer(keeper), timeout=30).ok
        running.done("portal", "/api/catalogue/comparison", token=keeper)
        return {(row["procedure"], row["what"]) for row in running.export("portal", "drift")}

    fields = {name: getattr(renamed, name) for name in ("name", "field", "level", "tier", "applicant", "fee")}
    more = {"deadline_hours": 8.0, "same_day": False, "needs_leader": True, "share_of_demand": 0.0}
    bound = change({})
    unbound = change({gone.code: None, renamed.code: None, "9.999999": fields | more})
    page = running.get("portal", "/catalogue/drift").text
    again = change({})

    assert unbound - bound == {(gone.code, "code"), (renamed.code, "code"), ("9.999999", "code")}
    for named in (gone.code, gone.name, renamed.code, "9.999999"):
        assert named in page
    assert again == bound


def test_trb_hollow_service(running: Standing) -> None:
    """TRB-HOLLOW-SERVICE: online services that nobody uses are named until somebody does; so are unqualified ones."""
    hollow = running.get("portal", "/api/services/quality").json()
    unused = {one["code"] for one in hollow["unused"]}
    procedure = running.procedure(lambda one: _online(one) and one.code in unused, "that nobody has used")
    named = procedure.name in running.get("portal", "/catalogue/quality").text
    running.filed(procedure)
    after = {one["code"] for one in running.get("portal", "/api/services/quality").json()["unused"]}

    wanting = {
        one.code for one in running.province.procedures if one.level >= 3 and (one.certified_copies or one.visit)
    }
    assert named
    assert after == unused - {procedure.code}
    assert {one["code"] for one in hollow["unqualified"]} == wanting
    assert all(one["reasons"] for one in hollow["unqualified"])


def test_trb_no_sharing(running: Standing) -> None:
    """TRB-NO-SHARING: without what the registers know everything is typed, and the books count it."""
    procedure = running.procedure(_online, "to file online")
    shared = running.filed(procedure)
    typed = running.filed(procedure, prefilled=[])
    counted = {row["code"]: (row["fields_saved"], row["fields_typed"])
               for row in running.export("portal", "saved_fields")}  # fmt: skip

    assert counted[shared] == (1, 1)
    assert counted[typed] == (0, 2)


def test_trb_no_ecitizen(running: Standing) -> None:
    """TRB-NO-ECITIZEN: who stays away from the portal shows on the board: the online share of an agency falls."""
    procedure = running.procedure(lambda one: _online(one) and one.tier == "commune", "of a commune to file online")
    agency = running.receiver(procedure).code
    clerk = running.official("reception_clerk", agency)
    body = {"procedure": procedure.code, "applicant": {"personal_number": running.citizen, "full_name": running.name},
            "fee_cash": 0, "delivery": "counter"}  # fmt: skip

    def online_share(received: int) -> float:
        def up_to_date() -> dict[str, Any] | None:
            lines = running.get("portal", "/api/indicators").json()["agencies"]
            return next((one for one in lines if (one["agency"], one["received"]) == (agency, received)), None)

        return float(until(up_to_date, f"the board never showed {received} dossiers of {agency}")["online_share"])

    running.filed(procedure)
    channels = [row["channel"] for row in running.export("portal", "dossiers") if row["agency"] == agency]
    before, online = online_share(len(channels)), channels.count("online")
    for _ in range(3):
        running.done("onestop", "/api/dossiers", body, token=clerk)
    after = online_share(len(channels) + 3)

    assert before == pytest.approx(online / len(channels))
    assert after == pytest.approx(online / (len(channels) + 3))


def test_trb_slow_ministry(running: Standing) -> None:
    """TRB-SLOW-MINISTRY: a slow population database holds every sign-in up; one that is out lets nobody in."""
    attempt = {"account": running.citizen, "passcode": passcode(running.stack.passcode_key, running.citizen)}
    faults = f"{running.url('national')}/control/faults"

    def sign_in(fault: dict[str, Any]) -> tuple[int, float]:
        answer = requests.put(faults, json=fault, headers=bearer(running.stack.audit_token), timeout=30)
        assert answer.ok, answer.text
        before = {row["call"] for row in running.export("lgsp", "audit")}
        status = running.post("portal", "/api/sign-in", attempt).status_code
        calls = [row for row in running.export("lgsp", "audit") if row["call"] not in before]
        return status, max(row["duration_ms"] for row in calls if row["operation"] == "population.verify")

    slow, out = sign_in({"population": {"latency_ms": 700}}), sign_in({"population": {"outage": True}})
    well = sign_in({})

    assert (slow[0], out[0], well[0]) == (200, 503, 200)
    assert slow[1] >= 700


@pytest.mark.parametrize(("era", "product", "planted"), [
    ("2018", "truc", "rejection-as-approval"), ("2026", "sen", "skips-received"),
])  # fmt: skip
def test_trb_vendor_mismatch(era: str, product: str, planted: str) -> None:
    """TRB-VENDOR-MISMATCH: what the product says against the norm is refused, named, and enters no book."""
    with standing(era, product=product, planted=[planted]) as running:
        procedure = running.procedure(_online, "to file online")
        agency, code = running.receiver(procedure).code, running.filed(procedure)
        clerk, specialist = running.official("reception_clerk", agency), running.official("specialist", agency)
        who = running.official("leader", agency) if procedure.needs_leader else specialist
        running.arrived(code, clerk)
        seen = []
        for path, body, token in (
            ("acceptance", None, clerk), ("examination", {"proposal": "reject"}, specialist),
            ("decision", {"decision": "reject"}, who),
        ):  # fmt: skip
            answer = running.post("onestop", f"/api/dossiers/{code}/{path}", body, token=token)
            seen.append((path, answer.status_code))
            if not answer.ok:
                break
        act, before = {"truc": ("decision", "examined"), "sen": ("acceptance", "submitted")}[product]

        def books() -> set[str | None]:
            names = ("portal", "onestop", "national")
            return {{row["code"]: row["state"] for row in running.export(name, "dossiers")}.get(code) for name in names}

        until(lambda: books() == {before}, "portal, one-stop and nation never agreed on the state before the act")

    assert seen[-1] == (act, 502)
    assert (answer.json()["title"], product in answer.json()["detail"]) == ("product-disagrees", True)


def _declared(running: Standing, system: str, site: str) -> int:
    """Declare this month for a site; returns how many people the insurance has been told of."""
    month = ERAS[running.province.era][1]
    before = len(running.called("national", "insurance.declare"))
    people = int(running.done("sector", "/declarations", {"system": system, "site": site, "month": month})["people"])
    told = until(lambda: running.called("national", "insurance.declare")[before:], "the insurance was not told")
    assert set(told) == {"sector"}
    return people
