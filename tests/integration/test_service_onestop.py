"""The one-stop as a real process on a real PostgreSQL, with a stand-in LGSP (SYS-ONESTOP, SYS-POST)."""

from __future__ import annotations

import hashlib
import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
import pytest
import requests
from running_service import PASSCODE_KEY, Running, lgsp_token
from small_province import (
    COMMUNE,
    COMPANY,
    DEPARTMENT,
    FREE,
    LAN,
    OTHER_COMMUNE,
    PAID,
    PEOPLE,
    SAME_DAY,
    account,
)
from small_province import ONLINE as BIRTH
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

Place = Callable[..., Running]

DAY = "180822"
NINE = "2018-08-22T09:00:00+07:00"
PROGRESS, SYNC, MOVED, PARCELS = (
    "portal.dossiers.progress",
    "national.dvcqg.dossiers",
    "national.dvcqg.progress",
    "national.post.parcels",
)
#: Of dossiers from the portal whose number does not matter: none that a test names, and none that a counter reaches.
_numbers = itertools.count(100_001)


@pytest.fixture(scope="module")
def onestop(place: Place) -> Running:
    """A one-stop whose clock stands at Wednesday 22 August 2018, nine o'clock."""
    return place("onestop")


@pytest.fixture(scope="module")
def tokens(onestop: Running) -> dict[tuple[str, str], str]:
    """Tokens of officials by role and agency."""
    return {
        (role, agency): onestop.sign_in(account(role, agency))
        for role in ("reception_clerk", "specialist", "leader", "document_clerk")
        for agency in (COMMUNE, OTHER_COMMUNE, DEPARTMENT)
    }


class Office:
    """Officials of one agency at work, for short tests."""

    def __init__(self, onestop: Running, tokens: dict[tuple[str, str], str], agency: str) -> None:
        """Everybody is signed in."""
        self.onestop, self.tokens, self.agency = onestop, tokens, agency

    def act(
        self, role: str, code: str, path: str, body: Any = None, *, agency: str = "", key: str | None = None
    ) -> requests.Response:
        """One act of an official."""
        token = self.tokens[role, agency or self.agency]
        return self.onestop.post(f"/api/dossiers/{code}/{path}", body, token=token, key=key)

    def receive(self, *, procedure: str = BIRTH, fee_cash: int = 8000, **more: Any) -> str:
        """Take a dossier in at the counter; returns its code."""
        answer = self.hand_in(procedure=procedure, fee_cash=fee_cash, **more)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    def hand_in(self, *, key: str | None = None, **more: Any) -> requests.Response:
        """Send what the clerk typed."""
        body = {
            "procedure": BIRTH,
            "applicant": {"personal_number": LAN, "full_name": PEOPLE[LAN]["full_name"]},
            "fee_cash": 8000,
            "delivery": "counter",
        }
        token = self.tokens["reception_clerk", self.agency]
        return self.onestop.post("/api/dossiers", body | more, token=token, key=key)

    def submit(self, *, procedure: str = BIRTH, fee: int = 8000, number: int = 0) -> str:
        """Let a dossier arrive from the portal; returns its code."""
        code = f"{self.agency}-{DAY}-{number or next(_numbers)}"
        results = self.onestop.deliver("dossiers.submit", self.submission(code, procedure, fee), consumer="portal")
        assert results[0]["result"] == "done", results
        return code

    def submission(self, code: str, procedure: str = BIRTH, fee: int = 8000) -> dict[str, Any]:
        """What the portal sends."""
        return {
            "code": code,
            "procedure": procedure,
            "agency": self.agency,
            "applicant": {"personal_number": LAN, "full_name": PEOPLE[LAN]["full_name"]},
            "company": {"tax_code": COMPANY, "name": "Công ty TNHH Vận tải Mẫu"},
            "delivery": "post",
            "submitted_at": "2018-08-22T08:30:00+07:00",
            "fee": fee,
            "form": {"note": "gửi qua mạng"},
            "request_key": f"portal-key-of-{code}",
        }

    def carry(self, code: str, *, until: str) -> None:
        """Work on a received dossier up to a state."""
        steps = {
            "examined": ("specialist", "examination", {"proposal": "approve"}),
            "approved": ("leader", "decision", {"decision": "approve"}),
            "posted": ("reception_clerk", "return", {"by": "post", "fee_cash": 0}),
        }
        for state, (role, path, body) in steps.items():
            answer = self.act(role, code, path, body)
            assert answer.status_code == 200, answer.text
            if state == until:
                return

    def state(self, code: str) -> tuple[str, int]:
        """State and seq in the book of dossiers."""
        return next((row["state"], row["seq"]) for row in self.onestop.export("dossiers") if row["code"] == code)

    def events(self, code: str) -> list[dict[str, Any]]:
        """Acts on a dossier in the book of events."""
        return [row for row in self.onestop.export("events") if row["code"] == code]


