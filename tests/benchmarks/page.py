"""The portal's pages with a catalogue of 2,000 procedures: how heavy the heaviest is, how long the slowest takes.

Each is asked for again and again over one kept-open connection, one request at a time, so that the time is the server's
and the loopback's; a page counts with its median. The peer is `/health` in the same way: what any request costs here.
"""

from __future__ import annotations

import statistics
from urllib.parse import quote

import requests

from loadtests.accounts import passcode
from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_limit, check, say
from tests.benchmarks.search import enlarge
from tests.benchmarks.stand import Stand
from tests.benchmarks.wire import request

_TIMES = 30
_MOST_BYTES, _MOST_MS = 100 * 1000, 50.0
_PUBLIC = (
    "/", "/?q=khai+sinh", "/?q=e", "/?level=3", "/tracking?code=x", "/sign-in", "/results", "/board", "/consultations",
    "/feedback", "/catalogue/quality", "/catalogue/drift", "/open-data",
)  # fmt: skip


def run() -> list[Row]:
    """Place a stack with the large catalogue and measure."""
    with stands.placed(enlarge) as stand:
        cookie = _signed_in(stand)
        known = [one for one in stand.province.procedures if one.tier == "commune" and one.level >= 3]
        paths = [
            *((path, "") for path in _PUBLIC),
            (f"/procedures/{quote(known[0].code)}", ""),
            *((path, cookie) for path in ("/my", "/companies", f"/apply/{quote(known[0].code)}")),
        ]
        pages = {path: _page(stand, path, cookie) for path, cookie in paths}
        health = _page(stand, "/health", "")[1]
    heaviest = max(pages, key=lambda path: pages[path][0])
    slowest = max(pages, key=lambda path: pages[path][1])
    say(", ".join(f"{path} {size / 1000:.1f} KB {ms:.1f} ms" for path, (size, ms) in pages.items()))
    return [
        against_limit(
            "page.heaviest", pages[heaviest][0], unit="bytes", at_most=_MOST_BYTES,
            note=f"{heaviest}, of {len(pages)} pages; nothing else is loaded, styles stand in the page",
        ),
        against_limit(
            "page.slowest", pages[slowest][1], unit="ms", at_most=_MOST_MS, peer="the portal's /health",
            peer_value=health, note=f"{slowest}, median of {_TIMES}",
        ),
    ]  # fmt: skip


def _page(stand: Stand, path: str, cookie: str) -> tuple[int, float]:
    """Bytes of a page's body, and milliseconds until it is there."""
    asked = request("GET", path, Cookie=cookie) if cookie else request("GET", path)
    load = stand.wire.closed(stand.url("portal"), [asked] * _TIMES, connections=1)
    check(load.statuses <= {200, 404}, f"{path}: {load.statuses}")
    check(load.statuses == {200} or "tracking" in path, f"{path} is not there")
    body = load.answers[-1][1]
    check(path == "/health" or b"</html>" in body, f"{path} is no whole page")
    return len(body), statistics.median(load.latencies) * 1000


def _signed_in(stand: Stand) -> str:
    number = str(stand.people.people["personal_number"][0])
    attempt = {"account": number, "passcode": passcode(stand.stack.passcode_key, number)}
    answer = requests.post(f"{stand.url('portal')}/sign-in", data=attempt, allow_redirects=False, timeout=30)
    check(answer.status_code == 303, f"signing in: {answer.status_code}")
    return "; ".join(f"{one.name}={one.value}" for one in answer.cookies)
