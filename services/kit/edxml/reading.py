"""Reads edXML text that anybody may have written: guarded parsing, structure by schema, then values.

No document type, no entity, no comment, no processing instruction, no network, no huge tree: what a signature does not
protect, or what could make parsing expensive, is not there to be interpreted.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from lxml import etree

from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import DOC_TYPES, Attachment, DocType, Envelope, Organ
from services.kit.edxml.names import MAX_ADDRESSEES, MAX_BYTES, tag
from services.kit.edxml.trouble import EdxmlError

_DOC_TYPE_OF: dict[str, DocType] = {number: name for name, number in DOC_TYPES.items()}
_HEADER = "/".join(map(tag, ("edXMLEnvelope", "edXMLHeader")))
_MESSAGE = f"{_HEADER}/{tag('MessageHeader')}"
_TRACE = f"{_HEADER}/{tag('TraceHeaderList')}"
_REFERENCES = "/".join(map(tag, ("edXMLEnvelope", "edXMLBody", "edXMLManifest", "Reference")))
_ATTACHMENTS = "/".join(map(tag, ("AttachmentEncoded", "Attachment")))
_SHOWN_ERRORS = 20


def guarded_parser() -> etree.XMLParser:
    """Make a parser that follows nothing and refuses what is oversized."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=False
    )


def parse(raw: bytes) -> etree._Element:
    """Parse within limits. Raises EdxmlError."""
    if len(raw) > MAX_BYTES:
        raise EdxmlError([f"gói tin dài {len(raw)} byte, giới hạn là {MAX_BYTES}; hãy tách tệp đính kèm"])
    if b"<!" in raw or b"<?" in raw.removeprefix(b"<?xml "):
        raise EdxmlError(["gói tin có DOCTYPE, ENTITY, CDATA, chú thích hoặc chỉ thị xử lý: không được phép"])
    try:
        return etree.fromstring(raw, guarded_parser())
    except etree.XMLSyntaxError as error:
        raise EdxmlError([f"không phải XML hợp lệ: {error}"]) from error


@cache
def _schema() -> etree.XMLSchema:
    text = (resources.files("services.kit.edxml") / "edxml.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text, guarded_parser()))


def structure_problems(root: etree._Element) -> list[str]:
    """What the schema (fixtures/schemas/edxml.xsd) finds, with lines."""
    schema = _schema()
    if schema.validate(root):
        return []
    errors: Any = schema.error_log
    return [f"dòng {error.line}: {error.message}" for error in errors][:_SHOWN_ERRORS]


def read(root: etree._Element) -> Envelope:
    """Values of an envelope whose structure is right. Raises EdxmlError with every value that does not fit."""
    reasons: list[str] = []
    message = _found(root, _MESSAGE)
    document_id: DocumentId | None = None
    try:
        document_id = DocumentId.parse(_text(message, "DocumentId"))
    except ValueError as error:
        reasons.append(str(error))
    sent_at = _moment(_text(root, f"{_TRACE}/{tag('TraceHeader')}/{tag('Timestamp')}"), reasons)
    addressees = tuple(_organ(node) for node in message.findall(tag("To")))
    sender = _organ(_found(message, tag("From")))
    attachments = _attachments(root, reasons)
    if document_id:
        reasons += _contradictions(message, document_id, sender, addressees)
    business = _found(root, f"{_TRACE}/{tag('Bussiness')}")
    if document_id and _text(business, "DocumentId", default=str(document_id)) != str(document_id):
        reasons.append("Bussiness/DocumentId khác DocumentId của gói tin")
    if reasons or not document_id or not sent_at:
        raise EdxmlError(reasons)
    return Envelope(
        id=document_id,
        sender=sender,
        addressees=addressees,
        place=_text(message, "PromulgationInfo", "Place"),
        kind=_text(message, "DocumentType", "TypeName"),
        subject=_text(message, "Subject"),
        summary=_text(message, "Content"),
        signer_position=_text(message, "SignerInfo", "Position", default=""),
        signer_name=_text(message, "SignerInfo", "FullName"),
        priority=int(_text(message, "OtherInfo", "Priority", default="0")),
        pages=int(_text(message, "OtherInfo", "PageAmount", default="1")),
        doc_type=_DOC_TYPE_OF[_text(business, "BussinessDocType")],
        reason=_text(business, "BussinessDocReason", default=""),
        staff_department=_text(business, "StaffInfo", "Department", default=""),
        staff_name=_text(business, "StaffInfo", "Staff", default=""),
        sent_at=sent_at,
        attachments=attachments,
    )


def _found(node: etree._Element, path: str) -> etree._Element:
    found = node.find(path)
    if found is None:
        raise EdxmlError([f"thiếu phần tử {path.rpartition('}')[2]}"])
    return found


@cache
def _path(names: tuple[str, ...]) -> str:
    return "/".join(name if name.startswith("{") else tag(name) for name in names)


def _text(node: etree._Element, *names: str, default: str | None = None) -> str:
    text = node.findtext(_path(names))
    if text is None:
        if default is None:
            raise EdxmlError([f"thiếu phần tử {'/'.join(names).rpartition('}')[2]}"])
        return default
    return text


def _organ(node: etree._Element) -> Organ:
    return Organ(_text(node, "OrganId"), _text(node, "OrganName", default=""))


def _moment(text: str, reasons: list[str]) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=VIETNAM)
    except ValueError:
        reasons.append(f"Timestamp “{text}” không đúng dạng yyyy/MM/dd HH:mm:ss")
        return None


