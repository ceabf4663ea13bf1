"""What an envelope carries, as values: the same before it is written and after it is read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from services.kit.edxml.document_id import DocumentId

#: BussinessDocType (sic): what the message does to the document.
DocType = Literal["new", "recall", "update", "replace"]
DOC_TYPES: dict[DocType, str] = {"new": "0", "recall": "1", "update": "2", "replace": "3"}


class Organ(msgspec.Struct, frozen=True):
    """A sender or an addressee: OrganId and OrganName."""

    code: str
    name: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """One attached file; on the wire its content is the base64 of a zip."""

    content_id: str  #: "cid:1"
    name: str
    description: str
    archive: bytes  #: the zip (services.kit.edxml.archive)


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One document on its way from an agency to others (gói tin edXML)."""

    id: DocumentId
    sender: Organ
    addressees: tuple[Organ, ...]
    place: str  #: where it was promulgated: the province's name
    kind: str  #: TypeName: "Công văn", "Tờ trình", ...
    subject: str
    summary: str  #: Content of the header; the document itself is the attachment
    signer_position: str
    signer_name: str
    priority: int = 0  #: 0 (ordinary) to 4
    pages: int = 1
    doc_type: DocType = "new"
    reason: str  #: BussinessDocReason, in words
    staff_department: str  #: where who sent it sits
    staff_name: str
    sent_at: datetime  #: official moment of the sender's trace header, whole seconds
    attachments: tuple[Attachment, ...]
