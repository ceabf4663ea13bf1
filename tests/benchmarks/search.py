"""Search in a catalogue of 2,000 procedures at 200 requests a second, open loop: what a citizen waits, line included.

The province's procedures are repeated with numbered names until there are 2,000, which is about what a province lists.
The peer is the portal's `/health` at the same rate: what any request costs on this machine at this moment.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from simulation.province import Procedure, Province
from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_limit, alternate, check, percentile
from tests.benchmarks.stand import Stand
from tests.benchmarks.wire import request

_PROCEDURES = 2000
_RATE = 200.0
_ROUND_SECONDS = 4
_MOST_MS = 30.0
_QUERIES = (
    "khai sinh", "dang ky kinh doanh", "giấy phép", "đất đai", "ho tich", "van tai", "xac nhan", "cấp lại", "thue",
)  # fmt: skip


def run() -> list[Row]:
    """Place a stack with the large catalogue and measure."""
    with stands.placed(enlarge) as stand:
        return measure(stand)


def measure(stand: Stand) -> list[Row]:
    """Searches and the peer's requests by turns."""
    prepared = [
        request("GET", f"/api/procedures?q={quote(_QUERIES[number % len(_QUERIES)])}")
        for number in range(int(_RATE * _ROUND_SECONDS))
    ]
    _right(stand)

    def searches() -> float:
        load = stand.wire.open(stand.url("portal"), prepared, connections=32, rate=_RATE)
        check(load.statuses == {200}, f"statuses {load.statuses}")
        return percentile(load.latencies, 0.99) * 1000

    def health() -> float:
        plain = [request("GET", "/health")] * len(prepared)
        load = stand.wire.open(stand.url("portal"), plain, connections=32, rate=_RATE)
        return percentile(load.latencies, 0.99) * 1000

    rounds = alternate(searches, health, what="search p99 (ms)")
    row = against_limit(
        "search.p99", rounds.ours, unit="ms", at_most=_MOST_MS, peer="the portal's /health at the same rate",
        peer_value=rounds.peer, note=f"{_PROCEDURES} procedures, {_RATE:.0f} requests/s, from the intended start",
    )  # fmt: skip
    return [row]


def enlarge(province: Province) -> Province:
    """Repeat the catalogue's procedures under new codes until there are 2,000."""
    known = province.procedures
    procedures = tuple(_again(known[number % len(known)], number // len(known)) for number in range(_PROCEDURES))
    return msgspec.structs.replace(province, procedures=procedures)


def _again(procedure: Procedure, copy: int) -> Procedure:
    if copy == 0:
        return procedure
    return msgspec.structs.replace(procedure, code=f"{procedure.code}.{copy}", name=f"{procedure.name} ({copy})")


def _right(stand: Stand) -> None:
    """All procedures with the words in their names are found, and the first page shows such, however one types."""
    wanted = [one for one in stand.province.procedures if "khai sinh" in one.name.lower()]
    check(wanted, "the catalogue has no births to register")
    for query in ("khai sinh", "KHAI SINH"):
        asked = request("GET", f"/api/procedures?q={quote(query)}")
        answer = msgspec.json.decode(stand.wire.one(stand.url("portal"), asked)[1])
        check(answer["found"] >= len(wanted), f"{answer['found']} of {len(wanted)} procedures found for “{query}”")
        check("khai sinh" in answer["procedures"][0]["name"].lower(), f"first comes {answer['procedures'][0]}")
