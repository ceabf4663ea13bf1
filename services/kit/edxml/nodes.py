"""Small readers of parsed edXML elements, shared by documents and statuses."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from lxml import etree

from services.kit.clock import VIETNAM
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Organ, Response
from services.kit.edxml.names import tag
from services.kit.edxml.trouble import EdxmlError


def found(node: etree._Element, path: str) -> etree._Element:
    """Return the element. Raises EdxmlError where there is none."""
    child = node.find(path)
    if child is None:
        raise EdxmlError([f"thiếu phần tử {path.rpartition('}')[2]}"])
    return child


@cache
def _path(names: tuple[str, ...]) -> str:
    return "/".join(map(tag, names))


def text(node: etree._Element, *names: str, default: str | None = None) -> str:
    """Text of an element. Raises EdxmlError where there is none and no default."""
    told = node.findtext(_path(names))
    if told is None:
        if default is None:
            raise EdxmlError([f"thiếu phần tử {'/'.join(names)}"])
        return default
    return told


def texts(node: etree._Element, *names: str) -> tuple[str, ...]:
    """Texts of all elements of that name."""
    return tuple(one.text or "" for one in node.findall(_path(names)))


def organ(node: etree._Element) -> Organ:
    """From or To."""
    return Organ(
        text(node, "OrganId"),
        text(node, "OrganName", default=""),
        in_charge=text(node, "OrganizationInCharge", default=""),
        address=text(node, "OrganAdd", default=""),
        email=text(node, "Email", default=""),
        telephone=text(node, "Telephone", default=""),
        fax=text(node, "Fax", default=""),
        website=text(node, "Website", default=""),
    )


def response(node: etree._Element, reasons: list[str]) -> Response:
    """ResponseFor."""
    told = text(node, "DocumentId", default="")
    return Response(
        organ=text(node, "OrganId"),
        code=text(node, "Code", default=""),
        document=document_id(told, reasons) if told else None,
    )


def document_id(told: str, reasons: list[str]) -> DocumentId | None:
    """Parse a DocumentId; None, and a reason, for a wrong one."""
    try:
        return DocumentId.parse(told)
    except ValueError as error:
        reasons.append(str(error))
        return None


def moment(told: str, reasons: list[str]) -> datetime | None:
    """Official time as edXML writes it; None, and a reason, for another form."""
    try:
        return datetime.strptime(told, "%Y/%m/%d %H:%M:%S").replace(tzinfo=VIETNAM)
    except ValueError:
        reasons.append(f"Timestamp “{told}” không đúng dạng yyyy/MM/dd HH:mm:ss")
        return None


def day(told: str, reasons: list[str]) -> date | None:
    """A day as edXML writes it; None for nothing, or with a reason for another form."""
    if not told:
        return None
    try:
        return datetime.strptime(told, "%Y/%m/%d").replace(tzinfo=VIETNAM).date()
    except ValueError:
        reasons.append(f"ngày “{told}” không đúng dạng yyyy/MM/dd")
        return None
