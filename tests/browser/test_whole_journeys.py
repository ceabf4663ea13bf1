"""Whole ways in real browsers, in both eras: a paid dossier from the telephone over three desks to its signed result.

And a consultation, from the question to the service that may be filed online.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from standing_era import ERAS, Running, standing
from visitor import Visitor
from walking import answer_question, opened, until_shown

from infra.local import clock
from loadtests.accounts import passcode
from simulation.province import Role

pytestmark = pytest.mark.needs("chromium")

CRIMINAL_RECORD = "2.000488"  # level 4 with a fee, decided by a leader, in both eras
_PHONE = {"width": 360, "height": 740}

Open = Callable[..., Visitor]


@pytest.fixture(scope="module", params=ERAS)
def province(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A province of the era, nine o'clock on a working day."""
    with standing(request.param) as running:
        yield running


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Open]:
    """Give somebody a browser of their own: a telephone, or an official's without JavaScript."""
    contexts = []

    def give(*, phone: bool = True) -> Visitor:
        context = chromium.new_context(
            locale="vi-VN", java_script_enabled=phone, viewport=_PHONE if phone else None,  # type: ignore[arg-type]
        )  # fmt: skip
        context.set_default_timeout(30_000)
        contexts.append(context)
        return Visitor(context.new_page())

    yield give
    for context in contexts:
        context.close()


def _code_of(province: Running, account: str) -> str:
    return passcode(province.stack.passcode_key, account)


def _official(give: Open, province: Running, role: Role, agency: str) -> Visitor:
    """Sign an official in at the desk of the agency."""
    account = next(one.account for one in province.province.staff if (one.role, one.agency) == (role, agency))
    desk = give(phone=False)
    desk.page.goto(province.url("onestop"))
    desk.page.get_by_label("Tài khoản cán bộ").fill(account)
    desk.page.get_by_label("Mã đăng nhập").fill(_code_of(province, account))
    desk.page.get_by_role("button", name="Đăng nhập").click()
    expect(desk.page.locator("h1")).to_contain_text("hồ sơ đang giải quyết")
    return desk


def _file(citizen: Visitor, province: Running) -> str:
    """Sign in with telephone and passcode, fill the form in, hand it in; returns the dossier's code."""
    page = citizen.page
    page.goto(f"{province.url('portal')}/sign-in/national?level=2&next=/apply/{CRIMINAL_RECORD}")
    page.get_by_label("Số định danh cá nhân").fill(province.citizen)
    page.get_by_label("Mã đăng nhập").fill(_code_of(province, province.citizen))
    page.get_by_role("button", name="Xác nhận").click()
    page.get_by_label("Mã xác thực").fill(re.findall(r"\d{6}", page.get_by_role("status").inner_text())[0])
    page.get_by_role("button", name="Xác nhận").click()
    page.wait_for_url("**/apply/**")
    expect(page.get_by_text("mục không phải gõ lại")).to_be_visible()
    page.get_by_label("Loại phiếu").select_option("Phiếu số 2")
    page.get_by_label("Mục đích sử dụng").fill("Xin việc làm")
    page.get_by_label("Nơi cư trú từ năm 14 tuổi").fill("Từ 2004 ở xã nhà")
    while page.get_by_role("button", name="Tiếp tục").count():  # three steps in 2026, one page in 2018
        assert not citizen.overflows()
        page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Nhận trực tuyến").check()
    if page.locator("#captcha").count():
        page.locator("#captcha").fill(answer_question(page))
    page.get_by_role("button", name="Nộp hồ sơ").click()
    expect(page.get_by_role("status")).to_contain_text("Đã nộp hồ sơ")
    return page.locator("h1").inner_text().removeprefix("Hồ sơ ")


def _pay(citizen: Visitor) -> None:
    """Pay the fee at the platform, and wait until the portal knows."""
    citizen.page.get_by_role("button", name=re.compile("^Nộp lệ phí")).click()
    citizen.page.get_by_role("button", name=re.compile("^Thanh toán")).click()
    citizen.page.wait_for_url("**/my/**")
    until_shown(citizen, "đã nộp trực tuyến")


def _until_offered(page: Page, button: str) -> None:
    """Look again until the page has the button: what other systems have to tell takes a moment."""
    for _ in range(100):
        if page.get_by_role("button", name=button).count():
            return
        page.wait_for_timeout(200)
        page.reload()
    raise AssertionError(f"“{button}” was never offered: {page.locator('main').inner_text()}")


def _signer(pdf: bytes) -> str:
    """Who signed a paper, whose signature is intact and covers all of it."""
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    # That the certificate is the province's is told in test_results_signed.py, with the authority at hand.
    status = validate_pdf_signature(embedded, ValidationContext(trust_roots=[embedded.signer_cert]))
    assert status.intact
    assert str(status.coverage).endswith("ENTIRE_FILE")
    return str(embedded.signer_cert.subject.native)


