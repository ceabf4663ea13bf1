"""What the portal shows to everybody and what its keeper may do: levels, quality, consultation, money, indicators."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from national_side import Nation
from page_reader import PageReader
from running_service import AUDIT_TOKEN, PASSCODE_KEY, PAYMENT_SECRET, Place, Running
from small_province import (
    AGENT,
    BINH,
    COMMUNE,
    COMPANY,
    DEPARTMENT,
    FORM,
    FREE,
    INFORMATION,
    LAN,
    ONLINE,
    PAID,
    SAME_DAY,
)
from standin_lgsp import Call, StandinLgsp

from loadtests.accounts import passcode


@pytest.fixture(scope="module")
def national(place: Place) -> Running:
    """The national counterparts as a real process."""
    return place("national")


@pytest.fixture(scope="module")
def portal(place: Place, national: Running, lgsp: StandinLgsp) -> Running:
    """A portal whose money and catalogue are the real nation's."""
    Nation(lgsp)

    def passed_on(call: Call) -> tuple[int, Any]:
        answer = national.call(call.operation, consumer="portal", body=call.body, query=call.query)
        return answer.status_code, answer.json()

    for operation in ("payment.create", "payment.list", "payment.refund", "procedures.list", "procedures.get"):
        lgsp.answers[f"national.{operation}"] = passed_on
    return place("portal")


@pytest.fixture
def anybody(portal: Running) -> Iterator[PageReader]:
    """Somebody with a browser."""
    reader = PageReader(portal.url)
    yield reader
    reader.close()


def signed_in(reader: PageReader, account: str) -> PageReader:
    """Sign in by the page."""
    reader.open("/sign-in")
    return reader.press("/sign-in", account=account, passcode=passcode(PASSCODE_KEY, account))


def licence(portal: Running, account: str = LAN) -> str:
    """File a level-4 dossier with a fee; returns its code."""
    body = {
        "procedure": PAID, "agency": DEPARTMENT, "form": {"a": "b"}, "delivery": "online", "company": COMPANY,
    }  # fmt: skip
    answer = portal.post("/api/dossiers", body, token=portal.sign_in(account))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def paid(portal: Running, national: Running, code: str, account: str = LAN) -> str:
    """Pay its fee at the platform, whose notice arrives; returns the order."""
    started = portal.post(f"/api/dossiers/{code}/payment", token=portal.sign_in(account)).json()
    order = str(started["order"])
    assert national.post(f"/pay/{order}").status_code == 200
    proof = hmac.new(PAYMENT_SECRET.encode(), f"{order}|{code}|200000".encode(), hashlib.sha256).hexdigest()
    notice = {"order": order, "code": code, "amount": 200_000, "checksum": proof}
    assert portal.deliver("payments.notify", notice, consumer="national")[0]["result"] == "done"
    return order


def news(code: str, state: str, seq: int, **more: Any) -> dict[str, Any]:
    """What a one-stop tells."""
    return {
        "code": code, "procedure": PAID, "agency": DEPARTMENT, "channel": "online", "state": state, "seq": seq,
        "at": f"2018-08-22T10:0{seq}:00+07:00", "fee": 200_000, "received_at": "2018-08-22T09:00:00+07:00",
        "due_at": "2018-08-24T09:00:00+07:00",
    } | more  # fmt: skip


# Levels.

#: What can be done, and the lowest level that allows it (SYS-LEVELS).
_ACTS = {
    "read": 1,
    "download the form": 2,
    "fill in online": 3,
    "submit": 3,
    "pay online": 4,
    "have the result sent online": 4,
    "fetch the result online": 4,
}
_OF_LEVEL = {1: INFORMATION, 2: FORM, 3: ONLINE, 4: PAID}


