"""Tells portal and National Public Service Portal of every change, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence

from services.kit.reference import Reference
from services.kit.transaction import Transaction
from services.onestop import national_fields
from services.onestop.dossiers import Dossier
from services.onestop.states import Act


async def announce(tx: Transaction, dossier: Dossier, reference: Reference, *, papers: Sequence[str] = ()) -> None:
    """Make a dossier known that was received at the counter; what came from the portal is known there already.

    `papers` names what was handed in with it.
    """
    if dossier.channel == "counter":
        await _tell_portal(tx, dossier)
    known = national_fields.synchronisation(dossier, reference, papers=papers)
    await tx.send("national", "dvcqg.dossiers", known, subject=dossier.code)


async def tell(
    tx: Transaction, dossier: Dossier, reference: Reference, *, act: Act, actor: str, wanted: str = ""
) -> None:
    """Tell both of a dossier that has moved on; `wanted` says what the applicant has to hand in."""
    await _tell_portal(tx, dossier, wanted)
    moved = national_fields.progress(dossier, reference, act=act, actor=actor, at=tx.now, wanted=wanted)
    await tx.send("national", "dvcqg.progress", moved, subject=dossier.code)


async def _tell_portal(tx: Transaction, dossier: Dossier, wanted: str = "") -> None:
    # The result names the applicant, so it goes to the portal only for who has an account there to read it with.
    readable = dossier.channel == "online" and dossier.state == "returned"
    news = {
        "code": dossier.code,
        "procedure": dossier.procedure,
        "agency": dossier.agency,
        "channel": dossier.channel,
        "state": dossier.state,
        "seq": dossier.seq,
        "at": tx.now,
        "fee": dossier.fee,
        "received_at": dossier.received_at,
        "due_at": dossier.due_at,
        "result": dossier.result if readable else None,
        "digest": dossier.digest if readable else None,
        "wanted": wanted if dossier.channel != "counter" else "",  # who filed there has no page at the portal
    }
    await tx.send("portal", "dossiers.progress", news, subject=dossier.code)
