"""A citizen's whole way through the portal's pages, without JavaScript, on a real process (SYS-PORTAL, SYS-PAY)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from national_side import Nation
from page_reader import PageReader, untranslated
from running_service import PASSCODE_KEY, PAYMENT_SECRET, Place, Running
from small_province import AGENT, BINH, COMMUNE, COMPANY, DEPARTMENT, FORM, FREE, INFORMATION, LAN, ONLINE, PAID
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

PDF = b"%PDF-1.7\n" + b"scanned " * 50
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def portal(place: Place, lgsp: StandinLgsp) -> Running:
    """A portal, with the nation behind the stand-in LGSP."""
    Nation(lgsp)
    return place("portal")


@pytest.fixture
def anybody(portal: Running) -> Iterator[PageReader]:
    """Somebody who has not signed in."""
    reader = PageReader(portal.url)
    yield reader
    reader.close()


@pytest.fixture
def lan(anybody: PageReader) -> PageReader:
    """Nguyễn Thị Lan, signed in with her browser."""
    return enter(anybody, LAN)


def enter(reader: PageReader, account: str) -> PageReader:
    """Sign in by the page."""
    reader.open("/sign-in")
    return reader.press("/sign-in", account=account, passcode=passcode(PASSCODE_KEY, account))


def file(reader: PageReader, procedure: str = ONLINE, *, agency: str = COMMUNE, **values: str) -> str:
    """Hand a dossier in by the page; returns its code."""
    reader.open(f"/apply/{procedure}")
    reader.press(f"/apply/{procedure}", "submit", agency=agency, request="Xin cấp", **values)
    assert reader.status == 200, reader.text
    return reader.answer.url.rpartition("/")[2].partition("?")[0]


def tell(portal: Running, code: str, state: str, seq: int, **more: Any) -> None:
    """Let the one-stop tell the portal."""
    news = {
        "code": code, "procedure": ONLINE, "agency": COMMUNE, "channel": "online", "state": state, "seq": seq,
        "at": f"2018-08-22T10:0{seq}:00+07:00", "fee": 8000, "received_at": None, "due_at": None,
    }  # fmt: skip
    results = portal.deliver("dossiers.progress", news | more, consumer="onestop")
    assert {result["result"] for result in results} == {"done"}


def test_a_form_comes_filled_in_and_is_handed_in_once(lan: PageReader, portal: Running, lgsp: StandinLgsp) -> None:
    """SYS-DB-POPULATION, TRB-NO-SHARING: five fields need no typing; a second click leads to the same dossier."""
    lan.open(f"/apply/{ONLINE}")
    assert "Nguyễn Thị Lan" in lan.text
    assert "08/03/1990" in lan.text
    assert LAN not in lan.answer.text
    sent = lan.fields(f"/apply/{ONLINE}")

    lan.press(f"/apply/{ONLINE}", "submit", request="Khai sinh cho bé An")
    first = lan.answer.url
    again = lan.session.post(f"{portal.url}/apply/{ONLINE}", data={**sent, "act": "submit"}, files={"x": ("", b"")})

    assert "Đã nộp hồ sơ" in lan.text
    assert again.url.partition("?")[0] == first.partition("?")[0]
    code = first.rpartition("/")[2].partition("?")[0]
    item = lgsp.wait_for("onestop.dossiers.submit", lambda one: one["code"] == code)
    assert len(item) == 1
    assert item[0]["form"]["request"] == "Khai sinh cho bé An"
    saved = portal.query("SELECT fields_saved, fields_typed FROM dossier WHERE code = $1", code)
    assert saved == [{"fields_saved": 5, "fields_typed": 1}]
    assert "5 trong 6 mục" in lan.text


def test_every_mistake_of_a_form_is_shown_beside_its_field(lan: PageReader) -> None:
    """What is missing is said at once, at the top and at the field, and nothing that was typed is lost."""
    lan.open(f"/apply/{PAID}").press(f"/apply/{PAID}", "submit", company="1300000099", delivery="drone", request="")

    assert lan.status == 422
    assert "cần sửa 4 chỗ" in lan.complaints
    for words in ("để trống", "Thiếu “Giấy ủy quyền", "Không có mã số thuế “1300000099”", "“drone”"):
        assert words in lan.complaints
    assert lan.fields(f"/apply/{PAID}")["company"] == "1300000099"
    assert lan.tree.xpath("//*[@id='request'][@aria-invalid='true'][@aria-describedby]")


def test_a_draft_waits_with_its_files_until_it_is_handed_in(lan: PageReader, portal: Running) -> None:
    """A form is kept with its scans, found again under “my dossiers”, and its files become the dossier's."""
    lan.open(f"/apply/{ONLINE}")
    lan.press(
        f"/apply/{ONLINE}", "save", request="Một nửa", files={"file.more": ("giấy tờ.pdf", PDF, "application/pdf")}
    )
    assert "Đã lưu nháp" in lan.text
    link = f"/apply/{ONLINE}?draft={lan.fields(f'/apply/{ONLINE}')['draft']}"
    lan.open("/my")
    assert link in lan.answer.text

    lan.open(link)
    assert "giấy tờ.pdf" in lan.text
    lan.press(f"/apply/{ONLINE}", "submit", request="Trọn vẹn", agency=COMMUNE)

    saved = lan.session.get(portal.url + lan.tree.xpath("//a[contains(@href, '/files/')]/@href")[0], timeout=30)
    assert saved.content == PDF
    assert saved.headers["content-disposition"].startswith("attachment")
    lan.open("/my")
    assert link not in lan.answer.text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("hình.pdf", b"MZ\x90\x00 not a pdf", "không phải PDF"),
        ("trang.pdf", b"<html><script>alert(1)</script>", "không phải PDF"),
        ("rỗng.pdf", b"", "rỗng"),
        ("to.pdf", b"%PDF-" + bytes(5 << 20), "lớn hơn 5 MB"),
        ("virus.pdf", b"%PDF-1.4\n" + EICAR, "có mã độc (Eicar-Test-Signature)"),
    ],
    ids=["program", "page", "empty", "too large", "malware"],
)
def test_files_that_are_not_what_they_say_are_refused(lan: PageReader, name: str, content: bytes, said: str) -> None:
    """Type by content, size, and the malware scanner: each is refused by name, and nothing of it is kept."""
    lan.open(f"/apply/{ONLINE}")
    lan.press(f"/apply/{ONLINE}", "save", files={"file.more": (name, content, "application/pdf")})

    assert lan.status == 422
    assert said in lan.complaints
    assert not lan.tree.xpath("//a[contains(@href, '/files/')]")


