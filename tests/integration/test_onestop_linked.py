"""Linked handling: a dossier goes through the agencies that its procedure names (SYS-ONESTOP, một cửa liên thông)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import small_province
from page_reader import PageReader
from running_service import PASSCODE_KEY, Running
from small_province import AGENCIES, COMMUNE, DEPARTMENT, LAN, OTHER_COMMUNE, PROCEDURES, account
from standin_lgsp import StandinLgsp

from infra import reference
from loadtests.accounts import passcode
from loadtests.operations import TABLE
from simulation import planner, population, province_files, scenario_files

Place = Callable[..., Running]
DISTRICT = "000.00.32.H07"
ALLOWANCE, LAND, AUTOMATIC = "1.000011", "1.000012", "1.000013"
#: A new procedure is data: one row says who is asked, in which order, and how long each of them has.
LINKED = [
    {**PROCEDURES[2], "code": ALLOWANCE, "name": "Hưởng trợ cấp xã hội", "fee": 0, "deadline_hours": 80.0,
     "linked_agencies": ["district", DEPARTMENT], "linked_hours": [16.0, 8.0]},
    {**PROCEDURES[2], "code": LAND, "name": "Tách thửa đất", "tier": "district", "fee": 0, "deadline_hours": 80.0,
     "linked_agencies": ["commune"], "linked_hours": [8.0]},
    {**PROCEDURES[4], "code": AUTOMATIC, "name": "Khai thuế", "automatic": True},
]  # fmt: skip


@pytest.fixture(scope="module")
def linked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small province with a district above its communes and procedures that pass through other agencies."""
    folder = tmp_path_factory.mktemp("linked")
    small_province.write(folder)
    district = {"code": DISTRICT, "name": "UBND huyện Mẫu", "tier": "district", "unit": "829", "installation": "tinh"}
    agencies = [{**one, "parent": DISTRICT} if one["tier"] == "commune" else one for one in AGENCIES]
    staff = [
        {"account": account(role, DISTRICT), "name": f"{role} huyện", "agency": DISTRICT, "role": role}
        for role in ("reception_clerk", "specialist", "leader")
    ]
    for name, content in (
        ("agencies.json", [*agencies, district]),
        ("procedures.json", [*PROCEDURES, *LINKED]),
        ("staff.json", [*small_province.STAFF, *staff]),
    ):
        (folder / name).write_bytes(msgspec.json.encode(content))
    return folder


@pytest.fixture(scope="module")
def onestop(place: Place, linked_folder: Path) -> Running:
    """A one-stop of that province; Wednesday 22 August 2018, nine o’clock."""
    return place("onestop", REFERENCE_DATA=str(linked_folder))


@pytest.fixture(scope="module")
def tokens(onestop: Running) -> dict[tuple[str, str], str]:
    """Officials' tokens by role and agency."""
    return {
        (role, agency): onestop.sign_in(account(role, agency))
        for role in ("reception_clerk", "specialist", "leader")
        for agency in (COMMUNE, OTHER_COMMUNE, DISTRICT, DEPARTMENT)
    }


