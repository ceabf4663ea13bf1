"""The LGSP's books as they are exported (docs/wire.md, "Books"), and what is counted from them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import asyncpg

from services.kit.clock import VIETNAM

AUDIT = """
    SELECT begun.call, consumer, provider, operation, purpose, started_at, synthetic,
           coalesce(duration_us, 0) / 1000.0 AS duration_ms,
           coalesce(outcome, 'interrupted') AS outcome, coalesce(status, 0) AS status, request_digest, trace,
           begun.writer, begun.block AS begun_block, encode(begun.digest, 'hex') AS begun_digest,
           ended.block AS ended_block, encode(ended.digest, 'hex') AS ended_digest
    FROM call_begun AS begun LEFT JOIN call_ended AS ended USING (call) ORDER BY started_at, begun.call
"""
CHAIN = """
    SELECT writer, number, NULL AS previous, 0 AS rows, encode(digest, 'hex') AS digest, true AS pruned, at
    FROM audit_pruned
    UNION ALL
    SELECT writer, number, encode(previous, 'hex'), rows, encode(digest, 'hex'), false, at FROM audit_block
    ORDER BY writer, number
"""
CHANGES = "SELECT number, at, who, what, detail FROM registry_change ORDER BY number"
_USED = """
    SELECT consumer, provider, operation, count(*) AS calls
    FROM call_begun JOIN call_ended USING (call)
    WHERE started_at >= $1 AND started_at < $2 AND outcome <> 'refused' GROUP BY 1, 2, 3
"""


async def used_on(pool: asyncpg.Pool, day: date) -> dict[tuple[str, str, str], int]:
    """Calls of an official day that count against quotas, by (consumer, provider, operation)."""
    midnight = datetime.combine(day, time.min, VIETNAM)
    rows = await pool.fetch(_USED, midnight, midnight + timedelta(days=1))
    return {(row["consumer"], row["provider"], row["operation"]): row["calls"] for row in rows}
