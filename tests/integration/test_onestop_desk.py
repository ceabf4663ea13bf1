"""The one-stop's desks in a plain browser: forms without JavaScript, papers, and who may do what (SYS-ONESTOP)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import small_province
from page_reader import PageReader, untranslated
from running_service import PASSCODE_KEY, Running
from small_province import COMMUNE, LAN, ONLINE, OTHER_COMMUNE, account

from loadtests.accounts import passcode

Place = Callable[..., Running]
BIRTH = ONLINE
ROLES = ("reception_clerk", "specialist", "leader", "document_clerk")
FORMS = {
    BIRTH: {
        "papers": [
            {"name": "birth_paper", "label": "Giấy chứng sinh", "required": True, "english": "Notice of birth"},
        ]
    }
}


@pytest.fixture(scope="module")
def onestop(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A one-stop that knows the papers of a birth registration; Wednesday 22 August 2018, nine o’clock."""
    folder = tmp_path_factory.mktemp("reference")
    small_province.write(folder)
    (folder / "forms.json").write_bytes(msgspec.json.encode(FORMS))
    return place("onestop", REFERENCE_DATA=str(folder))


@pytest.fixture(scope="module")
def browsers(onestop: Running) -> Iterator[dict[tuple[str, str], PageReader]]:
    """Officials of two communes, each signed in at a browser of their own."""
    signed_in = {}
    for role in ROLES[:3]:
        for agency in (COMMUNE, OTHER_COMMUNE):
            browser, who = PageReader(onestop.url), account(role, agency)
            browser.open("/").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
            signed_in[role, agency] = browser
    yield signed_in
    for browser in signed_in.values():
        browser.close()


@pytest.fixture
def clerk(browsers: dict[tuple[str, str], PageReader]) -> PageReader:
    """The commune's reception clerk."""
    return browsers["reception_clerk", COMMUNE]


def received(clerk: PageReader, **more: str) -> str:
    """Take a dossier in by the form; returns its code."""
    given = {"full_name": "Nguyễn Thị Lan", "personal_number": LAN, "papers": "birth_paper"} | more
    clerk.open("/reception", procedure=BIRTH).press("/reception", **given)
    assert clerk.status == 200, clerk.text
    return clerk.answer.url.split("/dossiers/")[1].split("?")[0]


def at(browser: PageReader, code: str) -> PageReader:
    """Open a dossier."""
    return browser.open(f"/dossiers/{code}")


def test_sys_onestop_a_dossier_is_worked_from_reception_to_return_in_browsers(
    onestop: Running, browsers: dict[tuple[str, str], PageReader], clerk: PageReader
) -> None:
    """SYS-ONESTOP: clerk, specialist and leader do everything by forms; each act is stamped with who did it."""
    specialist, leader = browsers["specialist", COMMUNE], browsers["leader", COMMUNE]

    code = received(clerk)
    assert "Đã ghi: tiếp nhận tại quầy" in clerk.text
    assert "Giấy chứng sinh" in clerk.text
    at(specialist, code).press(f"/dossiers/{code}", act="supplement_asked", what="Bản sao hộ khẩu")
    assert "Chờ bổ sung" in specialist.text
    at(clerk, code).press(f"/dossiers/{code}", what="Bản sao hộ khẩu")
    at(specialist, code)
    form = next(form for form in specialist.tree.forms if form.fields.get("act") == "examined")
    sent = dict(form.form_values()) | {"outcome": "approve"}
    specialist.answer = specialist.session.post(f"{onestop.url}/dossiers/{code}", data=sent, timeout=30)
    assert "Đã thẩm định" in specialist.text
    at(leader, code)
    assert "Chuyên viên đề xuất: chấp thuận" in leader.text
    leader.press(f"/dossiers/{code}", outcome="approve")
    at(clerk, code).press(f"/dossiers/{code}", by="counter")

    events = [row for row in onestop.export("events") if row["code"] == code]
    assert [(row["event"], row["actor"]) for row in events] == [
        ("received", account("reception_clerk", COMMUNE)),
        ("supplement_asked", account("specialist", COMMUNE)),
        ("supplemented", account("reception_clerk", COMMUNE)),
        ("examined", account("specialist", COMMUNE)),
        ("decided", account("leader", COMMUNE)),
        ("handed_back", account("reception_clerk", COMMUNE)),
    ]
    assert "Đã trả kết quả" in clerk.text