@pytest.fixture
def commune(onestop: Running, tokens: dict[tuple[str, str], str]) -> Office:
    """The People's Committee of a commune."""
    return Office(onestop, tokens, COMMUNE)


@pytest.fixture
def department(onestop: Running, tokens: dict[tuple[str, str], str]) -> Office:
    """The transport department."""
    return Office(onestop, tokens, DEPARTMENT)


def of(code: str) -> Callable[[Any], bool]:
    """Whether an outbox item is about this dossier."""
    return lambda item: item["code"] == code


def test_sys_onestop_counter_dossier_from_reception_to_result(commune: Office) -> None:
    """SYS-ONESTOP: a counter dossier gets a code and a promised day, is examined, decided and handed back."""
    received = commune.hand_in(key="counter-key")
    code = received.json()["code"]
    commune.carry(code, until="approved")
    returned = commune.act("reception_clerk", code, "return", {"by": "counter", "fee_cash": 0})

    assert received.status_code == 201
    assert re.fullmatch(rf"{COMMUNE}-{DAY}-\d{{4}}", code)
    assert received.json() == {"code": code, "state": "received", "due_at": "2018-08-24T09:00:00+07:00"}
    assert returned.json() == {"code": code, "state": "returned"}
    book = {row["code"]: row for row in commune.onestop.export("dossiers")}[code]
    assert book == {
        "code": code,
        "procedure": BIRTH,
        "agency": COMMUNE,
        "channel": "counter",
        "state": "returned",
        "seq": 4,
        "due_at": "2018-08-24T09:00:00.000000+07:00",
        "received_at": "2018-08-22T09:00:00.000000+07:00",
    }
    assert [(row["seq"], row["event"], row["state"]) for row in commune.events(code)] == [
        (1, "received", "received"),
        (2, "examined", "examined"),
        (3, "decided", "approved"),
        (4, "handed_back", "returned"),
    ]
    assert commune.events(code)[0]["request_key"] == "counter-key"
    assert commune.events(code)[0]["actor"] == account("reception_clerk", COMMUNE)
    cash = [row for row in commune.onestop.export("payments") if row["code"] == code]
    assert cash == [{"code": code, "kind": "cash", "amount": 8000, "order": None, "request_key": "counter-key"}]


def test_every_change_is_told_to_portal_and_national_portal_once(commune: Office, lgsp: StandinLgsp) -> None:
    """Portal and National Public Service Portal hear of each state once, with a rising seq, by the national names."""
    code = commune.receive()
    commune.carry(code, until="approved")
    commune.act("reception_clerk", code, "return", {"by": "counter", "fee_cash": 0})

    news = lgsp.wait_for(PROGRESS, of(code), count=4)
    known = lgsp.wait_for(SYNC, of(code))
    moved = lgsp.wait_for(MOVED, of(code), count=3)
    commune.onestop.drained()
    assert [(item["state"], item["seq"]) for item in news] == [
        ("received", 1),
        ("examined", 2),
        ("approved", 3),
        ("returned", 4),
    ]
    assert news[0]["agency"] == COMMUNE
    assert news[0]["channel"] == "counter"
    assert news[0]["due_at"] == "2018-08-24T09:00:00+07:00"
    assert all("Lan" not in str(item) and LAN not in str(item) for item in news), "the portal needs no applicant here"
    assert [(item["MaHoSo"], item["MaTTHC"], item["TrangThaiHoSo"]) for item in known] == [(code, BIRTH, "2")]
    assert known[0]["NgayTiepNhan"] == "20180822090000"
    assert known[0]["NgayHenTra"] == "20180824090000"
    assert [(item["seq"], item["TrangThaiHoSo"]) for item in moved] == [(2, "4"), (3, "9"), (4, "10")]
    assert moved[0]["NguoiXuLy"] == "Chuyên viên UBND xã An Mẫu"
    assert (known[0]["MaDoiTuong"], known[0]["TrichYeuHoSo"]) == (LAN, "Đăng ký khai sinh")
    assert [item["NgayTra"] for item in moved] == ["", "", "20180822090000"]
    assert [len(item["DanhSachGiayToKetQua"]) for item in moved] == [0, 0, 1]
    assert len(set(lgsp.keys(PROGRESS))) == len(lgsp.keys(PROGRESS)), "nothing was sent twice"


