"""Who may do what at the portal: every route, as nobody, as another citizen, and without the keeper's token."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from national_side import Nation
from page_reader import PageReader
from running_service import AUDIT_TOKEN, PASSCODE_KEY, Place, Running
from small_province import BINH, COMMUNE, DEPARTMENT, FREE, LAN, ONLINE
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode

#: Open to anybody: path -> methods. Everything else has to be in one of the tables below.
PUBLIC = {
    "/": "GET",
    "/procedures/{procedure}": "GET",
    "/tracking": "GET",
    "/sign-in": "GET POST",
    "/sign-in/national": "GET",
    "/sign-in/return": "GET",
    "/results": "GET",
    "/catalogue/drift": "GET",
    "/catalogue/quality": "GET",
    "/api/services/quality": "GET",
    "/board": "GET",
    "/api/indicators": "GET",
    "/consultations": "GET",
    "/api/consultations": "GET",
    "/feedback": "GET POST",
    "/open-data": "GET",
    "/open-data/catalogue.json": "GET",
    "/open-data/{name}/schema.json": "GET",
    "/open-data/{name}.{kind}": "GET",
    "/payments/return": "GET",
    "/api/procedures": "GET",
    "/api/procedures/{procedure}/form": "GET",
    "/api/sign-in": "POST",
    "/api/dossiers/{code}": "GET",
}
#: Pages for people who have signed in: nobody is led to the door; a form without the session's token is refused.
SIGNED_IN = {
    "/sign-out": "POST",
    "/apply/{procedure}": "GET POST",
    "/my": "GET",
    "/companies": "GET POST",
    "/consultations": "POST",
}
#: Somebody's own: another citizen gets 403.
OWN = {
    "/my/{code}": "GET",
    "/my/{code}/payment": "POST",
    "/my/{code}/supplement": "POST",
    "/my/{code}/withdrawal": "POST",
    "/my/{code}/rating": "POST",
    "/my/{code}/result": "GET",
    "/my/{code}/apology": "GET",
    "/files/{file}": "GET",
}
#: For programs with a citizen's token; those with a code, the citizen's own only.
TOKEN = {
    "/api/dossiers": "POST",
    "/api/dossiers/{code}/payment": "POST",
    "/api/dossiers/{code}/supplements": "POST",
    "/api/dossiers/{code}/withdrawal": "POST",
    "/api/dossiers/{code}/result": "GET",
    "/api/dossiers/{code}/rating": "POST",
}
#: The catalogue's keeper only.
KEEPER = {
    "/api/consultations": "POST",
    "/api/procedures/{procedure}/publication": "POST",
    "/api/feedback": "POST",
    "/api/feedback/{number:int}/answer": "POST",
    "/api/payments/reconciliation": "POST",
    "/api/catalogue/comparison": "POST",
}


def _each(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(method, path) for path, methods in table.items() for method in methods.split()]


@pytest.fixture(scope="module")
def portal(place: Place, lgsp: StandinLgsp) -> Running:
    """A portal."""
    Nation(lgsp)
    return place("portal")


@pytest.fixture(scope="module")
def code(portal: Running) -> str:
    """A dossier of Lan's."""
    body = {"procedure": FREE, "agency": DEPARTMENT, "form": {"a": "b"}, "delivery": "online"}
    return str(portal.post("/api/dossiers", body, token=portal.sign_in(LAN)).json()["code"])


