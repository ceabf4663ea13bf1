"""What an incoming document carries, for people: its texts, who signed them in person, and the files to take along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec

from services.kit.edxml import archive
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.envelope import Attachment
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Holder, Trust
from services.kit.languages import Text
from services.office.paper import SIGNATURE, TEXT

_MOST_SHOWN = 400_000  # bytes of a text on a page; assumed: our own longest is 100,000 characters. More is downloaded


class File(msgspec.Struct, frozen=True):
    """One file of an attachment."""

    name: str
    size: int  #: bytes
    text: str = ""  #: where it is one that can be shown


class Carried(msgspec.Struct, frozen=True):
    """One attachment."""

    name: str
    description: str
    size: int  #: bytes, packed
    files: tuple[File, ...] = ()
    signer: str = ""  #: whose personal signature the text carries; empty: none in the form that offices write
    problem: str = ""  #: why it cannot be opened


def look_into(attachments: Sequence[Attachment], trust: Trust, *, at: datetime) -> list[Carried]:
    """Open all attachments; signatures are held against the moment `at`."""
    return list(map(partial(_look, trust=trust, at=at), attachments))


def _look(one: Attachment, *, trust: Trust, at: datetime) -> Carried:
    try:
        files = archive.unpack(one.archive)
    except ValueError as error:
        return Carried(one.name, one.description, len(one.archive), problem=str(error))
    return Carried(
        one.name,
        one.description,
        len(one.archive),
        tuple(File(name, len(content), _shown(name, content)) for name, content in files.items()),
        _signer(files, trust, at),
    )


def _shown(name: str, content: bytes) -> str:
    if not name.lower().endswith(".txt") or len(content) > _MOST_SHOWN:
        return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""


def holder_of(files: dict[str, bytes], trust: Trust, at: datetime) -> Holder | None:
    """Who signed the text in person, in the form that offices write; None where there is no such signature.

    Raises EdxmlError for a signature that does not hold.
    """
    if TEXT not in files or SIGNATURE not in files:
        return None
    try:
        signature = msgspec.json.decode(files[SIGNATURE], type=ContentSignature)
    except msgspec.MsgspecError as error:
        raise EdxmlError([str(error)]) from error
    return trust.signer(files[TEXT], signature, at=at)


def _signer(files: dict[str, bytes], trust: Trust, at: datetime) -> str:
    try:
        holder = holder_of(files, trust, at)
    except EdxmlError as error:
        return Text(f"KHÔNG hợp lệ: {error}", f"NOT valid: {error}")
    if holder is None:
        return ""
    return Text(f"hợp lệ, của {holder.name} ({holder.code})", f"valid, of {holder.name} ({holder.code})")
