"""Working on a received dossier: asking for a supplement, examining, deciding."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem
from services.kit.reference import Reference
from services.kit.transaction import Transaction
from services.onestop import dossiers, news
from services.onestop.dossiers import Dossier
from services.onestop.linking import Linking
from services.onestop.states import ASK_SUPPLEMENT, DECIDE, EXAMINE, SUPPLEMENT
from services.onestop.working_time import WorkingTime

Verdict = Literal["approve", "reject"]
_STATE_OF: dict[str, str] = {"approve": "approved", "reject": "rejected"}
_WORDS = {"approve": "chấp thuận", "reject": "không chấp thuận"}


class Wanted(msgspec.Struct, frozen=True):
    """What is missing from a dossier."""

    what: str


class HandedIn(msgspec.Struct, frozen=True):
    """A supplement on paper, as the clerk describes it."""

    what: str


class Examination(msgspec.Struct, frozen=True):
    """What the specialist proposes."""

    proposal: Verdict


class Decision(msgspec.Struct, frozen=True):
    """What the leader decides."""

    decision: Verdict


class Handling:
    """Acts of clerks, specialists and leaders on received dossiers."""

    def __init__(self, kit: Kit, linking: Linking) -> None:
        """Use the service's catalogue and agencies, and the dossiers' ways through other agencies."""
        self._reference, self._linking = kit.reference, linking
        self._time = WorkingTime(kit.reference.calendar)

    async def ask_supplement(self, request: Request, body: Wanted, tx: Transaction, _prepared: Any) -> Reply:
        """Ask the applicant for more; the deadline stands still until it comes."""
        _check_said(body.what)
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, ASK_SUPPLEMENT)
        moved = await dossiers.move(
            tx, dossier, ASK_SUPPLEMENT, "awaiting_supplement", actor=who.account, request_key=tx.key, note=body.what,
            paused_at=tx.now,
        )  # fmt: skip
        await news.tell(tx, moved, self._reference, act=ASK_SUPPLEMENT, actor=who.account, wanted=body.what)
        return reply(dossiers.answer(moved))

    async def take_supplement(self, request: Request, body: HandedIn, tx: Transaction, _prepared: Any) -> Reply:
        """Take a supplement in that the applicant has brought to the counter."""
        _check_said(body.what)
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, SUPPLEMENT)
        moved = await supplement(tx, dossier, self._time, actor=who.account, request_key=tx.key, note=body.what)
        await news.tell(tx, moved, self._reference, act=SUPPLEMENT, actor=who.account)
        return reply(dossiers.answer(moved, due_at=moved.due_at))

    async def examine(self, request: Request, body: Examination, tx: Transaction, _prepared: Any) -> Reply:
        """Examine a dossier that has been through the agencies of its route, and propose an outcome."""
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, EXAMINE)
        await self._linking.check_through(tx, dossier)
        moved = await dossiers.move(
            tx, dossier, EXAMINE, "examined", actor=who.account, request_key=tx.key, proposal=body.proposal
        )
        await news.tell(tx, moved, self._reference, act=EXAMINE, actor=who.account)
        return reply(dossiers.answer(moved))

    async def decide(self, request: Request, body: Decision, tx: Transaction, _prepared: Any) -> Reply:
        """Decide: the leader, or the specialist where the procedure needs no leader. The result is drawn up."""
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, DECIDE)
        if who.role != "leader" and self._reference.procedures[dossier.procedure].needs_leader:
            raise Problem(
                403,
                "needs-leader",
                Text("Thủ tục này phải do lãnh đạo cơ quan quyết định.", "A leader has to decide on this procedure."),
            )
        text = result_text(dossier, self._reference, decision=body.decision, who=who, day=f"{tx.now:%d/%m/%Y}")
        moved = await dossiers.move(
            tx, dossier, DECIDE, _STATE_OF[body.decision], actor=who.account, request_key=tx.key, result=text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
        )  # fmt: skip
        await news.tell(tx, moved, self._reference, act=DECIDE, actor=who.account)
        return reply(dossiers.answer(moved))


async def supplement(
    tx: Transaction, dossier: Dossier, time: WorkingTime, *, actor: str, request_key: str | None, note: str = ""
) -> Dossier:
    """Move a dossier that waited for a supplement back to work; its deadline runs on."""
    due_at = dossier.due_at
    if due_at and dossier.paused_at:
        due_at = time.resume(due_at, paused=dossier.paused_at, now=tx.now)
    return await dossiers.move(
        tx, dossier, SUPPLEMENT, "received", actor=actor, request_key=request_key, note=note, due_at=due_at,
        paused_at=None,
    )  # fmt: skip


def result_text(dossier: Dossier, reference: Reference, *, decision: Verdict, who: Account, day: str) -> str:
    """Word the outcome of a dossier, as its applicant gets it."""
    procedure = reference.procedures[dossier.procedure]
    return (
        f"{reference.agencies[dossier.agency].name}, ngày {day}: {_WORDS[decision]} hồ sơ {dossier.code} của "
        f"{dossier.applicant_name}, thủ tục {procedure.code} “{procedure.name}”. Người ký: {who.name}."
    )


def _check_said(what: str) -> None:
    mistakes = Mistakes()
    if not what.strip():
        mistakes.add(
            "what",
            Text("để trống", "left empty"),
            Text("Ghi rõ giấy tờ hoặc thông tin bổ sung.", "Say which papers or information."),
        )
    mistakes.stop()
