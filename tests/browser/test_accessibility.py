"""Every page, held against WCAG 2.2 AA by axe-core, fetched from npm (MPL-2.0, not shipped)."""

from __future__ import annotations

import re
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from command_line import Standing
from playwright.sync_api import Browser, Page

from infra import stack
from loadtests.accounts import passcode
from simulation import province_files

pytestmark = [pytest.mark.needs("chromium", "npm"), pytest.mark.nightly]

_AXE = "axe-core@4.14.1"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_CHECK = "rules => axe.run({runOnly: {type: 'tag', values: rules}})"

_PROVINCE = province_files.load("toy")
_COMMUNE = next(agency.code for agency in _PROVINCE.agencies if agency.tier == "commune")
#: Pages by service and path, for anybody.
_PUBLIC = (
    ("portal", "/"), ("portal", "/?q=khai+sinh"), ("portal", "/procedures/1.001193"), ("portal", "/tracking?code=x"),
    ("portal", "/sign-in"), ("portal", "/board"), ("portal", "/results"), ("portal", "/consultations"),
    ("portal", "/feedback"), ("portal", "/catalogue/quality"), ("portal", "/catalogue/drift"), ("portal", "/open-data"),
    ("national", "/dvc?q=khai+sinh"), ("national", "/dvc/thu-tuc/1.001193"), ("national", "/oidc/sign-on"),
    ("national", "/dvc/tracking?code=x"), ("portal", "/?event=birth&agency=commune"), ("portal", "/?lang=en"),
    ("portal", "/?lang=vi"), ("portal", "/payments/return"), ("portal", "/procedures/none"), ("national", "/"),
    ("onestop", "/"), ("onestop", f"/queue/{_COMMUNE}"), ("onestop", f"/queue/{_COMMUNE}?lang=en"),
    ("onestop", "/?lang=vi"), ("office", "/sign-in"), ("lgsp", "/"), ("lgsp", "/sign-in"), ("dochub", "/"),
    ("dochub", "/sign-in"), ("sector", "/"),
)  # fmt: skip
#: For a citizen who has signed in.
_OWN = ("/my", "/apply/1.001193", "/apply/2.002288", "/companies", "/apply/2.000488", "/my/none")
#: For officials and administrators who have: service, role, path.
_DESKS = (
    ("onestop", "reception_clerk", "/desk"), ("onestop", "reception_clerk", "/reception"),
    ("onestop", "reception_clerk", "/reception?procedure=1.001193"), ("onestop", "specialist", "/desk"),
    ("onestop", "leader", "/desk"), ("onestop", "leader", "/dossiers/none"), ("office", "specialist", "/"),
    ("office", "leader", "/"), ("office", "document_clerk", "/"), ("office", "document_clerk", "/registers/outgoing"),
    ("office", "document_clerk", "/registers/incoming"), ("office", "document_clerk", "/archive"),
    ("office", "document_clerk", "/undelivered"), ("office", "leader", "/incoming?document=x"),
    ("lgsp", "administrator", "/administration"), ("lgsp", "administrator", "/audit"),
    ("lgsp", "administrator", "/administration/onboarding"), ("lgsp", "administrator", "/audit/verification"),
    ("dochub", "administrator", "/undelivered"), ("dochub", "administrator", "/documents"),
    ("dochub", "administrator", "/documents/trail?document=x"),
)  # fmt: skip
#: Addresses that are no pages, or pages that are looked at below (a dossier, a document) or in test_citizen.py.
_NO_PAGES = re.compile(
    r"/(api|control|pki|export|open-data/|files|health|ready|metrics|openapi|backlog|lgsp/|dmdc/|v1/|\.well-known)"
    r"|/pay/|/post/|/sign-in/(national|return)|/oidc/authorize|/dvc/nop/|.*/(pdf|receipt|apology|result|attachment|files|files/.*)$"
)


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


@pytest.fixture(scope="module")
def desk(chromium: Browser, toy_up: Standing) -> Iterator[Callable[[str, str], Page]]:
    """Let an official of the first commune, or the administrator, sign in at a service with a phone."""
    key = stack.load(toy_up.folder / "stack.json").passcode_key
    pages: dict[tuple[str, str], Page] = {}

    def signed_in(service: str, role: str) -> Page:
        if (service, role) not in pages:
            who = _account(role)
            page = chromium.new_context(locale="vi-VN", viewport={"width": 360, "height": 740}).new_page()
            page.goto(toy_up.endpoints[service] + ("/" if service == "onestop" else "/sign-in"))
            page.locator("#account").fill(who)
            page.locator("#passcode").fill(passcode(key, who))
            page.get_by_role("button", name="Đăng nhập").click()
            page.wait_for_url(lambda address: "/sign-in" not in address)
            pages[service, role] = page
        return pages[service, role]

    yield signed_in
    for page in pages.values():
        page.context.close()


