"""Every page that citizens meet, held against WCAG 2.2 AA by axe-core, fetched from npm (MPL-2.0, not shipped)."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Standing
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.needs("chromium", "npm"), pytest.mark.nightly]

_AXE = "axe-core@4.14.1"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_CHECK = "rules => axe.run({runOnly: {type: 'tag', values: rules}})"

#: Pages by service and path; those after the bar need a citizen who has signed in.
_PUBLIC = (
    ("portal", "/"), ("portal", "/?q=khai+sinh"), ("portal", "/procedures/1.001193"), ("portal", "/tracking?code=x"),
    ("portal", "/sign-in"), ("portal", "/board"), ("portal", "/results"), ("portal", "/consultations"),
    ("portal", "/feedback"), ("portal", "/catalogue/quality"), ("portal", "/catalogue/drift"), ("portal", "/open-data"),
    ("national", "/dvc?q=khai+sinh"), ("national", "/dvc/thu-tuc/1.001193"), ("national", "/oidc/sign-on"),
    ("national", "/dvc/tracking?code=x"),
)  # fmt: skip
_OWN = ("/my", "/apply/1.001193", "/apply/2.002288", "/companies", "/apply/2.000488")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source."""
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "pack", _AXE, "--silent"], cwd=folder, check=True, timeout=120, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extract("package/axe.min.js", folder, filter="data")
    return Path(folder / "package" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def citizen(chromium: Browser, toy_up: Standing) -> Iterator[Page]:
    """Somebody with a phone who has signed in."""
    context = chromium.new_context(locale="vi-VN", viewport={"width": 360, "height": 740})
    page = context.new_page()
    account, passcode = toy_up.accounts["portal"]
    page.goto(f"{toy_up.endpoints['portal']}/sign-in")
    page.get_by_label("Số định danh cá nhân").fill(account)
    page.get_by_label("Mã đăng nhập").fill(passcode)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/my")
    yield page
    context.close()


def complaints(page: Page, axe: str) -> list[str]:
    """What the checker finds on the page that is open."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(_CHECK, _RULES)
    assert found["passes"], "the checker looked at nothing"
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize(("service", "path"), _PUBLIC, ids=[f"{service}{path}" for service, path in _PUBLIC])
def test_pages_for_anybody_keep_wcag(citizen: Page, toy_up: Standing, axe: str, service: str, path: str) -> None:
    """No violation of WCAG 2.2 A and AA that a machine can find, on a phone."""
    citizen.goto(toy_up.endpoints[service] + path)

    assert complaints(citizen, axe) == []


@pytest.mark.parametrize("path", _OWN)
def test_pages_for_citizens_keep_wcag(citizen: Page, toy_up: Standing, axe: str, path: str) -> None:
    """Likewise with somebody signed in, and for a form with its complaints and the dossier it becomes."""
    citizen.goto(toy_up.endpoints["portal"] + path)

    assert complaints(citizen, axe) == []
    submit = citizen.get_by_role("button", name="Nộp hồ sơ")
    if submit.count():
        submit.click()
        citizen.get_by_role("alert").wait_for()
        assert complaints(citizen, axe) == []


def test_a_checker_that_finds_nothing_would_be_noticed(citizen: Page, axe: str) -> None:
    """An image without words and text too pale are found."""
    citizen.goto("about:blank")
    citizen.set_content('<html lang="vi"><title>x</title><img src="data:,"><p style="color:#ccc">nhạt</p></html>')

    assert {line.partition(":")[0] for line in complaints(citizen, axe)} >= {"image-alt", "color-contrast"}
