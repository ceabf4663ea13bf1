"""All data handed over at the lease's end: complete, true to what was put in, in an open form; then deleted.

NĐ 224/2026/NĐ-CP, điều 57 khoản 2 and 67 khoản 7; TT 41/2026/TT-BKHCN, điều 15 khoản 4 (by a legal index; check the
originals).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from verification.bids.desk import Desk
from verification.bids.evidence import Before, Handover, Settled
from verification.conformance.access import Access
from verification.conformance.product import OutOfReach, Refusal, Unreadable
from verification.conformance.wire import Pace, Wire

_KEY = "X-Khoa-Lien-Thong"
_LOOKED_FOR = 20  # dossiers that must be gone after the deletion
_OK = 200


class _Manifest(msgspec.Struct):
    dossiers: int
    sha256: str


class _Step(msgspec.Struct):
    seq: int
    state: str
    actor: str
    at: str


class _Line(msgspec.Struct):
    """A dossier in the open form; more fields are allowed."""

    code: str
    procedure: str
    agency: str
    state: str
    number: str
    name: str
    fee: int
    paid: int
    received_at: str | None
    due_at: str | None
    steps: list[_Step]


def hand_over(
    url: str,
    desk: Desk,
    access: Access,
    settled: Iterable[Settled],
    upgraded: Sequence[Before],
    pace: Pace | None = None,
) -> Handover:
    """Fetch everything, hold it against what is known, have it deleted, and look whether it is gone."""
    if not url:
        return Handover(tried=False, why_not="hồ sơ dự thầu không nêu endpoints.handover")
    states = {one.code: one.acknowledged for one in settled if not one.maybe}
    states |= {one.code: one.after or one.before for one in upgraded}
    paid = {one.code: one.paid for one in settled if not one.maybe}
    wire, headers = Wire(url, pace), {_KEY: access.integration_key}
    try:
        manifest = wire.request("GET", "/manifest.json", headers=headers)
        whole = wire.request("GET", "/ho-so.jsonl", headers=headers)
        if manifest.status != _OK or whole.status != _OK:
            return Handover(tried=True, why_not=f"{url}: {manifest.status}, {whole.status}", expected=len(states))
        promised = msgspec.json.decode(manifest.body, type=_Manifest)
        lines, unreadable = _read(whole.body)
        deleted = wire.request("POST", "/xoa", headers=headers | {"Content-Length": "0"})
    except (OutOfReach, msgspec.MsgspecError) as error:
        return Handover(tried=True, why_not=str(error), expected=len(states))
    finally:
        wire.close()
    return Handover(
        tried=True,
        lines=whole.body.count(b"\n"),
        promised_lines=promised.dossiers,
        digest_right=hashlib.sha256(whole.body).hexdigest() == promised.sha256,
        expected=len(states),
        missing=tuple(sorted(code for code in states if code not in lines)),
        differing=tuple(_differing(lines, states, paid, desk)),
        unreadable=unreadable,
        left_after_deletion=_left(desk, list(states)) if deleted.status == _OK else None,
    )


def _read(whole: bytes) -> tuple[dict[str, _Line], int]:
    lines: dict[str, _Line] = {}
    unreadable = 0
    for raw in whole.splitlines():
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.MsgspecError:
            unreadable += 1
        else:
            lines[line.code] = line
    return lines, unreadable


def _differing(
    lines: Mapping[str, _Line], states: Mapping[str, str], paid: Mapping[str, int], desk: Desk
) -> Iterable[str]:
    for code, state in sorted(states.items()):
        line = lines.get(code)
        if line is None:
            continue
        wrong = {
            "state": line.state != state,
            "paid": code in paid and line.paid != paid[code],
            "procedure": line.procedure != desk.procedure.code,
            "agency": line.agency != desk.agency.code,
            "steps": not line.steps or line.steps[-1].state != state,
        }
        yield from (f"{code}: {field}" for field, is_wrong in wrong.items() if is_wrong)


def _left(desk: Desk, codes: Sequence[str]) -> int:
    """Count the dossiers, of some spread over all, that can still be looked at."""
    left = 0
    for code in codes[:: max(1, len(codes) // _LOOKED_FOR)]:
        try:
            desk.product.look(desk.clerk, code)
        except (Refusal, Unreadable, OutOfReach):
            continue
        left += 1
    return left
