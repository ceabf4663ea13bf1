"""Delegation: a leader who is away lets a colleague act in his stead for a while (TRB-DELEGATE).

The deputy does what leaders do, under his own name and, where he signs on screen, with his own certificate; without one
the paper way is left to him, as for anybody. The document says in whose stead it was signed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.kit import Endpoint, Kit, Prepare, Reply, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem, not_found
from services.kit.transaction import Transaction

_LONGEST = timedelta(days=366)  # assumed
_MAY_DEPUTISE = {"leader", "specialist"}
_WRONG_ROLE = 403


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Who deputises, from when to when."""

    deputy: str
    since: datetime
    until: datetime


class Actor(Account, frozen=True):
    """An official who acts, perhaps in a leader's stead."""

    in_stead_of: str = ""


async def leader_of(kit: Kit, who: Account) -> str:
    """For whom an official deputises at this moment; empty for nobody."""
    leader: str | None = await kit.pool.fetchval(
        "SELECT leader FROM delegation WHERE deputy = $1 AND agency = $2 AND since <= $3 AND $3 < until "
        "ORDER BY given_at DESC LIMIT 1",
        who.account,
        who.agency,
        kit.clock.now(),
    )
    return leader or ""


def as_leader(kit: Kit) -> Prepare:
    """Let leaders pass, and those who deputise for one of their agency at this moment."""

    async def prepare(request: Request, _content: Any) -> Actor:
        try:
            who = kit.who(request, "leader")
        except Problem as problem:
            if problem.status != _WRONG_ROLE:
                raise
            who = kit.who(request)
            leader = await leader_of(kit, who)
            if not leader:
                raise
            return Actor(**msgspec.structs.asdict(who), in_stead_of=leader)
        return Actor(**msgspec.structs.asdict(who))

    return prepare


def delegation_endpoint(kit: Kit) -> Endpoint:
    """`POST /api/delegations`, by a leader."""

    async def prepare(request: Request, _content: Any) -> Account:
        return kit.who(request, "leader")

    async def handle(_request: Request, asked: Asked, tx: Transaction, who: Account) -> Reply:
        _check(kit, asked, who)
        number = await tx.value(
            "INSERT INTO delegation (agency, leader, deputy, since, until, given_at, request_key) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            who.agency,
            who.account,
            asked.deputy,
            asked.since,
            asked.until,
            tx.now,
            tx.key,
        )
        return reply({"delegation": number, "deputy": asked.deputy}, 201)

    return kit.write(handle, body=Asked, prepare=prepare)


class Ended(msgspec.Struct, forbid_unknown_fields=True):
    """Which delegation ends before its time."""

    delegation: Annotated[int, msgspec.Meta(ge=1, lt=1 << 62)]


def ending_endpoint(kit: Kit) -> Endpoint:
    """`POST /api/delegations/end`, by the leader who gave it: he is back, or thinks better of it."""

    async def prepare(request: Request, _content: Any) -> Account:
        return kit.who(request, "leader")

    async def handle(_request: Request, asked: Ended, tx: Transaction, who: Account) -> Reply:
        until = await tx.value(
            "UPDATE delegation SET until = greatest(since, $3) WHERE id = $1 AND leader = $2 AND until > $3 "
            "RETURNING until",
            asked.delegation,
            who.account,
            tx.now,
        )
        if until is None:
            raise not_found(
                Text(
                    f"ủy quyền {asked.delegation} còn hiệu lực của bạn", f"mandate {asked.delegation} of yours in force"
                )
            )
        return reply({"delegation": asked.delegation, "until": until})

    return kit.write(handle, body=Ended, prepare=prepare)


def _check(kit: Kit, asked: Asked, who: Account) -> None:
    mistakes = Mistakes()
    deputy = kit.reference.staff.get(asked.deputy)
    if deputy is None or deputy.agency != who.agency or deputy.role not in _MAY_DEPUTISE or asked.deputy == who.account:
        mistakes.add(
            "deputy",
            asked.deputy[:100],
            Text(
                "Chọn một lãnh đạo khác hoặc chuyên viên của cơ quan.",
                "Choose another leader or a specialist of the agency.",
            ),
        )
    if asked.since.tzinfo is None or asked.until.tzinfo is None:
        mistakes.add(
            "since",
            str(asked.since),
            Text(
                "Ghi cả múi giờ, ví dụ 2018-08-22T07:00:00+07:00.",
                "Write the time zone as well, e.g. 2018-08-22T07:00:00+07:00.",
            ),
        )
    elif not asked.since < asked.until <= asked.since + _LONGEST:
        mistakes.add(
            "until",
            str(asked.until),
            Text(
                f"Phải sau “since” và không quá {_LONGEST.days} ngày.",
                f"It has to be after “since”, by {_LONGEST.days} days at most.",
            ),
        )
    mistakes.stop()
