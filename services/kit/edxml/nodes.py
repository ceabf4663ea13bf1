"""Small readers of parsed edXML elements, shared by documents and statuses."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache, lru_cache

from lxml import etree

from services.kit.clock import VIETNAM
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Organ, Response
from services.kit.edxml.names import tag
from services.kit.edxml.trouble import EdxmlError

_NAMESPACE = tag("")
_MOMENT = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", re.ASCII)


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


class Branch:
    """An element that is read more than once: its children by name, found in one walk.

    A path that lxml follows costs as much as that walk.
    """

    __slots__ = ("_children",)

    def __init__(self, node: etree._Element) -> None:
        """Walk once over the children."""
        self._children: dict[str, list[etree._Element]] = {}
        for child in node:
            self._children.setdefault(_local(child.tag), []).append(child)

    def one(self, name: str) -> etree._Element:
        """Return the first child of that name. Raises EdxmlError where there is none."""
        if name not in self._children:
            raise EdxmlError([f"thiếu phần tử {name}"])
        return self._children[name][0]

    def all(self, name: str) -> list[etree._Element]:
        """Every child of that name."""
        return self._children.get(name, [])

    def text(self, name: str, *, default: str | None = None) -> str:
        """Text of a child. Raises EdxmlError where there is none and no default."""
        if default is not None and name not in self._children:
            return default
        return self.one(name).text or ""

    def fields(self, name: str) -> dict[str, str]:
        """Texts of a child's own children, as `fields`; nothing where there is no such child."""
        return fields(self._children[name][0]) if name in self._children else {}


def fields(node: etree._Element) -> dict[str, str]:
    """Texts of the children by name, the first of each: one walk where several are wanted."""
    told: dict[str, str] = {}
    for child in node:
        name = _local(child.tag)
        if name:
            told.setdefault(name, child.text or "")
    return told


def wanted(told: dict[str, str], name: str, *, within: str = "") -> str:
    """Return one of the `fields`. Raises EdxmlError where it is missing."""
    if name not in told:
        raise EdxmlError([f"thiếu phần tử {f'{within}/' if within else ''}{name}"])
    return told[name]


@lru_cache(maxsize=1024)
def _local(name: object) -> str:
    """Return the name without the namespace of edXML; empty for a name of another one."""
    return name[len(_NAMESPACE) :] if isinstance(name, str) and name.startswith(_NAMESPACE) else ""


def texts(node: etree._Element, *names: str) -> tuple[str, ...]:
    """Texts of all elements of that name."""
    return tuple(one.text or "" for one in node.findall(_path(names)))


def organ(node: etree._Element) -> Organ:
    """From or To. Raises EdxmlError where it has no OrganId."""
    told = fields(node)
    return Organ(
        wanted(told, "OrganId"),
        told.get("OrganName", ""),
        in_charge=told.get("OrganizationInCharge", ""),
        address=told.get("OrganAdd", ""),
        email=told.get("Email", ""),
        telephone=told.get("Telephone", ""),
        fax=told.get("Fax", ""),
        website=told.get("Website", ""),
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
        if _MOMENT.fullmatch(told):  # the usual form, read at a tenth of the cost
            return datetime.fromisoformat(told.replace("/", "-")).replace(tzinfo=VIETNAM)
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
