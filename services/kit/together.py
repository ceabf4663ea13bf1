"""Writes of one kind that arrive side by side are committed together: one transaction for all that wait.

Each write still takes effect once per Idempotency-Key, with its reply kept in the same transaction, as in Kit.once. A
write that comes alone is committed at once; while a commit is under way, those that arrive form the next group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import msgspec
import structlog

from services.kit import tracing
from services.kit.accounts import Account
from services.kit.database import UNAVAILABLE
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.transaction import Transaction

log = structlog.get_logger()
_MOST_AT_ONCE = 64  # writes in a group; assumed: bounds how long locks are held
_LANES = 2  # groups under way: one is made ready while another is committed
_TRIES = 3
_KNOWN = "SELECT key, digest, status, body FROM request WHERE key = ANY($1::text[])"


class Reply(msgspec.Struct, frozen=True):
    """What a write handler answers with: status and JSON body."""

    status: int
    body: Any


class Done(msgspec.Struct, frozen=True):
    """What a write came to: status, encoded body, and whether it had been done before."""

    status: int
    body: bytes
    replayed: bool = False

    def read(self) -> Any:
        """Body decoded."""
        return msgspec.json.decode(self.body)


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One request that writes, checked and ready."""

    who: Account
    body: Any
    prepared: Any  #: what `prepare` returned
    key: str  #: Idempotency-Key
    digest: bytes  #: tells one request under the key from another
    trace: str  #: traceparent


#: Does several writes in one transaction; one reply each, in their order. A Problem refuses that one alone: it has
#: left nothing behind, and its key stays free. What can be refused without the database was refused before.
Writes = Callable[[Transaction, Sequence[Write]], Awaitable[Sequence[Reply | Problem]]]
_Waiting = tuple[Write, "asyncio.Future[Done]"]


class Together:
    """The groups of one kind of write."""

    def __init__(self, begin: Callable[[str], Any], handler: Writes) -> None:
        """`begin(key)` opens a Transaction (Kit.begin)."""
        self._begin, self._handler = begin, handler
        self._waiting: list[_Waiting] = []
        self._lanes: set[asyncio.Task[None]] = set()
        self._under_way = 0
        self._busy: set[str] = set()  #: keys of groups under way

    async def once(self, write: Write) -> Done:
        """Return when the write is durable. Raises a 422 Problem for a key that another request has used."""
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting.append((write, done))
        if self._under_way < _LANES:
            self._under_way += 1
            lane = asyncio.create_task(self._work())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await done

    async def _work(self) -> None:
        try:
            while group := self._next_group():
                keys = {write.key for write, _ in group}
                self._busy |= keys
                try:
                    await self._do(group)
                finally:
                    self._busy -= keys
        finally:
            self._under_way -= 1  # in the same breath as the look that found nobody waiting

    def _next_group(self) -> list[_Waiting]:
        """Take who has waited longest; what repeats a key under way waits on, for there will be a reply."""
        group: dict[str, _Waiting] = {}
        left = []
        for one in self._waiting:
            key = one[0].key
            if len(group) < _MOST_AT_ONCE and key not in group and key not in self._busy:
                group[key] = one
            else:
                left.append(one)
        self._waiting = left
        return list(group.values())

    async def _do(self, group: list[_Waiting]) -> None:
        try:
            _answer(group, await self._commit([write for write, _ in group]))
        except (*UNAVAILABLE, TimeoutError) as error:
            _fail(group, error)
        except Exception as error:  # noqa: BLE001 -- told again to each alone below
            if len(group) > 1:
                log.warning("group-split", writes=len(group), error=repr(error))
            for one in group:
                await self._alone(one)

    async def _alone(self, one: _Waiting) -> None:
        """Commit one write by itself, so that what is wrong with it holds up nobody else."""
        for left in reversed(range(_TRIES)):
            try:
                _answer([one], await self._commit([one[0]]))
            except asyncpg.UniqueViolationError as error:
                if left:  # its twin was committed by another process meanwhile: there is a reply now
                    continue
                _fail([one], error)
            except Exception as error:  # noqa: BLE001 -- whoever waits for the write gets it
                _fail([one], error)
            return

    async def _commit(self, writes: list[Write]) -> list[Done | Problem]:
        """Do what has not been done before, all of it or nothing; a reply for each."""
        async with self._begin("") as tx:
            rows = await tx.fetch(_KNOWN, [write.key for write in writes])
            known = {row["key"]: row for row in rows}
            fresh = [write for write in writes if write.key not in known]
            replies = await self._handler(tx, fresh) if fresh else []
            new: dict[str, Done | Problem] = {}
            for write, reply in zip(fresh, replies, strict=True):
                if isinstance(reply, Problem):
                    new[write.key] = reply
                    continue
                new[write.key] = done = Done(reply.status, msgspec.json.encode(reply.body))
                tx.keep_new_reply(write.key, write.digest, done.status, done.body)
        return [new.get(write.key) or replayed(known[write.key], write.digest) for write in writes]


def replayed(row: asyncpg.Record, digest: bytes) -> Done | Problem:
    """Read the stored reply of a key; the 422 Problem where the key belongs to another request."""
    if row["digest"] != digest:
        return Problem(
            422,
            "key-reused",
            Text(
                "Idempotency-Key này đã dùng cho một yêu cầu khác; hãy tạo khoá mới.",
                "This Idempotency-Key was used for another request; make a new one.",
            ),
        )
    return Done(row["status"], row["body"], replayed=True)


def current(who: Account, body: Any, prepared: Any, *, key: str, digest: bytes) -> Write:
    """Make the write of the request that is being served."""
    return Write(who=who, body=body, prepared=prepared, key=key, digest=digest, trace=tracing.traceparent())


def _answer(group: list[_Waiting], answers: list[Done | Problem]) -> None:
    for (_, done), answer in zip(group, answers, strict=True):
        if done.done():
            continue  # its client has gone
        if isinstance(answer, Problem):
            done.set_exception(answer)
        else:
            done.set_result(answer)


def _fail(group: list[_Waiting], error: BaseException) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)