def test_a_dossier_takes_ten_files_and_not_one_more(lan: PageReader, portal: Running) -> None:
    """The eleventh is refused and named, whether it comes later or all come at once; the ten are kept."""
    lan.open(f"/apply/{ONLINE}")
    for number in range(10):
        lan.press(f"/apply/{ONLINE}", "save", files={"file.more": (f"{number}.pdf", PDF, "application/pdf")})
    lan.press(f"/apply/{ONLINE}", "save", files={"file.more": ("11.pdf", PDF, "application/pdf")})
    assert (lan.status, "11 tệp" in lan.complaints) == (422, True)
    draft = lan.fields(f"/apply/{ONLINE}")["draft"]
    token = lan.open("/my").fields("/sign-out")["csrf"]

    many = [("file.more", (f"{number}.pdf", PDF, "application/pdf")) for number in range(40)]
    flood = lan.session.post(
        f"{portal.url}/apply/{ONLINE}", data={"csrf": token, "act": "save"}, files=many, timeout=30
    )  # fmt: skip

    kept = portal.query("SELECT owner, count(*) AS files FROM attachment GROUP BY owner HAVING count(*) > 1")
    assert 400 <= flood.status_code < 500
    assert {row["owner"]: row["files"] for row in kept} == {draft: 10}


