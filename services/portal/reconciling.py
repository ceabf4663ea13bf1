"""Every đồng of every order, here and at the payment platform: held against each other on demand (SYS-PAY)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.transaction import Transaction

_OURS = (
    'SELECT "order", payment.code, payment.amount, status, refund.amount AS refunded '
    'FROM payment LEFT JOIN refund USING ("order")'
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An order in one of the two books."""

    order: str
    code: str
    amount: int
    status: str
    refunded: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the two books do not agree on."""

    order: str
    what: str  #: missing-here, missing-there, amount, status or refund
    here: str
    there: str


class _Listed(msgspec.Struct):
    orders: list[Entry]


def compare(ours: Iterable[Entry], theirs: Iterable[Entry]) -> list[Difference]:
    """List every disagreement, by order. An order nobody has paid is of no account where only one side knows it."""
    here, there = _by_order(ours), _by_order(theirs)
    found = []
    for order in sorted(here.keys() | there.keys()):
        mine, other = here.get(order), there.get(order)
        if mine is None or other is None:
            known = mine or other
            if known and known.status == "paid":
                what = "missing-there" if mine else "missing-here"
                found.append(Difference(order=order, what=what, here=_sum(mine), there=_sum(other)))
            continue
        if mine.amount != other.amount:
            found.append(Difference(order=order, what="amount", here=str(mine.amount), there=str(other.amount)))
        if mine.status != other.status:
            found.append(Difference(order=order, what="status", here=mine.status, there=other.status))
        if mine.refunded != other.refunded:
            found.append(Difference(order=order, what="refund", here=str(mine.refunded), there=str(other.refunded)))
    return found


def _by_order(entries: Iterable[Entry]) -> Mapping[str, Entry]:
    return {one.order: one for one in entries}


def _sum(entry: Entry | None) -> str:
    return str(entry.amount) if entry else ""


class Reconciling:
    """Asks the platform for its book."""

    def __init__(self, kit: Kit) -> None:
        """Ask through the service's LGSP client."""
        self._kit = kit

    async def ask(self, _request: Request, _body: Any) -> list[Entry]:
        """Fetch the platform's orders of this province. Raises 503 when it stays out of reach."""
        answer = await self._kit.lgsp.ask("national", "payment.list", purpose="reconcile-payments")
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Nền tảng thanh toán chưa trả lời; xin thử lại.",
                    "The payment platform does not answer; please try again.",
                ),
            )
        listed: _Listed = answer.json(_Listed)
        return listed.orders

    async def note(self, _request: Request, _body: Any, tx: Transaction, theirs: list[Entry]) -> Reply:
        """Compare and write down what was found."""
        ours = [Entry(**{**dict(row), "refunded": row["refunded"] or 0}) for row in await tx.fetch(_OURS)]
        found = compare(ours, theirs)
        sums = {
            "orders": len(theirs),
            "paid_here": _total(ours, "amount"),
            "paid_there": _total(theirs, "amount"),
            "refunded_here": _total(ours, "refunded"),
            "refunded_there": _total(theirs, "refunded"),
        }
        await tx.execute(
            "INSERT INTO reconciliation (at, orders, paid_here, paid_there, refunded_here, refunded_there, "
            "differences) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (at) DO UPDATE SET orders = excluded.orders, "
            "paid_here = excluded.paid_here, paid_there = excluded.paid_there, refunded_here = excluded.refunded_here, "
            "refunded_there = excluded.refunded_there, differences = excluded.differences",
            tx.now, *sums.values(), msgspec.json.encode(found).decode(),
        )  # fmt: skip
        return reply({**sums, "agrees": not found, "differences": found})


def _total(entries: Iterable[Entry], name: str) -> int:
    return sum(getattr(one, name) for one in entries if one.status == "paid")
