"""All data handed over at the lease's end: complete, true to what was put in, in an open form; then deleted.

NĐ 224/2026/NĐ-CP, điều 57 khoản 2 and 67 khoản 7; TT 41/2026/TT-BKHCN, điều 15 khoản 4 (by a legal index; check the
originals).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from verification.bids.desk import Desk
from verification.bids.evidence import Before, Handover, Settled
from verification.conformance.access import Access
from verification.conformance.inspector import NUMBER
from verification.conformance.product import OutOfReach, Refusal, Unreadable
from verification.conformance.readable import NO_JSON
from verification.conformance.wire import Pace, Wire

KEY = "X-Khoa-Lien-Thong"
WRONG_KEY, REFUSED = "khoa-sai", 300  #: a key that nobody was given, and the status from which on it was not taken
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
    known = {one.code: one for one in settled}
    states = {code: _state(one) for code, one in known.items()}
    states |= {one.code: one.after or one.before for one in upgraded}
    wire, headers = Wire(url, pace), {KEY: access.integration_key}
    try:
        manifest = wire.request("GET", "/manifest.json", headers=headers)
        whole = wire.request("GET", "/ho-so.jsonl", headers=headers)
        if manifest.status != _OK or whole.status != _OK:
            return Handover(tried=True, why_not=f"{url}: {manifest.status}, {whole.status}", expected=len(states))
        promised = msgspec.json.decode(manifest.body, type=_Manifest)
        lines, twice, unreadable = _read(whole.body)
        strange = wire.request("POST", "/xoa", headers={KEY: WRONG_KEY, "Content-Length": "0"})
        deleted = wire.request("POST", "/xoa", headers=headers | {"Content-Length": "0"})
        left = _left(desk, wire, headers, list(states)) if deleted.status == _OK else None
    except (OutOfReach, *NO_JSON) as error:
        return Handover(tried=True, why_not=str(error), expected=len(states))
    finally:
        wire.close()
    return Handover(
        tried=True,
        lines=sum(1 for raw in whole.body.splitlines() if raw.strip()),
        promised_lines=promised.dossiers,
        digest_right=hashlib.sha256(whole.body).hexdigest() == promised.sha256,
        expected=len(states),
        missing=tuple(sorted(code for code in states if code not in lines)),
        differing=tuple(_differing(lines, states, known, desk)),
        twice=twice,
        unreadable=unreadable,
        left_after_deletion=left,
        deletes_for_anybody=strange.status < REFUSED,
    )


def _state(one: Settled) -> str:
    """The state in which it has to be handed over: where an act was never answered for, as it was found since."""
    return one.state if one.maybe and one.state == one.maybe else one.acknowledged


def _read(whole: bytes) -> tuple[dict[str, _Line], tuple[str, ...], int]:
    lines: dict[str, _Line] = {}
    twice: set[str] = set()
    unreadable = 0
    for raw in filter(bytes.strip, whole.splitlines()):
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except NO_JSON:
            unreadable += 1
        else:
            twice |= {line.code} & lines.keys()
            lines[line.code] = line
    return lines, tuple(sorted(twice)), unreadable


def _differing(
    lines: Mapping[str, _Line], states: Mapping[str, str], known: Mapping[str, Settled], desk: Desk
) -> Iterable[str]:
    for code, state in sorted(states.items()):
        line, one = lines.get(code), known.get(code)
        if line is None:
            continue
        steps = [(step.seq, step.state) for step in line.steps]
        wrong = {
            "state": line.state != state,
            "number": line.number != NUMBER,
            "fee": line.fee != desk.procedure.fee,
            "procedure": line.procedure != desk.procedure.code,
            "agency": line.agency != desk.agency.code,
            "steps": not steps or steps[-1][1] != state,
        }
        if one is not None:
            wrong["name"] = unicodedata.normalize("NFC", line.name) != one.name
            wrong["paid"] = line.paid not in {one.paid, max(one.paid, one.may_be_paid)}
        if one is not None and one.found:  # as officials have seen it
            wrong["steps"] = steps != [(step.seq, step.state) for step in one.history]
        yield from (f"{code}: {field}" for field, is_wrong in wrong.items() if is_wrong)


def _left(desk: Desk, wire: Wire, headers: Mapping[str, str], codes: Sequence[str]) -> int | None:
    """Count the dossiers that are still handed over, or, of some spread over all, that can still be looked at.

    None where that cannot be told: a product that does not answer, or lets nobody in, has not said that they are gone.
    """
    again = wire.request("GET", "/ho-so.jsonl", headers=headers)
    if again.status == _OK:
        lines, _, unreadable = _read(again.body)
        if left := len(lines.keys() & set(codes)) + unreadable:
            return left
    left, unknown = 0, 0
    for code in codes[:: max(1, len(codes) // _LOOKED_FOR)]:
        try:
            _look(desk, code)
        except Refusal as refusal:
            unknown += refusal.why != "unknown" and again.status != _OK
        except (Unreadable, OutOfReach):
            unknown += 1
        else:
            left += 1
    return left if left or not unknown else None


def _look(desk: Desk, code: str) -> None:
    """Look at a dossier, signed in anew where the deletion has ended sessions."""
    try:
        desk.product.look(desk.clerk, code)
    except Refusal as refusal:
        if refusal.why != "sign-in":
            raise
        desk.clerk = desk.sign_in("reception_clerk")
        desk.product.look(desk.clerk, code)
