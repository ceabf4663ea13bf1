"""Finds calls in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from services.kit.clock import VIETNAM
from services.kit.languages import Text
from services.kit.problems import invalid

#: What may be asked for, and how the row must be then.
_CONDITIONS: Mapping[str, str] = {
    "call": "begun.call::text = {}",
    "consumer": "consumer = {}",
    "provider": "provider = {}",
    "operation": "operation = {}",
    "purpose": "purpose = {}",
    "trace": "trace = {}",
    "outcome": "coalesce(outcome, 'interrupted') = {}",
    "status": "coalesce(status, 0)::text = {}",
    "synthetic": "synthetic::text = {}",
    "since": "started_at >= {}::timestamptz",
    "until": "started_at < {}::timestamptz",
}
FIELDS = tuple(_CONDITIONS)
_MOST = 200
_FOUND = """
    SELECT begun.call::text, consumer, provider, operation, purpose, started_at,
           coalesce(outcome, 'interrupted') AS outcome,
           coalesce(status, 0) AS status, coalesce(duration_us, 0) / 1000.0 AS duration_ms, trace, synthetic
    FROM call_begun AS begun LEFT JOIN call_ended AS ended USING (call)
"""


async def search(pool: asyncpg.Pool, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the newest calls that fit everything asked for, at most 200.

    Raises a 422 Problem that names all mistakes.
    """
    wanted: dict[str, Any] = {name: value.strip() for name, value in asked.items() if value.strip()}
    mistakes = [
        {
            "where": name,
            "found": Text("không có trường này", "there is no such field"),
            "way_out": Text(f"Các trường: {', '.join(FIELDS)}.", f"Fields: {', '.join(FIELDS)}."),
        }
        for name in wanted
        if name not in _CONDITIONS
    ]
    for name in ("since", "until"):
        if name in wanted:
            try:
                moment = datetime.fromisoformat(wanted[name])
                wanted[name] = moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
            except ValueError:
                example = "2018-08-22T09:00:00+07:00"
                mistakes.append(
                    {
                        "where": name,
                        "found": Text(f"“{wanted[name]}” không phải thời điểm", f"“{wanted[name]}” is no moment"),
                        "way_out": Text(f"Viết như {example}.", f"Write as {example}."),
                    }
                )
    if mistakes:
        raise invalid(mistakes)
    conditions = [_CONDITIONS[name].format(f"${place}") for place, name in enumerate(wanted, 1)]
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await pool.fetch(f"{_FOUND} {where} ORDER BY started_at DESC, begun.call LIMIT {_MOST}", *wanted.values())
    return [{**dict(row), "duration_ms": float(row["duration_ms"])} for row in rows]