def test_online_dossier_waits_for_the_clerk(commune: Office, lgsp: StandinLgsp) -> None:
    """A dossier from the portal is known as submitted (seq 0) to the nation, and its deadline runs from acceptance."""
    code = commune.submit()
    before = commune.state(code)

    accepted = commune.act("reception_clerk", code, "acceptance")

    assert before == ("submitted", 0)
    assert accepted.status_code == 200
    assert accepted.json() == {"code": code, "state": "received", "due_at": "2018-08-24T09:00:00+07:00"}
    assert [(row["seq"], row["event"], row["actor"]) for row in commune.events(code)] == [
        (0, "submitted", "applicant"),
        (1, "accepted", account("reception_clerk", COMMUNE)),
    ]
    assert commune.events(code)[0]["request_key"] == f"portal-key-of-{code}"
    assert [(item["seq"], item["state"]) for item in lgsp.wait_for(SYNC, of(code))] == [(0, "submitted")]
    assert [(item["seq"], item["state"]) for item in lgsp.wait_for(PROGRESS, of(code))] == [(1, "received")]
    assert [(item["seq"], item["state"]) for item in lgsp.wait_for(MOVED, of(code))] == [(1, "received")]


def test_an_item_of_the_portal_takes_effect_once(commune: Office) -> None:
    """The same dossier delivered again, by the same key or another one, is entered once."""
    code = f"{COMMUNE}-{DAY}-7001"
    item = commune.submission(code)

    first = commune.onestop.deliver("dossiers.submit", item, consumer="portal", keys=["item-7001"])
    again = commune.onestop.deliver("dossiers.submit", item, consumer="portal", keys=["item-7001"])
    other = commune.onestop.deliver("dossiers.submit", item, consumer="portal", keys=["item-7001-bis"])

    assert [results[0]["result"] for results in (first, again, other)] == ["done"] * 3
    assert len(commune.events(code)) == 1


def test_an_online_dossier_of_an_unknown_procedure_is_refused_for_good(commune: Office) -> None:
    """What no catalogue knows becomes a dead letter at the portal; the rest of the batch is taken."""
    good, bad = f"{COMMUNE}-{DAY}-7002", f"{COMMUNE}-{DAY}-7003"

    results = commune.onestop.deliver(
        "dossiers.submit", commune.submission(bad, procedure="9.999999"), commune.submission(good), consumer="portal"
    )

    assert [result["result"] for result in results] == ["refused", "done"]
    assert [row["code"] for row in commune.onestop.export("dossiers") if row["code"] in {good, bad}] == [good]


def test_acceptance_before_the_dossier_has_arrived_is_not_found(commune: Office) -> None:
    """A clerk who is faster than the LGSP is told “not found”, and can try again."""
    answer = commune.act("reception_clerk", f"{COMMUNE}-{DAY}-5999", "acceptance")

    assert answer.status_code == 404
    assert answer.json()["title"] == "not-found"


