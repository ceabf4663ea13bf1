"""Looks whether the audit is still what was written: every row against its digest, every block against its chain.

And cuts chains off where rows are past their time, in a way that leaves the rest provable.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from services.kit.languages import Text
from services.lgsp.chain import GENESIS, Begun, Ended, Head, block_digest
from services.lgsp.retention import LEAST_DAYS

_BLOCKS_AT_ONCE = 500
_ROWS_AT_ONCE = 100  # made anew in half a millisecond
_MOST_NAMED = 100
_PATIENCE_SECONDS = 3600.0  # of a removal; with the usual 30 s of a statement a large one would never come to its end
_STARTS = """
    SELECT writer::text, coalesce(pruned.number, 0) AS number, coalesce(pruned.digest, $1) AS digest
    FROM (SELECT writer FROM audit_block UNION SELECT writer FROM audit_pruned) AS known
    LEFT JOIN audit_pruned AS pruned USING (writer)
"""
_BLOCKS = """
    SELECT number, previous, rows, digest FROM audit_block
    WHERE writer = $1::uuid AND number > $2 ORDER BY number LIMIT $3
"""
_BEGUN = """
    SELECT block, digest, call::text, consumer, provider, operation, purpose, request_digest, trace, started_at,
           synthetic
    FROM call_begun WHERE writer = $1::uuid AND block > $2 AND block <= $3
"""
_ENDED = """
    SELECT block, digest, call::text, outcome, status, duration_us
    FROM call_ended WHERE writer = $1::uuid AND block > $2 AND block <= $3
"""
_STRAY = """
    SELECT call::text FROM call_begun WHERE NOT EXISTS
        (SELECT FROM audit_block WHERE (writer, number) = (call_begun.writer, call_begun.block))
    UNION SELECT call::text FROM call_ended WHERE NOT EXISTS
        (SELECT FROM audit_block WHERE (writer, number) = (call_ended.writer, call_ended.block))
    LIMIT 100
"""


class Proof(msgspec.Struct, frozen=True):
    """What was found."""

    intact: bool
    blocks: int
    rows: int
    broken: list[str]  #: what does not fit, at most 100 of them


async def prove(pool: asyncpg.Pool, head: Head) -> Proof:
    """Check the whole audit; `head` is the newest block as the witness file has it."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        checks = [_Chain(connection, head, **start) for start in await connection.fetch(_STARTS, GENESIS)]
        for one in checks:
            await one.check()
        broken = [what for one in checks for what in one.broken]
        broken += _at_the_end(next((one for one in checks if one.writer == head.writer), None), head)
        broken += [
            Text(f"lời gọi {row['call']} không thuộc khối nào", f"call {row['call']} belongs to no block")
            for row in await connection.fetch(_STRAY)
        ]
    rows = sum(one.rows for one in checks)
    return Proof(not broken, sum(one.blocks for one in checks), rows, broken[:_MOST_NAMED])


class _Chain:
    """One writer's chain, from where it was pruned to its end."""

    def __init__(self, connection: Any, head: Head, *, writer: str, number: int, digest: bytes) -> None:
        self.writer, self.last, self.digest = writer, number, digest
        self.blocks = self.rows = 0
        self.broken: list[str] = []
        self._connection, self._witnessed = connection, head.number
        self.witnessed = digest.hex() if number == head.number else ""  #: what the block is that the witness names

    async def check(self) -> None:
        while part := await self._connection.fetch(_BLOCKS, self.writer, self.last, _BLOCKS_AT_ONCE):
            found = await _digests(self._connection, self.writer, (self.last, part[-1]["number"]), self.broken)
            for block in part:
                self._follow(block, found.get(block["number"], []))

    def _follow(self, block: asyncpg.Record, digests: list[bytes]) -> None:
        number = block["number"]
        if number != self.last + 1:
            self.broken.append(
                Text(
                    f"thiếu khối {self.last + 1}–{number - 1} của chuỗi {self.writer}",
                    f"blocks {self.last + 1}–{number - 1} of the chain {self.writer} are missing",
                )
            )
        elif block["previous"] != self.digest:
            self.broken.append(
                Text(f"khối {number} không nối với khối trước", f"block {number} does not follow the one before")
            )
        if len(digests) != block["rows"]:
            self.broken.append(
                Text(
                    f"khối {number} có {len(digests)} dòng, lúc ghi là {block['rows']}",
                    f"block {number} has {len(digests)} rows, it was written with {block['rows']}",
                )
            )
        elif block_digest(block["previous"], digests) != block["digest"]:
            self.broken.append(Text(f"khối {number} đã bị sửa", f"block {number} was altered"))
        if number == self._witnessed:
            self.witnessed = block["digest"].hex()
        self.last, self.digest = number, block["digest"]
        self.blocks, self.rows = self.blocks + 1, self.rows + len(digests)


