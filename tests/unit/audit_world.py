"""Chains the audit rows of a test's world as the LGSP would have: two rows a call, three calls a block."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

WRITER = "11111111-2222-3333-4444-555555555555"
MOMENT = "2018-08-22T09:00:00.5+07:00"
_CALLS_A_BLOCK = 3


def _digest(*fields: object) -> bytes:
    return hashlib.sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()).digest()


def chain(books: dict[str, list[dict[str, Any]]]) -> None:
    """Complete the audit's rows and write the books of the chain and its end."""
    if not books.get("lgsp.audit"):
        return
    books["lgsp.audit_chain"], books["lgsp.audit_heads"] = [], []
    moment = (datetime.fromisoformat(MOMENT) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    previous = bytes(32)
    for first in range(0, len(books["lgsp.audit"]), _CALLS_A_BLOCK):
        number, digests = first // _CALLS_A_BLOCK + 1, []
        for row in books["lgsp.audit"][first : first + _CALLS_A_BLOCK]:
            row |= {"purpose": "thử", "request_digest": "00", "trace": "11", "started_at": MOMENT, "synthetic": False}
            told = (row[name] for name in ("call", "consumer", "provider", "operation", "purpose"))
            begun = _digest("begun", *told, row["request_digest"], row["trace"], moment, row["synthetic"])
            ended = _digest("ended", row["call"], row["outcome"], row["status"], round(row["duration_ms"] * 1000))
            row |= {"writer": WRITER, "begun_block": number, "ended_block": number}
            row |= {"begun_digest": begun.hex(), "ended_digest": ended.hex()}
            digests += [begun, ended]
        digest = hashlib.sha256(previous + b"".join(sorted(digests))).digest()
        block = {"writer": WRITER, "number": number, "previous": previous.hex(), "digest": digest.hex()}
        books["lgsp.audit_chain"].append({**block, "rows": len(digests), "pruned": False})
        previous = digest
    last = books["lgsp.audit_chain"][-1]
    books["lgsp.audit_heads"].append({name: last[name] for name in ("writer", "number", "digest")})
