"""What an envelope carries, as values: the same before it is written and after it is read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from services.kit.edxml.document_id import DocumentId

#: BussinessDocType (sic): what the message does to the document.
DocType = Literal["new", "recall", "update", "replace"]
DOC_TYPES: dict[DocType, str] = {"new": "0", "recall": "1", "update": "2", "replace": "3"}


class Organ(msgspec.Struct, frozen=True):
    """A sender or an addressee: OrganId, OrganName and how to reach it."""

    code: str
    name: str
    in_charge: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """One attached file; on the wire its content is the base64 of a zip."""

    content_id: str  #: "cid:1"
    name: str
    description: str
    archive: bytes  #: the zip (services.kit.edxml.archive)


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """ResponseFor: which earlier document of whom this one answers."""

    organ: str
    code: str = ""  #: number/notation
    document: DocumentId | None = None

    @classmethod
    def to(cls, document: DocumentId) -> Response:
        """Answer a document of which the whole name is known."""
        return cls(organ=document.agency, code=f"{document.number}/{document.notation}", document=document)


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """An addressee that an update adds or takes off (ReceiverType 0 or 1; which is which is from memory [M])."""

    organ: str
    kind: Literal["0", "1"]


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """BussinessDocumentInfo (sic): what an update changes."""

    document: bool = True  #: DocumentInfo: the text or its description
    receivers: tuple[Receiver, ...] = ()  #: ReceiverList; DocumentReceiver is 1 when there are any


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """ReplacementInfo: a document that this one takes the place of, and for whom (nobody named: for all)."""

    document: DocumentId
    organs: tuple[str, ...] = ()


class Trace(msgspec.Struct, frozen=True):
    """TraceHeader: which body passed the message on, and when (official, whole seconds)."""

    organ: str
    at: datetime


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One document on its way from an agency to others (gói tin edXML)."""

    id: DocumentId
    sender: Organ
    addressees: tuple[Organ, ...]
    place: str  #: where it was promulgated: the province's name
    kind: str  #: TypeName: "Công văn", "Tờ trình", ...
    subject: str
    summary: str  #: Content of the header; the document itself is the attachment
    signer_competence: str = ""  #: "TL. CHỦ TỊCH": in whose stead
    signer_position: str
    signer_name: str
    due: date | None = None
    to_places: tuple[str, ...] = ()
    priority: int = 0  #: 0 (ordinary) to 4
    typer: str = ""  #: TyperNotation: initials of who typed it
    pages: int = 1
    appendixes: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    steering: int | None = None  #: SteeringType
    doc_type: DocType = "new"
    about: DocumentId | None = None  #: what is recalled or updated (Bussiness/DocumentId)
    changes: Changes | None = None  #: of an update
    replaces: tuple[Replacement, ...] = ()
    reason: str  #: BussinessDocReason, in words
    paper: int = 0  #: 1 when a paper copy follows
    staff_department: str  #: where who sent it sits
    staff_name: str
    staff_email: str = ""
    staff_mobile: str = ""
    sent_at: datetime  #: official moment of the sender's trace header, whole seconds
    passed_on: tuple[Trace, ...] = ()  #: trace headers after the sender's
    attachments: tuple[Attachment, ...]

    @property
    def targets(self) -> tuple[DocumentId, ...]:
        """The earlier documents that this message recalls, updates or replaces."""
        if self.doc_type == "replace":
            return tuple(one.document for one in self.replaces)
        return (self.about,) if self.about else ()
