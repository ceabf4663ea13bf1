"""Brings an envelope as real programs write it into the form of our schema, and says what it had to change.

Public samples and builders differ in the order of children, in attributes, in prefixes, in the spelling `Bussiness` or
`Business`, in dates, in what they leave out, and in where the signature stands. Strict reading refuses all of that;
lenient reading takes it and tells. Only what a program can mean without doubt is changed; nothing is guessed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from services.kit.clock import VIETNAM
from services.kit.edxml.names import DSIG, EDXML, tag

_ORGAN = ("OrganId", "OrganizationInCharge", "OrganName", "OrganAdd", "Email", "Telephone", "Fax", "Website")
_STAFF = ("Department", "Staff", "Email", "Mobile")
#: Every element that holds others, with its children in the order of the schema.
_CHILDREN: dict[str, tuple[str, ...]] = {
    "edXML": ("edXMLEnvelope", "AttachmentEncoded"),
    "edXMLEnvelope": ("edXMLHeader", "edXMLBody"),
    "edXMLHeader": ("MessageHeader", "TraceHeaderList", "Status"),
    "MessageHeader": (
        "From", "To", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo",
        "DueDate", "ToPlaces", "OtherInfo", "ResponseFor", "SteeringType",
    ),
    "From": _ORGAN,
    "To": _ORGAN,
    "Code": ("CodeNumber", "CodeNotation"),
    "PromulgationInfo": ("Place", "PromulgationDate"),
    "DocumentType": ("Type", "TypeDetail", "TypeName"),
    "SignerInfo": ("Competence", "Position", "FullName"),
    "ToPlaces": ("Place",),
    "OtherInfo": (
        "Priority", "SphereOfPromulgation", "TyperNotation", "PromulgationAmount", "PageAmount", "Direction",
        "Appendixes",
    ),
    "Appendixes": ("Appendix",),
    "ResponseFor": ("OrganId", "Code", "PromulgationDate", "DocumentId"),
    "TraceHeaderList": ("TraceHeader", "Bussiness"),
    "TraceHeader": ("OrganId", "Timestamp"),
    "Bussiness": (
        "DocumentId", "BussinessDocType", "BussinessDocReason", "BussinessDocumentInfo", "Paper", "StaffInfo",
        "ReplacementInfoList",
    ),
    "BussinessDocumentInfo": ("DocumentInfo", "DocumentReceiver", "ReceiverList"),
    "ReceiverList": ("Receiver",),
    "Receiver": ("OrganId", "ReceiverType"),
    "ReplacementInfoList": ("ReplacementInfo",),
    "ReplacementInfo": ("DocumentId", "OrganIdList"),
    "OrganIdList": ("OrganId",),
    "StaffInfo": _STAFF,
    "edXMLBody": ("edXMLManifest",),
    "edXMLManifest": ("Reference",),
    "Reference": ("ContentId", "ContentType", "Description", "AttachmentName"),
    "AttachmentEncoded": ("Attachment",),
    "Attachment": ("ContentId", "AttachmentName", "Description", "ContentType", "ContentTransferEncoded"),
    "Status": ("From", "ResponseFor", "StatusCode", "Description", "Timestamp", "StaffInfo"),
}  # fmt: skip
_ALIASES = {
    "Business": "Bussiness",
    "BusinessDocType": "BussinessDocType",
    "BusinessDocReason": "BussinessDocReason",
    "BusinessDocumentInfo": "BussinessDocumentInfo",
}
#: What a program may leave out though the schema wants it: there is no doubt what is meant.
_LEFT_OUT: dict[str, tuple[str, ...]] = {
    "From": ("OrganName",),
    "To": ("OrganName",),
    "MessageHeader": ("Content",),
    "PromulgationInfo": ("Place",),
}
_DAYS, _MOMENTS = {"PromulgationDate", "DueDate"}, {"Timestamp"}
_DAY_FORMS = ("%Y/%m/%d", "%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S")
_MOMENT_FORMS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d")
_FRACTION = re.compile(r"(\.\d+)?(Z|\+07:00)?$")
#: Empty ones are written by programs that always write every element.
_DROPPED_WHEN_EMPTY = {"DueDate", "SteeringType", "Priority", "PromulgationAmount", "PageAmount", "Direction"}
#: Elements around or in place of an XML signature: the signature itself is found by its own namespace.
_SIGNATURES = {"DigitalSignature", "Signature"}
_SOAP = {"Envelope": "edXMLEnvelope", "Header": "edXMLHeader"}


class _Reading:
    def __init__(self) -> None:
        self.departures: dict[str, None] = {}

    def note(self, what: str) -> None:
        self.departures.setdefault(what, None)

    def branch(self, node: etree._Element, name: str) -> etree._Element:
        """Rebuild one element in our order and namespace."""
        fresh = etree.Element(tag(name))
        self._attributes(node, fresh, name)
        order = _CHILDREN.get(name)
        if order is None or not len(node):  # Code holds others in one place and text in another
            self._leaf(node, fresh, name)
            return fresh
        placed = [(order.index(local), self.branch(child, local)) for child, local in self._known(node, name, order)]
        places = [place for place, _ in placed]
        if places != sorted(places):
            self.note(f"các phần tử con của {name} không theo thứ tự của lược đồ")
        for left_out in _LEFT_OUT.get(name, ()):
            if order.index(left_out) not in places:
                self.note(f"{name} thiếu {left_out}")
                placed.append((order.index(left_out), etree.Element(tag(left_out))))
        fresh.extend([child for _, child in sorted(placed, key=lambda one: one[0])])
        return fresh

    def _attributes(self, node: etree._Element, fresh: etree._Element, name: str) -> None:
        if name == "edXMLManifest" and "version" in node.attrib:
            fresh.set("version", str(node.get("version")))
        extra = sorted({etree.QName(key).localname for key in node.attrib} - {"version"})
        if extra:
            self.note(f"{name} có thuộc tính ngoài quy chuẩn: {', '.join(extra)[:200]}")

    def _known(self, node: etree._Element, name: str, order: tuple[str, ...]) -> Iterator[tuple[etree._Element, str]]:
        """Children that belong here, by their names in the schema; the others are noted and left out."""
        for child in node:
            told = etree.QName(child)
            if told.namespace == DSIG:
                continue
            local = self._name(told.localname, told.namespace, name)
            if local in order:
                if (child.text or "").strip() or local not in _DROPPED_WHEN_EMPTY:
                    yield child, local
            elif local not in _SIGNATURES:
                self.note(f"{name} có phần tử lạ {local[:40]}, bị bỏ qua")

    def _name(self, local: str, namespace: str | None, parent: str) -> str:
        if namespace != EDXML:
            self.note(f"{parent} có phần tử con ngoài không gian tên của quy chuẩn: {(namespace or 'không có')[:80]}")
        if local in _ALIASES:
            self.note(f"{local} viết là {_ALIASES[local]} trong quy chuẩn")
        return _ALIASES.get(local, local)

    def _leaf(self, node: etree._Element, fresh: etree._Element, name: str) -> None:
        told = node.text or ""
        if len(node):
            self.note(f"{name} chứa phần tử con")
        if name != "ContentTransferEncoded":
            told = told.strip()
            if name in _DAYS:
                told = self._date(told, name, _DAY_FORMS)
            elif name in _MOMENTS:
                told = self._date(_FRACTION.sub("", told), name, _MOMENT_FORMS)
            elif name == "ContentId" and told and not told.startswith("cid:"):
                self.note("ContentId không bắt đầu bằng “cid:”")
                told = f"cid:{told}"
        fresh.text = told

    def _date(self, told: str, name: str, forms: tuple[str, ...]) -> str:
        for form in forms:
            try:
                at = datetime.strptime(told, form).replace(tzinfo=VIETNAM)
            except ValueError:
                continue
            if form != forms[0]:
                self.note(f"{name} viết theo dạng khác yyyy/MM/dd")
            return f"{at:%Y/%m/%d}" if name in _DAYS else f"{at:%Y/%m/%d %H:%M:%S}"
        return told


def normalise(root: etree._Element) -> tuple[etree._Element, tuple[str, ...]]:
    """Return the same message in the schema's form, and how the original departed from it, each thing once.

    The signature is copied to its place untouched: it was made over the original, and only there can it be checked.
    """
    reading = _Reading()
    told = etree.QName(root)
    if told.localname == "Envelope":
        root = _out_of_soap(root, reading)
    elif told.namespace != EDXML:
        reading.note(f"gốc ở không gian tên {(told.namespace or 'không có')[:80]}")
    fresh = reading.branch(root, "edXML") if etree.QName(root).localname == "edXML" else root
    header = fresh.find(f"{tag('edXMLEnvelope')}/{tag('edXMLHeader')}")
    if header is not None:
        signatures = list(root.iter(f"{{{DSIG}}}Signature"))
        header.extend([copy.deepcopy(one) for one in signatures])
        if not signatures:
            reading.note("không có chữ ký XML (không gian tên xmldsig)")
    return fresh, tuple(reading.departures)


def _out_of_soap(root: etree._Element, reading: _Reading) -> etree._Element:
    """Older programs wrap what they send in a SOAP envelope; its header is our header."""
    reading.note("gói tin nằm trong phong bì SOAP")
    wrapped = etree.Element(tag("edXML"))
    envelope = etree.SubElement(wrapped, tag("edXMLEnvelope"))
    for child in root:
        if isinstance(child.tag, str) and etree.QName(child).localname in _SOAP:
            header = etree.SubElement(envelope, tag("edXMLHeader"))
            header.extend([copy.deepcopy(one) for one in child])
    return wrapped
