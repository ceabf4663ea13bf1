"""Takes documents over that came from the hub, whichever way: fetched by a poll or pushed.

The unique (agency, document) keeps two ways at once from taking a document twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import structlog

from services.kit.edxml.dialects import normalise
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read
from services.kit.edxml.trouble import EdxmlError
from services.kit.transaction import Transaction
from services.office import requests

log = structlog.get_logger()


class Entry(msgspec.Struct, frozen=True):
    """One document that waits for one agency."""

    document: str
    addressee: str


class Envelope(msgspec.Struct, frozen=True):
    """What the incoming register shows of an envelope, and its exact text."""

    document: str
    sender: str
    sender_name: str
    kind: str
    subject: str
    xml: str
    doc_type: str
    about: tuple[str, ...]


def read_envelope(document: str, xml: str, digest: str, *, strict: bool) -> Envelope | None:
    """Read one envelope; None for one that is not what the hub says it is, which then waits for people to look.

    Not `strict`: what the axis takes though it departs from the schema is readable here as well.
    """
    try:
        raw = xml.encode()
        if hashlib.sha256(raw).hexdigest() != digest:
            raise EdxmlError(["nội dung không khớp mã băm của trục"])  # noqa: TRY301 -- one way out for all
        root = parse(raw, character_data=not strict)
        envelope = read(root if strict else normalise(root)[0], strict=strict)
        if str(envelope.id) != document:
            raise EdxmlError([f"gói tin ghi số {envelope.id}"])  # noqa: TRY301
    except EdxmlError as error:
        log.error("unreadable-envelope", document=document, why=str(error))  # noqa: TRY400 -- no trace needed
        return None
    return Envelope(
        document,
        envelope.sender.code,
        envelope.sender.name,
        envelope.kind,
        envelope.subject,
        xml,
        envelope.doc_type,
        tuple(str(target) for target in envelope.targets),
    )


async def take_over(tx: Transaction, waiting: Sequence[Entry], envelopes: Sequence[Envelope]) -> list[tuple[str, str]]:
    """Take documents over for their addressees, each once, and let the hub know; returns the entries that are new."""
    taken = await _store(tx, waiting, envelopes) if waiting else []
    for document, agency in taken:
        told = {"document": document, "agency": agency, "at": tx.now.isoformat()}
        key = f"dochub:envelopes.received:{document}:{agency}"
        await tx.send("dochub", "envelopes.received", told, subject=document, key=key)
    if taken:
        await requests.notice(tx, taken)
    return taken


async def _store(tx: Transaction, waiting: Sequence[Entry], found: Sequence[Envelope]) -> list[tuple[str, str]]:
    """Put envelopes and register entries down, each once; returns the entries that are new. Sorted: no deadlocks."""
    envelopes = sorted(found, key=lambda envelope: envelope.document)
    entries = sorted((entry.document, entry.addressee) for entry in waiting)
    await tx.execute(
        "INSERT INTO received (document, sender, sender_name, kind, subject, xml, doc_type, about) "
        "SELECT document, sender, sender_name, kind, subject, xml, doc_type, "
        "CASE about WHEN '' THEN '{}' ELSE string_to_array(about, E'\n') END FROM unnest("
        "$1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) "
        "AS one (document, sender, sender_name, kind, subject, xml, doc_type, about) ON CONFLICT DO NOTHING",
        [envelope.document for envelope in envelopes],
        [envelope.sender for envelope in envelopes],
        [envelope.sender_name for envelope in envelopes],
        [envelope.kind for envelope in envelopes],
        [envelope.subject for envelope in envelopes],
        [envelope.xml for envelope in envelopes],
        [envelope.doc_type for envelope in envelopes],
        ["\n".join(envelope.about) for envelope in envelopes],
    )
    rows = await tx.fetch(
        "INSERT INTO incoming (document, agency, arrived_at) "
        "SELECT document, agency, $3 FROM unnest($1::text[], $2::text[]) AS entry (document, agency) "
        "ON CONFLICT DO NOTHING RETURNING document, agency",
        [document for document, _ in entries],
        [agency for _, agency in entries],
        tx.now,
    )
    return [(row["document"], row["agency"]) for row in rows]
