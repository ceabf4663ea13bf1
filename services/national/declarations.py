"""What schools, health facilities and agencies declare to the social insurance every month (SYS-DB-INSURANCE)."""

from __future__ import annotations

import datetime as dt

import msgspec

from services.kit.transaction import Transaction

_KEEP = """
    INSERT INTO declaration (system, site, month, people, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (system, site, month) DO UPDATE SET people = excluded.people, at = excluded.at
    WHERE declaration.at < excluded.at
"""


class Declaration(msgspec.Struct, frozen=True):
    """How many pupils, patients or officials a site declares for a month."""

    system: str
    site: str
    month: dt.date  #: its first day
    people: int
    at: dt.datetime


async def declare(item: Declaration, tx: Transaction) -> None:
    """Keep a declaration; a later one for the same month takes its place."""
    tx.later(_KEEP, item.system, item.site, item.month, item.people, item.at)
