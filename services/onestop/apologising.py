"""The apology for a late result (TT 01/2018/TT-VPCP, mẫu 04, from memory): signed, kept, and told to the applicant.

It promises another moment. The legal deadline stays where it is, so that an apology makes no dossier punctual.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import papers
from services.kit.accounts import Account
from services.kit.clock import VIETNAM
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.operations import Consumer
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.onestop import dossiers, sealing, wording
from services.onestop.desk import ROLE_NAMES, Desk
from services.onestop.desk import ROLES as READERS
from services.onestop.dossiers import Dossier
from services.onestop.working_time import WorkingTime

#: Who apologises: the counter, or the leader in person.
ROLES = ("reception_clerk", "leader")
_TEMPLATE = Path(__file__).resolve().parent / "templates" / "apology.typ"
#: What an apology promises instead: so much working time from now. Assumed: two working days.
_AGAIN_HOURS = 16
_KEEP = """
    INSERT INTO apology (code, at, actor, due_at, again_at, content, digest, request_key)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_NEWEST = "SELECT again_at FROM apology WHERE code = $1 ORDER BY at DESC LIMIT 1"
_PAPER = "SELECT content FROM apology WHERE code = $1 ORDER BY at DESC LIMIT 1"
_ALL = "SELECT at, actor, again_at FROM apology WHERE code = $1 ORDER BY at"


class Letter(msgspec.Struct, frozen=True):
    """An apology that is ready to be sent."""

    pdf: bytes
    due_at: datetime
    again_at: datetime


class Apologising:
    """Writes apologies, once for each promise that was not kept."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        """Find dossiers through the desk, so that another agency's stay closed."""
        self._kit, self._desk, self._time = kit, desk, WorkingTime(kit.reference.calendar)

    async def draw_up(self, request: Request, _body: Any) -> Letter:
        """Have the paper made and signed. Raises 409 for a dossier that is not late or whose new promise still runs."""
        who: Account = request.state.who
        dossier = await self._desk.find(request.path_params["code"], who, what="apology")
        now = self._kit.clock.now()
        await self._check(dossier, now)
        assert dossier.due_at  # noqa: S101 -- a dossier that is late has a deadline
        assert dossier.received_at  # noqa: S101 -- and was received
        again_at = self._time.add(now, timedelta(hours=_AGAIN_HOURS))
        data = {
            **wording.common(self._kit, dossier),
            "received_day": f"{dossier.received_at:%d/%m/%Y}",
            "late": _hours(self._time.between(dossier.due_at, now)),
            "state": dossiers.state_name(dossier.state).lower(),
            "again": wording.spoken(again_at),
            "signer": who.name,
            "signer_role": ROLE_NAMES[who.role].upper(),
        }
        drawn_up = await papers.render(_TEMPLATE, data)
        pdf = await sealing.seal(self._kit, dossier, drawn_up, purpose="seal-apology")
        return Letter(pdf, dossier.due_at, again_at)

    async def apologise(self, request: Request, _body: Any, tx: Transaction, letter: Letter) -> Reply:
        """Keep the apology, and tell the portal, where the applicant and whoever has the code see the new promise."""
        who, code = request.state.who, request.path_params["code"]
        dossier = await dossiers.lock(tx, code)
        if dossier is None or not self._desk.is_late(dossier):
            raise wrong_state(
                Text(f"Hồ sơ {code}", f"Dossier {code}"),
                dossier.state if dossier else "",
                Text("quá hạn và chưa trả kết quả", "late and without a result"),
            )
        digest = hashlib.sha256(letter.pdf).hexdigest()
        await tx.execute(
            _KEEP, code, tx.now, who.account, letter.due_at, letter.again_at, letter.pdf, digest, tx.key
        )  # fmt: skip
        told = {"code": code, "at": tx.now, "again_at": letter.again_at}
        await tx.send("portal", "dossiers.apology", told, subject=code)
        return reply({"code": code, "again_at": letter.again_at, "digest": digest}, 201)

    async def show(self, request: Request) -> Response:
        """Show the newest apology of a dossier as it was sent. Raises 404 while there is none."""
        who = self._kit.who(request, *READERS)
        dossier = await self._desk.find(request.path_params["code"], who, what="apology")
        return papers.response(await self._paper(dossier.code), f"xin-loi-{dossier.code}.pdf")

    async def give(self, request: Request, _consumer: Consumer) -> dict[str, Any]:
        """Operation `apologies.paper`: for the portal, whose applicant may read it."""
        code = request.query_params.get("code", "")
        content = await self._paper(code)
        return {"code": code, "pdf": content, "digest": hashlib.sha256(content).hexdigest()}

    async def of(self, code: str) -> list[dict[str, Any]]:
        """Apologies of a dossier, oldest first, for its page."""
        rows = await self._kit.pool.fetch(_ALL, code)
        return [
            {
                "at": row["at"].astimezone(VIETNAM),
                "again_at": row["again_at"].astimezone(VIETNAM),
                "who": self._kit.reference.staff[row["actor"]].name,
            }
            for row in rows
        ]

    async def wanted(self, dossier: Dossier, who: Account) -> bool:
        """Whether the official should apologise now."""
        if who.role not in ROLES or who.agency != dossier.agency or not self._desk.is_late(dossier):
            return False
        promised = await self._kit.pool.fetchval(_NEWEST, dossier.code)
        return promised is None or promised < self._kit.clock.now()

    async def _check(self, dossier: Dossier, now: datetime) -> None:
        if not self._desk.is_late(dossier):
            raise Problem(
                409,
                "not-late",
                Text(
                    "Hồ sơ chưa quá hạn nên không lập phiếu xin lỗi.",
                    "The dossier is not late, so there is nothing to apologise for.",
                ),
                state=dossier.state,
            )
        promised = await self._kit.pool.fetchval(_NEWEST, dossier.code)
        if promised is not None and promised >= now:
            again = wording.spoken(promised.astimezone(VIETNAM))
            raise Problem(
                409,
                "promised-again",
                Text(f"Đã xin lỗi và hẹn lại lúc {again}.", f"The apology has been sent; promised for {again}."),
                state=dossier.state,
            )

    async def _paper(self, code: str) -> bytes:
        content: bytes | None = await self._kit.pool.fetchval(_PAPER, code)
        if content is None:
            raise not_found(Text(f"phiếu xin lỗi của hồ sơ {code}", f"an apology about dossier {code}"))
        return content


def _hours(worked: timedelta) -> str:
    hours = worked.total_seconds() / 3600
    return f"{hours:.0f} giờ làm việc" if hours >= 1 else "dưới một giờ làm việc"