@pytest.fixture(scope="module")
def binh(portal: Running) -> Iterator[PageReader]:
    """Another citizen with a browser."""
    reader = PageReader(portal.url)
    reader.open("/sign-in").press("/sign-in", account=BINH, passcode=passcode(PASSCODE_KEY, BINH))
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def upload(portal: Running) -> str:
    """A file of Lan's."""
    reader = PageReader(portal.url)
    reader.open("/sign-in").press("/sign-in", account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    reader.open(f"/apply/{ONLINE}")
    reader.press(f"/apply/{ONLINE}", "save", files={"file.more": ("a.pdf", b"%PDF-1.7 x", "application/pdf")})
    found = str(reader.tree.xpath("//a[contains(@href, '/files/')]/@href")[0]).rpartition("/")[2]
    reader.close()
    return found


def test_every_route_has_a_row() -> None:
    """A route that is added without saying who may use it fails here."""
    source = (Path(__file__).parents[2] / "services" / "portal" / "app.py").read_text("utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    routes = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Route"]
    found = set()
    for route in routes:
        path = ast.unparse(route.args[0]).strip("f'\"").replace("{one}", "/api/dossiers/{code}")
        methods = next((ast.literal_eval(one.value) for one in route.keywords if one.arg == "methods"), ["GET"])
        found |= {(method, "/api/dossiers/{code}" if path == "one" else path) for method in methods}
    listed = {row for table in (PUBLIC, SIGNED_IN, OWN, TOKEN, KEEPER) for row in _each(table)}

    assert len(found) > 45
    assert found == listed


def fill(path: str, code: str, upload: str = "x") -> str:
    """Put real names into a path."""
    names = {"{code}": code, "{procedure}": ONLINE, "{number:int}": "1", "{file}": upload}
    for name, value in names.items():
        path = path.replace(name, value)
    return path


@pytest.mark.parametrize(("method", "path"), _each(SIGNED_IN) + _each(OWN), ids=" ".join)
def test_nobody_is_led_to_the_door(portal: Running, code: str, upload: str, method: str, path: str) -> None:
    """Without a session a page leads to the sign-in, and a form changes nothing."""
    answer = requests.request(method, portal.url + fill(path, code, upload), allow_redirects=False, timeout=30)

    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize(("method", "path"), _each(OWN), ids=" ".join)
def test_another_citizen_is_refused(
    portal: Running, binh: PageReader, code: str, upload: str, method: str, path: str
) -> None:
    """With a session and a true token of one's own form, another's dossier and file stay out of reach."""
    token = binh.open("/my").fields("/sign-out")["csrf"]
    data = {"csrf": token, "key": "k", "sure": "yes", "score": "5", "text": "x"}
    answer = binh.session.request(method, portal.url + fill(path, code, upload), data=data, timeout=30)

    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize(("method", "path"), _each(TOKEN), ids=" ".join)
def test_programs_need_the_citizens_own_token(portal: Running, code: str, method: str, path: str) -> None:
    """No token, a damaged one or the keeper's: 401; another citizen's on a dossier: 403."""
    bodies: dict[str, Any] = {
        "/api/dossiers/{code}/supplements": {"form": {"a": "b"}}, "/api/dossiers/{code}/rating": {"score": 5},
    }  # fmt: skip

    def status(token: str) -> int:
        where = fill(path, code)
        if method == "GET":
            return portal.get(where, token=token).status_code
        body = bodies.get(path, None if "{code}" in path else {
            "procedure": ONLINE, "agency": COMMUNE, "form": {"a": "b"}, "delivery": "counter"
        })  # fmt: skip
        return portal.post(where, body, token=token).status_code

    mine = portal.sign_in(LAN)
    assert {status(token) for token in ("", mine[:-2], AUDIT_TOKEN)} == {401}
    if "{code}" in path:
        assert status(portal.sign_in(BINH)) == 403


@pytest.mark.parametrize(("method", "path"), _each(KEEPER), ids=" ".join)
def test_only_the_keeper_keeps(portal: Running, code: str, method: str, path: str) -> None:
    """Citizens and nobody cannot publish, answer, compare or reconcile."""
    assert method == "POST"
    for token in ("", portal.sign_in(LAN), AUDIT_TOKEN[:-1]):
        assert portal.post(fill(path, code), {}, token=token).status_code == 401


@pytest.mark.parametrize(
    "code_like", ["' OR 1=1 --", "../../etc/passwd", "\x00", "000.00.12.H07-180822-5001;", "5001", "%", "_"]
)
def test_guessed_codes_find_nothing(portal: Running, binh: PageReader, code: str, code_like: str) -> None:
    """Injection and wildcards in a code are just codes that nobody has; a NUL is a mistake, not a crash."""
    missing = {404, 422} if "\0" in code_like else {404}
    tracked = requests.get(f"{portal.url}/tracking", params={"code": code_like}, timeout=30)
    mine = binh.session.get(f"{portal.url}/my/{requests.utils.quote(code_like, safe='')}", timeout=30)

    assert tracked.status_code in missing
    assert mine.status_code in missing
    assert portal.get(f"/api/dossiers/{code}").status_code == 200
