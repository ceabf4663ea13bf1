"""Writes an envelope as edXML text, with an empty place for the organisation's signature.

Children of the root's first branch are prefixed, those of the attachment branch are not, and `Bussiness` keeps the
spelling of the regulation: receivers match names letter by letter.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

from services.kit.edxml.envelope import DOC_TYPES, Attachment, Changes, Envelope, Organ, Replacement, Response
from services.kit.edxml.names import DSIG, EDXML

_TYPE, _TYPE_DETAIL = 1, 0  # DocumentType/Type and TypeDetail of administrative documents, as public samples have them
_SPHERE = "Liên thông văn bản"
PLACEHOLDER = f'<ds:Signature xmlns:ds="{DSIG}" Id="placeholder"/>'


def compose(envelope: Envelope) -> str:
    """Text of the unsigned envelope; `Seal.sign` puts the signature in its place."""
    return (
        f'<edXML xmlns="{EDXML}"><edXML:edXMLEnvelope xmlns:edXML="{EDXML}">'
        f"<edXML:edXMLHeader>{_message_header(envelope)}{_trace(envelope)}{PLACEHOLDER}</edXML:edXMLHeader>"
        f"{_body(envelope)}</edXML:edXMLEnvelope>"
        f"<AttachmentEncoded>{''.join(map(_attachment, envelope.attachments))}</AttachmentEncoded></edXML>"
    )


def element(name: str, text: str | int) -> str:
    """One element with its text, prefixed."""
    return f"<edXML:{name}>{escape(str(text), quote=False)}</edXML:{name}>"


def optional(name: str, text: str | int | None) -> str:
    """One element, or nothing for nothing."""
    return "" if text in {None, ""} else element(name, str(text))


def branch(name: str, parts: Iterable[str]) -> str:
    """An element that holds others; nothing where there are none."""
    inner = "".join(parts)
    return f"<edXML:{name}>{inner}</edXML:{name}>" if inner else ""


def organ(name: str, one: Organ) -> str:
    """From or To."""
    return branch(
        name,
        (
            element("OrganId", one.code),
            optional("OrganizationInCharge", one.in_charge),
            element("OrganName", one.name),
            optional("OrganAdd", one.address),
            optional("Email", one.email),
            optional("Telephone", one.telephone),
            optional("Fax", one.fax),
            optional("Website", one.website),
        ),
    )


def response(one: Response) -> str:
    """ResponseFor."""
    return branch(
        "ResponseFor",
        (
            element("OrganId", one.organ),
            optional("Code", one.code),
            optional("PromulgationDate", f"{one.document.day:%Y/%m/%d}" if one.document else ""),
            optional("DocumentId", str(one.document) if one.document else ""),
        ),
    )


def staff(*, department: str, name: str, email: str = "", mobile: str = "") -> str:
    """StaffInfo."""
    return branch(
        "StaffInfo",
        (
            element("Department", department),
            element("Staff", name),
            optional("Email", email),
            optional("Mobile", mobile),
        ),
    )


def _message_header(envelope: Envelope) -> str:
    number = envelope.id
    parts = [
        organ("From", envelope.sender),
        *(organ("To", one) for one in envelope.addressees),
        element("DocumentId", str(number)),
        branch("Code", (element("CodeNumber", number.number), element("CodeNotation", number.notation))),
        branch(
            "PromulgationInfo",
            (element("Place", envelope.place), element("PromulgationDate", f"{number.day:%Y/%m/%d}")),
        ),
        branch(
            "DocumentType",
            (element("Type", _TYPE), element("TypeDetail", _TYPE_DETAIL), element("TypeName", envelope.kind)),
        ),
        element("Subject", envelope.subject),
        element("Content", envelope.summary),
        branch(
            "SignerInfo",
            (
                optional("Competence", envelope.signer_competence),
                element("Position", envelope.signer_position),
                element("FullName", envelope.signer_name),
            ),
        ),
        optional("DueDate", f"{envelope.due:%Y/%m/%d}" if envelope.due else ""),
        branch("ToPlaces", (element("Place", place) for place in envelope.to_places)),
        branch(
            "OtherInfo",
            (
                element("Priority", envelope.priority),
                element("SphereOfPromulgation", _SPHERE),
                optional("TyperNotation", envelope.typer),
                element("PromulgationAmount", len(envelope.addressees)),
                element("PageAmount", envelope.pages),
                branch("Appendixes", (element("Appendix", one) for one in envelope.appendixes)),
            ),
        ),
        *(response(one) for one in envelope.responses),
        optional("SteeringType", envelope.steering),
    ]
    return branch("MessageHeader", parts)


def _trace(envelope: Envelope) -> str:
    hops = [(envelope.sender.code, envelope.sent_at), *((one.organ, one.at) for one in envelope.passed_on)]
    parts = [
        branch("TraceHeader", (element("OrganId", code), element("Timestamp", f"{at:%Y/%m/%d %H:%M:%S}")))
        for code, at in hops
    ]
    about = envelope.about if envelope.doc_type in {"recall", "update"} else envelope.id
    business = branch(
        "Bussiness",
        (
            optional("DocumentId", str(about) if about and envelope.doc_type != "replace" else ""),
            element("BussinessDocType", DOC_TYPES[envelope.doc_type]),
            element("BussinessDocReason", envelope.reason),
            _changes(envelope.changes),
            element("Paper", envelope.paper),
            staff(
                department=envelope.staff_department,
                name=envelope.staff_name,
                email=envelope.staff_email,
                mobile=envelope.staff_mobile,
            ),
            branch("ReplacementInfoList", map(_replacement, envelope.replaces)),
        ),
    )
    return branch("TraceHeaderList", (*parts, business))


def _changes(changes: Changes | None) -> str:
    if changes is None:
        return ""
    receivers = (
        branch("Receiver", (element("OrganId", one.organ), element("ReceiverType", one.kind)))
        for one in changes.receivers
    )
    return branch(
        "BussinessDocumentInfo",
        (
            element("DocumentInfo", int(changes.document)),
            element("DocumentReceiver", int(bool(changes.receivers))),
            branch("ReceiverList", receivers),
        ),
    )


def _replacement(one: Replacement) -> str:
    organs = branch("OrganIdList", (element("OrganId", code) for code in one.organs))
    return branch("ReplacementInfo", (element("DocumentId", str(one.document)), organs))


def _body(envelope: Envelope) -> str:
    references = "".join(
        f"<edXML:Reference>{element('ContentId', one.content_id)}{element('ContentType', 'application/zip')}"
        f"{element('Description', one.description)}{element('AttachmentName', one.name)}</edXML:Reference>"
        for one in envelope.attachments
    )
    return f'<edXML:edXMLBody><edXML:edXMLManifest version="1.0">{references}</edXML:edXMLManifest></edXML:edXMLBody>'


def _attachment(one: Attachment) -> str:
    encoded = base64.b64encode(one.archive).decode()
    return (
        f"<Attachment><ContentId>{escape(one.content_id, quote=False)}</ContentId>"
        f"<AttachmentName>{escape(one.name, quote=False)}</AttachmentName>"
        f"<Description>{escape(one.description, quote=False)}</Description><ContentType>application/zip</ContentType>"
        f"<ContentTransferEncoded>{encoded}</ContentTransferEncoded></Attachment>"
    )
