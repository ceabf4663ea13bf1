"""Nothing goes online that nobody asked for (SYS-CONSULT): a consultation, and the gate that looks at its outcome."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.beside import Beside
from services.kit.database import UNAVAILABLE
from services.kit.kit import Kit, Reply, json, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem, not_found
from services.kit.transaction import Transaction
from services.portal import levels
from services.portal.catalogue import Catalogue
from services.portal.look import Look
from services.portal.sessions import Sessions

#: What a service needs to go online. Assumed: press reports 0 and 1 only say that people should be asked first.
LEAST_OPINIONS, LEAST_SUPPORT = 3, 0.5
_LONGEST_COMMENT = 1000
_LOOK_EVERY_SECONDS = 1.0
_SETTLED_AFTER_SECONDS = 30.0  #: no request takes longer (services/kit/gate.py)

_LIST = """
    SELECT procedure, level, question, opened_at, closes_at, published_at,
           (SELECT count(*) FROM opinion AS o WHERE o.procedure = c.procedure AND o.level = c.level) AS opinions,
           (SELECT count(*) FROM opinion AS o WHERE o.procedure = c.procedure AND o.level = c.level AND wants)
               AS wanting
    FROM consultation AS c
"""


class Asked(msgspec.Struct, frozen=True):
    """A consultation that the keeper opens."""

    procedure: str
    level: int
    question: str
    days: int = 14


class Publication(msgspec.Struct, frozen=True):
    """A level that the keeper wants to give a procedure."""

    level: int


class Consulting:
    """Consultations, opinions, and the gate."""

    def __init__(self, kit: Kit, look: Look, sessions: Sessions, catalogue: Catalogue) -> None:
        """Change levels in `catalogue`."""
        self._kit, self._look, self._sessions, self._catalogue = kit, look, sessions, catalogue
        self._task = Beside()
        self._settled: dict[str, float] = {}  #: from when on the database tells of a level that was published here

    async def start(self) -> None:
        """Give procedures the levels that were published in an earlier life, and those that others publish from now."""
        await self._catch_up()
        self._task.start(self._follow())

    async def stop(self) -> None:
        """Follow no longer."""
        await self._task.stop()

    async def _follow(self) -> None:
        """Look at what other replicas of the portal have published."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            with suppress(*UNAVAILABLE):
                await self._catch_up()

    async def _catch_up(self) -> None:
        for row in await self._kit.pool.fetch("SELECT procedure, level FROM published_level"):
            if time.monotonic() >= self._settled.get(row["procedure"], 0.0):
                self._catalogue.set_level(row["procedure"], row["level"])

    # The keeper's.

    async def ask(self, _request: Request, body: Asked, tx: Transaction, _prepared: Any) -> Reply:
        """Open a consultation."""
        mistakes = Mistakes()
        procedure = self._catalogue.by_code.get(body.procedure)
        if procedure is None:
            mistakes.add(
                "procedure",
                Text(f"không có thủ tục “{body.procedure}”", f"there is no procedure “{body.procedure}”"),
                Text("Chọn mã trong danh mục của tỉnh.", "Choose a code of the province's catalogue."),
            )
        elif not procedure.level < body.level <= max(levels.NAMES):
            mistakes.add(
                "level",
                str(body.level),
                Text(
                    f"Chọn mức độ trên {procedure.level}, đến {max(levels.NAMES)}.",
                    f"Choose a level above {procedure.level}, up to {max(levels.NAMES)}.",
                ),
            )
        if not body.question.strip():
            mistakes.add(
                "question",
                Text("để trống", "left empty"),
                Text("Viết câu hỏi cho người dân.", "Write what people are asked."),
            )
        if body.days < 1:
            mistakes.add("days", str(body.days), Text("Lấy ý kiến ít nhất một ngày.", "Ask for one day at least."))
        mistakes.stop()
        closes_at = tx.now + timedelta(days=body.days)
        opened = await tx.execute(
            "INSERT INTO consultation (procedure, level, question, opened_at, closes_at) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT DO NOTHING",
            body.procedure, body.level, body.question.strip(), tx.now, closes_at,
        )  # fmt: skip
        if opened == "INSERT 0 0":
            raise Problem(
                409,
                "already-asked",
                Text(
                    f"Đã lấy ý kiến về mức độ {body.level} của thủ tục {body.procedure}.",
                    f"People were asked about level {body.level} of procedure {body.procedure} already.",
                ),
            )
        return reply({"procedure": body.procedure, "level": body.level, "closes_at": closes_at}, 201)

    async def publish(self, request: Request, body: Publication, tx: Transaction, _prepared: Any) -> Reply:
        """Give a procedure another level. Lower at any time; online (3, 4) only when people have said they want it."""
        procedure = self._catalogue.find(request.path_params["procedure"])
        if body.level not in levels.NAMES:
            mistakes = Mistakes()
            mistakes.add("level", str(body.level), Text("Chọn mức độ từ 1 đến 4.", "Choose a level from 1 to 4."))
            mistakes.stop()
        if body.level > procedure.level and body.level >= levels.SUBMISSION:
            await self._gate(tx, procedure.code, body.level)
        await tx.execute(
            "INSERT INTO published_level (procedure, level, at) VALUES ($1, $2, $3) "
            "ON CONFLICT (procedure) DO UPDATE SET level = excluded.level, at = excluded.at",
            procedure.code, body.level, tx.now,
        )  # fmt: skip
        # In memory a moment before the commit; should that fail, a look once it must be over puts it right.
        self._settled[procedure.code] = time.monotonic() + _SETTLED_AFTER_SECONDS
        self._catalogue.set_level(procedure.code, body.level)
        return reply({"procedure": procedure.code, "level": body.level})

    async def _gate(self, tx: Transaction, procedure: str, level: int) -> None:
        row = await tx.row(f"{_LIST} WHERE procedure = $1 AND level = $2", procedure, level)
        if row is None:
            raise _closed(
                "not-consulted",
                Text(
                    f"Chưa lấy ý kiến người dân về mức độ {level} của thủ tục {procedure}.",
                    f"People have not been asked about level {level} of procedure {procedure}.",
                ),
            )
        if tx.now < row["closes_at"]:
            raise _closed(
                "still-open",
                Text(
                    f"Việc lấy ý kiến kéo dài đến {row['closes_at']:%d/%m/%Y %H:%M}.",
                    f"The consultation is open until {row['closes_at']:%d/%m/%Y %H:%M}.",
                ),
            )
        if row["opinions"] < LEAST_OPINIONS or row["wanting"] < LEAST_SUPPORT * row["opinions"]:
            raise _closed(
                "not-wanted",
                Text(
                    f"{row['wanting']} trong {row['opinions']} ý kiến muốn có dịch vụ này trực tuyến; cần ít nhất "
                    f"{LEAST_OPINIONS} ý kiến và {LEAST_SUPPORT:.0%} đồng ý.",
                    f"{row['wanting']} of {row['opinions']} opinions want this service online; at least "
                    f"{LEAST_OPINIONS} opinions and {LEAST_SUPPORT:.0%} of support are needed.",
                ),
            )
        await tx.execute(
            "UPDATE consultation SET published_at = $3 WHERE procedure = $1 AND level = $2", procedure, level, tx.now
        )

    # The public's.

    async def outcomes(self, _request: Request) -> Response:
        """Every consultation with its count, for machines."""
        return json({"consultations": [self._told(row) for row in await self._all()]})

    async def show(self, request: Request) -> Response:
        """Show what is asked, and what came of it."""
        return await self._look.page(
            request, "consultations.html", asked=[self._told(row) for row in await self._all()],
            levels=levels.names(self._kit.reference.province.era), least=LEAST_OPINIONS, support=LEAST_SUPPORT,
        )  # fmt: skip

    async def take(self, request: Request) -> Response:
        """Take somebody's opinion; a second one replaces the first."""
        async with request.form(max_files=0, max_fields=10) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        session = await self._sessions.need_form(request, given.get("csrf", ""))
        procedure, level = given.get("procedure", ""), given.get("level", "")
        if given.get("wants") not in {"yes", "no"} or not level.isdecimal():
            raise Problem(
                422,
                "invalid",
                Text("Chọn “Muốn” hoặc “Không muốn” rồi gửi lại.", "Choose whether you want it, and send again."),
            )
        now = self._kit.clock.now()
        async with self._kit.begin("opinion") as tx:
            open_now = await tx.value(
                "SELECT closes_at > $3 FROM consultation WHERE procedure = $1 AND level = $2",
                procedure,
                int(level),
                now,
            )
            if open_now is None:
                raise not_found(Text("cuộc lấy ý kiến này", "this consultation"))
            if not open_now:
                raise Problem(409, "closed", Text("Việc lấy ý kiến này đã kết thúc.", "This consultation is closed."))
            await tx.execute(
                "INSERT INTO opinion (procedure, level, account, wants, comment, at) VALUES ($1, $2, $3, $4, $5, $6) "
                "ON CONFLICT (procedure, level, account) DO UPDATE SET wants = excluded.wants, "
                "comment = excluded.comment, at = excluded.at",
                procedure, int(level), session.who.account, given["wants"] == "yes",
                given.get("comment", "")[:_LONGEST_COMMENT], now,
            )  # fmt: skip
        return RedirectResponse("/consultations?thanks=1", 303)

    async def _all(self) -> list[asyncpg.Record]:
        rows: list[asyncpg.Record] = await self._kit.pool.fetch(f"{_LIST} ORDER BY closes_at DESC, procedure")
        return rows

    def _told(self, row: asyncpg.Record) -> dict[str, Any]:
        now: datetime = self._kit.clock.now()
        known = self._catalogue.by_code.get(row["procedure"])
        return {
            **dict(row),
            "name": known.name if known else row["procedure"],
            "open": now < row["closes_at"],
            "share": row["wanting"] / row["opinions"] if row["opinions"] else 0.0,
        }


def _closed(title: str, detail: str) -> Problem:
    return Problem(409, title, detail)
