"""Status messages of edXML: what an addressee reports of a document, as text and as values."""

from __future__ import annotations

from datetime import datetime

import msgspec

from services.kit.edxml import composing, nodes
from services.kit.edxml.dialects import normalise
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Organ, Response
from services.kit.edxml.names import EDXML, tag
from services.kit.edxml.parsing import parse, schema_problems
from services.kit.edxml.trouble import EdxmlError

_STATUS = "/".join(map(tag, ("edXMLEnvelope", "edXMLHeader", "Status")))


class StatusMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One report of one addressee on one document."""

    sender: Organ  #: From: the addressee that reports
    about: Response  #: ResponseFor: whose document it is, and which
    code: str  #: "01" to "06", "13", "15", "16" (services.kit.edxml.statuses)
    description: str = ""
    at: datetime  #: official time, whole seconds
    staff_department: str = ""
    staff_name: str = ""

    @property
    def document(self) -> DocumentId:
        """What is reported on; the readers make sure that it is named."""
        assert self.about.document  # noqa: S101
        return self.about.document


def compose_status(message: StatusMessage) -> str:
    """Text of the message."""
    inner = (
        composing.organ("From", message.sender),
        composing.response(message.about),
        composing.element("StatusCode", message.code),
        composing.element("Description", message.description),
        composing.element("Timestamp", f"{message.at:%Y/%m/%d %H:%M:%S}"),
        composing.staff(department=message.staff_department, name=message.staff_name),
    )
    header = f"<edXML:edXMLHeader>{composing.branch('Status', inner)}</edXML:edXMLHeader>"
    return f'<edXML xmlns="{EDXML}"><edXML:edXMLEnvelope xmlns:edXML="{EDXML}">{header}</edXML:edXMLEnvelope></edXML>'


def read_status(raw: bytes, *, lenient: bool = False) -> StatusMessage:
    """Read a status message. Raises EdxmlError with everything that does not fit."""
    root = parse(raw, character_data=lenient)
    if lenient:
        root, _ = normalise(root)
    if reasons := schema_problems(root, "edxml_status.xsd"):
        raise EdxmlError(reasons)
    found: list[str] = []
    status = nodes.found(root, _STATUS)
    about = nodes.response(nodes.found(status, tag("ResponseFor")), found)
    at = nodes.moment(nodes.text(status, "Timestamp"), found)
    if found or not at:
        raise EdxmlError(found)
    return StatusMessage(
        sender=nodes.organ(nodes.found(status, tag("From"))),
        about=about,
        code=nodes.text(status, "StatusCode"),
        description=nodes.text(status, "Description", default=""),
        at=at,
        staff_department=nodes.text(status, "StaffInfo", "Department", default=""),
        staff_name=nodes.text(status, "StaffInfo", "Staff", default=""),
    )