def test_supplement_stops_the_clock_and_comes_back_from_the_portal(commune: Office, lgsp: StandinLgsp) -> None:
    """Asked for more, the dossier waits; the supplement puts it back to work under the applicant's own request key."""
    code = commune.submit()
    commune.act("reception_clerk", code, "acceptance")
    asked = commune.act("specialist", code, "supplement-request", {"what": "Giấy chứng sinh"})
    item = {
        "code": code,
        "seq": 2,
        "form": {"file": "giay-chung-sinh"},
        "at": NINE,
        "request_key": "citizen-supplement-key",
    }

    results = commune.onestop.deliver("supplements.add", item, consumer="portal")

    assert asked.json() == {"code": code, "state": "awaiting_supplement"}
    assert results[0]["result"] == "done"
    assert commune.state(code) == ("received", 3)
    last = commune.events(code)[-1]
    assert (last["event"], last["actor"], last["request_key"]) == (
        "supplemented",
        "applicant",
        "citizen-supplement-key",
    )
    assert [item["seq"] for item in lgsp.wait_for(PROGRESS, of(code), count=3)] == [1, 2, 3]
    wanted = [item["DanhSachHoSoBoSung"] for item in lgsp.wait_for(MOVED, of(code), count=3)]
    assert wanted == [[], [{"LyDoBoSung": "Giấy chứng sinh", "NgayYeuCau": "20180822090000"}], []]


@pytest.mark.parametrize(
    ("form", "papers"),
    [({"files": [{"name": "don.pdf", "size": 1}]}, ["don.pdf"]), ({"files": 7}, []), ("x", [])],
    ids=["a file", "no list", "no form"],
)
def test_the_nation_is_told_the_names_of_the_papers(
    commune: Office, lgsp: StandinLgsp, form: Any, papers: list[str]
) -> None:
    """TaiLieuNop: of the files in the portal's form; whatever else a program has sent as its form does no harm."""
    code = f"{COMMUNE}-{DAY}-{next(_numbers)}"
    sent = commune.submission(code) | {"form": form}
    results = commune.onestop.deliver("dossiers.submit", sent, consumer="portal")

    (known,) = lgsp.wait_for(SYNC, of(code))
    assert results[0]["result"] == "done"
    assert [one["TenTepDinhKem"] for one in known["TaiLieuNop"]] == papers


def test_supplement_that_overtakes_its_dossier_is_taken_later(commune: Office) -> None:
    """A supplement for a dossier that has not arrived stays with the portal, to be sent again."""
    item = {"code": f"{COMMUNE}-{DAY}-6999", "seq": 2, "form": {}, "at": NINE}

    results = commune.onestop.deliver("supplements.add", item, consumer="portal")

    assert results[0]["result"] == "again"


def test_supplement_on_paper_is_taken_at_the_counter(commune: Office) -> None:
    """A counter dossier gets out of waiting, too; a supplement that comes online after that changes nothing."""
    code = commune.receive()
    commune.act("reception_clerk", code, "supplement-request", {"what": "Giấy chứng sinh"})

    taken = commune.act("reception_clerk", code, "supplement", {"what": "Giấy chứng sinh, bản chính"})
    late = commune.onestop.deliver(
        "supplements.add", {"code": code, "seq": 2, "form": {}, "at": NINE}, consumer="portal"
    )

    assert taken.json() == {"code": code, "state": "received", "due_at": "2018-08-24T09:00:00+07:00"}
    assert late[0]["result"] == "done"
    assert commune.state(code) == ("received", 3)


def test_result_by_post_is_returned_when_the_post_says_so(commune: Office, lgsp: StandinLgsp) -> None:
    """SYS-POST: the result goes out under a parcel number nobody can guess, and is returned once delivered."""
    code = commune.receive(delivery="post")
    commune.carry(code, until="approved")
    posted = commune.act("reception_clerk", code, "return", {"by": "post", "fee_cash": 0}).json()
    parcel = posted["parcel"]
    on_the_way = commune.state(code)

    underway = {"parcel": parcel, "code": code, "status": "accepted"}
    delivered = {"parcel": parcel, "code": code, "status": "delivered"}
    results = [
        commune.onestop.deliver("parcels.status", item, consumer="national")[0]["result"]
        for item in (underway, delivered, delivered)
    ]

    assert posted == {"code": code, "state": "posted", "parcel": parcel}
    assert len(parcel) >= 18
    assert on_the_way == ("posted", 4)
    assert results == ["done"] * 3
    assert commune.state(code) == ("returned", 5)
    assert [item["parcel"] for item in lgsp.wait_for(PARCELS, of(code))] == [parcel]


