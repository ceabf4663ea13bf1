"""The report in a real browser: one file that loads nothing, in two languages, with the verdict where people see it."""

from __future__ import annotations

import pytest
from command_line import Run, verdict
from playwright.sync_api import expect
from visitor import Visitor

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture
def reader(visitor: Visitor, toy_run: Run) -> Visitor:
    """Somebody who has opened the report of the toy run."""
    visitor.page.goto((toy_run.folder / "report.html").as_uri())
    return visitor


def test_the_verdict_is_on_the_page(reader: Visitor, toy_run: Run) -> None:
    """The page says, for machines and for people, what verdict.json says."""
    main = reader.page.locator("main[data-answer]")

    assert main.get_attribute("data-answer") == verdict(toy_run.folder)["answer"] == "KEPT"
    assert main.get_attribute("data-scenario") == "toy"
    assert main.get_attribute("data-seed") == "20180822"
    expect(reader.page.locator("h1")).to_contain_text("Đạt")
    expect(reader.page).to_have_title("Tỉnh Mẫu: toy, KEPT")


def test_all_five_laws_are_shown_with_what_was_checked(reader: Visitor, toy_run: Run) -> None:
    """Every law stands there with its answer and the number of its subjects, as people here write numbers."""
    for law in verdict(toy_run.folder)["laws"]:
        article = reader.page.locator(f"article[data-law={law['id']}]")
        expect(article).to_be_visible()
        assert article.get_attribute("data-answer") == "KEPT"
        expect(article).to_contain_text(f"{law['checked']:,}".replace(",", "."))


def test_every_requirement_is_shown(reader: Visitor, toy_run: Run) -> None:
    """No requirement of the verdict is left out."""
    page = reader.page.locator("#requirements").inner_text()

    assert [one["id"] for one in verdict(toy_run.folder)["requirements"] if one["id"] not in page] == []


def test_the_reader_chooses_the_language(reader: Visitor) -> None:
    """Vietnamese at first; one click and it is English, numbers included; another and it is Vietnamese again."""
    heading, brand = reader.page.locator("h1"), reader.page.locator(".brand")
    expect(brand).to_contain_text("Báo cáo kiểm chứng")

    reader.page.get_by_text("English", exact=True).click()
    assert heading.inner_text().startswith("Kept")
    assert "Verification report" in brand.inner_text()
    assert "Báo cáo kiểm chứng" not in reader.page.locator("body").inner_text()

    reader.page.get_by_text("Tiếng Việt", exact=True).click()
    assert heading.inner_text().startswith("Đạt")


def test_the_report_stands_alone(reader: Visitor, toy_run: Run) -> None:
    """Nothing is asked for but the file itself (and pictures in it), and the browser has nothing to complain of."""
    asked = [url for url in reader.requests if not url.startswith("data:")]

    assert asked == [(toy_run.folder / "report.html").as_uri()]
    assert reader.trouble == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_report_fits_the_window(reader: Visitor, width: int) -> None:
    """On a phone and on a desk nothing sticks out sideways; wide tables scroll within themselves."""
    reader.page.set_viewport_size({"width": width, "height": 800})

    assert not reader.overflows()
