"""What a service offers to other systems, behind the LGSP: `/lgsp/{operation}`. Anybody else is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import asyncpg
import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.kit import tokens
from services.kit.calls import Call, CallBook
from services.kit.database import UNAVAILABLE
from services.kit.outbox import Result
from services.kit.problems import Problem, decode
from services.kit.transaction import Transaction

log = structlog.get_logger()


class Consumer(msgspec.Struct, frozen=True):
    """Which system calls, and as which call."""

    system: str
    call: str
    operation: str


class Refused(Exception):  # noqa: N818 -- says what happened to the item
    """The item can never be applied: it becomes a dead letter at its sender."""


class Again(Exception):  # noqa: N818 -- says what happened to the item
    """The item cannot be applied yet (something before it has not arrived): its sender tries again."""


#: Answers at once: gets the request, returns what becomes the JSON answer (or a Response).
AtOnce = Callable[[Request, Consumer], Awaitable[Any]]
#: Applies one outbox item inside a transaction. Raises Refused or Again.
Apply = Callable[[Any, Transaction], Awaitable[None]]


class Batch(Protocol):
    """Applies outbox items many at a time, for what has to be fast."""

    async def look(self, bodies: Sequence[Any]) -> Sequence[Any]:
        """Check what needs no database, before the transaction opens; what is wrong comes back as Refused."""

    async def apply(self, looked: Sequence[Any], tx: Transaction) -> Sequence[Refused | Again | None]:
        """Apply what `look` gave back, but for what it refused; says what each came to."""

    async def bury(self, refused: Sequence[tuple[Any, str]], tx: Transaction) -> None:
        """Keep bodies that were refused, with the reason, where people of this system want to see them."""


#: Runs before an operation; may take its time, or raise a Problem that is answered instead.
Before = Callable[[Consumer], Awaitable[None]]


async def nothing_before(_consumer: Consumer) -> None:
    """Go on at once."""


class Operation(msgspec.Struct, frozen=True):
    """One offered operation; exactly one of `at_once`, `apply` and `batch` is set."""

    at_once: AtOnce | None = None
    apply: Apply | None = None
    batch: Batch | None = None
    body: Any = None  #: msgspec type of one item, for `apply` and `batch`


class _Item(msgspec.Struct):
    key: str
    body: msgspec.Raw


class _Items(msgspec.Struct):
    items: list[_Item]


class Provider:
    """Serves the operations of one service."""

    def __init__(
        self,
        operations: dict[str, Operation],
        *,
        service: str,
        secret: str,
        book: CallBook,
        begin: Callable[..., Any],
        before: Before = nothing_before,
    ) -> None:
        """`secret` verifies the LGSP's token; `begin(key)` opens a Transaction (Kit.begin)."""
        self._before = before
        self._operations, self._service, self._secret, self._book, self._begin = (
            operations,
            service,
            secret,
            book,
            begin,
        )

    async def serve(self, request: Request) -> Response:
        """Endpoint of `/lgsp/{operation}`."""
        consumer = self._consumer(request)
        operation = self._operations.get(consumer.operation)
        outcome: Any
        try:
            await self._before(consumer)
            if operation is None:
                outcome = Problem(404, "no-such-operation", f"Không có thao tác “{consumer.operation}”.").response()
            elif operation.at_once:
                outcome = await operation.at_once(request, consumer)
            else:
                items = decode(await request.body(), _Items).items
                outcome = {"results": await self._apply_all(operation, items)}
            response = (
                outcome
                if isinstance(outcome, Response)
                else Response(msgspec.json.encode(outcome), media_type="application/json")
            )
        except Problem as problem:
            response = problem.response()
        except (*UNAVAILABLE, TimeoutError) as error:
            log.warning("database-unavailable", operation=consumer.operation, error=str(error))
            response = Problem(503, "database-unavailable", "Cơ sở dữ liệu tạm thời gián đoạn.").response()
        except Exception:
            log.exception("operation-failed", operation=consumer.operation)
            response = Problem(500, "internal", "Lỗi bên trong dịch vụ.").response()
        self._book.add(
            Call(
                call=consumer.call,
                side="served",
                peer=consumer.system,
                operation=consumer.operation,
                status=response.status_code,
                at=datetime.now(UTC).isoformat(),
            )
        )
        return response

    def _consumer(self, request: Request) -> Consumer:
        try:
            claims = tokens.read(request.headers.get("x-lgsp-token", ""), self._secret, audience=self._service)
        except tokens.TokenError as error:
            raise Problem(401, "not-from-lgsp", "Chỉ nhận lời gọi đi qua LGSP.") from error
        if claims["op"] != request.path_params["operation"]:
            raise Problem(403, "wrong-operation", "Thẻ LGSP cấp cho thao tác khác.")
        return Consumer(claims["sub"], claims["call"], claims["op"])

    async def _apply_all(self, operation: Operation, items: list[_Item]) -> list[Result]:
        """All items in one transaction; if any surprises us, each on its own, so that one cannot hold up the others."""
        try:
            if operation.batch:
                return await self._apply_batch(operation, operation.batch, items)
            async with self._begin("batch") as tx:
                fresh = await _new_keys(tx, [item.key for item in items])
                return [await self._apply(operation, item, tx, fresh=item.key in fresh) for item in items]
        except (*UNAVAILABLE, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 -- told again item by item below
            log.warning("batch-split", error=repr(error))
        return [await self._apply_alone(operation, item) for item in items]

    async def _apply_batch(self, operation: Operation, batch: Batch, items: list[_Item]) -> list[Result]:
        """Look at all, then apply in one transaction those that are fresh and were not refused."""
        firsts: dict[str, _Item] = {}
        for item in items:
            firsts.setdefault(item.key, item)
        found = dict(zip(firsts, await _looked_at(operation, batch, list(firsts.values())), strict=True))
        async with self._begin("batch") as tx:
            fresh = await _new_keys(tx, list(firsts))
            good = [key for key in firsts if key in fresh and not isinstance(found[key], Refused)]
            came = dict(zip(good, await batch.apply([found[key] for key in good], tx), strict=True))
            came |= {key: found[key] for key in fresh if isinstance(found[key], Refused)}
            if failed := [key for key, what in came.items() if what is not None]:
                await tx.execute("DELETE FROM inbox WHERE key = ANY($1::text[])", failed)
                refused = [(firsts[key], str(came[key])) for key in failed if isinstance(came[key], Refused)]
                await batch.bury(_readable(operation, refused), tx)
        return [_result(item.key, came.get(item.key)) for item in items]

    async def _apply_alone(self, operation: Operation, item: _Item) -> Result:
        try:
            if operation.batch:
                [result] = await self._apply_batch(operation, operation.batch, [item])
                return result
            async with self._begin(item.key) as tx:
                fresh = await _new_keys(tx, [item.key])
                return await self._apply(operation, item, tx, fresh=bool(fresh))
        except (*UNAVAILABLE, TimeoutError):
            raise
        except Exception:
            log.exception("item-failed", key=item.key)
            return Result(item.key, "again", "internal")

    async def _apply(self, operation: Operation, item: _Item, tx: Transaction, *, fresh: bool) -> Result:
        if not fresh:
            return Result(item.key, "done")
        assert operation.apply  # noqa: S101 -- by construction of Operation
        tx.key = item.key
        try:
            await operation.apply(decode(bytes(item.body), operation.body), tx)
        except (Refused, Again, Problem) as error:
            # Handlers check before they write, so that refusing an item leaves nothing but its key to take back.
            await tx.execute("DELETE FROM inbox WHERE key = $1", item.key)
            return _result(item.key, error)
        return Result(item.key, "done")


def _result(key: str, came_to: Exception | None) -> Result:
    if came_to is None:
        return Result(key, "done")
    return Result(key, "again" if isinstance(came_to, Again) else "refused", str(came_to))


def _readable(operation: Operation, refused: list[tuple[_Item, str]]) -> list[tuple[Any, str]]:
    """Bodies that have the operation's form; others are nothing that could ever be taken."""
    found = []
    for item, reason in refused:
        with suppress(Problem):
            found.append((decode(bytes(item.body), operation.body), reason))
    return found


async def _looked_at(operation: Operation, batch: Batch, items: list[_Item]) -> list[Any]:
    """What `look` gives back, or Refused, for each item."""
    found: list[Any] = []
    for item in items:
        try:
            found.append(decode(bytes(item.body), operation.body))
        except Problem as problem:
            found.append(Refused(str(problem)))
    good = iter(await batch.look([one for one in found if not isinstance(one, Refused)]))
    return [one if isinstance(one, Refused) else next(good) for one in found]


async def _new_keys(tx: Transaction, keys: list[str]) -> set[str]:
    rows: list[asyncpg.Record] = await tx.fetch(
        "INSERT INTO inbox (key) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING key", keys
    )
    return {row["key"] for row in rows}