def test_news_of_a_parcel_that_was_never_sent_is_refused(commune: Office) -> None:
    """The post cannot close a dossier by a number that is not ours."""
    results = commune.onestop.deliver(
        "parcels.status", {"parcel": "BG0VN", "code": "x", "status": "delivered"}, consumer="national"
    )

    assert results[0]["result"] == "refused"


def test_a_granted_result_is_handed_back_only_when_its_fee_is_paid(department: Office) -> None:
    """Payment may still be on its way from the portal: until it is here, the clerk is told what is owed."""
    code = department.submit(procedure=PAID, fee=200_000)
    department.act("reception_clerk", code, "acceptance")
    department.carry(code, until="approved")

    early = department.act("reception_clerk", code, "return", {"by": "online", "fee_cash": 0})
    payment = {"code": code, "order": f"H07-{code[-6:]}", "amount": 200_000, "at": NINE, "request_key": "pay-key"}
    arrived = department.onestop.deliver("payments.add", payment, consumer="portal")
    repeated = department.onestop.deliver("payments.add", payment, consumer="portal")
    on_time = department.act("reception_clerk", code, "return", {"by": "online", "fee_cash": 0})

    assert early.status_code == 409
    assert (early.json()["title"], early.json()["owed"]) == ("fee-unpaid", 200_000)
    assert arrived[0]["result"] == repeated[0]["result"] == "done"
    assert on_time.json() == {"code": code, "state": "returned"}
    assert [row for row in department.onestop.export("payments") if row["code"] == code] == [
        {"code": code, "kind": "online", "amount": 200_000, "order": payment["order"], "request_key": "pay-key"}
    ]


def test_a_payment_that_overtakes_its_dossier_is_taken_later(commune: Office) -> None:
    """Money is never entered for a dossier that is not here."""
    item = {"code": f"{COMMUNE}-{DAY}-6998", "order": "H07-early", "amount": 8000, "at": NINE}

    results = commune.onestop.deliver("payments.add", item, consumer="portal")

    assert results[0]["result"] == "again"
    assert not [row for row in commune.onestop.export("payments") if row["order"] == "H07-early"]


def test_cash_is_taken_with_the_result_and_never_more_than_owed(commune: Office) -> None:
    """The rest of the fee may be paid at the end; a đồng too much is refused."""
    code = commune.receive(fee_cash=0)
    commune.carry(code, until="approved")

    too_much = commune.act("reception_clerk", code, "return", {"by": "counter", "fee_cash": 8001})
    right = commune.act("reception_clerk", code, "return", {"by": "counter", "fee_cash": 8000}, key="cash-at-the-end")

    assert too_much.status_code == 422
    assert right.status_code == 200
    assert [row for row in commune.onestop.export("payments") if row["code"] == code] == [
        {"code": code, "kind": "cash", "amount": 8000, "order": None, "request_key": "cash-at-the-end"}
    ]


def test_a_refusal_is_handed_back_without_the_fee(commune: Office) -> None:
    """Who is turned down owes nothing more."""
    code = commune.receive(fee_cash=0)
    commune.act("specialist", code, "examination", {"proposal": "reject"})
    decided = commune.act("leader", code, "decision", {"decision": "reject"})

    returned = commune.act("reception_clerk", code, "return", {"by": "counter", "fee_cash": 0})

    assert decided.json()["state"] == "rejected"
    assert returned.json()["state"] == "returned"


def test_the_result_of_an_online_dossier_reaches_the_portal_with_its_digest(
    department: Office, lgsp: StandinLgsp
) -> None:
    """What the applicant reads at the portal is what was decided, and nobody altered it on the way."""
    code = department.submit(procedure=FREE, fee=0)
    department.act("reception_clerk", code, "acceptance")
    department.act("specialist", code, "examination", {"proposal": "approve"})
    department.act("specialist", code, "decision", {"decision": "approve"})
    department.act("reception_clerk", code, "return", {"by": "online", "fee_cash": 0})

    last = lgsp.wait_for(PROGRESS, lambda item: item["code"] == code and item["state"] == "returned")[0]

    assert "Nguyễn Thị Lan" in last["result"]
    assert "chấp thuận" in last["result"]
    assert last["digest"] == hashlib.sha256(last["result"].encode()).hexdigest()