def test_an_incomplete_dossier_is_not_taken_in_and_what_is_missing_is_named(clerk: PageReader) -> None:
    """Completeness by the catalogue's list of papers: all slips at once, and what was typed is kept."""
    clerk.open("/reception", procedure=BIRTH)
    clerk.press("/reception", full_name="Nguyễn Thị Lan", personal_number="12a", fee_cash="9.000")

    assert clerk.status == 422
    assert "cần sửa 3 chỗ" in clerk.complaints
    assert "thiếu “Giấy chứng sinh”" in clerk.complaints
    assert clerk.fields("/reception")["full_name"] == "Nguyễn Thị Lan"


def test_a_second_click_takes_nothing_in_again(onestop: Running, clerk: PageReader) -> None:
    """The same form sent twice leads to the same dossier."""
    clerk.open("/reception", procedure=BIRTH)
    form = next(form for form in clerk.tree.forms if form.method == "POST" and form.action == "/reception")
    given = {"full_name": "Nguyễn Thị Lan", "personal_number": LAN, "papers": "birth_paper"}
    sent = dict(form.form_values()) | given
    led_to = [
        clerk.session.post(f"{onestop.url}/reception", data=sent, timeout=30, allow_redirects=False).headers["location"]
        for _ in range(2)
    ]

    assert led_to[0] == led_to[1]


def test_a_form_of_another_site_or_session_is_refused(
    onestop: Running, browsers: dict[tuple[str, str], PageReader], clerk: PageReader
) -> None:
    """Cross-site forms, keys of another session and made-up keys change nothing."""
    code = received(clerk)
    specialist = at(browsers["specialist", COMMUNE], code)
    form = next(form for form in specialist.tree.forms if form.fields.get("act") == "examined")
    sent = dict(form.form_values()) | {"outcome": "approve"}
    post = specialist.session.post
    address = f"{onestop.url}/dossiers/{code}"

    cross = post(address, data=sent, headers={"Sec-Fetch-Site": "cross-site"}, timeout=30)
    made_up = post(address, data=sent | {"key": "abc.def"}, timeout=30)
    stolen = browsers["specialist", OTHER_COMMUNE].session.post(address, data=sent, timeout=30)

    assert [answer.status_code for answer in (cross, made_up, stolen)] == [403, 403, 403]
    assert [row["event"] for row in onestop.export("events") if row["code"] == code] == ["received"]


def test_an_act_that_came_too_late_says_what_it_found(
    browsers: dict[tuple[str, str], PageReader], clerk: PageReader, onestop: Running
) -> None:
    """Two people have the same page open: the second one reads of the state that the first has left."""
    code = received(clerk)
    specialist = at(browsers["specialist", COMMUNE], code)
    stale = {form.fields["act"]: dict(form.form_values()) for form in specialist.tree.forms if "act" in form.fields}
    first = stale["examined"] | {"outcome": "approve"}
    specialist.session.post(f"{onestop.url}/dossiers/{code}", data=first, timeout=30)
    second = stale["supplement_asked"] | {"what": "Tờ khai"}
    specialist.answer = specialist.session.post(f"{onestop.url}/dossiers/{code}", data=second, timeout=30)

    assert specialist.status == 409
    assert "đang ở trạng thái" in specialist.complaints


def test_papers_are_pdf_with_a_title_in_vietnamese(
    onestop: Running, browsers: dict[tuple[str, str], PageReader], clerk: PageReader
) -> None:
    """Receipt note and result: only when there is cause, as PDF/UA with title and language."""
    code = received(clerk)
    session, address = clerk.session, f"{onestop.url}/dossiers/{code}"
    receipt = session.get(f"{address}/receipt", timeout=30)
    early = [session.get(f"{address}/{paper}", timeout=30).status_code for paper in ("apology", "result")]
    foreign = browsers["leader", OTHER_COMMUNE].session.get(f"{address}/receipt", timeout=30)

    assert (early, foreign.status_code) == ([404, 409], 403)
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/pdf")
    assert receipt.content.startswith(b"%PDF-")
    assert "Giấy tiếp nhận hồ sơ và hẹn trả kết quả".encode() in receipt.content  # metadata, which is not compressed
    assert code.encode() in receipt.content
    assert LAN.encode() not in receipt.content


