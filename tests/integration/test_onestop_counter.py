"""At the counter: numbers drawn and called, apologies for what is late, results by each way, hand-over."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from national_side import Nation
from page_reader import PageReader
from running_service import PASSCODE_KEY, Place, Running
from small_province import COMMUNE, DEPARTMENT, FREE, LAN, ONLINE, OTHER_COMMUNE, account
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

NINE, LATE_DAY = ("2018-08-22", 9 * 3600.0), ("2018-08-27", 9 * 3600.0)


@pytest.fixture(scope="module")
def portal(place: Place, lgsp: StandinLgsp) -> Running:
    """A portal."""
    Nation(lgsp)
    return place("portal", clock=NINE)


@pytest.fixture(scope="module")
def onestop(place: Place, lgsp: StandinLgsp, portal: Running) -> Running:
    """A one-stop whose papers are sealed, and whose news reaches the portal; Wednesday 22 August 2018, nine o'clock."""

    def sealed(call: Any) -> tuple[int, Any]:
        pdf = base64.b64decode(call.body["pdf"]) + b"\n% sealed for " + call.body["agency"].encode()
        return 200, {"pdf": base64.b64encode(pdf).decode(), "digest": hashlib.sha256(pdf).hexdigest()}

    lgsp.answers["office.papers.seal"] = sealed
    service = place("onestop", clock=NINE)

    def paper(call: Any) -> tuple[int, Any]:
        answer = service.call("apologies.paper", consumer="portal", query=call.query)
        return answer.status_code, answer.json()

    lgsp.answers["onestop.apologies.paper"] = paper
    for name in ("dossiers.progress", "dossiers.apology"):
        lgsp.answers[f"portal.{name}"] = lambda call: (
            200,
            portal.call(call.operation, consumer="onestop", body=call.body).json(),
        )
    lgsp.answers["onestop.dossiers.submit"] = lambda call: (
        200,
        service.call(call.operation, consumer="portal", body=call.body).json(),
    )
    return service


@pytest.fixture
def clerk(onestop: Running) -> Iterator[PageReader]:
    """The commune's reception clerk at a browser."""
    browser = PageReader(onestop.url)
    who = account("reception_clerk", COMMUNE)
    browser.open("/").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
    yield browser
    browser.close()


def token(onestop: Running, role: str, agency: str = COMMUNE) -> str:
    """Sign an official in."""
    return onestop.sign_in(account(role, agency))