def test_a_file_named_by_its_own_content_is_never_shown_as_a_page(lan: PageReader, portal: Running) -> None:
    """A page that begins like a PDF is taken for one: saved to disk, never opened within the portal with its script."""
    trick = b"%PDF-1.7\n<html><script>alert(document.cookie)</script></html>"
    lan.open(f"/apply/{ONLINE}")
    lan.press(f"/apply/{ONLINE}", "save", files={"file.more": ("trang.html", trick, "text/html")})
    (link,) = lan.tree.xpath("//a[contains(@href, '/files/')]/@href")
    saved = lan.session.get(portal.url + link, timeout=30)

    assert saved.headers["content-type"] == "application/pdf"
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["content-security-policy"]


def test_a_file_name_cannot_lead_anywhere(lan: PageReader) -> None:
    """Folders, markup and a false ending are taken out of a name; the ending is that of the content."""
    lan.open(f"/apply/{ONLINE}")
    lan.press(
        f"/apply/{ONLINE}", "save", files={"file.more": ("../../etc/<b>x</b>.exe", PDF, "application/x-msdownload")}
    )

    (shown,) = lan.tree.xpath("//a[contains(@href, '/files/')]/text()")
    assert shown.endswith(".pdf")
    assert not set(shown) & set("/<>\\")


def test_a_fee_is_paid_at_the_platform_and_the_way_back_is_signed(lan: PageReader, portal: Running) -> None:
    """SYS-PAY: the page leads to the platform; only an address that the platform has signed is believed."""
    lan.open(f"/apply/{PAID}")
    letter = {"file.letter": ("uy quyen.pdf", PDF, "application/pdf")}
    lan.press(
        f"/apply/{PAID}", "submit", company=COMPANY, agency=DEPARTMENT, delivery="online", request="x", files=letter
    )
    code = lan.answer.url.rpartition("/")[2].partition("?")[0]

    lan.press(f"/my/{code}/payment")
    order = lan.tree.xpath("//main//a/@href")[0].rpartition("/")[2]
    proof = hmac.new(
        PAYMENT_SECRET.encode(), f"return|{order}|{code}|200000|SUCCESSFUL".encode(), hashlib.sha256
    ).hexdigest()
    told = {"order": order, "code": code, "amount": "200000", "error_code": "SUCCESSFUL", "checksum": proof}
    forged = lan.open("/payments/return", **{**told, "amount": "1"}).text
    back = lan.open("/payments/return", **told).text

    assert "không được tính" in forged
    assert "Nền tảng thanh toán báo đã trả tiền" in back
    assert portal.export("payments")[-1]["status"] == "pending"


def test_what_was_asked_for_is_read_and_handed_in(lan: PageReader, portal: Running, lgsp: StandinLgsp) -> None:
    """The applicant sees what the one-stop wants, answers once, and then waits; the public sees nothing of it."""
    code = file(lan)
    tell(portal, code, "awaiting_supplement", 2, wanted="Bản chụp giấy chứng sinh")

    lan.open(f"/my/{code}")
    assert "Bản chụp giấy chứng sinh" in lan.text
    assert "Bản chụp" not in requests.get(f"{portal.url}/tracking", params={"code": code}, timeout=30).text
    lan.press(f"/my/{code}/supplement", text="Đã chụp lại")

    sent = lgsp.wait_for("onestop.supplements.add", lambda one: one["code"] == code)
    assert sent[0]["form"] == {"text": "Đã chụp lại"}
    assert not lan.tree.xpath(f"//form[@action='/my/{code}/supplement']")