@pytest.mark.parametrize("act", _ACTS)
@pytest.mark.parametrize("level", _OF_LEVEL, ids="level {}".format)
def test_sys_levels_the_whole_table(portal: Running, anybody: PageReader, level: int, act: str) -> None:
    """SYS-LEVELS: each of the four levels allows exactly what it says; every refusal names the level and the way."""
    procedure = _OF_LEVEL[level]
    agency = DEPARTMENT if procedure == PAID else COMMUNE
    token = portal.sign_in(LAN)
    body = {"procedure": procedure, "agency": agency, "form": {"a": "b"}, "delivery": "counter"}
    company = {"company": COMPANY} if procedure == PAID else {}

    def dossier() -> str:
        filed = portal.post("/api/dossiers", body | company, token=token)
        return str(filed.json().get("code", "none"))

    match act:
        case "read":
            answer = portal.get(f"/procedures/{procedure}")
        case "download the form":
            answer = portal.get(f"/api/procedures/{procedure}/form")
        case "fill in online":
            answer = signed_in(anybody, LAN).open(f"/apply/{procedure}").answer
        case "submit":
            answer = portal.post("/api/dossiers", body | company, token=token)
        case "have the result sent online":
            answer = portal.post("/api/dossiers", body | company | {"delivery": "online"}, token=token)
        case "pay online":
            answer = portal.post(f"/api/dossiers/{dossier()}/payment", token=token)
        case _:
            code = dossier()
            told = news(code, "returned", 4, procedure=procedure, agency=agency, result="Chấp thuận", digest="d")
            portal.deliver("dossiers.progress", told, consumer="onestop") if code != "none" else None
            answer = portal.get(f"/api/dossiers/{code}/result", token=token)

    allowed = level >= _ACTS[act]
    no_dossier = level < 3 and act in {"pay online", "fetch the result online"}  # nothing was taken in
    assert answer.ok is allowed, answer.text
    if not allowed and not no_dossier:
        assert answer.status_code in {409, 422}
        assert f"mức độ {level}" in answer.text


# The catalogue, narrowed.


def test_sys_portal_the_catalogue_by_event_in_life_agency_field_and_level(portal: Running, anybody: PageReader) -> None:
    """SYS-PORTAL: an event leads to its procedures; agency, field, level and words narrow them."""
    home = anybody.open("/")
    assert "/?event=birth" in home.links
    assert "Có con nhỏ (2)" in " ".join(home.text.split())

    def codes(**asked: str) -> set[str]:
        answer = requests.get(f"{portal.url}/api/procedures", params=asked, timeout=30).json()
        shown = {link.rpartition("/")[2] for link in anybody.open("/", **asked).links if "/procedures/" in link}
        told = {one["code"] for one in answer["procedures"]}
        assert told == shown
        return told

    assert codes(event="birth") == {FORM, ONLINE}
    assert codes(event="birth", level="3") == {ONLINE}
    assert codes(event="birth", q="lại") == {FORM}
    assert codes(agency=DEPARTMENT) == {PAID, FREE}
    assert codes(agency="commune", field="Chứng thực") == {SAME_DAY}
    assert codes(agency=DEPARTMENT, event="birth") == set()
    assert "/?event=birth" in anybody.open(f"/procedures/{ONLINE}").links
    assert "Birth and small children" in anybody.open("/", event="birth", lang="en").text


def test_a_search_narrowed_to_what_there_is_not_says_everything_at_once(portal: Running) -> None:
    """Level, agency and event that nobody has heard of: one refusal with all three."""
    answer = portal.get("/api/procedures?level=9&agency=x&event=y")

    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == ["$.level", "$.agency", "$.event"]


# Quality of the catalogue.


def test_trb_hollow_service_what_nobody_uses_or_does_not_qualify_is_named(portal: Running, anybody: PageReader) -> None:
    """TRB-HOLLOW-SERVICE: a service that a dossier came to is no longer unused; the page names the rest."""
    before = {one["code"] for one in portal.get("/api/services/quality").json()["unused"]}
    licence(portal)
    after = portal.get("/api/services/quality").json()

    assert FREE in before
    assert PAID not in {one["code"] for one in after["unused"]}
    assert after["by_level"] == {"1": 1, "2": 2, "3": 1, "4": 2}
    assert "Cấp phù hiệu xe nội bộ" in anybody.open("/catalogue/quality").text