class Counter:
    """Acts on one dossier by officials of any agency."""

    def __init__(self, onestop: Running, tokens: dict[tuple[str, str], str], *, at: str, procedure: str) -> None:
        """Take a dossier in at the counter of an agency."""
        self.onestop, self.tokens = onestop, tokens
        applicant = {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"}
        body = {"procedure": procedure, "applicant": applicant, "fee_cash": 0, "delivery": "counter"}
        self.code = onestop.post("/api/dossiers", body, token=tokens["reception_clerk", at]).json()["code"]

    def act(self, role: str, agency: str, path: str, body: Any) -> tuple[int, Any]:
        """One act: status and answer."""
        answer = self.onestop.post(f"/api/dossiers/{self.code}/{path}", body, token=self.tokens[role, agency])
        return answer.status_code, answer.json()

    def look(self, role: str, agency: str) -> tuple[int, Any]:
        """The dossier as an official sees it."""
        answer = self.onestop.get(f"/api/dossiers/{self.code}", token=self.tokens[role, agency])
        return answer.status_code, answer.json()


AGREE = {"opinion": "agree", "note": ""}


def test_sys_onestop_a_dossier_passes_commune_district_and_sector_agency_each_with_its_own_deadline(
    onestop: Running, tokens: dict[tuple[str, str], str], lgsp: StandinLgsp
) -> None:
    """SYS-ONESTOP: the route is the procedure's own; every hand-over is stamped, attributable, and told everywhere."""
    dossier = Counter(onestop, tokens, at=COMMUNE, procedure=ALLOWANCE)

    too_early = dossier.act("specialist", COMMUNE, "examination", {"proposal": "approve"})
    sent = dossier.act("specialist", COMMUNE, "referral", {})
    not_theirs = dossier.act("specialist", DEPARTMENT, "opinion", AGREE)
    not_back = dossier.act("specialist", COMMUNE, "examination", {"proposal": "approve"})
    district = dossier.act("specialist", DISTRICT, "opinion", AGREE)
    sector = dossier.act("specialist", DEPARTMENT, "opinion", AGREE)
    again = dossier.act("specialist", COMMUNE, "referral", {})
    examined = dossier.act("specialist", COMMUNE, "examination", {"proposal": "approve"})

    assert (too_early[0], too_early[1]["title"]) == (409, "not-through")
    assert "UBND huyện Mẫu" in too_early[1]["detail"]
    assert (sent[0], sent[1]["state"], sent[1]["agency"]) == (200, "referred", DISTRICT)
    assert sent[1]["due_at"].startswith("2018-08-24T09:00")  # 16 working hours
    assert (not_theirs[0], not_back[0]) == (403, 409)
    assert (district[1]["state"], sector[1]["state"]) == ("referred", "received")
    assert (again[0], again[1]["title"]) == (409, "not-linked")
    assert (examined[0], examined[1]["state"]) == (200, "examined")
    referrals = [row for row in onestop.export("referrals") if row["code"] == dossier.code]
    assert [(row["step"], row["agency"], row["due_at"][:13], row["answered_by"]) for row in referrals] == [
        (1, DISTRICT, "2018-08-24T09", account("specialist", DISTRICT)),
        (2, DEPARTMENT, "2018-08-23T09", account("specialist", DEPARTMENT)),
    ]
    told = lgsp.wait_for("portal.dossiers.progress", lambda item: item["code"] == dossier.code, count=5)
    assert [item["state"] for item in told] == ["received", "referred", "referred", "received", "examined"]


def test_a_tier_with_several_agencies_is_named_by_who_refers(
    onestop: Running, tokens: dict[tuple[str, str], str]
) -> None:
    """At a district, “commune” means one of its communes: left out or wrong it is asked for, by name."""
    dossier = Counter(onestop, tokens, at=DISTRICT, procedure=LAND)

    unnamed = dossier.act("specialist", DISTRICT, "referral", {})
    wrong = dossier.act("specialist", DISTRICT, "referral", {"to": DEPARTMENT})
    named = dossier.act("specialist", DISTRICT, "referral", {"to": OTHER_COMMUNE})

    assert (unnamed[0], wrong[0]) == (422, 422)
    assert "UBND xã Bình Mẫu" in unnamed[1]["errors"][0]["way_out"]
    assert named[1]["agency"] == OTHER_COMMUNE
    assert dossier.look("specialist", OTHER_COMMUNE)[1]["route"][0]["agency"] == OTHER_COMMUNE
    assert dossier.look("specialist", COMMUNE)[0] == 403
    desk = onestop.get("/api/desk", token=tokens["specialist", OTHER_COMMUNE]).json()
    assert dossier.code in [line["code"] for line in desk["referrals"]]


def test_a_disagreement_ends_the_route_and_needs_its_reason(
    onestop: Running, tokens: dict[tuple[str, str], str]
) -> None:
    """Who does not agree says why; the receiving agency then decides without asking further."""
    dossier = Counter(onestop, tokens, at=COMMUNE, procedure=ALLOWANCE)
    dossier.act("specialist", COMMUNE, "referral", {})

    silent = dossier.act("specialist", DISTRICT, "opinion", {"opinion": "disagree", "note": " "})
    said = dossier.act("specialist", DISTRICT, "opinion", {"opinion": "disagree", "note": "Không đúng đối tượng"})
    examined = dossier.act("specialist", COMMUNE, "examination", {"proposal": "reject"})

    assert silent[0] == 422
    assert said[1]["state"] == "received"
    assert examined[0] == 200


def test_a_withdrawn_dossier_leaves_the_desk_of_who_was_asked(
    onestop: Running, tokens: dict[tuple[str, str], str]
) -> None:
    """The applicant may still take it back while another agency has it; nobody can answer afterwards."""
    dossier = Counter(onestop, tokens, at=COMMUNE, procedure=ALLOWANCE)
    dossier.act("specialist", COMMUNE, "referral", {})

    onestop.deliver("dossiers.withdraw", {"code": dossier.code, "at": "2018-08-22T10:00:00+07:00"}, consumer="portal")
    late = dossier.act("specialist", DISTRICT, "opinion", AGREE)
    desk = onestop.get("/api/desk", token=tokens["specialist", DISTRICT]).json()

    assert (late[0], late[1]["title"]) == (409, "wrong-state")
    assert dossier.code not in [line["code"] for line in desk["referrals"]]


def test_the_linked_way_is_walked_in_browsers(onestop: Running, tokens: dict[tuple[str, str], str]) -> None:
    """Both specialists work by forms: who sends sees the choice, who is asked sees the dossier and its deadline."""
    dossier = Counter(onestop, tokens, at=DISTRICT, procedure=LAND)
    browsers = {}
    for agency in (DISTRICT, COMMUNE):
        browsers[agency], who = PageReader(onestop.url), account("specialist", agency)
        browsers[agency].open("/").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
    page = f"/dossiers/{dossier.code}"

    browsers[DISTRICT].open(page).press(page, to=COMMUNE)
    assert "Đang ở cơ quan liên thông" in browsers[DISTRICT].text
    browsers[COMMUNE].open("/desk")
    assert dossier.code in browsers[COMMUNE].text
    browsers[COMMUNE].open(page).press(page, opinion="agree")
    assert "Cơ quan liên thông trả lời" in browsers[COMMUNE].text
    browsers[DISTRICT].open(page)

    assert "Đề xuất chấp thuận" in browsers[DISTRICT].text
    assert LAN not in browsers[COMMUNE].answer.text
    for browser in browsers.values():
        browser.close()


def test_the_linked_journeys_of_the_toys_traffic_are_walked_at_the_real_one_stop(
    place: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the load will send is what the one-stop takes: every act of every linked dossier of a planned day."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)
    folder = tmp_path_factory.mktemp("toy")
    people = population.draw(province, seed=1)
    plan = planner.plan(scenario, province, people, seed=1)
    reference.write(province, folder)
    onestop = place("onestop", REFERENCE_DATA=str(folder))
    known: dict[str, str] = {}
    answered = 0

    for journey in plan.journeys:
        if not any(step.operation == "onestop.refer" for step in journey.steps):
            continue
        code = ""
        for step in journey.steps:
            operation = TABLE[step.operation]
            if not operation.name.startswith("onestop.") or not operation.write:
                continue
            token = known.get(step.account) or known.setdefault(step.account, onestop.sign_in(step.account))
            body = {key: step.detail[key] for name in operation.body if (key := name.rstrip("?")) in step.detail}
            done = onestop.post(operation.path.format(code=code), body, token=token)
            assert done.status_code in {200, 201}, (step, done.text)
            code = done.json()["code"]
            answered += step.operation == "onestop.give_opinion"

    assert answered > 0


def test_sys_opendata_an_automatic_procedure_is_granted_with_no_human_in_the_loop(
    onestop: Running, tokens: dict[tuple[str, str], str], lgsp: StandinLgsp
) -> None:
    """SYS-OPENDATA: granted as it arrives, once, through every legal state; by post a clerk still hands it over."""
    sent = {
        "procedure": AUTOMATIC, "agency": DEPARTMENT, "fee": 0, "form": {},
        "applicant": {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"},
        "submitted_at": "2018-08-22T08:30:00+07:00",
    }  # fmt: skip
    online, posted = (f"{DEPARTMENT}-180822-{number}" for number in (8001, 8002))
    for code, delivery in ((online, "online"), (posted, "post")):
        told = sent | {"code": code, "delivery": delivery, "request_key": f"key-of-{code}"}
        for key in (f"{code}-first", f"{code}-again"):
            onestop.deliver("dossiers.submit", told, consumer="portal", keys=[key])

    news = lgsp.wait_for("portal.dossiers.progress", lambda item: item["code"] == online, count=4)
    assert [item["state"] for item in news] == ["received", "examined", "approved", "returned"]
    assert "Nguyễn Thị Lan" in news[-1]["result"]
    events = [row for row in onestop.export("events") if row["code"] == online]
    assert [row["event"] for row in events] == ["submitted", "accepted", "examined", "decided", "handed_back"]
    assert {row["actor"] for row in events} == {"applicant", "automatic"}
    states = {row["code"]: row["state"] for row in onestop.export("dossiers")}
    assert (states[online], states[posted]) == ("returned", "approved")
    page = onestop.get(f"/dossiers/{posted}", token=tokens["reception_clerk", DEPARTMENT]).text
    assert "Hệ thống tự động" in page