def test_an_application_can_be_taken_back_until_it_is_examined(
    lan: PageReader, portal: Running, lgsp: StandinLgsp
) -> None:
    """Withdrawal wants a tick, goes to the one-stop once, and is no longer offered afterwards or after examination."""
    code, late = file(lan), file(lan)
    tell(portal, late, "examined", 3)

    lan.open(f"/my/{code}").press(f"/my/{code}/withdrawal")
    assert "chưa đánh dấu" in lan.complaints.lower()
    lan.press(f"/my/{code}/withdrawal", sure="yes")

    assert "Đang chờ rút" in lan.text
    assert lgsp.wait_for("onestop.dossiers.withdraw", lambda one: one["code"] == code)
    tell(portal, code, "withdrawn", 3)
    assert "Người nộp đã rút hồ sơ" in lan.open(f"/my/{code}").text
    assert not lan.open(f"/my/{late}").tree.xpath("//form[contains(@action, 'withdrawal')]")


def test_the_result_is_saved_and_the_service_rated(lan: PageReader, portal: Running, lgsp: StandinLgsp) -> None:
    """Once returned, the signed paper can be saved, and the applicant says once how it was."""
    lgsp.answers["onestop.results.paper"] = lambda call: (200, {"code": call.query["code"], "pdf": "JVBERi0="})
    code = file(lan, FREE, agency=DEPARTMENT)
    tell(portal, code, "returned", 4, procedure=FREE, agency=DEPARTMENT, result="Chấp thuận", digest="d1")

    lan.open(f"/my/{code}").press(f"/my/{code}/rating", score="5")

    assert "Đã đánh giá: 5/5" in lan.text
    assert lan.session.get(f"{portal.url}/my/{code}/result", timeout=30).content == b"%PDF-"


@pytest.mark.parametrize("procedure", [INFORMATION, FORM], ids=["level 1", "level 2"])
def test_sys_levels_a_page_below_level_3_takes_nothing_in(lan: PageReader, procedure: str) -> None:
    """SYS-LEVELS: neither the form nor its submission exists below level 3, and the page says why."""
    shown = lan.open(f"/apply/{procedure}")
    token = lan.open("/my").fields("/sign-out")["csrf"]
    sent = lan.session.post(
        f"{shown.address}/apply/{procedure}", data={"csrf": token, "act": "submit"}, files={"x": ("", b"")}, timeout=30
    )

    assert shown.open(f"/apply/{procedure}").status == 409
    assert sent.status_code == 409
    assert "cần mức độ 3" in sent.text


# Security.


