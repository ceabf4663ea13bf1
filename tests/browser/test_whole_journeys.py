"""Whole ways in real browsers, in both eras: a paid dossier from the telephone over three desks to its signed result.

A consultation, from the question to the service that may be filed online. And PDFs that an office gets by the hub.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from standing_era import ERAS, Running, standing
from visitor import Visitor
from walking import answer_question, at_step, opened, until_shown

from infra.local import clock
from loadtests.accounts import passcode
from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Seal
from services.office.pdf import Page as Sheet
from services.office.pdf import laid_out
from simulation.province import Agency, Role

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
        context.set_default_timeout(60_000)
        contexts.append(context)
        return Visitor(context.new_page())

    yield give
    for context in contexts:
        context.close()


def _code_of(province: Running, account: str) -> str:
    return passcode(province.stack.passcode_key, account)


def _official(give: Open, province: Running, role: Role, agency: str, *, at: str = "onestop") -> Visitor:
    """Sign an official in at the desk of the agency."""
    account = next(one.account for one in province.province.staff if (one.role, one.agency) == (role, agency))
    desk = give(phone=False)
    desk.page.goto(province.url(at))
    desk.page.get_by_label("Tài khoản cán bộ").fill(account)
    desk.page.get_by_label("Mã đăng nhập").fill(_code_of(province, account))
    desk.page.get_by_role("button", name="Đăng nhập").click()
    expect(desk.page.locator("h1")).to_contain_text("hồ sơ đang giải quyết" if at == "onestop" else "Bàn làm việc")
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
    for step in (2, 3) if page.get_by_role("button", name="Tiếp tục").count() else ():  # in 2018 one page
        assert not citizen.overflows()
        page.get_by_role("button", name="Tiếp tục").click()
        at_step(page, step)
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
    for _ in range(300):
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


def test_sys_sign_leader_and_clerk_see_whether_the_pdfs_that_came_hold(browser: Open, province: Running) -> None:
    """SYS-SIGN: signed by an office with the nation's stamp, sent over the hub: good as it was, altered it is not."""
    sender = next(one for one in province.province.agencies if one.tier == "department")
    receiver = next(one for one in province.province.agencies if one.tier == "commune")
    sealing = {"agency": sender.code, "subject": "1/TB", "reason": "Thông báo",
               "pdf": base64.b64encode(_sheet(sender.name)).decode()}  # fmt: skip
    pdf = base64.b64decode(province.over_the_lgsp("office", "papers.seal", sealing, consumer="onestop")["pdf"])
    document = _came(
        province, sender, receiver, {"tot.pdf": pdf, "sua.pdf": pdf.replace(b"/MediaBox", b"/MediaBoy", 1)}
    )
    seen: dict[Role, list[str]] = {"leader": [], "document_clerk": []}

    for role, shown in seen.items():
        desk = _official(browser, province, role, receiver.code, at="office")
        desk.page.goto(f"{province.url('office')}/incoming?{urlencode({'document': document})}")
        for name in ("tot.pdf", "sua.pdf"):
            row = desk.page.get_by_role("table", name=re.compile(name)).get_by_role("row").nth(1)
            shown.append(" | ".join(row.get_by_role("cell").all_inner_texts()))
        assert desk.trouble == []

    day = date.fromisoformat(ERAS[province.province.era][1])
    who = f"{sender.name} ({sender.code}) | {day:%d/%m/%Y} 09:0"
    for good, altered in seen.values():
        assert good.startswith(who)
        assert good.endswith(", theo dấu thời gian | toàn bộ tệp | hợp lệ")
        assert altered.startswith(who)
        assert altered.endswith("| KHÔNG hợp lệ: nội dung đã bị sửa sau khi ký")


def _sheet(agency: str) -> bytes:
    return laid_out(
        Sheet(agency=agency, place="Tỉnh Mẫu", notation="1/TB", issued_at=datetime(2018, 8, 22, tzinfo=VIETNAM),
              kind="Thông báo", subject="V/v", content="Nội dung.", addressees=[], position="Giám đốc",
              signed="(đã ký)", signer="Lê Thị Út")
    )  # fmt: skip


def _came(province: Running, sender: Agency, receiver: Agency, files: Mapping[str, bytes]) -> str:
    """Send files over the hub; returns the DocumentId once the receiver's office has them."""
    day = date.fromisoformat(ERAS[province.province.era][1])
    number = DocumentId(sender.code, day, 901, "TB-VP")
    envelope = Envelope(
        id=number, sender=Organ(sender.code, sender.name), addressees=(Organ(receiver.code, receiver.name),),
        place="Tỉnh Mẫu", kind="Thông báo", subject="V/v tệp có ký số", summary="V/v tệp có ký số",
        signer_position="Giám đốc", signer_name="Lê Thị Út", reason="Văn bản điện tử mới", staff_department="Văn thư",
        staff_name="Văn thư", sent_at=datetime(day.year, day.month, day.day, 9, tzinfo=VIETNAM),
        attachments=(Attachment(content_id="cid:1", name="tep.zip", description="Tệp", archive=archive.pack(files)),),
    )  # fmt: skip
    xml = Seal(**province.keys(sender.code)).sign_envelope(compose(envelope))
    sent = {"items": [{"key": str(number), "body": {"xml": xml}}]}
    (taken,) = province.over_the_lgsp("dochub", "envelopes.send", sent, consumer="office")["results"]
    assert taken["result"] == "done", taken
    poller = province.sign_in("office", f"poller.{receiver.installation}")
    province.done("office", "/api/polls", {"installation": receiver.installation}, token=poller)
    return str(number)


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