def _contradictions(
    message: etree._Element, document_id: DocumentId, sender: Organ, addressees: tuple[Organ, ...]
) -> list[str]:
    """Say where the header's other fields disagree with its DocumentId, and what is wrong with its addressees."""
    found = []
    told = (
        ("From/OrganId", sender.code, document_id.agency),
        ("Code/CodeNumber", _text(message, "Code", "CodeNumber"), str(document_id.number)),
        ("Code/CodeNotation", _text(message, "Code", "CodeNotation"), document_id.notation),
        ("PromulgationDate", _text(message, "PromulgationInfo", "PromulgationDate"), f"{document_id.day:%Y/%m/%d}"),
    )
    found += [f"{name} là “{value}”, DocumentId ghi “{wanted}”" for name, value, wanted in told if value != wanted]
    codes = [organ.code for organ in addressees]
    if len(codes) > MAX_ADDRESSEES:
        found.append(f"có {len(codes)} nơi nhận, giới hạn là {MAX_ADDRESSEES}")
    elif twice := sorted({code for code in codes if codes.count(code) > 1}):
        found.append(f"nơi nhận ghi hai lần: {', '.join(twice)}")
    return found


def _attachments(root: etree._Element, reasons: list[str]) -> tuple[Attachment, ...]:
    listed = [_text(node, "ContentId") for node in root.findall(_REFERENCES)]
    attachments = []
    for node in root.findall(_ATTACHMENTS):
        content_id = _text(node, "ContentId")
        try:
            packed = base64.b64decode("".join(_text(node, "ContentTransferEncoded").split()), validate=True)
        except binascii.Error:
            reasons.append(f"tệp đính kèm {content_id}: không phải base64")
            continue
        reasons += [f"tệp đính kèm {content_id}: {problem}" for problem in archive.problems(packed)]
        name, description = _text(node, "AttachmentName"), _text(node, "Description", default="")
        attachments.append(Attachment(content_id=content_id, name=name, description=description, archive=packed))
    attached = [one.content_id for one in attachments]
    if sorted(listed) != sorted(attached) or len(set(attached)) != len(attached):
        reasons.append(f"danh mục ghi {listed}, phần đính kèm có {attached}: hai bên phải khớp từng ContentId")
    return tuple(attachments)