def test_pages_for_people_lead_to_the_door_and_back(anybody: PageReader) -> None:
    """Who has not signed in comes back after signing in; nobody is led to another site."""
    anybody.open(f"/apply/{FREE}")
    assert anybody.answer.url.endswith(f"/sign-in?next=%2Fapply%2F{FREE}")

    anybody.press("/sign-in", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    assert anybody.answer.url.endswith(f"/apply/{FREE}")
    for trick in ("//evil.example", "/\\evil.example", "https://evil.example", "/\tx"):
        assert anybody.open("/sign-in", next=trick).answer.url.startswith(anybody.address)


def test_session_fixation_a_planted_cookie_is_worth_nothing(anybody: PageReader) -> None:
    """Signing in makes a fresh cookie; the one from before, and every one after sign-out, opens nothing."""
    anybody.session.cookies.set("tinhmau_portal", "planted")
    enter(anybody, LAN)
    issued = anybody.session.cookies.get("tinhmau_portal", domain="127.0.0.1")
    assert issued not in {None, "planted"}
    again = requests.get(f"{anybody.address}/my", cookies={"tinhmau_portal": "planted"}, timeout=30)
    assert again.url.endswith("/sign-in?next=%2Fmy")

    anybody.open("/my").press("/sign-out")
    gone = requests.get(f"{anybody.address}/my", cookies={"tinhmau_portal": str(issued)}, timeout=30)
    assert gone.url.endswith("/sign-in?next=%2Fmy")


def test_the_cookie_is_kept_from_scripts_and_other_sites(anybody: PageReader) -> None:
    """HttpOnly, SameSite; and what somebody signed in sees is not for caches."""
    anybody.open("/sign-in").press("/sign-in", follow=False, account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    cookie = anybody.answer.headers["set-cookie"].lower()

    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert anybody.open("/my").answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "act", ["sign-out", "apply", "payment", "supplement", "withdrawal", "rating"],
)  # fmt: skip
def test_csrf_a_form_from_elsewhere_changes_nothing(lan: PageReader, act: str) -> None:
    """Without the session's own token, with another's, or sent by another site, no form is taken."""
    code = file(lan)
    path = {"sign-out": "/sign-out", "apply": f"/apply/{ONLINE}"}.get(act, f"/my/{code}/{act}")
    token = lan.open("/my").fields("/sign-out")["csrf"]
    files = {"x": ("", b"")} if act == "apply" else None

    for sent, headers in (({}, {}), ({"csrf": "x" * 43}, {}), ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"})):
        answer = lan.session.post(lan.address + path, data=sent, headers=headers, files=files, timeout=30)
        assert answer.status_code == 403, answer.text
    assert lan.open("/my").status == 200


def test_brute_force_an_account_rests_after_five_wrong_passcodes(portal: Running, anybody: PageReader) -> None:
    """Guessing ends with 429, even for the right passcode; other accounts are not touched; API and page are one."""
    for _ in range(3):
        anybody.open("/sign-in").press("/sign-in", account=AGENT, passcode="0" * 12)
        assert anybody.status == 401
    for _ in range(2):
        assert portal.post("/api/sign-in", {"account": AGENT, "passcode": "1" * 12}, key="").status_code == 401

    anybody.open("/sign-in").press("/sign-in", account=AGENT, passcode=passcode(PASSCODE_KEY, AGENT))
    assert anybody.status == 429
    assert "tạm nghỉ" in anybody.complaints
    assert enter(anybody, BINH).status == 200
    portal.query("DELETE FROM sign_in_failure")


def test_another_persons_dossier_draft_and_files_are_out_of_reach(portal: Running, lan: PageReader) -> None:
    """Every page and act that names a dossier, a draft or a file refuses anybody else (enumeration of the routes)."""
    lan.open(f"/apply/{ONLINE}")
    lan.press(f"/apply/{ONLINE}", "save", request="x", files={"file.more": ("a.pdf", PDF, "application/pdf")})
    upload = lan.tree.xpath("//a[contains(@href, '/files/')]/@href")[0]
    draft = lan.fields(f"/apply/{ONLINE}")["draft"]
    code = file(lan)
    other = enter(PageReader(portal.url), BINH)
    token = other.open("/my").fields("/sign-out")["csrf"]

    reads = [f"/my/{code}", f"/my/{code}/result", upload, f"/apply/{ONLINE}?draft={draft}"]
    seen = {path: other.session.get(portal.url + path, timeout=30).status_code for path in reads}
    writes = [f"/my/{code}/{act}" for act in ("payment", "supplement", "withdrawal", "rating")]
    done = {
        path: other.session.post(portal.url + path, data={"csrf": token, "key": "k" * 9}, timeout=30).status_code
        for path in writes
    }
    stolen = other.session.post(
        f"{portal.url}/apply/{ONLINE}", data={"csrf": token, "draft": draft}, files={"x": ("", b"")}, timeout=30
    )
    other.close()

    assert set(seen.values()) == {403}, seen
    assert set(done.values()) == {403}, done
    assert stolen.status_code == 403


def test_injection_what_is_typed_stays_text(lan: PageReader, portal: Running) -> None:
    """Markup and SQL in every field come back as text, and the tables are still there."""
    nasty = "<script>alert(1)</script>'; DROP TABLE dossier; --{{ 7*7 }}"
    lan.open(f"/apply/{ONLINE}").press(f"/apply/{ONLINE}", "save", request=nasty, agency=nasty, delivery=nasty)

    assert "<script>alert" not in lan.answer.text
    assert lan.fields(f"/apply/{ONLINE}")["request"] == nasty
    assert portal.query("SELECT count(*) > 0 AS there FROM draft") == [{"there": True}]


def test_in_english_no_page_behind_the_sign_in_has_a_label_left_in_vietnamese(
    anybody: PageReader, portal: Running
) -> None:
    """My dossiers, forms with their complaints, drafts, payment, supplements, results, ratings, mandates, problems."""
    seen = []

    def see(reader: PageReader, *words: str) -> None:
        assert untranslated(reader.answer.text) == [], reader.answer.url
        assert [word for word in words if word.lower() not in reader.text.lower()] == []
        seen.append(reader.answer.url)

    see(anybody.open("/sign-in", lang="en"), "Sign in")
    see(anybody.press("/sign-in", account=LAN, passcode="0" * 12), "Account or passcode is wrong")
    lan = enter(anybody, LAN)
    see(lan, "My dossiers")
    see(lan.open(f"/apply/{ONLINE}"), "Full name", "Date of birth", "Receiving agency")
    files = {"file.more": ("paper.pdf", PDF, "application/pdf")}
    see(lan.press(f"/apply/{ONLINE}", "save", request="Một nửa", files=files), "Draft kept", "paper.pdf")
    see(lan.press(f"/apply/{ONLINE}", "submit", request="", agency="x"), "is empty", "here is no agency “x”")
    see(lan.open(f"/apply/{PAID}", company=COMPANY), "Company")
    see(lan.press(f"/apply/{PAID}", "submit", company=COMPANY, delivery="drone"), "Letter of authorisation", "“drone”")
    see(lan.press(f"/apply/{PAID}", "save", files={"file.more": ("a.pdf", b"MZ", "application/pdf")}), "is not PDF")
    see(lan.open("/my"), "Drafts")
    code = file(lan)
    see(lan, "Handed in. The code to track it by", "About the dossier", "Not typed again")
    tell(portal, code, "awaiting_supplement", 2, wanted="Bản sao")
    see(lan.open(f"/my/{code}"), "More is needed", "Withdraw")
    see(lan.press(f"/my/{code}/withdrawal", sure=""), "the box was not ticked")
    tell(portal, code, "returned", 4, result="Chấp thuận", digest="d")
    see(lan.open(f"/my/{code}"), "Result", "How content are you?")
    see(lan.press(f"/my/{code}/rating", score="5"), "Rated: 5/5")
    see(lan.open("/my"), "Dossiers handed in", "Result returned")
    see(lan.open("/companies"), "Give somebody a mandate")
    see(lan.press("/companies", "grant", company="1", agent="2"), "here is no tax code “1”")
    for path in ("/my/nothing", f"/my/{code}/apology", f"/apply/{INFORMATION}", "/files/none"):
        see(lan.open(path), "Page not available")
    for path in ("/consultations", "/feedback", "/results", "/board", "/open-data", "/catalogue/quality"):
        see(lan.open(path), "My dossiers")
    for path in ("/catalogue/drift", "/payments/return", "/", "/?event=birth", f"/procedures/{PAID}"):
        see(lan.open(path), "My dossiers")
    free = file(lan, FREE, agency=DEPARTMENT, delivery="online")
    see(lan.open(f"/my/{free}"), "Fee", "none")

    assert len(seen) > 30
    assert untranslated('<html lang="en"><p title="x">Mã <b lang="vi">Số</b></p></html>') == ["Mã"]


def test_no_personal_number_is_logged(portal: Running) -> None:
    """After all of the above the log names nobody."""
    log = portal.log()

    for private in (LAN, BINH, AGENT, "Nguyễn Thị Lan", PAYMENT_SECRET):
        assert private not in log
