"""Procedures with no human in the loop (SYS-OPENDATA): what arrives online is granted in the same transaction.

Only what the catalogue allows; the portal has verified the applicant and the form before. Every act stands in the book
of events like an official's, by the actor `automatic`, and is told to portal and nation in the same order.
"""

from __future__ import annotations

import hashlib
from typing import Any

from services.kit.accounts import Account
from services.kit.languages import Text
from services.kit.reference import Reference
from services.kit.transaction import Transaction
from services.onestop import dossiers, handling, news
from services.onestop.dossiers import Dossier
from services.onestop.states import ACCEPT, DECIDE, EXAMINE, HAND_BACK, Act
from services.onestop.working_time import WorkingTime

ACTOR = "automatic"
NAME = Text("Hệ thống tự động", "Automatic")


async def grant(tx: Transaction, dossier: Dossier, reference: Reference, time: WorkingTime) -> None:
    """Accept, examine and decide a dossier that has just arrived; hand it back where the result goes online.

    A result that goes by post or to the counter waits for the clerk. Does nothing for procedures that need a human.
    """
    procedure = reference.procedures[dossier.procedure]
    if not procedure.automatic or dossier.fee:
        return
    arrived_under = tx.key

    async def act(act: Act, state: str, **changes: Any) -> None:
        nonlocal dossier
        tx.key = f"{arrived_under}:{act.event}"  # items of one operation need keys of their own
        dossier = await dossiers.move(tx, dossier, act, state, actor=ACTOR, request_key=None, **changes)
        await news.tell(tx, dossier, reference, act=act, actor=ACTOR)

    due_at = time.due(tx.now, hours=procedure.deadline_hours, same_day=procedure.same_day)
    await act(ACCEPT, "received", received_at=tx.now, due_at=due_at)
    await act(EXAMINE, "examined", proposal="approve")
    who = Account(ACTOR, NAME, "", dossier.agency)
    text = handling.result_text(dossier, reference, decision="approve", who=who, day=f"{tx.now:%d/%m/%Y}")
    await act(DECIDE, "approved", result=text, digest=hashlib.sha256(text.encode()).hexdigest())
    if dossier.delivery == "online":
        await act(HAND_BACK, "returned", note="online")
    tx.key = arrived_under
