"""Reads the values of an envelope whose structure is right, and says where they contradict each other."""

from __future__ import annotations

import binascii

import msgspec
from lxml import etree

from services.kit.edxml import archive, nodes
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import (
    DOC_TYPES,
    Attachment,
    Changes,
    DocType,
    Envelope,
    Organ,
    Receiver,
    Replacement,
    Trace,
)
from services.kit.edxml.limits import MAX_ADDRESSEES, MAX_ATTACHMENTS, MAX_UNPACKED_BYTES
from services.kit.edxml.names import tag
from services.kit.edxml.parsing import schema_problems
from services.kit.edxml.trouble import EdxmlError

_SPACES = " \t\r\n"
_DOC_TYPE_OF: dict[str, DocType] = {number: name for name, number in DOC_TYPES.items()}
_HEADER = "/".join(map(tag, ("edXMLEnvelope", "edXMLHeader")))
_MESSAGE = f"{_HEADER}/{tag('MessageHeader')}"
_TRACES = f"{_HEADER}/{tag('TraceHeaderList')}/{tag('TraceHeader')}"
_BUSINESS = f"{_HEADER}/{tag('TraceHeaderList')}/{tag('Bussiness')}"
_REFERENCES = "/".join(map(tag, ("edXMLEnvelope", "edXMLBody", "edXMLManifest", "Reference")))
_ATTACHMENTS = "/".join(map(tag, ("AttachmentEncoded", "Attachment")))


def structure_problems(root: etree._Element) -> list[str]:
    """What the schema (fixtures/schemas/edxml.xsd) finds, with lines."""
    return schema_problems(root, "edxml.xsd")


def read(root: etree._Element, *, strict: bool = True) -> Envelope:
    """Values of an envelope whose structure is right. Raises EdxmlError with every value that does not fit.

    Not `strict`: where the header says its number, notation or day twice and differently, DocumentId counts.
    """
    reasons: list[str] = []
    message, business = nodes.found(root, _MESSAGE), nodes.found(root, _BUSINESS)
    document_id = nodes.document_id(nodes.text(message, "DocumentId"), reasons)
    traces = _traces(root, reasons)
    addressees = tuple(nodes.organ(node) for node in message.findall(tag("To")))
    sender = nodes.organ(nodes.found(message, tag("From")))
    attachments = _attachments(root, reasons)
    reasons += _addressee_problems(addressees)
    if document_id:
        reasons += _contradictions(message, document_id, sender, strict=strict)
    if reasons or not document_id or not traces:
        raise EdxmlError(reasons or ["thiếu phần tử TraceHeader"])
    told, business_told = nodes.fields(message), nodes.fields(business)
    signer, other, staff = (
        nodes.fields_of(node, name)
        for node, name in ((message, "SignerInfo"), (message, "OtherInfo"), (business, "StaffInfo"))
    )
    steering = told.get("SteeringType", "")
    envelope = Envelope(
        id=document_id,
        sender=sender,
        addressees=addressees,
        place=nodes.text(message, "PromulgationInfo", "Place"),
        kind=nodes.text(message, "DocumentType", "TypeName"),
        subject=nodes.wanted(told, "Subject"),
        summary=nodes.wanted(told, "Content"),
        signer_competence=signer.get("Competence", ""),
        signer_position=signer.get("Position", ""),
        signer_name=nodes.wanted(signer, "FullName", within="SignerInfo"),
        due=nodes.day(told.get("DueDate", ""), reasons),
        to_places=nodes.texts(message, "ToPlaces", "Place"),
        priority=int(other.get("Priority", "0")),
        typer=other.get("TyperNotation", ""),
        pages=int(other.get("PageAmount", "1")),
        appendixes=nodes.texts(message, "OtherInfo", "Appendixes", "Appendix"),
        responses=tuple(nodes.response(node, reasons) for node in message.findall(tag("ResponseFor"))),
        steering=int(steering) if steering else None,
        doc_type=_DOC_TYPE_OF[nodes.wanted(business_told, "BussinessDocType")],
        changes=_changes(business),
        replaces=_replacements(business, reasons),
        reason=business_told.get("BussinessDocReason", ""),
        paper=int(business_told.get("Paper", "0")),
        staff_department=staff.get("Department", ""),
        staff_name=staff.get("Staff", ""),
        staff_email=staff.get("Email", ""),
        staff_mobile=staff.get("Mobile", ""),
        sent_at=traces[0].at,
        passed_on=traces[1:],
        attachments=attachments,
    )
    envelope = _aimed(envelope, business, reasons, strict=strict)
    if reasons:
        raise EdxmlError(reasons)
    return envelope