def test_same_day_procedures_are_promised_for_today(commune: Office) -> None:
    """A certified copy is promised before the office closes."""
    answer = commune.hand_in(procedure=SAME_DAY, fee_cash=2000)

    assert answer.json()["due_at"] == "2018-08-22T17:00:00+07:00"


def test_the_same_request_takes_a_dossier_in_once(commune: Office) -> None:
    """A repeated reception gets the stored reply, and there is one dossier, one event and one fee."""
    first = commune.hand_in(key="repeated-reception")
    again = commune.hand_in(key="repeated-reception")
    altered = commune.hand_in(key="repeated-reception", fee_cash=0)

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert altered.status_code == 422
    assert altered.json()["title"] == "key-reused"
    assert len([row for row in commune.onestop.export("events") if row["request_key"] == "repeated-reception"]) == 1
    assert len([row for row in commune.onestop.export("payments") if row["request_key"] == "repeated-reception"]) == 1


def test_codes_are_consecutive_and_never_shared(commune: Office, onestop: Running) -> None:
    """Thirty clerks' requests at once get thirty codes in a row."""
    before = {row["code"] for row in onestop.export("dossiers")}
    with ThreadPoolExecutor(8) as clerks:
        codes = list(clerks.map(lambda _: commune.receive(), range(30)))

    numbers = sorted(int(code.rsplit("-", 1)[1]) for code in codes)
    assert numbers == list(range(numbers[0], numbers[0] + 30))
    assert not before & set(codes)


def test_the_counter_grows_past_four_digits(onestop: Running, tokens: dict[tuple[str, str], str]) -> None:
    """After 9999 comes 10000, not a code cut short."""
    office = Office(onestop, tokens, OTHER_COMMUNE)
    assert office.receive().endswith(f"-{DAY}-0001")
    onestop.query("UPDATE counter SET last = 9998 WHERE agency = $1 RETURNING last", OTHER_COMMUNE)

    codes = [office.receive(), office.receive()]

    assert codes == [f"{OTHER_COMMUNE}-{DAY}-9999", f"{OTHER_COMMUNE}-{DAY}-10000"]


#: Act -> role, path, body, and the states in which it is allowed.
STEPS: dict[str, tuple[str, str, Any, set[str]]] = {
    "accept": ("reception_clerk", "acceptance", None, {"submitted"}),
    "ask": ("reception_clerk", "supplement-request", {"what": "ảnh"}, {"received"}),
    "supplement": ("reception_clerk", "supplement", {"what": "ảnh"}, {"awaiting_supplement"}),
    "examine": ("specialist", "examination", {"proposal": "approve"}, {"received"}),
    "decide": ("leader", "decision", {"decision": "approve"}, {"examined"}),
    "hand_back": ("reception_clerk", "return", {"by": "counter", "fee_cash": 0}, {"approved"}),
}
STATES = ("submitted", "received", "awaiting_supplement", "examined", "approved", "posted")


@pytest.fixture(scope="module")
def in_state(onestop: Running, tokens: dict[tuple[str, str], str]) -> dict[str, str]:
    """One dossier in each state."""
    office = Office(onestop, tokens, COMMUNE)
    codes = {"submitted": office.submit()}
    for state in STATES[1:]:
        codes[state] = office.receive()
        if state == "awaiting_supplement":
            office.act("specialist", codes[state], "supplement-request", {"what": "ảnh"})
        elif state != "received":
            office.carry(codes[state], until=state)
    return codes


@pytest.mark.parametrize(
    ("step", "state"), [(step, state) for step in STEPS for state in STATES if state not in STEPS[step][3]]
)
def test_a_step_out_of_order_is_refused(commune: Office, in_state: dict[str, str], step: str, state: str) -> None:
    """Every act in every state in which it is not due: 409 with the state found, and nothing changes."""
    role, path, body, _ = STEPS[step]
    code = in_state[state]
    before = commune.state(code)

    answer = commune.act(role, code, path, body)

    assert answer.status_code == 409
    assert (answer.json()["title"], answer.json()["state"]) == ("wrong-state", state)
    assert commune.state(code) == before


ROLES = ("reception_clerk", "specialist", "leader", "document_clerk")
#: Acts that more than one role may do.
SHARED = {"ask": {"reception_clerk", "specialist"}, "decide": {"leader", "specialist"}}