def test_sys_onestop_a_paid_dossier_from_the_telephone_to_its_signed_result(browser: Open, province: Running) -> None:
    """SYS-LEVELS, SYS-PAY, SYS-ONESTOP: filed, paid, accepted, supplemented, examined, decided, read, rated."""
    procedure = province.procedure(lambda one: one.code == CRIMINAL_RECORD, CRIMINAL_RECORD)
    agency = province.receiver(procedure).code
    citizen, fitting = browser(), []
    code = _file(citizen, province)
    fitting.append(citizen.overflows())
    _pay(citizen)
    province.arrived(code, province.official("reception_clerk", agency))
    clerk, specialist, leader = (
        _official(browser, province, role, agency) for role in ("reception_clerk", "specialist", "leader")
    )

    opened(clerk.page, code).get_by_role("button", name="Tiếp nhận, bắt đầu tính thời hạn").click()
    expect(clerk.page.get_by_role("status")).to_contain_text("Đã ghi: tiếp nhận")
    asking = opened(specialist.page, code)
    asking.get_by_text("Yêu cầu bổ sung", exact=True).click()
    asking.get_by_label("Giấy tờ, thông tin cần bổ sung").fill("Bản chụp hộ chiếu")
    asking.get_by_role("button", name="Gửi yêu cầu bổ sung").click()
    expect(asking.get_by_role("status")).to_contain_text("Đã ghi: yêu cầu bổ sung")

    until_shown(citizen, "Bản chụp hộ chiếu")
    fitting.append(citizen.overflows())
    citizen.page.get_by_label("Nội dung bổ sung").fill("Hộ chiếu C1234567")
    citizen.page.get_by_role("button", name="Gửi bổ sung").click()
    _until_offered(specialist.page, "Đề xuất chấp thuận")
    specialist.page.get_by_role("button", name="Đề xuất chấp thuận").click()
    opened(leader.page, code).get_by_role("button", name="Chấp thuận", exact=True).click()
    expect(leader.page.get_by_role("status")).to_contain_text("Đã ghi: quyết định")
    opened(clerk.page, code).get_by_role("button", name="Trả kết quả").click()
    expect(clerk.page.get_by_role("status")).to_contain_text("Đã ghi: trả kết quả")

    until_shown(citizen, "Tải kết quả có ký số")
    fitting.append(citizen.overflows())
    link = citizen.page.get_by_role("link", name="Tải kết quả có ký số (PDF)").get_attribute("href")
    saved = citizen.page.context.request.get(f"{province.url('portal')}{link}")
    citizen.page.get_by_label("Rất hài lòng").check()
    citizen.page.get_by_role("button", name="Gửi đánh giá").click()
    expect(citizen.page.get_by_text("Đã đánh giá: 5/5")).to_be_visible()
    anybody = browser()
    anybody.page.goto(f"{province.url('portal')}/tracking?code={code}")

    assert (saved.status, saved.headers["content-type"]) == (200, "application/pdf")
    with ThreadPoolExecutor(1) as beside:  # the check runs an event loop of its own, and the browser has one here
        assert agency in beside.submit(_signer, saved.body()).result()
    expect(anybody.page.get_by_text("Đã trả kết quả").first).to_be_visible()
    assert province.name not in anybody.page.locator("main").inner_text()
    (paid,) = (row for row in province.export("onestop", "payments") if row["code"] == code)
    assert (paid["kind"], paid["amount"]) == ("online", procedure.online_fee)
    states = [step["state"] for step in province.get("portal", f"/api/dossiers/{code}").json()["steps"]]
    assert states == [
        "submitted", "received", "awaiting_supplement", "received", "examined", "approved", "returned",
    ]  # fmt: skip
    assert fitting == [False, False, False]
    assert [one.trouble for one in (citizen, anybody, clerk, specialist, leader)] == [[]] * 5


def test_sys_consult_people_are_asked_before_a_service_goes_online(browser: Open, province: Running) -> None:
    """SYS-CONSULT: three people say in their browsers that they want it; the gate opens when their time is over."""
    procedure = province.procedure(
        lambda one: (one.level, one.tier, one.applicant) == (2, "commune", "person"), "of level 2"
    )
    portal, keeper = province.url("portal"), province.stack.audit_token
    address = f"/api/procedures/{procedure.code}/publication"
    visitor = browser()
    offer = visitor.page.get_by_role("link", name="Nộp trực tuyến")
    visitor.page.goto(f"{portal}/procedures/{procedure.code}")
    before = offer.count()
    question = {"procedure": procedure.code, "level": 3, "question": "Có nên nộp trực tuyến?", "days": 1}
    province.done("portal", "/api/consultations", question, token=keeper)

    numbers = [str(one) for one in province.people["personal_number"][:3]]
    for place, number in enumerate(numbers, 1):
        person = browser()
        person.page.goto(f"{portal}/consultations")
        person.page.get_by_role("link", name="Đăng nhập để cho ý kiến").click()
        person.page.get_by_label("Số định danh cá nhân").fill(number)
        person.page.get_by_label("Mã đăng nhập").fill(_code_of(province, number))
        person.page.get_by_role("button", name="Đăng nhập", exact=True).click()
        person.page.wait_for_url("**/consultations")
        person.page.get_by_label("Muốn", exact=True).check()
        assert not person.overflows()
        person.page.get_by_role("button", name="Gửi ý kiến").click()
        expect(person.page.get_by_text(f"{place} ý kiến, {place} muốn.")).to_be_visible()
        assert person.trouble == []
    still_open = province.post("portal", address, {"level": 3}, token=keeper)

    day = date.fromisoformat(ERAS[province.province.era][1]) + timedelta(days=2)
    clock.stand_clock(province.stack, day.isoformat(), 9 * 3600.0)
    closed = visitor.page.get_by_text("Đã kết thúc")
    for _ in range(100):  # services look at their clock four times a second
        visitor.page.goto(f"{portal}/consultations")
        if closed.count():
            break
        visitor.page.wait_for_timeout(100)
    expect(closed).to_be_visible()
    published = province.post("portal", address, {"level": 3}, token=keeper)
    visitor.page.goto(f"{portal}/procedures/{procedure.code}")

    assert before == 0
    assert (still_open.status_code, still_open.json()["title"]) == (409, "still-open")
    assert published.status_code == 200, published.text
    expect(offer).to_be_visible()
    assert visitor.trouble == []
