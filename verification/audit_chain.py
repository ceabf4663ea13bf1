"""Is the LGSP's audit still what it wrote? Computed anew from its books by the rules of docs/wire.md ("Audit")."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from verification.laws.base import Findings
from verification.records import Audit, AuditBlock, AuditHead

_GENESIS = bytes(32).hex()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Rows = dict[tuple[str, int], list[bytes]]


def check(
    findings: Findings,
    audits: Iterable[Audit],
    blocks: Iterable[AuditBlock],
    heads: Iterable[AuditHead],
    *,
    settled: bool,
) -> None:
    """Add a violation for every row, block and chain that is not what it was.

    Where systems were still talking while the books were taken (not `settled`), blocks that are too new to stand in
    both books are left out.
    """
    rows = _digests(findings, audits)
    chains: defaultdict[str, list[AuditBlock]] = defaultdict(list)
    for block in blocks:
        chains[block.writer].append(block)
    for writer in {writer for writer, _ in rows} | set(chains):
        chain = chains[writer]
        newest_row = max((number for of, number in rows if of == writer), default=0)
        chain.sort(key=lambda block: block.number)
        newest = chain[-1].number if chain else 0
        _check_chain(findings, chain, rows, last=None if settled else min(newest, newest_row))
        known = {block.number for block in chain}
        for of, number in sorted(rows):
            if of == writer and number not in known and (settled or number <= newest):
                _say(findings, writer, number, "có dòng nhật ký mà không có trong chuỗi.",
                     "has audit rows and does not stand in the chain.")  # fmt: skip
    for head in heads:
        _check_head(findings, head, chains[head.writer])


def _check_chain(findings: Findings, chain: list[AuditBlock], rows: _Rows, *, last: int | None) -> None:
    number, digest = 0, _GENESIS
    for block in chain:
        if block.pruned:
            number, digest = block.number, block.digest
            continue
        found = rows.get((block.writer, block.number), [])
        if block.number != number + 1:
            _say(findings, block.writer, number + 1, "không còn trong chuỗi.", "is missing from the chain.")
        elif block.previous != digest:
            _say(
                findings, block.writer, block.number, "không nối với khối trước.", "does not follow on the one before."
            )
        if last is None or block.number <= last:
            made = hashlib.sha256(bytes.fromhex(block.previous or "") + b"".join(sorted(found))).hexdigest()
            if len(found) != block.rows:
                _say(findings, block.writer, block.number, f"có {len(found)} dòng, lúc ghi là {block.rows}.",
                     f"has {len(found)} rows, {block.rows} were written.")  # fmt: skip
            elif made != block.digest:
                _say(findings, block.writer, block.number, "không còn như lúc ghi.", "is not what was written.")
        number, digest = block.number, block.digest


def _check_head(findings: Findings, head: AuditHead, chain: list[AuditBlock]) -> None:
    """Hold the end of a chain against what the LGSP noted beside its database."""
    newest = chain[-1].number if chain else 0
    if head.number > newest:
        _say(findings, head.writer, head.number, f"đã được ghi, mà chuỗi hết ở khối {newest}.",
             f"was written, yet the chain ends with block {newest}.")  # fmt: skip
    elif any(block.number == head.number and block.digest != head.digest for block in chain):
        _say(findings, head.writer, head.number, "khác lúc ghi.", "is another one than was written.")


def _digests(findings: Findings, audits: Iterable[Audit]) -> _Rows:
    """Digests of the rows by (writer, block), made anew from what they say."""
    rows: defaultdict[tuple[str, int], list[bytes]] = defaultdict(list)
    for one in audits:
        begun = _digest(
            "begun", one.call, one.consumer, one.provider, one.operation, one.purpose, one.request_digest, one.trace,
            _microseconds(one.started_at), one.synthetic,
        )  # fmt: skip
        rows[one.writer, one.begun_block].append(begun)
        whole = begun.hex() == one.begun_digest
        if one.ended_block is not None:
            ended = _digest("ended", one.call, one.outcome, one.status or 0, round(one.duration_ms * 1000))
            rows[one.writer, one.ended_block].append(ended)
            whole = whole and ended.hex() == one.ended_digest
        if not whole:
            findings.violation(one.call, "Dòng nhật ký đã bị sửa sau khi ghi.", "Its audit row was altered later.")
    return rows


def _digest(*fields: object) -> bytes:
    return hashlib.sha256(msgspec.json.encode(fields)).digest()


def _microseconds(moment: str) -> int:
    try:
        return (datetime.fromisoformat(moment) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):  # not a moment any more, so not the row that was written
        return -1


def _say(findings: Findings, writer: str, number: int, vi: str, en: str) -> None:
    findings.violation(f"{writer}#{number}", f"Khối nhật ký {number} {vi}", f"Audit block {number} {en}")
