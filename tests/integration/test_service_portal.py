"""The portal as a real process on a real PostgreSQL, with a stand-in LGSP (SYS-PORTAL, SYS-LEVELS, SYS-PAY)."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import requests
from national_side import Nation
from running_service import AUDIT_TOKEN, PASSCODE_KEY, PAYMENT_SECRET, Running, lgsp_token
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
    PAID,
    PROCEDURES,
)
from small_province import ONLINE as BIRTH
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

Place = Callable[..., Running]

DAY = "180822"
NINE = "2018-08-22T09:00:00+07:00"
SUBMIT, SUPPLEMENT, PAYMENT = (
    "onestop.dossiers.submit",
    "onestop.supplements.add",
    "onestop.payments.add",
)


@pytest.fixture(scope="module")
def nation(lgsp: StandinLgsp) -> Nation:
    """National counterparts."""
    return Nation(lgsp)


@pytest.fixture(scope="module")
def portal(place: Place, nation: Nation) -> Running:  # noqa: ARG001 -- must answer before the portal asks
    """A portal whose clock stands at Wednesday 22 August 2018, nine o'clock."""
    return place("portal")


@pytest.fixture(scope="module")
def lan(portal: Running) -> str:
    """Token of Nguyễn Thị Lan."""
    return portal.sign_in(LAN)


@pytest.fixture(scope="module")
def binh(portal: Running) -> str:
    """Token of Trần Văn Bình."""
    return portal.sign_in(BINH)


def filed(procedure: str = BIRTH, agency: str = COMMUNE, **more: Any) -> dict[str, Any]:
    """What an applicant sends in."""
    return {"procedure": procedure, "agency": agency, "form": {"child": "An"}, "delivery": "counter"} | more