@pytest.mark.parametrize(
    ("step", "role"), [(step, role) for step in STEPS for role in ROLES if role not in SHARED.get(step, STEPS[step][0])]
)
def test_an_act_of_another_role_is_forbidden(commune: Office, in_state: dict[str, str], step: str, role: str) -> None:
    """Who may do what: 403 for every other role, even with the right dossier in the right state."""
    _, path, body, states = STEPS[step]

    answer = commune.act(role, in_state[next(iter(states))], path, body)

    assert answer.status_code == 403
    assert answer.json()["title"] == "wrong-role"


@pytest.mark.parametrize("step", STEPS)
def test_another_agencys_dossier_is_out_of_bounds(commune: Office, in_state: dict[str, str], step: str) -> None:
    """An official of the neighbouring commune may not touch this one's dossiers."""
    role, path, body, states = STEPS[step]

    answer = commune.act(role, in_state[next(iter(states))], path, body, agency=OTHER_COMMUNE)

    assert answer.status_code == 403
    assert answer.json()["title"] == "other-agency"


@pytest.mark.parametrize("step", STEPS)
def test_nobody_acts_without_signing_in(onestop: Running, in_state: dict[str, str], step: str) -> None:
    """Without a token, or with somebody's own invention, every act is 401."""
    _, path, body, states = STEPS[step]
    address = f"/api/dossiers/{in_state[next(iter(states))]}/{path}"

    assert onestop.post(address, body).status_code == 401
    assert onestop.post(address, body, token="invented").status_code == 401
    assert onestop.post("/api/dossiers", {}).status_code == 401
    assert onestop.get("/api/desk").status_code == 401


def test_a_decision_that_needs_a_leader_is_not_the_specialists(commune: Office, department: Office) -> None:
    """The specialist decides only where the catalogue says that no leader is needed."""
    leaders = commune.receive()
    commune.carry(leaders, until="examined")
    own = department.receive(procedure=FREE, fee_cash=0)
    department.act("specialist", own, "examination", {"proposal": "approve"})

    refused = commune.act("specialist", leaders, "decision", {"decision": "approve"})
    granted = department.act("specialist", own, "decision", {"decision": "approve"})

    assert (refused.status_code, refused.json()["title"]) == (403, "needs-leader")
    assert granted.json()["state"] == "approved"


def test_all_mistakes_of_a_reception_are_named_at_once(commune: Office) -> None:
    """The clerk learns everything that is wrong in one answer, which does not repeat the personal number."""
    answer = commune.hand_in(
        procedure=PAID, applicant={"personal_number": "12345x", "full_name": " "}, fee_cash=-1, delivery="drone"
    )

    assert answer.status_code == 422
    assert {error["where"] for error in answer.json()["errors"]} == {
        "$.procedure",
        "$.applicant.personal_number",
        "$.applicant.full_name",
        "$.fee_cash",
        "$.delivery",
    }
    assert "12345x" not in answer.text
    assert commune.hand_in(procedure="9.999999").json()["errors"][0]["where"] == "$.procedure"
    assert commune.hand_in(applicant="Lan").status_code == 422
    assert commune.hand_in(key="").status_code == 400


def test_desk_shows_the_agencys_open_dossiers(
    onestop: Running, tokens: dict[tuple[str, str], str], department: Office
) -> None:
    """An official sees what is open in the own agency, and nothing of others; a returned dossier has left."""
    code = department.receive(procedure=FREE, fee_cash=0)
    done = department.receive(procedure=FREE, fee_cash=0)
    department.carry(done, until="approved")
    department.act("reception_clerk", done, "return", {"by": "counter"})

    desk = onestop.get("/api/desk", token=tokens["specialist", DEPARTMENT]).json()

    codes = {row["code"] for row in desk["dossiers"]}
    assert code in codes
    assert done not in codes
    assert {row["code"].rsplit("-", 2)[0] for row in desk["dossiers"]} == {DEPARTMENT}
    assert desk["open"] == len(desk["dossiers"])


