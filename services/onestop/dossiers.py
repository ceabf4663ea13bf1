"""A dossier as the one-stop keeps it: found and locked, moved on by an act, with the act in the book of events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from services.kit.accounts import Account
from services.kit.clock import VIETNAM
from services.kit.languages import Text
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.onestop.states import CLOSED, NAMES, Act


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """One application under a procedure."""

    code: str
    procedure: str
    agency: str
    channel: str
    delivery: str
    applicant_number: str  #: private: never in logs, public answers or exports
    applicant_name: str
    company: str | None
    fee: int  #: đồng
    paid: int  #: đồng, in cash and online together
    state: str
    seq: int  #: rises by one with every act
    submitted_at: datetime | None
    received_at: datetime | None
    due_at: datetime | None
    paused_at: datetime | None  #: since when the deadline stands still
    proposal: str | None
    result: str | None  #: text of the outcome, once decided
    digest: str | None  #: SHA-256 of the text


COLUMNS = ", ".join(Dossier.__struct_fields__)
_MOMENTS = ("submitted_at", "received_at", "due_at", "paused_at")
_LOCK = f"SELECT {COLUMNS} FROM dossier WHERE code = $1 FOR UPDATE"  # noqa: S608 -- our own column names
_SAVE = """
    WITH moved AS (
        UPDATE dossier SET paid = $2, state = $3, seq = $4, open = $5, received_at = $6, due_at = $7, paused_at = $8,
               proposal = $9, result = $10, digest = $11
        WHERE code = $1
    )
    INSERT INTO event (code, seq, event, state, actor, at, request_key, note)
    VALUES ($1, $4, $12, $3, $13, $14, $15, $16)
"""


def read(row: asyncpg.Record) -> Dossier:
    """Make the value from a row with `COLUMNS`; moments come in Việt Nam's time zone."""
    values: dict[str, Any] = dict(row)
    for name in _MOMENTS:
        if values[name] is not None:
            values[name] = values[name].astimezone(VIETNAM)
    return Dossier(**values)


async def lock(tx: Transaction, code: str) -> Dossier | None:
    """Find a dossier and keep others from changing it until the transaction ends."""
    row = await tx.row(_LOCK, code)
    return read(row) if row else None


async def lock_for(tx: Transaction, code: str, who: Account, act: Act) -> Dossier:
    """Lock a dossier for an official's act.

    Raises 404 while it is not here, 403 for another agency's dossier, 409 in a state in which the act is out of order.
    """
    dossier = await lock(tx, code)
    if dossier is None:
        raise not_found(Text(f"hồ sơ {code} ở bộ phận một cửa", f"dossier {code} at the one-stop"))
    check_agency(dossier.agency, who)
    if dossier.state not in act.before:
        raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), dossier.state, act.before)
    return dossier


def check_agency(agency: str, who: Account) -> None:
    """Raise 403 unless the official works in the agency."""
    if agency != who.agency:
        raise Problem(
            403,
            "other-agency",
            Text(
                "Hồ sơ này thuộc cơ quan khác; chỉ cán bộ của cơ quan đó được xử lý.",
                "This dossier is another agency's; only its officials work on it.",
            ),
        )


async def move(
    tx: Transaction, dossier: Dossier, act: Act, state: str, *, actor: str, request_key: str | None, note: str = "",
    **changes: Any,
) -> Dossier:  # fmt: skip
    """Move a locked dossier to `state` with further `changes`, and enter the act into the book; returns it moved."""
    assert state in act.after, f"{act.event} leads to {act.after}, not to {state}"  # noqa: S101 -- our own mistake
    moved = msgspec.structs.replace(dossier, state=state, seq=dossier.seq + 1, **changes)
    await tx.execute(
        _SAVE, moved.code, moved.paid, moved.state, moved.seq, moved.state not in CLOSED, moved.received_at,
        moved.due_at, moved.paused_at, moved.proposal, moved.result, moved.digest, act.event, actor, tx.now,
        request_key, note or None,
    )  # fmt: skip
    if tx.product:
        # Inside our transaction: what the product refuses is not written, and what it has done is asked for again under
        # the same number if we cannot write it.
        parcel = await tx.product.act(
            act, moved.code, state, actor=actor, key=request_key or f"{moved.code}:{moved.seq}", note=note,
            cash=moved.paid - dossier.paid, proposal=moved.proposal or "",
        )  # fmt: skip
        tx.parcel_of_product = parcel
    return moved


def answer(dossier: Dossier, **more: Any) -> dict[str, Any]:
    """What an official is told after an act."""
    return {"code": dossier.code, "state": dossier.state, **more}


def state_name(state: str) -> str:
    """Name a state for people."""
    return NAMES.get(state, state)
