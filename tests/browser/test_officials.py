"""A counter dossier worked by clerk, specialist and leader in Chromium, in a running toy province (SYS-ONESTOP)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
from command_line import Standing
from playwright.sync_api import Browser, expect
from visitor import Visitor
from walking import opened

from infra import stack
from loadtests.accounts import passcode
from simulation import province_files

pytestmark = pytest.mark.needs("chromium")

Enter = Callable[[str], Visitor]


@pytest.fixture
def enter(chromium: Browser, toy_up: Standing) -> Iterator[Enter]:
    """Let the official with a role of the toy's first commune sign in, at a browser of their own without JavaScript."""
    province = province_files.load("toy")
    key = stack.load(toy_up.folder / "stack.json").passcode_key
    commune = next(agency for agency in province.agencies if agency.tier == "commune")
    contexts = []

    def official(role: str) -> Visitor:
        account = next(one.account for one in province.staff if (one.role, one.agency) == (role, commune.code))
        context = chromium.new_context(locale="vi-VN", java_script_enabled=False)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(toy_up.endpoints["onestop"])
        page.get_by_label("Tài khoản cán bộ").fill(account)
        page.get_by_label("Mã đăng nhập").fill(passcode(key, account))
        page.get_by_role("button", name="Đăng nhập").click()
        expect(page.locator("h1")).to_contain_text("hồ sơ đang giải quyết")
        return Visitor(page)

    yield official
    for context in contexts:
        context.close()


def test_sys_onestop_a_counter_dossier_goes_from_desk_to_desk(enter: Enter) -> None:
    """SYS-ONESTOP: reception with its receipt note, examination, decision, return, each at its own desk."""
    clerk, specialist, leader = enter("reception_clerk"), enter("specialist"), enter("leader")
    page = clerk.page
    page.get_by_role("link", name="Tiếp nhận hồ sơ tại quầy").click()
    page.get_by_label("Thủ tục").select_option("1.001193")
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Họ tên người nộp").fill("Nguyễn Thị Đoàn")
    page.get_by_label("Số định danh cá nhân").fill("083190000017")
    page.get_by_role("button", name="Tiếp nhận và lập giấy hẹn").click()
    expect(page.get_by_role("alert")).to_contain_text("thiếu “Giấy chứng sinh”")
    page.get_by_label("Giấy chứng sinh").check()
    page.get_by_role("button", name="Tiếp nhận và lập giấy hẹn").click()
    expect(page.get_by_role("status")).to_contain_text("Đã ghi: tiếp nhận tại quầy")
    code = re.sub(r"^Hồ sơ ", "", page.locator("h1").inner_text())
    href = page.get_by_role("link", name="In giấy tiếp nhận").get_attribute("href") or ""
    note = page.request.get(urljoin(page.url, href))
    assert (note.status, note.body()[:5]) == (200, b"%PDF-")

    opened(specialist.page, code).get_by_role("button", name="Đề xuất chấp thuận").click()
    expect(specialist.page.get_by_role("status")).to_contain_text("Đã ghi: thẩm định")
    expect(opened(leader.page, code).get_by_text("Chuyên viên đề xuất")).to_contain_text("chấp thuận")
    leader.page.get_by_role("button", name="Chấp thuận", exact=True).click()
    expect(leader.page.get_by_role("status")).to_contain_text("Đã ghi: quyết định")
    opened(page, code).get_by_role("button", name="Trả kết quả").click()

    expect(page.get_by_role("status")).to_contain_text("Đã ghi: trả kết quả")
    expect(page.get_by_role("row", name=re.compile("^Trạng thái"))).to_contain_text("Đã trả kết quả")
    assert [visitor.trouble for visitor in (specialist, leader)] == [[], []]
    assert all("422" in said for said in clerk.trouble), "only the incomplete dossier was complained about"
