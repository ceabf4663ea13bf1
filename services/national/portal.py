"""The National Public Service Portal: what the province tells it about its dossiers (SYS-NATIONAL-PORTAL)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from services.kit.operations import Again
from services.kit.transaction import Transaction


class Known(msgspec.Struct):
    """DongBoHoSoMC, reduced to what is kept (the DVCQG fields beside them are accepted and not stored)."""

    code: str
    procedure: str
    state: str
    seq: int


class Progress(msgspec.Struct):
    """CapNhatTienDoHoSoMC, reduced likewise."""

    code: str
    state: str
    seq: int


class Question(msgspec.Struct, kw_only=True):
    """DongBoHoiDap: what somebody has said, and the province's answer. Field names assumed; only the verb is known."""

    MaCauHoi: str
    Kenh: str
    MaCoQuan: str
    NoiDung: str
    TraLoi: str
    NgayHoi: datetime
    NgayTraLoi: datetime


async def learn_answer(item: Question, tx: Transaction) -> None:
    """Keep a question with its answer; an older answer never undoes a newer one."""
    tx.later(
        "INSERT INTO question (system, question, channel, agency, said, answer, asked_at, answered_at) "
        "VALUES ('portal', $1, $2, $3, $4, $5, $6, $7) ON CONFLICT (system, question) DO UPDATE "
        "SET answer = excluded.answer, answered_at = excluded.answered_at "
        "WHERE question.answered_at <= excluded.answered_at",
        item.MaCauHoi, item.Kenh, item.MaCoQuan, item.NoiDung, item.TraLoi, item.NgayHoi, item.NgayTraLoi,
    )  # fmt: skip


async def synchronise(item: Known, tx: Transaction) -> None:
    """A dossier becomes known; told again, the newest state stays."""
    tx.later(
        "INSERT INTO dossier (code, procedure, state, seq, updated_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (code) DO UPDATE SET state = excluded.state, seq = excluded.seq, updated_at = excluded.updated_at "
        "WHERE dossier.seq < excluded.seq",
        item.code,
        item.procedure,
        item.state,
        item.seq,
        tx.now,
    )


async def progress(item: Progress, tx: Transaction) -> None:
    """A dossier has moved on; older news is ignored."""
    found = await tx.value(
        "WITH moved AS (UPDATE dossier SET state = $2, seq = $3, updated_at = $4 WHERE code = $1 AND seq < $3) "
        "SELECT 1 FROM dossier WHERE code = $1",
        item.code,
        item.state,
        item.seq,
        tx.now,
    )
    if not found:
        raise Again(f"dossier {item.code} is not known yet")
