"""The door of 2026 in a real browser: from the nation's search to a paid dossier (SYS-NATIONAL-PORTAL)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from standing_era import Running, standing
from visitor import Visitor
from walking import answer_question, at_step

from loadtests.accounts import passcode

pytestmark = [pytest.mark.needs("chromium")]


@pytest.fixture(scope="module")
def province() -> Iterator[Running]:
    """A province of the 2026 era."""
    with standing("2026") as running:
        yield running


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Visitor]:
    """A citizen with a phone."""
    context = chromium.new_context(locale="vi-VN", viewport={"width": 360, "height": 740})
    context.set_default_timeout(60_000)
    yield Visitor(context.new_page())
    context.close()


def test_from_the_nations_search_to_a_paid_dossier(phone: Visitor, province: Running) -> None:
    """One sign-on, agency, three steps, a question, a code, the fee; every page fits the phone, none complains."""
    page, fitting = phone.page, []
    procedure = province.procedure(
        lambda one: one.level == 4 and one.tier == "commune" and one.online_fee > 0 and one.applicant == "person",
        "of a commune with a fee, whole process",
    )

    page.goto(f"{province.url('national')}/dvc")
    page.get_by_label("Tên hoặc mã thủ tục").fill(procedure.code)
    page.get_by_role("button", name="Tìm").click()
    page.get_by_role("link", name=procedure.name).first.click()
    fitting.append(phone.overflows())
    page.get_by_role("button", name="Nộp hồ sơ").click()
    page.get_by_label("Số định danh cá nhân").fill(province.citizen)
    page.get_by_label("Mã đăng nhập").fill(passcode(province.stack.passcode_key, province.citizen))
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("button", name="Tiếp tục")).to_be_visible()  # it stands below all agencies
    agencies = page.get_by_label("Cơ quan").locator("option").all()
    offered = [str(one.get_attribute("value")) for one in agencies]
    nearest = province.nearest_agency()  # what the form would choose by itself
    chosen = next(code for code in offered if code != nearest)
    page.get_by_label("Cơ quan").select_option(chosen)
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_url(re.compile(r"/apply/|/sign-in"))
    if "/sign-in" in page.url:  # the province asks the nation, who knows already
        page.locator("a[href*='/sign-in/national']").click()
    page.wait_for_url("**/apply/**")
    fitting.append(phone.overflows())
    at_step(page, 1)
    for field in page.locator("form textarea, form fieldset input:not([type=hidden]):not([type=file])").all():
        if not field.input_value():
            field.fill("1")
    assert page.locator("#agency").input_value() == chosen
    for choice in page.locator("form fieldset select:not(#agency)").all():
        choice.select_option(index=choice.locator("option").count() - 1)
    page.get_by_role("button", name="Tiếp tục").click()
    at_step(page, 2)
    page.get_by_role("button", name="Tiếp tục").click()
    at_step(page, 3)
    fitting.append(phone.overflows())
    page.get_by_label(re.compile("bằng mấy")).fill(answer_question(page))
    page.get_by_role("button", name="Nộp hồ sơ").click()

    expect(page.locator("main")).to_contain_text("Đã nộp hồ sơ")
    code = re.search(r"/my/([^?]+)", page.url)
    assert code is not None
    page.get_by_role("button", name=re.compile("Nộp lệ phí")).click()
    page.wait_for_url("**/pay/**")
    page.get_by_role("button", name=re.compile("Thanh toán|Trả|Nộp")).first.click()
    page.wait_for_url("**/my/**")
    assert "payment=ok" in page.url
    assert re.fullmatch(rf"{re.escape(chosen)}-260701-5\d{{3}}", code[1])
    (paid,) = (row for row in province.export("national", "orders") if row["code"] == code[1])
    assert (paid["amount"], paid["status"]) == (procedure.online_fee, "paid")
    assert fitting == [False, False, False]
    assert phone.trouble == []


def test_a_wrong_answer_at_the_end_files_nothing(phone: Visitor, province: Running) -> None:
    """The question keeps programs out: a wrong sum is told, what was chosen stays, and no dossier is made."""
    page = phone.page
    procedure = province.procedure(
        lambda one: one.level >= 3 and one.tier == "commune" and one.applicant == "person", "of a commune, online"
    )
    before = len(province.export("portal", "dossiers"))
    page.goto(f"{province.url('portal')}/sign-in?next=/apply/{procedure.code}")
    page.get_by_label("Số định danh cá nhân").fill(province.citizen)
    page.get_by_label("Mã đăng nhập").fill(passcode(province.stack.passcode_key, province.citizen))
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url(lambda address: "/sign-in" not in address)
    page.goto(f"{province.url('portal')}/apply/{procedure.code}?step=3")
    chosen = page.locator("input[name=delivery]").last
    way = chosen.get_attribute("value")
    chosen.check()
    page.get_by_label(re.compile("bằng mấy")).fill("99")
    page.get_by_role("button", name="Nộp hồ sơ").click()

    expect(page.locator("main")).to_contain_text("câu hỏi kiểm tra trả lời chưa đúng", ignore_case=True)
    page.wait_for_load_state()
    assert page.locator(f"input[name=delivery][value={way}]").is_checked()
    assert len(province.export("portal", "dossiers")) == before
