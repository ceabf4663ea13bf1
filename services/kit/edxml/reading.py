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
    header = nodes.Branch(nodes.found(root, _HEADER))
    message, trail = nodes.Branch(header.one("MessageHeader")), nodes.Branch(header.one("TraceHeaderList"))
    business = nodes.Branch(trail.one("Bussiness"))
    document_id = nodes.document_id(message.text("DocumentId"), reasons)
    traces = _traces(trail, reasons)
    addressees = tuple(map(nodes.organ, message.all("To")))
    sender = nodes.organ(message.one("From"))
    attachments = _attachments(root, reasons)
    reasons += _addressee_problems(addressees)
    promulgated = message.fields("PromulgationInfo")
    if document_id:
        reasons += _contradictions(message.fields("Code"), promulgated, document_id, sender, strict=strict)
    if reasons or not document_id or not traces:
        raise EdxmlError(reasons or ["thiếu phần tử TraceHeader"])
    signer, other, staff = message.fields("SignerInfo"), message.fields("OtherInfo"), business.fields("StaffInfo")
    steering = message.text("SteeringType", default="")
    envelope = Envelope(
        id=document_id,
        sender=sender,
        addressees=addressees,
        place=nodes.wanted(promulgated, "Place", within="PromulgationInfo"),
        kind=nodes.wanted(message.fields("DocumentType"), "TypeName", within="DocumentType"),
        subject=message.text("Subject"),
        summary=message.text("Content"),
        signer_competence=signer.get("Competence", ""),
        signer_position=signer.get("Position", ""),
        signer_name=nodes.wanted(signer, "FullName", within="SignerInfo"),
        due=nodes.day(message.text("DueDate", default=""), reasons),
        to_places=tuple(place for one in message.all("ToPlaces") for place in nodes.texts(one, "Place")),
        priority=int(other.get("Priority", "0")),
        typer=other.get("TyperNotation", ""),
        pages=int(other.get("PageAmount", "1")),
        appendixes=nodes.texts(message.one("OtherInfo"), "Appendixes", "Appendix") if "Appendixes" in other else (),
        responses=tuple(nodes.response(node, reasons) for node in message.all("ResponseFor")),
        steering=int(steering) if steering else None,
        doc_type=_DOC_TYPE_OF[business.text("BussinessDocType")],
        changes=_changes(business),
        replaces=_replacements(business, reasons),
        reason=business.text("BussinessDocReason", default=""),
        paper=int(business.text("Paper", default="0")),
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


def _aimed(envelope: Envelope, business: nodes.Branch, reasons: list[str], *, strict: bool) -> Envelope:
    """Tell what the message is about, and whether that fits its kind.

    A recall or update names its document in Bussiness/DocumentId; where that is missing (public samples of recalls do
    so), in its first ResponseFor. A replacement lists the documents it replaces.
    """
    told = business.text("DocumentId", default="")
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


def _traces(trail: nodes.Branch, reasons: list[str]) -> tuple[Trace, ...]:
    hops = map(nodes.fields, trail.all("TraceHeader"))
    told = [(nodes.wanted(hop, "OrganId"), nodes.moment(nodes.wanted(hop, "Timestamp"), reasons)) for hop in hops]
    return tuple(Trace(code, at) for code, at in told if at)


def _changes(business: nodes.Branch) -> Changes | None:
    if not business.all("BussinessDocumentInfo"):
        return None
    node = business.one("BussinessDocumentInfo")
    receivers = node.findall(f"{tag('ReceiverList')}/{tag('Receiver')}")
    return Changes(
        document=nodes.text(node, "DocumentInfo", default="1") == "1",
        receivers=tuple(
            Receiver(organ=nodes.text(one, "OrganId"), kind="1" if nodes.text(one, "ReceiverType") == "1" else "0")
            for one in receivers
        ),
    )


def _replacements(business: nodes.Branch, reasons: list[str]) -> tuple[Replacement, ...]:
    told = [
        (nodes.document_id(nodes.text(node, "DocumentId"), reasons), nodes.texts(node, "OrganIdList", "OrganId"))
        for one in business.all("ReplacementInfoList")
        for node in one.findall(tag("ReplacementInfo"))
    ]
    return tuple(Replacement(document=document, organs=organs) for document, organs in told if document)


def _addressee_problems(addressees: tuple[Organ, ...]) -> list[str]:
    codes = [organ.code for organ in addressees]
    if len(codes) > MAX_ADDRESSEES:
        return [f"có {len(codes)} nơi nhận, giới hạn là {MAX_ADDRESSEES}"]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        return [f"nơi nhận ghi hai lần: {', '.join(twice)}"]
    return []


def _contradictions(
    code: dict[str, str], promulgated: dict[str, str], document_id: DocumentId, sender: Organ, *, strict: bool
) -> list[str]:
    """Say where the header's Code, PromulgationInfo and From disagree with its DocumentId. From must agree always."""
    told = [("From/OrganId", sender.code, document_id.agency)]
    if strict:
        told += [
            ("Code/CodeNumber", nodes.wanted(code, "CodeNumber", within="Code"), str(document_id.number)),
            ("Code/CodeNotation", nodes.wanted(code, "CodeNotation", within="Code"), document_id.notation),
            (
                "PromulgationDate",
                nodes.wanted(promulgated, "PromulgationDate", within="PromulgationInfo"),
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
        one = nodes.fields(node)
        content_id = nodes.wanted(one, "ContentId")
        try:
            told = nodes.wanted(one, "ContentTransferEncoded")
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
        name, description = nodes.wanted(one, "AttachmentName"), one.get("Description", "")
        attachments.append(Attachment(content_id=content_id, name=name, description=description, archive=content))
    if unpacked > MAX_UNPACKED_BYTES:
        reasons.append(f"các tệp đính kèm bung ra {unpacked} byte, giới hạn là {MAX_UNPACKED_BYTES}")
    attached = [one.content_id for one in attachments]
    if sorted(listed) != sorted(attached) or len(set(attached)) != len(attached):
        reasons.append(f"danh mục ghi {listed}, phần đính kèm có {attached}: hai bên phải khớp từng ContentId")
    return tuple(attachments)