def _at_the_end(chain: _Chain | None, head: Head) -> list[str]:
    """Hold a chain's end against the witness. Blocks written since it was asked are younger, and fine."""
    if chain is None:
        return (
            [
                Text(
                    f"chuỗi {head.writer} không còn; khối cuối đã chứng kiến là {head.number}",
                    f"the chain {head.writer} is gone; the last block witnessed is {head.number}",
                )
            ]
            if head.number
            else []
        )
    if chain.last < head.number:
        return [
            Text(
                f"chuỗi bị cắt ở khối {chain.last}; khối cuối đã chứng kiến là {head.number}",
                f"the chain is cut at block {chain.last}; the last one witnessed is {head.number}",
            )
        ]
    if chain.witnessed != head.digest:
        return [
            Text(f"khối {head.number} khác khối đã chứng kiến", f"block {head.number} differs from the one witnessed")
        ]
    return []


async def _digests(
    connection: Any, writer: str, between: tuple[int, int], broken: list[str]
) -> defaultdict[int, list[bytes]]:
    """Digests of rows by block, made anew from what the rows say."""
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for query, kind in ((_BEGUN, Begun), (_ENDED, Ended)):
        for place, row in enumerate(await connection.fetch(query, writer, *between)):
            if place % _ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)  # calls have their turn
            block, digest, *fields = row.values()
            if kind(*fields).digest() != digest:
                broken.append(Text(f"lời gọi {fields[0]} đã bị sửa", f"call {fields[0]} was altered"))
            found[block].append(digest)
    return found


#: Up to the block before the first one that is to be kept: a clock that was wrong for a while, and marked a block as
#: long past, takes none of the blocks before it along. Nor does this process's clock, if the database's says otherwise.
_OLD = f"""
    SELECT writer, number FROM (
        SELECT writer, min(number) AS first,
               coalesce(min(number) FILTER (WHERE at >= least($1, now() - interval '{LEAST_DAYS} days')) - 1,
                        max(number)) AS number
        FROM audit_block GROUP BY writer
    ) AS one WHERE number >= first
"""  # noqa: S608 -- a number of ours
_ACROSS = """
    SELECT min(begun.block) FROM call_begun AS begun LEFT JOIN call_ended AS ended USING (call)
    WHERE begun.writer = $1 AND begun.block <= $2 AND (ended.block IS NULL OR ended.block > $2)
"""


async def prune(pool: asyncpg.Pool, before: datetime, now: datetime) -> int:
    """Remove blocks written before this moment of machine time, with their rows; returns how many calls they held."""
    removed = 0
    async with pool.acquire() as connection, connection.transaction():
        for writer, number in await connection.fetch(_OLD, before, timeout=_PATIENCE_SECONDS):
            # No call may lose one half only: go back until none lies across the cut.
            while across := await connection.fetchval(_ACROSS, writer, number, timeout=_PATIENCE_SECONDS):
                number = across - 1  # noqa: PLW2901 -- it is the same cut, found
            digest = await connection.fetchval(
                "SELECT digest FROM audit_block WHERE writer = $1 AND number = $2", writer, number
            )
            if digest is None:
                continue
            await connection.execute(
                "INSERT INTO audit_pruned VALUES ($1, $2, $3, $4) ON CONFLICT (writer) "
                "DO UPDATE SET number = $2, digest = $3, at = $4",
                writer, number, digest, now,
            )  # fmt: skip
            for table, column in (("call_ended", "block"), ("call_begun", "block"), ("audit_block", "number")):
                done: str = await connection.execute(
                    f"DELETE FROM {table} WHERE writer = $1 AND {column} <= $2",  # noqa: S608 -- names from above
                    writer,
                    number,
                    timeout=_PATIENCE_SECONDS,
                )
                removed += int(done.split()[1]) if table == "call_begun" else 0
    return removed