def submit(portal: Running, token: str, *, key: str | None = None, **more: Any) -> str:
    """File a dossier; returns its code."""
    answer = portal.post("/api/dossiers", filed(**more), token=token, key=key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def licence(portal: Running, token: str) -> str:
    """File a level-4 dossier with a fee; returns its code."""
    return submit(portal, token, procedure=PAID, agency=DEPARTMENT, company=COMPANY, delivery="online")


def progress(code: str, state: str, seq: int, **more: Any) -> dict[str, Any]:
    """What a one-stop tells."""
    return {
        "code": code,
        "procedure": BIRTH,
        "agency": COMMUNE,
        "channel": "online",
        "state": state,
        "seq": seq,
        "at": f"2018-08-22T10:0{seq}:00+07:00",
        "fee": 8000,
        "received_at": NINE,
        "due_at": "2018-08-24T09:00:00+07:00",
    } | more


def tell(portal: Running, *news: dict[str, Any]) -> None:
    """Let the one-stop tell the portal."""
    results = portal.deliver("dossiers.progress", *news, consumer="onestop")
    assert {result["result"] for result in results} == {"done"}


def returned(portal: Running, token: str) -> str:
    """File a dossier and let its result come back."""
    code = submit(portal, token, procedure=FREE, agency=DEPARTMENT)
    text = f"Chấp thuận hồ sơ {code}"
    tell(
        portal,
        progress(
            code,
            "returned",
            4,
            procedure=FREE,
            agency=DEPARTMENT,
            result=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
        ),
    )
    return code


def notice(order: str, code: str, amount: int, secret: str = PAYMENT_SECRET) -> dict[str, Any]:
    """What the payment platform tells."""
    proof = hmac.new(secret.encode(), f"{order}|{code}|{amount}".encode(), hashlib.sha256).hexdigest()
    return {"order": order, "code": code, "amount": amount, "checksum": proof}


def of(code: str) -> Callable[[Any], bool]:
    """Whether an outbox item is about this dossier."""
    return lambda item: item["code"] == code


# The catalogue and its levels.


@pytest.mark.parametrize(
    "typed", ["đăng ký khai sinh", "dang ky khai sinh", "DANG KY  KHAI SINH", "khai sinh, đăng ký", "1.000003"]
)
def test_search_finds_a_procedure_however_it_is_typed(portal: Running, typed: str) -> None:
    """With or without diacritics, in capitals, in another order, or by code: the procedure is found."""
    found = portal.get("/api/procedures", q=typed).json()["procedures"]

    assert BIRTH in [procedure["code"] for procedure in found]


def test_search_puts_what_was_typed_first_and_filters_by_level(portal: Running) -> None:
    """The procedure whose name has the typed words comes before others, and a level keeps only its own."""
    best = portal.get("/api/procedures", q="đăng ký khai sinh").json()["procedures"][0]
    second_level = portal.get("/api/procedures", q="khai sinh", level="2").json()["procedures"]
    everything = portal.get("/api/procedures").json()
    nothing = portal.get("/api/procedures", q="xin phép bay").json()

    assert best == {"code": BIRTH, "name": "Đăng ký khai sinh", "field": "Hộ tịch", "level": 3, "fee": 8000}
    assert [procedure["code"] for procedure in second_level] == [FORM]
    assert everything["found"] == len(PROCEDURES)
    assert nothing["procedures"] == []


def test_a_level_that_does_not_exist_is_named(portal: Running) -> None:
    """There are four levels."""
    answer = portal.get("/api/procedures", q="khai sinh", level="5")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "$.level"


@pytest.mark.parametrize(
    ("procedure", "form", "submission", "payment"),
    [
        (INFORMATION, 409, 409, None),
        (FORM, 200, 409, None),
        (BIRTH, 200, 201, 409),
        (PAID, 200, 201, 201),
    ],
    ids=["level 1", "level 2", "level 3", "level 4"],
)
def test_sys_levels_each_level_allows_what_it_says_and_no_more(
    portal: Running, lan: str, procedure: str, form: int, submission: int, payment: int | None
) -> None:
    """SYS-LEVELS: forms from level 2, submission from level 3, online payment at level 4; else 409 `wrong-level`."""
    agency = DEPARTMENT if procedure == PAID else COMMUNE

    downloaded = portal.get(f"/api/procedures/{procedure}/form")
    sent = portal.post("/api/dossiers", filed(procedure, agency), token=lan)

    assert downloaded.status_code == form
    assert sent.status_code == submission
    refused = [answer for answer in (downloaded, sent) if answer.status_code == 409]
    if payment:
        paid = portal.post(f"/api/dossiers/{sent.json()['code']}/payment", token=lan)
        assert paid.status_code == payment
        refused += [paid] if payment == 409 else []
    assert {answer.json()["title"] for answer in refused} <= {"wrong-level"}


def test_a_form_is_a_file_of_the_procedure(portal: Running) -> None:
    """The form downloads as a file that names the procedure and asks for the applicant."""
    answer = portal.get(f"/api/procedures/{FORM}/form")

    assert answer.headers["content-disposition"] == f'attachment; filename="to-khai-{FORM}.html"'
    assert "Tờ khai: Đăng ký lại khai sinh" in answer.text
    assert "Số định danh cá nhân" in answer.text


def test_pages_show_the_catalogue_in_vietnamese(portal: Running) -> None:
    """Home lists fields and levels, searches, and leads to procedures, whose page says what can be done online."""
    home = portal.get("/")
    searched = portal.get("/", q="khai sinh")
    field = portal.get("/", field="Đường bộ", level="4")
    procedure = portal.get(f"/procedures/{PAID}")
    plain = portal.get(f"/procedures/{INFORMATION}")

    assert "Hộ tịch" in home.text
    assert "Đường bộ" in home.text
    assert len(home.content) < 100_000
    assert f"/procedures/{BIRTH}" in searched.text
    assert f"/procedures/{PAID}" not in searched.text
    assert f"/procedures/{PAID}" in field.text
    assert "Sở Giao thông vận tải" in procedure.text
    assert "5 ngày làm việc" in procedure.text
    assert "200.000 ₫" in procedure.text
    assert "Nộp hồ sơ trực tuyến: có" in procedure.text
    assert "tải tờ khai" not in plain.text
    assert portal.get("/procedures/9.999999").status_code == 404
    assert "default-src 'none'" in home.headers["content-security-policy"]


def test_what_is_typed_comes_back_as_text_only(portal: Running) -> None:
    """A search for markup does not become markup."""
    assert "<script>" not in portal.get("/", q="<script>alert(1)</script>").text
    assert "<script>" not in portal.get("/tracking", code="<script>alert(1)</script>").text


def test_drift_from_the_national_catalogue_is_found_and_shown(portal: Running, lgsp: StandinLgsp) -> None:
    """TRB-UNBOUND-CATALOGUE: differing codes, levels and fees are listed; comparing again gives the same list."""
    asked = portal.post("/api/catalogue/comparison", token=AUDIT_TOKEN)

    assert asked.json()["drifted"] == 4
    assert portal.export("drift") == [
        {"procedure": INFORMATION, "what": "code", "here": INFORMATION, "there": ""},
        {"procedure": FORM, "what": "level", "here": "2", "there": "3"},
        {"procedure": BIRTH, "what": "fee", "here": "8000", "there": "5000"},
        {"procedure": "2.000099", "what": "code", "here": "", "there": "2.000099"},
    ]
    assert "4 điểm chưa khớp" in portal.get("/").text
    assert portal.post("/api/catalogue/comparison").status_code == 401
    assert lgsp.wait_for_call("national.procedures.list", count=2), "once at the start, once when asked"


# Signing in.


def test_signing_in_verifies_the_person_and_fills_forms_in(portal: Running, lgsp: StandinLgsp) -> None:
    """SYS-DB-POPULATION: the person is verified over the LGSP, and what is known need not be typed again."""
    answer = portal.post("/api/sign-in", {"account": LAN, "passcode": passcode(PASSCODE_KEY, LAN)}, key="").json()

    assert (answer["name"], answer["role"], answer["agency"]) == ("Nguyễn Thị Lan", "citizen", "")
    assert answer["prefill"]["born"] == "1990-03-08"
    assert answer["prefill"]["personal_number"] == LAN
    assert {"personal_number": LAN} in [call.body for call in lgsp.wait_for_call("national.population.verify")]


def test_signing_in_fails_for_wrong_passcodes_and_unknown_people(portal: Running) -> None:
    """Neither a wrong passcode nor somebody the nation does not know gets in."""
    unknown = "083199999999"

    wrong = portal.post("/api/sign-in", {"account": LAN, "passcode": "000000000000"}, key="")
    nobody = portal.post("/api/sign-in", {"account": unknown, "passcode": passcode(PASSCODE_KEY, unknown)}, key="")

    assert (wrong.status_code, wrong.json()["title"]) == (401, "wrong-passcode")
    assert (nobody.status_code, nobody.json()["title"]) == (401, "unknown-person")


def test_signing_in_says_when_the_nation_is_out_of_reach(portal: Running, lgsp: StandinLgsp) -> None:
    """Without the population database there is no sign-in, and the citizen is told to try again."""
    lgsp.out_of_reach = True
    try:
        answer = portal.post("/api/sign-in", {"account": LAN, "passcode": passcode(PASSCODE_KEY, LAN)}, key="")
    finally:
        lgsp.out_of_reach = False

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


# Filing.


def test_sys_portal_a_dossier_is_numbered_kept_and_sent_on_once(portal: Running, lan: str, lgsp: StandinLgsp) -> None:
    """SYS-PORTAL: a submission gets a code from 5001 on, stands in the books, and reaches the one-stop once."""
    answer = portal.post("/api/dossiers", filed(), token=lan, key="first-submission")
    code = answer.json()["code"]

    sent = lgsp.wait_for(SUBMIT, of(code))
    assert answer.status_code == 201
    assert answer.json() == {"code": code, "state": "submitted", "fee": 8000}
    assert re.fullmatch(rf"{COMMUNE}-{DAY}-5\d\d\d", code)
    assert sent == [
        {
            "code": code,
            "procedure": BIRTH,
            "agency": COMMUNE,
            "applicant": {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"},
            "company": None,
            "delivery": "counter",
            "standing": None,
            "submitted_at": NINE,
            "fee": 8000,
            "channel": "online",
            "form": {"child": "An"},
            "request_key": "first-submission",
        }
    ]
    assert [row for row in portal.export("dossiers") if row["code"] == code] == [
        {
            "code": code,
            "procedure": BIRTH,
            "agency": COMMUNE,
            "channel": "online",
            "state": "submitted",
            "seq": 0,
            "fee": 8000,
            "submitted_at": "2018-08-22T09:00:00.000000+07:00",
            "request_key": "first-submission",
        }
    ]
    events = [row for row in portal.export("events") if row["code"] == code]
    assert [(row["event"], row["request_key"]) for row in events] == [("submitted", "first-submission")]


def test_an_agent_files_for_a_company_of_the_register(portal: Running, lgsp: StandinLgsp) -> None:
    """SYS-DB-BUSINESS: the company is looked up nationally, and its name travels with the dossier."""
    code = licence(portal, portal.sign_in(AGENT))

    sent = lgsp.wait_for(SUBMIT, of(code))[0]
    assert sent["applicant"]["full_name"] == "Đỗ Hữu Đức"
    assert sent["company"] == {"tax_code": COMPANY, "name": "Công ty TNHH Vận tải Mẫu"}


def test_the_same_submission_takes_effect_once(portal: Running, lan: str) -> None:
    """A repeated request gets the stored reply; the same key for something else is refused."""
    first = portal.post("/api/dossiers", filed(), token=lan, key="repeated-submission")
    again = portal.post("/api/dossiers", filed(), token=lan, key="repeated-submission")
    other = portal.post("/api/dossiers", filed(delivery="post"), token=lan, key="repeated-submission")

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["title"]) == (422, "key-reused")
    assert len([row for row in portal.export("dossiers") if row["request_key"] == "repeated-submission"]) == 1
    assert portal.post("/api/dossiers", filed(), token=lan, key="").status_code == 400


def test_codes_are_consecutive_and_never_shared(portal: Running, lan: str) -> None:
    """Thirty submissions at once get thirty codes in a row."""
    with ThreadPoolExecutor(8) as applicants:
        codes = list(applicants.map(lambda _: submit(portal, lan, procedure=FREE, agency=DEPARTMENT), range(30)))

    numbers = sorted(int(code.rsplit("-", 1)[1]) for code in codes)
    assert numbers == list(range(numbers[0], numbers[0] + 30))


def test_all_mistakes_of_a_submission_are_named_at_once(portal: Running, lan: str) -> None:
    """The applicant learns everything that is wrong in one answer."""
    body = filed(agency="nowhere", form={}, delivery="drone", company="1")

    wrong = portal.post("/api/dossiers", body, token=lan)
    elsewhere = portal.post("/api/dossiers", filed(agency=DEPARTMENT), token=lan)
    at_home = portal.post("/api/dossiers", filed(delivery="online"), token=lan)
    unknown = portal.post("/api/dossiers", filed(procedure="9.999999"), token=lan)

    assert wrong.status_code == 422
    assert {error["where"] for error in wrong.json()["errors"]} == {"$.agency", "$.form", "$.delivery", "$.company"}
    assert [error["where"] for error in elsewhere.json()["errors"]] == ["$.agency"]
    assert [error["where"] for error in at_home.json()["errors"]] == ["$.delivery"], "level 3: result at the counter"
    assert [error["where"] for error in unknown.json()["errors"]] == ["$.procedure"]
    assert portal.post("/api/dossiers", {"procedure": 7}, token=lan).status_code == 422


# Following.


def test_anybody_can_track_a_dossier_and_sees_nothing_private(portal: Running, lan: str) -> None:
    """Tracking by code shows state, agency, promised day and steps; not who applied, for what, or with what result."""
    code = submit(portal, lan)
    tell(portal, progress(code, "received", 1), progress(code, "examined", 2))

    tracked = portal.get(f"/api/dossiers/{code}")
    page = portal.get("/tracking", code=code)

    assert tracked.json() == {
        "code": code,
        "state": "examined",
        "agency": COMMUNE,
        "due_at": "2018-08-24T09:00:00+07:00",
        "again_at": None,
        "steps": [
            {"state": "submitted", "at": NINE},
            {"state": "received", "at": "2018-08-22T10:01:00+07:00"},
            {"state": "examined", "at": "2018-08-22T10:02:00+07:00"},
        ],
    }
    assert "UBND xã An Mẫu" in page.text
    assert "Đã thẩm định" in page.text
    for shown in (tracked.text, page.text):
        assert not any(private in shown for private in (LAN, "Lan", "Đăng ký khai sinh", "child"))


def test_what_is_not_here_yet_is_not_found(portal: Running, lan: str) -> None:
    """An unknown code is 404 everywhere; it may still be on its way."""
    missing = f"/api/dossiers/{COMMUNE}-{DAY}-9998"

    answers = [
        portal.get(missing),
        portal.get(f"{missing}/result", token=lan),
        portal.post(f"{missing}/payment", token=lan),
        portal.post(f"{missing}/supplements", {"form": {"a": "b"}}, token=lan),
        portal.post(f"{missing}/rating", {"score": 5}, token=lan),
        portal.get("/tracking", code="none"),
        portal.get("/api/procedures/9.999999/form"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert answers[0].json()["title"] == "not-found"


def test_a_counter_dossier_becomes_known_by_its_one_stops_news(portal: Running, lan: str) -> None:
    """Who was at the counter can track the dossier, too; but it is nobody's at the portal."""
    code = f"{COMMUNE}-{DAY}-0042"

    tell(portal, progress(code, "received", 1, channel="counter"))

    assert portal.get(f"/api/dossiers/{code}").json()["state"] == "received"
    assert [row for row in portal.export("dossiers") if row["code"] == code] == [
        {
            "code": code,
            "procedure": BIRTH,
            "agency": COMMUNE,
            "channel": "counter",
            "state": "received",
            "seq": 1,
            "fee": 8000,
            "submitted_at": "2018-08-22T09:00:00.000000+07:00",
            "request_key": None,
        }
    ]
    assert portal.post(f"/api/dossiers/{code}/rating", {"score": 5}, token=lan).status_code == 403


def test_older_news_never_undoes_newer(portal: Running, lan: str) -> None:
    """News that overtook each other leave the newest state, and all steps in their order."""
    code = submit(portal, lan)

    tell(portal, progress(code, "examined", 2))
    tell(portal, progress(code, "examined", 2), progress(code, "received", 1))

    tracked = portal.get(f"/api/dossiers/{code}").json()
    assert tracked["state"] == "examined"
    assert [step["state"] for step in tracked["steps"]] == ["submitted", "received", "examined"]


def test_a_supplement_is_taken_once_for_each_request(portal: Running, lan: str, lgsp: StandinLgsp) -> None:
    """Only when asked, only once for each time: and it goes on to the one-stop under the applicant's own key."""
    code = submit(portal, lan)
    path, body = f"/api/dossiers/{code}/supplements", {"form": {"file": "giay-chung-sinh"}}
    unasked = portal.post(path, body, token=lan)
    tell(portal, progress(code, "awaiting_supplement", 2))

    empty = portal.post(path, {"form": {}}, token=lan)
    taken = portal.post(path, body, token=lan, key="the-supplement")
    twice = portal.post(path, body, token=lan)
    again = portal.post(path, body, token=lan, key="the-supplement")
    tell(portal, progress(code, "awaiting_supplement", 4))
    asked_again = portal.post(path, body, token=lan)

    assert (unasked.status_code, unasked.json()["title"], unasked.json()["state"]) == (409, "wrong-state", "submitted")
    assert empty.status_code == 422
    assert taken.json() == again.json() == {"code": code, "state": "awaiting_supplement"}
    assert (twice.status_code, twice.json()["title"]) == (409, "already-supplemented")
    assert asked_again.status_code == 200
    sent = lgsp.wait_for(SUPPLEMENT, of(code), count=2)
    assert [(item["seq"], item["form"]) for item in sent] == [(2, body["form"]), (4, body["form"])]
    assert sent[0]["request_key"] == "the-supplement"
    events = [row for row in portal.export("events") if row["request_key"] == "the-supplement"]
    assert [(row["code"], row["event"]) for row in events] == [(code, "supplemented")]


def test_the_result_is_its_applicants_alone(portal: Running, lan: str, binh: str) -> None:
    """The outcome is there once returned, with its digest, and for nobody else."""
    early = submit(portal, lan, procedure=FREE, agency=DEPARTMENT)
    tell(portal, progress(early, "approved", 3))
    code = returned(portal, lan)

    waiting = portal.get(f"/api/dossiers/{early}/result", token=lan)
    read = portal.get(f"/api/dossiers/{code}/result", token=lan)
    foreign = portal.get(f"/api/dossiers/{code}/result", token=binh)

    assert (waiting.status_code, waiting.json()["state"]) == (409, "approved")
    assert read.json()["result"] == f"Chấp thuận hồ sơ {code}"
    assert read.json()["digest"] == hashlib.sha256(read.json()["result"].encode()).hexdigest()
    assert (foreign.status_code, foreign.json()["title"]) == (403, "not-yours")
    assert portal.get(f"/api/dossiers/{code}/result").status_code == 401


def test_a_rating_is_given_once_after_the_result(portal: Running, lan: str, binh: str) -> None:
    """From 1 to 5, once, by the applicant, when all is over."""
    early, code = submit(portal, lan), returned(portal, lan)

    too_early = portal.post(f"/api/dossiers/{early}/rating", {"score": 5}, token=lan)
    too_good = portal.post(f"/api/dossiers/{code}/rating", {"score": 6}, token=lan)
    foreign = portal.post(f"/api/dossiers/{code}/rating", {"score": 1}, token=binh)
    given = portal.post(f"/api/dossiers/{code}/rating", {"score": 4}, token=lan, key="the-rating")
    twice = portal.post(f"/api/dossiers/{code}/rating", {"score": 5}, token=lan)

    assert [answer.status_code for answer in (too_early, too_good, foreign, given, twice)] == [409, 422, 403, 201, 409]
    assert [row for row in portal.export("ratings") if row["code"] == code] == [
        {"code": code, "score": 4, "request_key": "the-rating"}
    ]


# Paying.


def test_sys_pay_a_fee_is_paid_online_and_told_to_the_one_stop_once(
    portal: Running, lan: str, nation: Nation, lgsp: StandinLgsp
) -> None:
    """SYS-PAY: an order of the platform under the request's key; its signed notice makes the payment paid, once."""
    code = licence(portal, lan)
    started = portal.post(f"/api/dossiers/{code}/payment", token=lan, key="the-payment")
    order = started.json()["order"]
    pending = [row for row in portal.export("payments") if row["code"] == code]

    results = [
        portal.deliver("payments.notify", notice(order, code, 200_000), consumer="national")[0]["result"]
        for _ in range(2)
    ]

    assert started.status_code == 201
    assert started.json() == {
        "order": order,
        "amount": 200_000,
        "pay_url": nation.orders["the-payment"]["pay_url"],
    }
    assert nation.orders["the-payment"]["asked"] == {
        "key": "the-payment",
        "code": code,
        "amount": 200_000,
        "notify": "portal.payments.notify",
        "return_url": f"{portal.url}/payments/return",
    }
    assert [row["status"] for row in pending] == ["pending"]
    assert results == ["done", "done"]
    assert [row for row in portal.export("payments") if row["code"] == code] == [
        {"order": order, "code": code, "amount": 200_000, "status": "paid", "request_key": "the-payment"}
    ]
    assert lgsp.wait_for(PAYMENT, of(code)) == [
        {"code": code, "order": order, "amount": 200_000, "at": NINE, "request_key": "the-payment"}
    ]
    portal.drained()
    assert len(lgsp.wait_for(PAYMENT, of(code))) == 1, "the second notice sends nothing"


def test_a_dossier_has_one_order_only(portal: Running, lan: str, nation: Nation) -> None:
    """Repeating the request gives the same order without asking the platform; another request is sent back to it."""
    code = licence(portal, lan)
    first = portal.post(f"/api/dossiers/{code}/payment", token=lan, key="pay-once")
    made = len(nation.orders)

    again = portal.post(f"/api/dossiers/{code}/payment", token=lan, key="pay-once")
    other = portal.post(f"/api/dossiers/{code}/payment", token=lan)

    assert again.json() == first.json()
    assert (other.status_code, other.json()["title"], other.json()["order"]) == (
        409,
        "payment-exists",
        first.json()["order"],
    )
    assert len(nation.orders) == made


def test_what_cannot_be_paid_online_is_said(portal: Running, lan: str, binh: str) -> None:
    """No order for a free procedure, for somebody else's dossier, or once the result has gone out."""
    free = submit(portal, lan, procedure=FREE, agency=DEPARTMENT)
    over = licence(portal, lan)
    tell(portal, progress(over, "rejected", 3, procedure=PAID, agency=DEPARTMENT))

    nothing = portal.post(f"/api/dossiers/{free}/payment", token=lan)
    foreign = portal.post(f"/api/dossiers/{free}/payment", token=binh)
    late = portal.post(f"/api/dossiers/{over}/payment", token=lan)

    assert (nothing.status_code, nothing.json()["title"]) == (409, "nothing-to-pay")
    assert foreign.status_code == 403
    assert (late.status_code, late.json()["title"]) == (409, "wrong-state")


def test_notices_that_are_not_the_platforms_own_change_nothing(portal: Running, lan: str) -> None:
    """A forged or altered notice is refused for good; one for an order not known yet is taken later."""
    code = licence(portal, lan)
    order = portal.post(f"/api/dossiers/{code}/payment", token=lan).json()["order"]
    right = notice(order, code, 200_000)

    results = portal.deliver(
        "payments.notify",
        notice(order, code, 200_000, secret="guessed"),
        right | {"amount": 1},
        notice(order, code, 1),
        notice("H07-unknown", code, 200_000),
        consumer="national",
    )

    assert [result["result"] for result in results] == ["refused", "refused", "refused", "again"]
    assert [row["status"] for row in portal.export("payments") if row["code"] == code] == ["pending"]


# Who may do what.


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/dossiers", filed()),
        ("/api/dossiers/{code}/payment", None),
        ("/api/dossiers/{code}/supplements", {"form": {"a": "b"}}),
        ("/api/dossiers/{code}/rating", {"score": 3}),
    ],
)
def test_writing_needs_the_citizens_own_token(portal: Running, lan: str, binh: str, path: str, body: Any) -> None:
    """Nobody writes without signing in, and nobody writes to another's dossier."""
    code = submit(portal, lan)
    address = path.format(code=code)

    assert portal.post(address, body).status_code == 401
    assert portal.post(address, body, token="invented").status_code == 401
    if "{code}" in path:
        assert portal.post(address, body, token=binh).status_code == 403


def test_only_the_lgsp_may_tell_the_portal_anything(portal: Running) -> None:
    """A call without the LGSP's token, or with a forged one, is refused."""
    body = msgspec.json.encode({"items": [{"key": "k", "body": progress("x", "returned", 9)}]})
    forged = lgsp_token(provider="portal", operation="dossiers.progress", consumer="onestop", secret="x" * 32)

    for token in ("", forged):
        answer = requests.post(
            f"{portal.url}/lgsp/dossiers.progress", data=body, headers={"X-Lgsp-Token": token}, timeout=10
        )
        assert answer.status_code == 401


# Surviving.


def test_a_killed_portal_keeps_what_it_acknowledged_and_sends_it_later(
    place: Place, lgsp: StandinLgsp, nation: Nation
) -> None:
    """Killed in mid-work, then without LGSP: every acknowledged dossier is there, and reaches the one-stop once."""
    assert nation
    portal = place("portal", clock=("2018-08-23", 9 * 3600.0))  # codes of its own, as the stand-in LGSP is shared
    lan = portal.sign_in(LAN)
    acknowledged: dict[str, str] = {}
    reached_sixty = threading.Event()

    def work(applicant: int) -> None:
        for turn in range(40):
            key = f"applicant-{applicant}-{turn}"
            while key not in acknowledged:
                with suppress(requests.RequestException):  # cut off: the applicant sends it again
                    answer = portal.post("/api/dossiers", filed(), token=lan, key=key)
                    acknowledged[key] = answer.json()["code"]
            if len(acknowledged) >= 60:
                reached_sixty.set()

    lgsp.out_of_reach = True
    try:
        with ThreadPoolExecutor(4) as applicants:
            working = [applicants.submit(work, applicant) for applicant in range(4)]
            reached_sixty.wait(60)
            portal.restart()
            for done in working:
                done.result()
        waiting = portal.backlog()
    finally:
        lgsp.out_of_reach = False

    assert {row["request_key"]: row["code"] for row in portal.export("dossiers")} == acknowledged
    assert len(portal.export("events")) == waiting == 160
    portal.drained()
    sent = [item["code"] for item in lgsp.items(SUBMIT) if item["code"].startswith(f"{COMMUNE}-180823")]
    assert sorted(sent) == sorted(acknowledged.values())


def test_the_portal_starts_without_any_other_system(place: Place, lgsp: StandinLgsp) -> None:
    """With the LGSP out of reach the portal starts and shows its catalogue, and says what it could not compare."""
    lgsp.out_of_reach = True
    try:
        portal = place("portal", clock=("2018-08-24", 9 * 3600.0))
        home = portal.get("/")
    finally:
        lgsp.out_of_reach = False

    assert home.status_code == 200
    assert "Chưa đối chiếu được danh mục" in home.text


def test_logs_hold_no_personal_number(portal: Running) -> None:
    """After all that was done above, no log line names a citizen's number or name."""
    log = portal.log()

    assert '"event":"request"' in log
    assert LAN not in log
    assert "Nguyễn Thị Lan" not in log


def test_trb_no_sharing_only_what_the_portal_has_given_out_counts_as_saved(portal: Running) -> None:
    """TRB-NO-SHARING: a client cannot make fields look saved that no register gave, nor values that it changed."""

    def counted(form: dict[str, Any], prefilled: list[str], who: str = LAN) -> tuple[int, int]:
        body = {"procedure": BIRTH, "agency": COMMUNE, "form": form, "prefilled": prefilled, "delivery": "counter"}
        code = portal.post("/api/dossiers", body, token=portal.sign_in(who)).json()["code"]
        (row,) = [row for row in portal.export("saved_fields") if row["code"] == code]
        return row["fields_saved"], row["fields_typed"]

    known = {"full_name": "Nguyễn Thị Lan", "personal_number": LAN, "born": "1990-03-08"}
    asked = {"request": "Xin cấp", "mobile": "0900000000"}
    all_of_it = [*known, *asked]

    assert counted(known | asked, list(known)) == (3, 2)
    assert counted(known | asked, all_of_it) == (3, 2), "no register knows what is asked for"
    assert counted(known | asked | {"full_name": "Lan"}, list(known)) == (2, 3), "typed over"
    assert counted(known | asked, list(known), who=BINH) == (0, 5), "another person's"
    assert counted(known | asked, []) == (0, 5), "offered and not taken"
