"""Keeps envelopes that were refused, for people to look at (undelivered.py): the newest thousand, each text once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from services.kit.transaction import Transaction

_MOST_KEPT, _LONGEST_CHARACTERS = 1000, 2_000_000  # refused envelopes and the text of each; assumed
_KEEP = """
    INSERT INTO refused_envelope AS old (digest, xml, bytes, reason, refused_at)
    SELECT digest, nullif(xml, ''), bytes, reason, $5
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[]) AS one (digest, xml, bytes, reason)
    ORDER BY digest
    ON CONFLICT (digest) DO UPDATE
    SET reason = excluded.reason, refused_at = excluded.refused_at, times = old.times + 1
"""
_FORGET = """
    DELETE FROM refused_envelope WHERE digest IN
        (SELECT digest FROM refused_envelope ORDER BY refused_at DESC, digest OFFSET $1)
"""


async def keep(letters: Sequence[tuple[str, str]], tx: Transaction) -> None:
    """Keep these: text and reason."""
    kept = {hashlib.sha256(xml.encode()).hexdigest(): (xml, reason) for xml, reason in letters}
    await tx.execute(
        _KEEP,
        list(kept),
        [xml if len(xml) <= _LONGEST_CHARACTERS and "\0" not in xml else "" for xml, _ in kept.values()],
        [len(xml.encode()) for xml, _ in kept.values()],
        [reason.replace("\0", "�") for _, reason in kept.values()],
        tx.now,
    )
    await tx.execute(_FORGET, _MOST_KEPT)
