"""What the hub has to know of an envelope, read from it in one look: in its own process, and in its helper's.

Run as a program it is the helper: a second process that looks at a part of large batches (eyes.py), so that bursts of
envelopes keep two cores busy. It has neither database nor network; it reads questions from its standard input and ends
with it, so that it never outlives the hub, whatever ends the hub.
"""

from __future__ import annotations

import gc
import hashlib
import struct
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO

import msgspec
from cryptography import x509

from services.kit.edxml.envelope import DocType
from services.kit.edxml.signature_form import Algorithm
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Opened, Trust

LENGTH = struct.Struct("<I")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A good envelope."""

    document: str  #: DocumentId
    digest: str  #: SHA-256 of its text, hexadecimal
    sender: str
    addressees: tuple[str, ...]
    subject: str
    priority: int
    doc_type: DocType
    about: tuple[str, ...]  #: DocumentIds that it recalls, updates or replaces
    tolerated: tuple[str, ...]
    profile: str
    algorithm: str
    weak: bool
    serial: str  #: of the sender's certificate, hexadecimal

    @classmethod
    def of(cls, opened: Opened, raw: bytes) -> Seen:
        """What is needed of an opened envelope, whose text in UTF-8 is `raw`."""
        envelope, form = opened.envelope, opened.form
        return cls(
            document=str(envelope.id),
            digest=hashlib.sha256(raw).hexdigest(),
            sender=envelope.sender.code,
            addressees=tuple(organ.code for organ in envelope.addressees),
            subject=envelope.subject,
            priority=envelope.priority,
            doc_type=envelope.doc_type,
            about=tuple(map(str, envelope.targets)),
            tolerated=opened.tolerated,
            profile=form.profile,
            algorithm=form.algorithm,
            weak=form.weak,
            serial=f"{opened.serial:x}",
        )


class Rules(msgspec.Struct, frozen=True):
    """What envelopes are held to."""

    authority: str  #: certificates, PEM
    allowed: tuple[Algorithm, ...]
    strict: bool


class Question(msgspec.Struct, frozen=True):
    """Texts to look at, as of an official moment and what has been revoked (serial number, hexadecimal -> since)."""

    texts: Sequence[str]
    at: datetime
    revoked: Mapping[str, datetime]


#: What each text is, or what is wrong with it.
Answer = list[Seen | str]


def look_at(trust: Trust, xml: str, *, at: datetime, strict: bool) -> Seen | str:
    """Open one envelope; returns every reason where it is not a good one."""
    raw = xml.encode()
    try:
        return Seen.of(trust.examine(raw, at=at, strict=strict), raw)
    except EdxmlError as error:
        return str(error)


def frame(value: object) -> bytes:
    """Bytes that carry a value from one process to the other."""
    content = msgspec.msgpack.encode(value)
    return LENGTH.pack(len(content)) + content


def _frame_from(stream: BinaryIO) -> bytes | None:
    """Return the next frame's content, None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = stream.read(length)
    return content if len(content) == length else None


def help_out(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer questions until there are no more. The first frame holds the rules."""
    content = _frame_from(questions)
    if content is None:
        return
    rules = msgspec.msgpack.decode(content, type=Rules)
    revoked: Mapping[str, datetime] = {}

    def since(certificate: x509.Certificate) -> datetime | None:
        return revoked.get(f"{certificate.serial_number:x}")

    gc.set_threshold(20_000, 20, 50)  # far fewer collections: nobody waits for a single envelope
    gc.freeze()
    trust = Trust(rules.authority.encode(), allowed=rules.allowed, revoked=since)
    while (content := _frame_from(questions)) is not None:
        question = msgspec.msgpack.decode(content, type=Question)
        revoked = question.revoked
        seen = [look_at(trust, text, at=question.at, strict=rules.strict) for text in question.texts]
        answers.write(frame(seen))
        answers.flush()


if __name__ == "__main__":
    help_out(sys.stdin.buffer, sys.stdout.buffer)