def _aimed(envelope: Envelope, business: etree._Element, reasons: list[str], *, strict: bool) -> Envelope:
    """Tell what the message is about, and whether that fits its kind.

    A recall or update names its document in Bussiness/DocumentId; where that is missing (public samples of recalls do
    so), in its first ResponseFor. A replacement lists the documents it replaces.
    """
    told = nodes.text(business, "DocumentId", default="")
    about = nodes.document_id(told, reasons) if told else None
    if envelope.doc_type == "new":
        if strict and about and about != envelope.id:
            reasons.append("Bussiness/DocumentId khác DocumentId của gói tin")
        return envelope
    if envelope.doc_type == "replace":
        aimed = envelope
        if not envelope.replaces:
            reasons.append("văn bản thay thế (3) không có ReplacementInfoList: thay cho văn bản nào?")
    else:
        about = about or next((one.document for one in envelope.responses if one.document), None)
        aimed = msgspec.structs.replace(envelope, about=about)
        if about is None:
            reasons.append("văn bản thu hồi (1) hoặc cập nhật (2) cần Bussiness/DocumentId của văn bản gốc")
    for target in aimed.targets:
        if target == envelope.id:
            reasons.append(f"{target} không thể thu hồi, cập nhật hay thay thế chính nó")
        elif target.agency != envelope.sender.code:
            reasons.append(f"{target} không do {envelope.sender.code} ban hành, chỉ nơi ban hành mới được thay đổi")
    return aimed


def _traces(root: etree._Element, reasons: list[str]) -> tuple[Trace, ...]:
    told = [
        (nodes.text(node, "OrganId"), nodes.moment(nodes.text(node, "Timestamp"), reasons))
        for node in root.findall(_TRACES)
    ]
    return tuple(Trace(code, at) for code, at in told if at)


def _changes(business: etree._Element) -> Changes | None:
    node = business.find(tag("BussinessDocumentInfo"))
    if node is None:
        return None
    receivers = node.findall(f"{tag('ReceiverList')}/{tag('Receiver')}")
    return Changes(
        document=nodes.text(node, "DocumentInfo", default="1") == "1",
        receivers=tuple(
            Receiver(organ=nodes.text(one, "OrganId"), kind="1" if nodes.text(one, "ReceiverType") == "1" else "0")
            for one in receivers
        ),
    )


def _replacements(business: etree._Element, reasons: list[str]) -> tuple[Replacement, ...]:
    told = [
        (nodes.document_id(nodes.text(node, "DocumentId"), reasons), nodes.texts(node, "OrganIdList", "OrganId"))
        for node in business.findall(f"{tag('ReplacementInfoList')}/{tag('ReplacementInfo')}")
    ]
    return tuple(Replacement(document=document, organs=organs) for document, organs in told if document)


def _addressee_problems(addressees: tuple[Organ, ...]) -> list[str]:
    codes = [organ.code for organ in addressees]
    if len(codes) > MAX_ADDRESSEES:
        return [f"có {len(codes)} nơi nhận, giới hạn là {MAX_ADDRESSEES}"]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        return [f"nơi nhận ghi hai lần: {', '.join(twice)}"]
    return []


def _contradictions(message: etree._Element, document_id: DocumentId, sender: Organ, *, strict: bool) -> list[str]:
    """Say where the header's other fields disagree with its DocumentId. Who sent it must agree always."""
    told = [("From/OrganId", sender.code, document_id.agency)]
    if strict:
        told += [
            ("Code/CodeNumber", nodes.text(message, "Code", "CodeNumber"), str(document_id.number)),
            ("Code/CodeNotation", nodes.text(message, "Code", "CodeNotation"), document_id.notation),
            (
                "PromulgationDate",
                nodes.text(message, "PromulgationInfo", "PromulgationDate"),
                f"{document_id.day:%Y/%m/%d}",
            ),
        ]
    return [f"{name} là “{value}”, DocumentId ghi “{wanted}”" for name, value, wanted in told if value != wanted]


def _attachments(root: etree._Element, reasons: list[str]) -> tuple[Attachment, ...]:
    listed = [nodes.text(node, "ContentId") for node in root.findall(_REFERENCES)]
    packed = root.findall(_ATTACHMENTS)
    if max(len(listed), len(packed)) > MAX_ATTACHMENTS:
        reasons.append(f"có {len(packed)} tệp đính kèm, giới hạn là {MAX_ATTACHMENTS}")
        return ()
    attachments, unpacked = [], 0
    for node in packed:
        content_id = nodes.text(node, "ContentId")
        try:
            told = nodes.text(node, "ContentTransferEncoded")
            if any(space in told for space in _SPACES):
                told = "".join(told.split())
            # base64.b64decode looks through it by a pattern first
            content = binascii.a2b_base64(told, strict_mode=True)
        except ValueError:
            reasons.append(f"tệp đính kèm {content_id}: không phải base64")
            continue
        looked = archive.look(content)
        reasons += [f"tệp đính kèm {content_id}: {problem}" for problem in looked.problems]
        unpacked += looked.unpacked_bytes
        name, description = nodes.text(node, "AttachmentName"), nodes.text(node, "Description", default="")
        attachments.append(Attachment(content_id=content_id, name=name, description=description, archive=content))
    if unpacked > MAX_UNPACKED_BYTES:
        reasons.append(f"các tệp đính kèm bung ra {unpacked} byte, giới hạn là {MAX_UNPACKED_BYTES}")
    attached = [one.content_id for one in attachments]
    if sorted(listed) != sorted(attached) or len(set(attached)) != len(attached):
        reasons.append(f"danh mục ghi {listed}, phần đính kèm có {attached}: hai bên phải khớp từng ContentId")
    return tuple(attachments)
