"""Whole ways of a citizen through a running toy province, on a phone-sized screen, in Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import Standing
from insider import Insider
from playwright.sync_api import expect
from visitor import Visitor
from walking import until_shown

pytestmark = pytest.mark.needs("chromium")

CRIMINAL_RECORD, BIRTH = "2.000488", "1.001193"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def citizen(visitor: Visitor, toy_up: Standing) -> Visitor:
    """The citizen whose account `up` has printed, signed in on a phone."""
    visitor.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    account, passcode = toy_up.accounts["portal"]
    visitor.page.goto(toy_up.endpoints["portal"])
    visitor.page.get_by_role("link", name="Đăng nhập").click()
    visitor.page.get_by_label("Số định danh cá nhân").fill(account)
    visitor.page.get_by_label("Mã đăng nhập").fill(passcode)
    visitor.page.get_by_role("button", name="Đăng nhập").click()
    expect(visitor.page.locator("h1")).to_have_text("Hồ sơ của tôi")
    return visitor


def sign_in_nationally(visitor: Visitor, account: str, passcode: str) -> None:
    """Fill in the nation's page."""
    visitor.page.get_by_label("Số định danh cá nhân").fill(account)
    visitor.page.get_by_label("Mã đăng nhập").fill(passcode)
    visitor.page.get_by_role("button", name="Xác nhận").click()


def test_sys_levels_a_level_4_dossier_is_filed_and_paid_on_a_phone(citizen: Visitor, toy_up: Standing) -> None:
    """SYS-LEVELS, SYS-PAY: search, sign-in of level 2, a form filled in already, submission, payment, money there."""
    page = citizen.page
    page.goto(toy_up.endpoints["portal"])
    page.get_by_label("Tìm thủ tục").fill("ly lich tu phap")
    page.get_by_role("button", name="Tìm", exact=True).click()
    page.get_by_role("link", name=re.compile("lý lịch tư pháp cho công dân")).first.click()
    page.get_by_role("link", name="Nộp trực tuyến").click()
    page.get_by_role("link", name="Xác thực mức 2").click()
    sign_in_nationally(citizen, *toy_up.accounts["portal"])
    told = page.get_by_role("status").inner_text()
    page.get_by_label("Mã xác thực").fill(re.findall(r"\d{6}", told)[0])
    page.get_by_role("button", name="Xác nhận").click()
    expect(page.get_by_text("mục không phải gõ lại")).to_be_visible()
    assert not citizen.overflows()

    page.get_by_role("button", name="Nộp hồ sơ").click()
    expect(page.get_by_role("alert")).to_contain_text("cần sửa 3 chỗ")
    assert not citizen.overflows()
    page.get_by_label("Loại phiếu").select_option("Phiếu số 2")
    page.get_by_label("Mục đích sử dụng").fill("Xin việc làm")
    page.get_by_label("Nơi cư trú từ năm 14 tuổi").fill("Từ 2004 ở xã nhà")
    page.get_by_label("Nhận trực tuyến").check()
    page.get_by_role("button", name="Nộp hồ sơ").click()

    expect(page.get_by_role("status")).to_contain_text("Đã nộp hồ sơ")
    page.get_by_role("button", name="Nộp lệ phí 200.000 ₫").click()
    expect(page.locator("h1")).to_have_text("Thanh toán phí, lệ phí")
    page.get_by_role("button", name="Thanh toán 200.000 ₫").click()
    expect(page.locator("h1")).to_contain_text("Hồ sơ ")
    expect(page.get_by_role("status")).to_be_visible()
    until_shown(citizen, "đã nộp trực tuyến")
    assert not citizen.overflows()
    assert [one for one in citizen.trouble if "422" not in one] == []  # Chromium notes the form that was incomplete


def test_a_scan_is_attached_and_found_again_in_the_draft(citizen: Visitor, toy_up: Standing, tmp_path: Path) -> None:
    """A form is left half done with a photograph in it, and finished later; the birth paper is not asked for again."""
    photograph = tmp_path / "giấy chứng sinh.png"
    photograph.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    page = citizen.page
    page.goto(f"{toy_up.endpoints['portal']}/apply/{BIRTH}")
    page.get_by_label("Họ, chữ đệm, tên của trẻ").fill("Nguyễn Minh An")
    page.get_by_label("Giấy chứng sinh").set_input_files(photograph)
    page.get_by_role("button", name="Lưu nháp").last.click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu nháp")

    page.get_by_role("link", name="Hồ sơ của tôi").first.click()
    page.get_by_role("link", name="Đăng ký khai sinh").first.click()
    expect(page.get_by_role("link", name="giấy chứng sinh.png")).to_be_visible()
    page.get_by_label("Ngày sinh của trẻ").fill("2018-08-20")
    page.get_by_label("Giới tính của trẻ").select_option("Nam")
    page.get_by_label("Nơi sinh").fill("Bệnh viện tỉnh")
    page.get_by_role("button", name="Nộp hồ sơ").click()

    expect(page.get_by_role("status")).to_contain_text("Đã nộp hồ sơ")
    expect(page.get_by_text(re.compile("5 trong 9 mục"))).to_be_visible()
    assert citizen.trouble == []


def test_an_accountant_files_for_three_companies(visitor: Visitor, toy_up: Standing) -> None:
    """FIG-BT-BIZ: three directors let one accountant file; each dossier is filled in from the register, no letter."""
    badge, insider, page = "2.002288", Insider(toy_up), visitor.page
    portal, (accountant, passcode) = toy_up.endpoints["portal"], toy_up.accounts["portal"]
    companies = insider.companies(3)
    for company in companies:
        page.goto(f"{portal}/sign-in/national?next=/companies")
        sign_in_nationally(visitor, company["director"], insider.passcode(company["director"]))
        page.get_by_label("Mã số thuế").fill(company["tax_code"])
        page.get_by_label("Số định danh của người được ủy quyền").fill(accountant)
        page.get_by_role("button", name="Ủy quyền", exact=True).click()
        expect(page.get_by_role("button", name="Thôi ủy quyền")).to_be_visible()
        page.get_by_role("link", name="Hồ sơ của tôi").click()
        page.wait_for_url(f"{portal}/my")  # the button stands on the page before, too
        page.get_by_role("button", name="Đăng xuất").click()
        expect(page.get_by_role("link", name="Đăng nhập")).to_be_visible()

    page.goto(f"{portal}/sign-in/national")
    sign_in_nationally(visitor, accountant, passcode)
    page.wait_for_url(f"{portal}/**")
    for company in companies:
        page.goto(f"{portal}/apply/{badge}")
        page.get_by_label("Mã số thuế").fill(company["tax_code"])
        page.get_by_role("button", name="Lấy thông tin doanh nghiệp").click()
        expect(page.get_by_role("definition").filter(has_text=company["name"])).to_be_visible()
        expect(page.get_by_text("được doanh nghiệp ủy quyền.")).to_be_visible()
        page.get_by_label("Biển số các xe").fill("71B-01234")
        page.get_by_label("Loại hình vận tải").select_option("Hợp đồng")
        page.get_by_label("Phương án kinh doanh").set_input_files(
            {"name": "phuong an.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 phuong an"}
        )
        page.get_by_role("button", name="Nộp hồ sơ").click()
        expect(page.get_by_role("status")).to_contain_text("Đã nộp hồ sơ")

    page.goto(f"{portal}/my")
    for company in companies:
        expect(page.get_by_text(f"Doanh nghiệp {company['tax_code']}")).to_be_visible()
    assert visitor.trouble == []