def test_every_look_at_a_dossier_is_written_down(
    onestop: Running, browsers: dict[tuple[str, str], PageReader], clerk: PageReader
) -> None:
    """Who, at what, when, and whether it was let through; a personal number stands nowhere there."""
    code = received(clerk)
    before = len(onestop.export("accesses"))
    stranger, leader = browsers["specialist", OTHER_COMMUNE], browsers["leader", COMMUNE]
    at(leader, code).open(f"/dossiers/{code}/receipt")
    at(stranger, code).open(f"/dossiers/{code}/receipt")
    onestop.get(f"/api/dossiers/{code}", token=onestop.sign_in(account("specialist", COMMUNE)))
    written = onestop.export("accesses")[before:]

    assert [(row["account"], row["what"], row["allowed"]) for row in written] == [
        (account("leader", COMMUNE), "dossier", True),
        (account("leader", COMMUNE), "receipt", True),
        (account("specialist", OTHER_COMMUNE), "dossier", False),
        (account("specialist", OTHER_COMMUNE), "receipt", False),
        (account("specialist", COMMUNE), "dossier", True),
    ]
    assert {row["code"] for row in written} == {code}
    assert all(row["at"].startswith("2018-08-22T09:00") for row in written)
    assert LAN not in str(written)


def test_in_english_no_desk_has_a_label_left_in_vietnamese(
    onestop: Running, browsers: dict[tuple[str, str], PageReader]
) -> None:
    """Door, desk, reception with its complaints, a dossier in each state and role, the line, files and problems."""
    clerk, specialist, leader = (
        browsers[role, COMMUNE] for role in ("reception_clerk", "specialist", "leader")
    )  # fmt: skip

    def see(reader: PageReader, *words: str) -> None:
        assert untranslated(reader.answer.text) == [], reader.answer.url
        assert [word for word in words if word not in reader.text] == []

    stranger = PageReader(onestop.url)
    see(stranger.open("/", lang="en"), "Sign in to the one-stop")
    see(stranger.press("/sign-in", account="nobody", passcode="x"), "Account or passcode is wrong")
    see(stranger.open(f"/queue/{COMMUNE}"), "numbers at the counter")
    see(stranger.press(f"/queue/{COMMUNE}"), "Your number")
    stranger.close()
    for reader in (clerk, specialist, leader):
        see(reader.open("/desk", lang="en"), "dossiers in hand")
    see(clerk.open("/desk"), "waiting.", "Call the next")
    see(clerk.press("/desk/queue", outcome="served"), "Serving number")
    see(clerk.open("/reception", procedure=BIRTH), "Papers handed in", "Notice of birth")
    see(clerk.press("/reception", full_name="", personal_number="12a"), "not 9 or 12 digits", "is missing")
    code = received(clerk)
    see(clerk, "Done: received at the counter", "Receipt note")
    see(at(specialist, code), "Examination", "Propose to approve", "Ask for more")
    see(specialist.press(f"/dossiers/{code}", act="supplement_asked", what=""), "left empty", "Say which papers")
    see(specialist.press(f"/dossiers/{code}", act="supplement_asked", what="Bản sao"), "Waiting for the applicant")
    see(at(clerk, code), "Take in what was added")
    see(clerk.press(f"/dossiers/{code}", what="Bản sao"), "Received")
    at(specialist, code)
    form = next(form for form in specialist.tree.forms if form.fields.get("act") == "examined")
    sent = dict(form.form_values()) | {"outcome": "approve"}
    specialist.answer = specialist.session.post(f"{onestop.url}/dossiers/{code}", data=sent, timeout=30)
    see(specialist, "Examined")
    see(at(leader, code), "The specialist proposes: to approve")
    see(leader.press(f"/dossiers/{code}", outcome="approve"), "Approved")
    see(at(clerk, code), "Hand back the result", "Collect at the counter")
    see(clerk.press(f"/dossiers/{code}", by="counter"), "Result returned")
    see(clerk.open(f"/dossiers/{code}/files"), "Files that the applicant attached")
    see(clerk.open("/dossiers/nothing"), "Page not available")
    for reader in (clerk, specialist, leader):
        reader.open("/desk", lang="vi")


