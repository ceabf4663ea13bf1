"""What several tests do in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from visitor import Visitor

_NUMBERS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")


def until_shown(visitor: Visitor, words: str) -> None:
    """Look again until the page says it: what other systems have to tell takes a moment."""
    for _ in range(300):
        if words in visitor.page.locator("main").inner_text():
            return
        visitor.page.wait_for_timeout(200)
        visitor.page.reload()
    message = f"the page never said “{words}”: {visitor.page.locator('main').inner_text()}"
    raise AssertionError(message)


def opened(page: Page, code: str) -> Page:
    """Open a dossier by its code, as it stands on the receipt note."""
    page.get_by_role("link", name="Bàn làm việc").click()
    page.get_by_label("Mở hồ sơ theo mã").fill(code)
    page.get_by_role("button", name="Mở", exact=True).click()
    expect(page.locator("h1")).to_have_text(f"Hồ sơ {code}")
    return page


def at_step(page: Page, step: int) -> None:
    """Wait until the form is at that one of its three steps, with all of its fields."""
    expect(page.locator("main")).to_contain_text(f"Bước {step}/3")
    page.wait_for_load_state()


def answer_question(page: Page) -> str:
    """Add up what the question at the end of the form asks for."""
    asked = page.locator("label[for=captcha]").inner_text().lower()
    first, second = (_NUMBERS.index(word) for word in re.findall(r"\w+", asked) if word in _NUMBERS)
    return str(first + second)