def _account(role: str) -> str:
    if role == "administrator":
        return "lgsp.admin"
    return next(one.account for one in _PROVINCE.staff if (one.role, one.agency) == (role, _COMMUNE))


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


@pytest.mark.parametrize(("service", "role", "path"), _DESKS, ids=[" ".join(row) for row in _DESKS])
def test_pages_for_officials_keep_wcag(
    desk: Callable[[str, str], Page], toy_up: Standing, axe: str, service: str, role: str, path: str
) -> None:
    """Desks, registers and administrators' pages likewise, in Vietnamese and, where there is any, in English."""
    page = desk(service, role)
    page.goto(toy_up.endpoints[service] + path)

    assert page.locator("h1").count() == 1, "the page is there"
    assert complaints(page, axe) == []
    english = page.get_by_role("link", name="English")
    if english.count():
        english.click()
        assert complaints(page, axe) == []
        page.get_by_role("link", name="Tiếng Việt").click()


def test_a_dossier_and_a_document_keep_wcag(desk: Callable[[str, str], Page], toy_up: Standing, axe: str) -> None:
    """A number drawn at the door, a dossier at each desk with what may be done on it, a draft with its history."""
    page = desk("onestop", "reception_clerk")
    page.goto(f"{toy_up.endpoints['onestop']}/queue/{_COMMUNE}")
    page.get_by_role("button", name="Lấy số").click()
    assert complaints(page, axe) == []
    key = stack.load(toy_up.folder / "stack.json").passcode_key
    who = _account("reception_clerk")
    address = toy_up.endpoints["onestop"]
    token = requests.post(
        f"{address}/api/sign-in", json={"account": who, "passcode": passcode(key, who)}, timeout=30
    ).json()["token"]
    handed = {
        "procedure": "1.001193", "applicant": {"personal_number": "083190000017", "full_name": "Nguyễn Thị Đoàn"},
        "fee_cash": 0, "delivery": "counter",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    taken = requests.post(f"{address}/api/dossiers", json=handed, headers=headers, timeout=30)
    assert taken.status_code == 201, taken.text
    for role in ("reception_clerk", "specialist", "leader"):
        page = desk("onestop", role)
        page.goto(f"{address}/dossiers/{taken.json()['code']}")
        assert complaints(page, axe) == [], role
    page = desk("office", "specialist")
    page.goto(toy_up.endpoints["office"])
    page.get_by_label("Trích yếu").fill("Rà soát")
    page.get_by_label("Nội dung").fill("Kính báo.")
    page.get_by_label("Nơi nhận").select_option(index=0)
    page.get_by_role("button", name="Lưu dự thảo").click()
    page.wait_for_url("**/documents/*")
    assert complaints(page, axe) == []


def test_no_page_is_forgotten(toy_up: Standing) -> None:
    """Every address of every service that could be a page is in one of the tables above."""
    looked_at = {(service, path.partition("?")[0]) for service, path in _PUBLIC}
    looked_at |= {("portal", path) for path in _OWN} | {
        (service, path.partition("?")[0]) for service, _, path in _DESKS
    }
    looked_at |= {("office", "/documents/1")}  # in the test above
    forgotten = []
    for service, address in toy_up.endpoints.items():
        paths = requests.get(f"{address}/openapi.json", timeout=30).json()["paths"]
        for path, methods in paths.items():
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
            seen = any(one == service and pattern.fullmatch(there) for one, there in looked_at)
            if "get" in methods and not _NO_PAGES.match(path) and not seen:
                forgotten.append(f"{service} {path}")

    assert forgotten == []


def test_a_checker_that_finds_nothing_would_be_noticed(citizen: Page, axe: str) -> None:
    """An image without words and text too pale are found."""
    citizen.goto("about:blank")
    citizen.set_content('<html lang="vi"><title>x</title><img src="data:,"><p style="color:#ccc">nhạt</p></html>')

    assert {line.partition(":")[0] for line in complaints(citizen, axe)} >= {"image-alt", "color-contrast"}