#: Every page and act of officials: method, address, who may. All others get 403, and nobody without signing in.
CLERK, SPECIALIST, LEADER = {"reception_clerk"}, {"specialist"}, {"leader"}
DESK = CLERK | SPECIALIST | LEADER
MATRIX: list[tuple[str, str, set[str]]] = [
    ("GET", "/api/desk", DESK),
    ("GET", "/api/dossiers/{code}", DESK),
    ("GET", "/desk", DESK),
    ("GET", "/dossiers/{code}", DESK),
    ("GET", "/dossiers/{code}/receipt", DESK),
    ("GET", "/dossiers/{code}/apology", DESK),
    ("GET", "/dossiers/{code}/result", DESK),
    ("GET", "/dossiers/{code}/files", DESK),
    ("GET", "/dossiers/{code}/files/{file}", DESK),
    ("GET", "/api/dossiers/{code}/archive", DESK),
    ("POST", "/api/dossiers/{code}/archiving", CLERK),
    ("POST", "/dossiers/{code}/archiving", CLERK),
    ("POST", "/dossiers/{code}/apology", CLERK | LEADER),
    ("POST", "/api/dossiers/{code}/apology", CLERK | LEADER),
    ("POST", "/desk/queue", CLERK),
    ("POST", "/api/queue/call", CLERK),
    ("GET", "/reception", CLERK),
    ("POST", "/reception", CLERK),
    ("POST", "/dossiers/{code}", DESK),
    ("POST", "/api/dossiers", CLERK),
    ("POST", "/api/dossiers/{code}/acceptance", CLERK),
    ("POST", "/api/dossiers/{code}/supplement-request", CLERK | SPECIALIST),
    ("POST", "/api/dossiers/{code}/supplement", CLERK),
    ("POST", "/api/dossiers/{code}/referral", SPECIALIST),
    ("POST", "/api/dossiers/{code}/opinion", SPECIALIST),
    ("POST", "/api/dossiers/{code}/examination", SPECIALIST),
    ("POST", "/api/dossiers/{code}/decision", LEADER | SPECIALIST),
    ("POST", "/api/dossiers/{code}/return", CLERK),
]
BODIES: dict[str, Any] = {
    "supplement-request": {"what": "Đơn"},
    "supplement": {"what": "Đơn"},
    "opinion": {"opinion": "agree", "note": ""},
    "examination": {"proposal": "approve"},
    "decision": {"decision": "approve"},
    "return": {"by": "counter"},
}


def asked(onestop: Running, method: str, address: str, code: str, token: str) -> requests.Response:
    """Send one request of the matrix as whoever holds the token."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= {"Idempotency-Key": f"{method}{address}{token[-12:]}"}
    body = BODIES.get(address.rsplit("/", 1)[1], {})
    path = address.format(code=code, file="no-such-file")
    return requests.request(method, onestop.url + path, json=body, headers=headers, timeout=30, allow_redirects=False)


@pytest.mark.parametrize(("method", "address", "allowed"), MATRIX, ids=[f"{row[0]} {row[1]}" for row in MATRIX])
def test_every_address_is_open_to_its_roles_only(
    onestop: Running, clerk: PageReader, method: str, address: str, allowed: set[str]
) -> None:
    """The matrix of rights, walked: wrong role 403, not signed in 401 or the door, another agency's dossier 403."""
    code = received(clerk)
    tokens = {role: onestop.sign_in(account(role, COMMUNE)) for role in ROLES}

    statuses = {role: asked(onestop, method, address, code, token).status_code for role, token in tokens.items()}
    nobody = asked(onestop, method, address, code, "")

    refused = {role for role, status in statuses.items() if status == 403}
    if method == "POST" and not address.startswith("/api/"):
        assert refused == set(ROLES), "a form without its key is refused, whoever sends it"
    elif address.endswith("/decision"):
        assert refused == set(ROLES) - LEADER - SPECIALIST or refused == set(ROLES) - LEADER
    else:
        assert refused == set(ROLES) - allowed
    assert nobody.status_code == 401 or nobody.headers.get("location") == "/"
    if "{code}" in address:
        for role in ROLES:
            stranger = asked(onestop, method, address, code, onestop.sign_in(account(role, OTHER_COMMUNE)))
            assert stranger.status_code == 403, (role, stranger.text)


def test_the_matrix_has_every_address(onestop: Running) -> None:
    """A new address of the one-stop cannot be forgotten in the matrix."""
    source = (Path(__file__).resolve().parents[2] / "services" / "onestop" / "app.py").read_text("utf-8")
    open_to_all = {
        "/", "/sign-in", "/sign-out", "/api/sign-in",
        "/queue/{agency}", "/api/queues/{agency}", "/api/queues/{agency}/tickets",
    }  # fmt: skip
    addresses = {line.split('"')[1] for line in source.splitlines() if 'Route("/' in line}
    addresses |= {
        line.split('"')[1].replace("{one}", "/api/dossiers/{code}") for line in source.splitlines() if " act(f" in line
    }
    addresses |= {"/api/dossiers"}

    assert addresses - open_to_all == {address for _, address, _ in MATRIX}
    assert onestop.get("/health").status_code == 200
