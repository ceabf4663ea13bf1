"""What a service offers to other systems, behind the LGSP: `/lgsp/{operation}`. Anybody else is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

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

#: Runs before an operation; may take its time, or raise a Problem that is answered instead.
Before = Callable[[Consumer], Awaitable[None]]


async def nothing_before(_consumer: Consumer) -> None:
    """Go on at once."""


class Operation(msgspec.Struct, frozen=True):
    """One offered operation; exactly one of `at_once` and `apply` is set."""

    at_once: AtOnce | None = None
    apply: Apply | None = None
    body: Any = None  #: msgspec type of one item, for `apply`


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
            async with self._begin("batch") as tx:
                fresh = await _new_keys(tx, [item.key for item in items])
                return [await self._apply(operation, item, tx, fresh=item.key in fresh) for item in items]
        except (*UNAVAILABLE, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 -- told again item by item below
            log.warning("batch-split", error=repr(error))
        return [await self._apply_alone(operation, item) for item in items]

    async def _apply_alone(self, operation: Operation, item: _Item) -> Result:
        try:
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
            return Result(item.key, "again" if isinstance(error, Again) else "refused", str(error))
        return Result(item.key, "done")


async def _new_keys(tx: Transaction, keys: list[str]) -> set[str]:
    rows: list[asyncpg.Record] = await tx.fetch(
        "INSERT INTO inbox (key) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING key", keys
    )
    return {row["key"] for row in rows}