def test_officials_read_desk_and_dossier_in_the_browser(onestop: Running, commune: Office) -> None:
    """After signing in by the form, desk and dossier are pages; the session cookie is out of reach of scripts."""
    code = commune.receive()
    who = account("specialist", COMMUNE)

    with requests.Session() as browser:
        led_away = browser.get(f"{onestop.url}/desk", timeout=10)
        wrong = browser.post(f"{onestop.url}/sign-in", data={"account": who, "passcode": "no"}, timeout=10)
        entered = browser.post(
            f"{onestop.url}/sign-in",
            data={"account": who, "passcode": passcode(PASSCODE_KEY, who)},
            allow_redirects=False,
            timeout=10,
        )
        desk = browser.get(f"{onestop.url}/desk", timeout=10)
        page = browser.get(f"{onestop.url}/dossiers/{code}", timeout=10)
        foreign = browser.get(f"{onestop.url}/dossiers/{commune.onestop.export('dossiers')[0]['code']}", timeout=10)
        nowhere = browser.get(f"{onestop.url}/dossiers/none", timeout=10)

    assert "Đăng nhập bộ phận một cửa" in led_away.text
    assert wrong.status_code == 401
    assert "mã đăng nhập không đúng" in wrong.text
    assert entered.status_code == 303
    assert "HttpOnly" in entered.headers["set-cookie"]
    assert "samesite=strict" in entered.headers["set-cookie"].lower()
    assert f'href="/dossiers/{code}"' in desk.text
    assert "Nguyễn Thị Lan" in page.text
    assert LAN not in page.text
    assert "Tiếp nhận tại quầy" in page.text
    assert foreign.status_code in {200, 403}
    assert nowhere.status_code == 404


def test_only_the_lgsp_may_tell_the_onestop_anything(onestop: Running, commune: Office) -> None:
    """A call with another's secret, another operation's token or none at all is refused."""
    item = msgspec.json.encode({"items": [{"key": "k", "body": commune.submission("x")}]})
    forged = lgsp_token(provider="onestop", operation="dossiers.submit", consumer="portal", secret="x" * 32)
    other = lgsp_token(provider="onestop", operation="payments.add", consumer="portal")

    for token, status in (("", 401), (forged, 401), (other, 403)):
        answer = requests.post(
            f"{onestop.url}/lgsp/dossiers.submit", data=item, headers={"X-Lgsp-Token": token}, timeout=10
        )
        assert answer.status_code == status


def test_a_killed_onestop_keeps_what_it_acknowledged_and_tells_it_later(place: Place, lgsp: StandinLgsp) -> None:
    """Killed in mid-work with the LGSP out of reach: every acknowledged code is there, and is told exactly once."""
    onestop = place("onestop", clock=("2018-08-23", 9 * 3600.0))  # codes of its own, as the stand-in LGSP is shared
    office = Office(
        onestop, {("reception_clerk", COMMUNE): onestop.sign_in(account("reception_clerk", COMMUNE))}, COMMUNE
    )
    acknowledged: dict[str, str] = {}
    reached_sixty = threading.Event()
    lgsp.out_of_reach = True

    def work(clerk: int) -> None:
        for turn in range(40):
            key = f"clerk-{clerk}-{turn}"
            while key not in acknowledged:
                with suppress(requests.RequestException):  # cut off: the clerk sends it again
                    acknowledged[key] = office.hand_in(key=key).json()["code"]
            if len(acknowledged) >= 60:
                reached_sixty.set()

    try:
        with ThreadPoolExecutor(4) as clerks:
            working = [clerks.submit(work, clerk) for clerk in range(4)]
            reached_sixty.wait()
            onestop.restart()
            for done in working:
                done.result()
        waiting = onestop.backlog()
    finally:
        lgsp.out_of_reach = False

    events = onestop.export("events")
    assert {row["request_key"]: row["code"] for row in events} == acknowledged
    assert len(events) == 160
    assert waiting == 2 * 160
    onestop.drained()
    told = [item["code"] for item in lgsp.items(PROGRESS) if item["code"].startswith(f"{COMMUNE}-180823")]
    assert sorted(told) == sorted(acknowledged.values())


def test_logs_hold_no_personal_number(onestop: Running) -> None:
    """After all that was done above, no log line names a citizen's number or name."""
    log = onestop.log()

    assert '"event":"request"' in log
    assert LAN not in log
    assert "Nguyễn Thị Lan" not in log