def handed_in(onestop: Running, **more: Any) -> str:
    """Take a dossier in at the counter; returns its code."""
    body = {"procedure": ONLINE, "applicant": {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"}, "fee_cash": 8000,
            "delivery": "counter"} | more  # fmt: skip
    answer = onestop.post("/api/dossiers", body, token=token(onestop, "reception_clerk"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def turn_to(*services: Running, clock: tuple[str, float]) -> None:
    """Let official time be another: services that begin again look at their clock at once."""
    for service in services:
        service.stop()
        service.set_clock(*clock)
        service.start()


def decided(onestop: Running, code: str, agency: str = COMMUNE) -> None:
    """Let a received dossier be examined and granted."""
    one = f"/api/dossiers/{code}"
    examined = onestop.post(
        f"{one}/examination", {"proposal": "approve"}, token=token(onestop, "specialist", agency)
    )  # fmt: skip
    granted = onestop.post(f"{one}/decision", {"decision": "approve"}, token=token(onestop, "leader", agency))
    assert (examined.status_code, granted.status_code) == (200, 200), (examined.text, granted.text)


def test_numbers_are_called_in_the_order_in_which_they_were_drawn(onestop: Running) -> None:
    """SYS-ONESTOP: twelve people draw at once, two clerks call: everybody once, in order, and the board says who."""
    where = f"/api/queues/{COMMUNE}"
    with ThreadPoolExecutor(12) as people:
        drawn = list(people.map(lambda _: requests.post(f"{onestop.url}{where}/tickets", timeout=30,
                                                        headers={"Idempotency-Key": str(time.perf_counter_ns())}),
                                range(12)))  # fmt: skip
    assert sorted(one.json()["number"] for one in drawn) == list(range(1, 13))
    assert onestop.get(where).json() == {"agency": COMMUNE, "serving": [], "waiting": 12}

    clerk = token(onestop, "reception_clerk")
    called = [onestop.post("/api/queue/call", {}, token=clerk).json() for _ in range(3)]
    assert [one["number"] for one in called] == [1, 2, 3]
    assert onestop.get(where).json() == {"agency": COMMUNE, "serving": [3], "waiting": 9}
    gone = onestop.post("/api/queue/call", {"outcome": "absent"}, token=clerk).json()

    assert gone == {"number": 4, "waited_minutes": 0.0, "waiting": 8}
    kept = {row["number"]: row["outcome"] for row in onestop.export("tickets")}
    assert [kept[number] for number in (1, 2, 3, 4, 5)] == ["served", "served", "absent", None, None]


def test_the_same_draw_twice_is_one_number_and_each_agency_has_its_own(onestop: Running) -> None:
    """A kiosk that asks again gets the number it had; another commune's line begins at one."""
    address = f"/api/queues/{OTHER_COMMUNE}/tickets"
    first, again = (onestop.post(address, key="kiosk-1") for _ in range(2))

    assert first.json() == again.json() == {"agency": OTHER_COMMUNE, "number": 1, "before": 0}
    assert onestop.post("/api/queues/999/tickets").status_code == 404


def test_no_numbers_are_given_when_the_counter_is_closed(onestop: Running) -> None:
    """In the evening and on Sundays people are told when to come, and that they may file online."""
    try:
        for closed in (("2018-08-22", 16.75 * 3600), ("2018-08-26", 9 * 3600.0)):
            turn_to(onestop, clock=closed)
            answer = onestop.post(f"/api/queues/{COMMUNE}/tickets")
            assert (answer.status_code, answer.json()["title"]) == (409, "counter-closed")
            assert "nộp trực tuyến" in answer.json()["detail"]
    finally:
        turn_to(onestop, clock=NINE)


def test_people_and_clerks_use_the_line_in_plain_browsers(onestop: Running, clerk: PageReader) -> None:
    """At the door a button gives a number, on the desk a button calls it; a second click changes nothing."""
    door = PageReader(onestop.url)
    door.open(f"/queue/{COMMUNE}").press(f"/queue/{COMMUNE}")
    assert "Số của bạn" in door.text
    waiting = onestop.get(f"/api/queues/{COMMUNE}").json()["waiting"]
    clerk.open("/desk").press("/desk/queue", outcome="served")

    assert onestop.get(f"/api/queues/{COMMUNE}").json()["waiting"] == waiting - 1
    assert "Đang phục vụ số" in clerk.text
    door.close()
    try:
        turn_to(onestop, clock=LATE_DAY)
        assert "Đang phục vụ số" not in clerk.open("/desk").text, "yesterday's line is over"
    finally:
        turn_to(onestop, clock=NINE)


def test_who_is_late_says_sorry_once_and_the_applicant_is_told(
    portal: Running, onestop: Running, clerk: PageReader, lgsp: StandinLgsp
) -> None:
    """The apology is signed, kept and sent; tracking shows the new promise, its applicant gets the same paper."""
    body = {"procedure": ONLINE, "agency": COMMUNE, "form": {"a": "b"}, "delivery": "counter"}
    code = str(portal.post("/api/dossiers", body, token=portal.sign_in(LAN)).json()["code"])
    portal.drained()
    one = f"/api/dossiers/{code}"
    assert onestop.post(f"{one}/acceptance", token=token(onestop, "reception_clerk")).status_code == 200
    early = onestop.post(f"{one}/apology", token=token(onestop, "leader"))
    try:
        turn_to(portal, onestop, clock=LATE_DAY)
        clerk.open(f"/dossiers/{code}").press(f"/dossiers/{code}/apology")
        assert "đã gửi phiếu xin lỗi" in clerk.text
        again = onestop.post(f"{one}/apology", token=token(onestop, "leader"))
        sent = clerk.session.get(f"{onestop.url}/dossiers/{code}/apology", timeout=30)
        onestop.drained()
        told = lgsp.wait_for("portal.dossiers.apology", lambda item: item["code"] == code)
        tracked = portal.get(one).json()
        public = requests.get(f"{portal.url}/tracking", params={"code": code}, timeout=30).text
        citizen = PageReader(portal.url)
        citizen.open("/sign-in").press("/sign-in", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
        citizen.open(f"/my/{code}")
        own = citizen.session.get(f"{portal.url}/my/{code}/apology", timeout=30)
        page = citizen.text
        citizen.close()
    finally:
        turn_to(portal, onestop, clock=NINE)

    assert (early.status_code, early.json()["title"]) == (409, "not-late")
    assert (again.status_code, again.json()["title"]) == (409, "promised-again")
    assert sent.content.startswith(b"%PDF-")
    assert sent.content.endswith(b"% sealed for " + COMMUNE.encode())
    assert "Phiếu xin lỗi và hẹn lại ngày".encode() in sent.content
    assert LAN.encode() not in sent.content
    assert own.content == sent.content
    assert tracked["again_at"].startswith("2018-08-29T09:00")  # two working days from the apology
    assert tracked["due_at"] < "2018-08-27", "an apology makes nobody punctual"
    assert "hẹn lại: 29/08/2018 09:00" in public
    assert "Lan" not in public
    assert "hẹn lại 29/08/2018 09:00" in page
    (kept,) = (row for row in onestop.export("apologies") if row["code"] == code)
    assert kept["digest"] == hashlib.sha256(sent.content).hexdigest()
    assert kept["actor"] == account("reception_clerk", COMMUNE)
    assert told[0].keys() == {"code", "at", "again_at"}


def test_a_result_goes_out_by_each_way_and_then_to_the_archive(onestop: Running, clerk: PageReader) -> None:
    """At the counter, online and by post; a closed dossier is handed over by the clerk's form and proved later."""
    ways = {}
    for way in ("counter", "online", "post"):
        code = handed_in(onestop, delivery=way)
        decided(onestop, code)
        clerk.open(f"/dossiers/{code}").press(f"/dossiers/{code}", by=way)
        ways[way] = code
        if way == "post":
            parcel = onestop.query("SELECT parcel FROM parcel WHERE code = $1", code)[0]["parcel"]
            assert "đang vận chuyển" in clerk.text
            onestop.deliver("parcels.status", {"parcel": parcel, "status": "delivered"}, consumer="national")
        clerk.open(f"/dossiers/{code}").press(f"/dossiers/{code}/archiving")
        assert "Đã nộp lưu" in clerk.text
        assert "còn nguyên vẹn" in clerk.text

    states = {row["code"]: row["state"] for row in onestop.export("dossiers")}
    assert {states[code] for code in ways.values()} == {"returned"}
    notes = onestop.query("SELECT code, note FROM event WHERE event = 'handed_back'")
    assert {row["code"]: row["note"] for row in notes} == {code: way for way, code in ways.items()}
    assert {row["code"] for row in onestop.export("archive")} >= set(ways.values())


def test_an_open_dossier_is_not_handed_over(onestop: Running, clerk: PageReader) -> None:
    """No form offers it, and a program is told the state."""
    code = handed_in(onestop)
    clerk.open(f"/dossiers/{code}")
    answer = onestop.post(f"/api/dossiers/{code}/archiving", token=token(onestop, "reception_clerk"))

    assert f"/dossiers/{code}/archiving" not in clerk.answer.text
    assert (answer.status_code, answer.json()["title"]) == (409, "wrong-state")


def test_another_citizen_never_sees_an_apology(portal: Running) -> None:
    """FREE is filed by Lan and not late: nobody has an apology, she neither."""
    body = {"procedure": FREE, "agency": DEPARTMENT, "form": {"a": "b"}, "delivery": "counter"}
    code = str(portal.post("/api/dossiers", body, token=portal.sign_in(LAN)).json()["code"])
    citizen = PageReader(portal.url)
    citizen.open("/sign-in").press("/sign-in", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    missing = citizen.session.get(f"{portal.url}/my/{code}/apology", timeout=30)
    citizen.close()

    assert missing.status_code == 404