def test_trb_unbound_catalogue_is_switched_on_in_the_running_nation(
    portal: Running, national: Running, anybody: PageReader
) -> None:
    """TRB-UNBOUND-CATALOGUE: the nation changes its catalogue while everything runs; each difference is named."""
    changes = {ONLINE: {"fee": 9000, "deadline_hours": 8}, PAID: {"level": 3, "linked_agencies": ["x"]}, FREE: None}

    def change(body: Any) -> None:
        answer = requests.put(
            f"{national.url}/control/catalogue",
            json=body,
            headers={"Authorization": f"Bearer {AUDIT_TOKEN}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    change(changes)
    portal.post("/api/catalogue/comparison", token=AUDIT_TOKEN)
    found = {(row["procedure"], row["what"]) for row in portal.export("drift")}
    page = anybody.open("/catalogue/drift").text
    change({})
    portal.post("/api/catalogue/comparison", token=AUDIT_TOKEN)
    left = {(row["procedure"], row["what"]) for row in portal.export("drift")}

    assert {(ONLINE, "fee"), (ONLINE, "deadline"), (PAID, "level"), (PAID, "steps"), (FREE, "code")} <= found
    assert "Thời hạn" in page
    assert not {(ONLINE, "deadline"), (PAID, "steps"), (FREE, "code")} & left


# Consultation.


@pytest.mark.usefixtures("portal")
def test_sys_consult_nothing_goes_online_that_people_do_not_want(place: Place) -> None:
    """SYS-CONSULT: no consultation, one still open, too few or contrary voices: the gate stays shut; then it opens."""
    gate = place("portal")
    publication = f"/api/procedures/{FORM}/publication"

    def publish(level: int = 3) -> tuple[int, str]:
        answer = gate.post(publication, {"level": level}, token=AUDIT_TOKEN)
        return answer.status_code, answer.json().get("title", "")

    asked = {"procedure": FORM, "level": 3, "question": "Có muốn nộp trực tuyến không?", "days": 1}
    assert gate.post(publication, {"level": 3}, token=gate.sign_in(LAN)).status_code == 401
    assert publish() == (409, "not-consulted")
    assert gate.post("/api/consultations", asked, token=AUDIT_TOKEN).status_code == 201

    def say(account: str, wants: str) -> str:
        reader = signed_in(PageReader(gate.url), account)
        reader.open("/consultations").press("/consultations", wants=wants)
        text = reader.text
        reader.close()
        return text

    for account in (LAN, BINH, AGENT):
        text = say(account, "no")
    assert "3 ý kiến, 0 muốn" in text
    assert publish() == (409, "still-open")
    for account in (LAN, BINH):
        say(account, "yes")
    gate.set_clock("2018-08-24", 9 * 3600.0)
    gate.stop()
    gate.start()

    told = gate.get("/api/consultations").json()["consultations"][0]
    assert (told["opinions"], told["wanting"], told["open"]) == (3, 2, False)
    assert publish(4) == (409, "not-consulted")
    levels = [gate.get("/").text]
    assert publish() == (200, "")
    levels.append(gate.get("/").text)
    gate.post("/api/catalogue/comparison", token=AUDIT_TOKEN)
    assert (FORM, "level") not in {(row["procedure"], row["what"]) for row in gate.export("drift")}
    body = {"procedure": FORM, "agency": COMMUNE, "form": {"a": "b"}, "delivery": "counter"}
    assert gate.post("/api/dossiers", body, token=gate.sign_in(LAN)).status_code == 201
    gate.restart()
    assert gate.get("/api/procedures", q=FORM).json()["procedures"][0]["level"] == 3
    twin = place("portal", clock=("2018-08-24", 9 * 3600.0), DATABASE_URL=gate.settings["DATABASE_URL"])
    assert twin.get("/api/procedures", q=FORM).json()["procedures"][0]["level"] == 3
    assert publish(2) == (200, "")
    gate.post("/api/catalogue/comparison", token=AUDIT_TOKEN)
    levels.append(gate.get("/").text)
    assert gate.post("/api/dossiers", body, token=gate.sign_in(LAN)).status_code == 409
    assert (FORM, "level") in {(row["procedure"], row["what"]) for row in gate.export("drift")}
    assert levels[0] != levels[1] != levels[2], "the first page shows how many procedures there are at each level"
    deadline = time.monotonic() + 60  # another replica looks once a second at what was published
    while twin.get("/api/procedures", q=FORM).json()["procedures"][0]["level"] != 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_english_is_there_on_request_and_stays_until_it_is_sent_away(portal: Running) -> None:
    """Search, procedure, tracking, the door, the board: in English from when one asked until one asks otherwise."""
    visitor = requests.Session()

    def page(path: str) -> tuple[str, str]:
        text = visitor.get(portal.url + path, timeout=30).text
        return text.partition('<html lang="')[2][:2], text

    assert page("/")[0] == "vi"
    language, home = page("/?lang=en")
    assert language == "en"
    assert "Find a procedure" in home
    assert 'href="/?lang=vi"' in home
    for path, wanted in (
        (f"/procedures/{ONLINE}", "What can be done online"), ("/tracking?code=x", "There is no dossier x"),
        ("/sign-in", "Personal number"), ("/?q=khai+sinh", "procedures"), ("/board", "Indicators"),
    ):  # fmt: skip
        language, text = page(path)
        assert (language, wanted in text) == ("en", True), path
    assert page("/?lang=vi")[0] == page("/tracking")[0] == "vi"
    visitor.close()


def test_feedback_from_the_portal_and_from_social_media_is_answered_in_public(
    portal: Running, anybody: PageReader, national: Running, lgsp: StandinLgsp
) -> None:
    """Nobody has to sign in to complain; a bridge brings in what was said elsewhere; answers are public, once given.

    And the nation is told (DongBoHoiDap): an older answer that comes late undoes nothing.
    """
    anybody.open("/feedback").press("/feedback", text="Trang tra cứu chậm <b>quá</b>")
    assert "Đã nhận phản ánh" in anybody.text
    said = {"channel": "facebook", "text": "Không tìm thấy thủ tục", "agency": DEPARTMENT}
    number = portal.post("/api/feedback", said, token=AUDIT_TOKEN).json()["feedback"]
    assert "Không tìm thấy" not in anybody.open("/feedback").text

    portal.post(f"/api/feedback/{number}/answer", {"text": "Đã sửa."}, token=AUDIT_TOKEN)

    (told,) = lgsp.wait_for("national.dvcqg.questions", lambda one: one["MaCauHoi"] == str(number))
    assert national.deliver("dvcqg.questions", told, consumer="portal")[0]["result"] == "done"
    older = told | {"TraLoi": "Chưa biết.", "NgayTraLoi": "2018-08-21T09:00:00+07:00"}
    assert national.deliver("dvcqg.questions", older, consumer="portal")[0]["result"] == "done"
    assert national.export("questions") == [
        {"system": "portal", "question": str(number), "channel": "facebook", "agency": DEPARTMENT,
         "said": "Không tìm thấy thủ tục", "answer": "Đã sửa."}
    ]  # fmt: skip
    assert "facebook" in anybody.open("/feedback").text
    assert "Đã sửa." in anybody.text
    assert portal.post("/api/feedback", said).status_code == 401


# Money.


def test_sys_pay_a_withdrawn_dossiers_fee_goes_back_and_the_books_agree(
    portal: Running, national: Running, lgsp: StandinLgsp
) -> None:
    """SYS-PAY: reconciliation to the đồng: agreement, a refund on both sides, and a payment that only one side has."""
    kept, given_back = licence(portal), licence(portal)
    order = paid(portal, national, kept)
    returned = paid(portal, national, given_back)
    portal.deliver("dossiers.progress", news(given_back, "withdrawn", 2), consumer="onestop")
    lgsp.wait_for("national.payment.refund", lambda one: one["order"] == returned)
    portal.drained()

    agreed = portal.post("/api/payments/reconciliation", token=AUDIT_TOKEN).json()
    lost = licence(portal)
    started = portal.post(f"/api/dossiers/{lost}/payment", token=portal.sign_in(LAN)).json()["order"]
    national.post(f"/pay/{started}")
    differs = portal.post("/api/payments/reconciliation", token=AUDIT_TOKEN).json()

    assert agreed["agrees"], agreed
    assert agreed["paid_here"] == agreed["paid_there"] >= 400_000
    assert agreed["refunded_here"] == agreed["refunded_there"] == 200_000
    assert national.export("refunds") == [{"order": returned, "amount": 200_000, "reason": "withdrawn"}]
    assert differs["differences"] == [{"order": started, "what": "status", "here": "pending", "there": "paid"}]
    assert differs["paid_there"] - differs["paid_here"] == 200_000
    assert order != returned


# What is public.


def test_results_are_published_without_their_people(portal: Running, anybody: PageReader) -> None:
    """Code, procedure, agency, day and whether it was in time: not who, and not what was decided."""
    code = licence(portal)
    told = news(code, "returned", 4, result="Chấp thuận hồ sơ của Nguyễn Thị Lan", digest="d")
    portal.deliver("dossiers.progress", told, consumer="onestop")

    text = anybody.open("/results").text
    assert code in text
    assert "Đúng hạn" in text
    assert "Lan" not in text


def test_sys_kpi_the_board_says_what_happened_and_that_it_is_an_estimate(portal: Running, anybody: PageReader) -> None:
    """SYS-KPI: per agency, from the portal's own books; the QĐ 766 points are labelled, and add up to their total."""
    code = licence(portal)
    portal.deliver("dossiers.progress", news(code, "approved", 3), consumer="onestop")
    told = portal.get("/api/indicators").json()
    (line,) = [one for one in told["agencies"] if one["agency"] == DEPARTMENT]

    assert "thước đo về sau" in told["label"]
    assert line["online_share"] == 1.0
    assert line["total"] == round(sum(line["points"].values()), 1) <= 100
    assert sum(most for _, most in told["groups"].values()) == 100
    assert "không phải điểm chính thức" in anybody.open("/board").text


def test_sys_opendata_every_set_is_catalogued_with_a_schema_that_it_keeps(portal: Running) -> None:
    """SYS-OPENDATA: DCAT catalogue; each set as JSON and CSV, with the columns of its schema, and nobody's number."""
    catalogue = portal.get("/open-data/catalogue.json").json()
    sets = [one["dct:identifier"] for one in catalogue["dcat:dataset"]]

    assert sets == ["procedures", "dossiers-by-day", "ratings", "indicators"]
    for name in sets:
        schema = portal.get(f"/open-data/{name}/schema.json").json()
        rows = portal.get(f"/open-data/{name}.json").json()
        lines = list(csv.DictReader(io.StringIO(portal.get(f"/open-data/{name}.csv").text)))
        columns = list(schema["items"]["properties"])
        assert all(list(row) == columns for row in rows)
        assert len(lines) == len(rows)
        assert not any(private in str(rows) for private in (LAN, BINH, AGENT))
    assert len(portal.get("/open-data/procedures.json").json()) == 6
    assert portal.get("/open-data/people.json").status_code == 404


def test_pages_are_light(portal: Running) -> None:
    """The heaviest public page stays below 100 KB."""
    paths = ("/", "/?q=a", "/board", "/results", "/catalogue/quality", "/catalogue/drift", "/feedback", "/open-data")
    sizes = {path: len(portal.get(path).content) for path in paths}

    assert max(sizes.values()) <= 100_000, sizes
