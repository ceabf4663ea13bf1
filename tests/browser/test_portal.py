"""The portal and the desks of a running toy province, as people see them in a browser."""

from __future__ import annotations

import json
import re
import uuid

import pytest
import requests
from command_line import Standing
from playwright.sync_api import expect
from visitor import Visitor

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def citizen(visitor: Visitor, toy_up: Standing) -> Visitor:
    """Somebody who has opened the portal."""
    visitor.page.goto(toy_up.endpoints["portal"])
    return visitor


def test_search_understands_words_without_marks(citizen: Visitor) -> None:
    """“khai sinh” typed without its marks or in capitals finds the registration of a birth."""
    citizen.page.get_by_label("Tìm thủ tục").fill("KHAI SINH")
    citizen.page.get_by_role("button", name="Tìm", exact=True).click()

    expect(citizen.page.get_by_role("link", name=re.compile("[Đđ]ăng ký khai sinh")).first).to_be_visible()
    expect(citizen.page.locator("caption", has_text="Tìm thấy")).to_be_visible()
    assert citizen.trouble == []


@pytest.mark.parametrize("width", [360, 1280])
def test_an_event_in_life_leads_to_its_procedures(citizen: Visitor, width: int) -> None:
    """SYS-PORTAL: on a phone and at a desk, from a birth to its procedures, narrowed by agency, and to one of them."""
    page = citizen.page
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_role("link", name="Có con nhỏ").click()
    expect(page.get_by_role("heading", name="Kết quả: Có con nhỏ")).to_be_visible()
    page.get_by_label("Cơ quan tiếp nhận").select_option("commune")
    page.get_by_role("button", name="Tìm", exact=True).click()

    expect(page.get_by_role("heading", name="Kết quả: Có con nhỏ tại UBND cấp xã")).to_be_visible()
    assert not citizen.overflows()
    page.get_by_role("link", name="Đăng ký khai sinh", exact=True).click()
    expect(page.get_by_role("link", name="Có con nhỏ")).to_be_visible()
    assert not citizen.overflows()
    assert citizen.trouble == []


def test_a_procedure_tells_what_can_be_done_online(citizen: Visitor) -> None:
    """From the search to a procedure: who takes it in, by when, for how much, and how far it goes online."""
    citizen.page.get_by_label("Tìm thủ tục").fill("đăng ký khai sinh")
    citizen.page.get_by_role("button", name="Tìm", exact=True).click()
    citizen.page.get_by_role("link", name=re.compile("[Đđ]ăng ký khai sinh")).first.click()

    expect(citizen.page.locator("h1")).to_contain_text("khai sinh")
    for words in ("Nơi tiếp nhận", "Thời hạn giải quyết", "Lệ phí"):
        expect(citizen.page.get_by_role("rowheader", name=words)).to_be_visible()
    expect(citizen.page.get_by_role("heading", name="Làm được gì trực tuyến")).to_be_visible()
    assert citizen.trouble == []


def test_a_dossier_can_be_followed_by_its_code(citizen: Visitor, toy_up: Standing) -> None:
    """Whoever has the code of a dossier sees where it is; a code that nobody has given out is answered kindly."""
    code = _submit(toy_up)

    citizen.page.get_by_label("Tra cứu hồ sơ theo mã").fill(code)
    citizen.page.get_by_role("button", name="Tra cứu").click()

    expect(citizen.page.get_by_role("heading", name=f"Hồ sơ {code}")).to_be_visible()
    expect(citizen.page.get_by_text("Đã nộp, chờ tiếp nhận").first).to_be_visible()
    assert citizen.trouble == []
    citizen.page.get_by_label("Mã hồ sơ").fill("000.00.00.H99-180822-9999")
    citizen.page.get_by_role("button", name="Tra cứu").click()
    expect(citizen.page.get_by_role("alert")).to_contain_text("Chưa thấy hồ sơ")


def _submit(toy_up: Standing) -> str:
    """Submit a dossier as the first account that `up` has printed, by the portal's API: what a planned step says."""
    address, (account, passcode) = toy_up.endpoints["portal"], toy_up.accounts["portal"]
    steps = (
        step
        for line in (toy_up.folder / "plan" / "journeys.ndjson").read_text("utf-8").splitlines()
        for step in json.loads(line)["steps"]
    )
    planned = next(
        step["detail"] for step in steps if step["operation"] == "portal.submit" and "company" not in step["detail"]
    )
    with requests.Session() as session:
        signed_in = session.post(
            f"{address}/api/sign-in", json={"account": account, "passcode": passcode}, timeout=30
        ).json()
        answer = session.post(
            f"{address}/api/dossiers",
            json=planned,
            headers={"Authorization": f"Bearer {signed_in['token']}", "Idempotency-Key": str(uuid.uuid4())},
            timeout=30,
        )
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


@pytest.mark.parametrize(
    ("service", "desk"),
    [("onestop", "hồ sơ đang giải quyết"), ("office", "Bàn làm việc")],
)
def test_an_official_signs_in_and_sees_the_desk(visitor: Visitor, toy_up: Standing, service: str, desk: str) -> None:
    """With the account that `up` has printed an official gets to the desk; the two desks keep their own sessions."""
    account, passcode = toy_up.accounts[service]
    visitor.page.goto(toy_up.endpoints[service])
    visitor.page.get_by_label("Tài khoản cán bộ").fill(account)
    visitor.page.get_by_label("Mã đăng nhập").fill(passcode)
    visitor.page.get_by_role("button", name="Đăng nhập").click()

    expect(visitor.page.locator("h1")).to_contain_text(desk)
    assert visitor.trouble == []


@pytest.mark.parametrize("service", ["portal", "onestop", "office"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_the_window(visitor: Visitor, toy_up: Standing, service: str, width: int) -> None:
    """First pages fit a phone and a desk: nothing sticks out sideways."""
    visitor.page.set_viewport_size({"width": width, "height": 800})
    visitor.page.goto(toy_up.endpoints[service])

    assert not visitor.overflows()
