"""Writes an envelope as edXML text, with an empty place for the organisation's signature.

Children of the root's first branch are prefixed, those of the attachment branch are not, and `Bussiness` keeps the
spelling of the regulation: receivers match names letter by letter.
"""

from __future__ import annotations

import base64
from html import escape

from services.kit.edxml.envelope import DOC_TYPES, Attachment, Envelope, Organ
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


def _element(name: str, text: str | int) -> str:
    return f"<edXML:{name}>{escape(str(text), quote=False)}</edXML:{name}>"


def _organ(name: str, organ: Organ) -> str:
    told = _element("OrganId", organ.code) + _element("OrganName", organ.name)
    return f"<edXML:{name}>{told}</edXML:{name}>"


def _message_header(envelope: Envelope) -> str:
    number = envelope.id
    parts = [
        _organ("From", envelope.sender),
        *(_organ("To", organ) for organ in envelope.addressees),
        _element("DocumentId", str(number)),
        f"<edXML:Code>{_element('CodeNumber', number.number)}{_element('CodeNotation', number.notation)}</edXML:Code>",
        "<edXML:PromulgationInfo>",
        _element("Place", envelope.place),
        _element("PromulgationDate", f"{number.day:%Y/%m/%d}"),
        "</edXML:PromulgationInfo><edXML:DocumentType>",
        _element("Type", _TYPE),
        _element("TypeDetail", _TYPE_DETAIL),
        _element("TypeName", envelope.kind),
        "</edXML:DocumentType>",
        _element("Subject", envelope.subject),
        _element("Content", envelope.summary),
        "<edXML:SignerInfo>",
        _element("Position", envelope.signer_position),
        _element("FullName", envelope.signer_name),
        "</edXML:SignerInfo><edXML:OtherInfo>",
        _element("Priority", envelope.priority),
        _element("SphereOfPromulgation", _SPHERE),
        _element("PromulgationAmount", len(envelope.addressees)),
        _element("PageAmount", envelope.pages),
        "</edXML:OtherInfo>",
    ]
    return f"<edXML:MessageHeader>{''.join(parts)}</edXML:MessageHeader>"


def _trace(envelope: Envelope) -> str:
    return (
        "<edXML:TraceHeaderList><edXML:TraceHeader>"
        f"{_element('OrganId', envelope.sender.code)}{_element('Timestamp', f'{envelope.sent_at:%Y/%m/%d %H:%M:%S}')}"
        "</edXML:TraceHeader><edXML:Bussiness>"
        f"{_element('DocumentId', str(envelope.id))}{_element('BussinessDocType', DOC_TYPES[envelope.doc_type])}"
        f"{_element('BussinessDocReason', envelope.reason)}{_element('Paper', 0)}<edXML:StaffInfo>"
        f"{_element('Department', envelope.staff_department)}{_element('Staff', envelope.staff_name)}"
        "</edXML:StaffInfo></edXML:Bussiness></edXML:TraceHeaderList>"
    )


def _body(envelope: Envelope) -> str:
    references = "".join(
        f"<edXML:Reference>{_element('ContentId', one.content_id)}{_element('ContentType', 'application/zip')}"
        f"{_element('Description', one.description)}{_element('AttachmentName', one.name)}</edXML:Reference>"
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
