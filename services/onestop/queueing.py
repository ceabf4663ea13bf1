"""Numbers at the counter: drawn at the door, called by the clerks in the order in which they were drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.accounts import Account
from services.kit.kit import Kit, Reply, json, reply
from services.kit.languages import Text
from services.kit.problems import Problem, not_found
from services.kit.transaction import Transaction

#: Whose counter it is.
ROLES = ("reception_clerk",)
# Numbers are given from before the doors open until so long before they close (assumed, as the arrivals in
# fixtures/scenarios/working_day.toml), and while the line is not longer than a day's work.
_BEFORE_OPENING, _BEFORE_CLOSING = timedelta(minutes=60), timedelta(minutes=30)
_MOST_WAITING = 200

_DRAW = """
    WITH number AS (
        INSERT INTO queue (agency, day, last) VALUES ($1, $2, 1)
        ON CONFLICT (agency, day) DO UPDATE SET last = queue.last + 1 RETURNING last
    )
    INSERT INTO ticket (agency, day, number, drawn_at, request_key) SELECT $1, $2, last, $3, $4 FROM number
    RETURNING number
"""
_END = """
    UPDATE ticket SET ended_at = $3, outcome = $4
    WHERE called_by = $1 AND agency = $2 AND called_at IS NOT NULL AND ended_at IS NULL
"""
_CALL = """
    UPDATE ticket SET called_at = $3, called_by = $4
    WHERE (agency, day, number) = (
        SELECT agency, day, number FROM ticket WHERE agency = $1 AND day = $2 AND called_at IS NULL
        ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING number, drawn_at
"""
_WAITING = "SELECT count(*) FROM ticket WHERE agency = $1 AND day = $2 AND called_at IS NULL"
_SERVING = """
    SELECT number FROM ticket WHERE agency = $1 AND day = $2 AND called_at IS NOT NULL AND ended_at IS NULL
    ORDER BY called_at DESC
"""
_IN_HAND = """
    SELECT number FROM ticket WHERE called_by = $1 AND day = $2 AND called_at IS NOT NULL AND ended_at IS NULL
"""


class Next(msgspec.Struct, frozen=True):
    """What became of the number in hand, when the next one is called."""

    outcome: Literal["served", "absent"] = "served"


class Queueing:
    """The line of each agency, a day at a time."""

    def __init__(self, kit: Kit) -> None:
        """Use the agencies and their office hours."""
        self._kit = kit

    async def draw(self, request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
        """Give the next number to whoever stands at the door: 201 with how many are before.

        Raises 404 for an unknown agency, 409 while no numbers are given.
        """
        agency = self.agency(request)
        self._check_open(tx.now)
        waiting = await tx.value(_WAITING, agency, tx.now.date())
        if waiting >= _MOST_WAITING:
            raise Problem(
                409,
                "queue-full",
                Text(
                    f"Đã có {waiting} người chờ; xin trở lại sau hoặc nộp trực tuyến.",
                    f"{waiting} people are waiting; please come back later or file online.",
                ),
            )
        number = await tx.value(_DRAW, agency, tx.now.date(), tx.now, tx.key)
        return reply({"agency": agency, "number": number, "before": waiting}, 201)

    async def call(self, request: Request, body: Next, tx: Transaction, _prepared: Any) -> Reply:
        """Let the clerk call who is next; the number in hand is done with."""
        who = request.state.who
        await tx.execute(_END, who.account, who.agency, tx.now, body.outcome)
        called = await tx.row(_CALL, who.agency, tx.now.date(), tx.now, who.account)
        return reply(
            {
                "number": called["number"] if called else None,
                "waited_minutes": round((tx.now - called["drawn_at"]).total_seconds() / 60, 1) if called else None,
                "waiting": await tx.value(_WAITING, who.agency, tx.now.date()),
            }
        )

    async def told(self, request: Request) -> Response:
        """Answer what the board above the counters shows: numbers being served, newest first, and who waits."""
        return json(await self.board(self.agency(request)))

    async def board(self, agency: str) -> dict[str, Any]:
        """Return the board of an agency."""
        day = self._kit.clock.now().date()
        serving = await self._kit.pool.fetch(_SERVING, agency, day)
        return {
            "agency": agency,
            "serving": [row["number"] for row in serving],
            "waiting": await self._kit.pool.fetchval(_WAITING, agency, day),
        }

    async def counter(self, who: Account) -> dict[str, Any] | None:
        """Return what a clerk sees of the own line; None for officials without a counter."""
        if who.role not in ROLES:
            return None
        board = await self.board(who.agency)
        in_hand = await self._kit.pool.fetchval(_IN_HAND, who.account, self._kit.clock.now().date())
        return {**board, "in_hand": in_hand}

    def name(self, agency: str) -> str:
        """Name of an agency."""
        return self._kit.reference.agencies[agency].name

    def agency(self, request: Request) -> str:
        """Agency of the address. Raises 404."""
        agency: str = request.path_params["agency"]
        if agency not in self._kit.reference.agencies:
            raise not_found(Text(f"cơ quan {agency}", f"agency {agency}"))
        return agency

    def _check_open(self, now: datetime) -> None:
        calendar = self._kit.reference.calendar
        opens = datetime.combine(now.date(), calendar.shifts[0][0], tzinfo=now.tzinfo) - _BEFORE_OPENING
        closes = datetime.combine(now.date(), calendar.shifts[-1][1], tzinfo=now.tzinfo) - _BEFORE_CLOSING
        if not (calendar.works_on(now.date()) and opens <= now < closes):
            raise Problem(
                409,
                "counter-closed",
                Text(
                    f"Quầy phát số từ {opens:%H:%M} đến {closes:%H:%M} các ngày làm việc; "
                    "có thể nộp trực tuyến mọi lúc.",
                    f"Numbers are given from {opens:%H:%M} to {closes:%H:%M} on working days; "
                    "filing online is always possible.",
                ),
            )
