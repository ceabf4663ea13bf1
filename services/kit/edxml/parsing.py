"""Parses XML that anybody may have written, within limits that are checked before the parser sees a byte.

No document type, no entity, no comment, no processing instruction, no network, no encoding but UTF-8: what a signature
does not protect, or what could make parsing expensive, is not there to be interpreted. An XML bomb needs a document
type; an endless number of elements or attributes needs brackets and quotes, which are counted first.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from lxml import etree

from services.kit.edxml.limits import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS
from services.kit.edxml.trouble import EdxmlError

_DECLARATION = re.compile(
    rb"""<\?xml\s+version\s*=\s*["']1\.0["'](\s+encoding\s*=\s*["'](utf-8)["'])?(\s+standalone\s*=\s*["'](yes|no)["'])?\s*\?>""",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_QUOTES = 2 * MAX_ELEMENTS
#: libxml2 refuses texts of more than 10 MB unless told that huge ones are meant; only large envelopes are told so.
_LARGE_BYTES = 9_000_000
_SHOWN_ERRORS = 20
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")


def guarded_parser(*, large: bool = False) -> etree.XMLParser:
    """Make a parser that follows nothing."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=large, remove_blank_text=False
    )


def parse(raw: bytes, *, character_data: bool = False) -> etree._Element:
    """Parse within limits; `character_data` lets CDATA sections in. Raises EdxmlError."""
    if len(raw) > MAX_BYTES:
        raise EdxmlError([f"gói tin dài {len(raw)} byte, giới hạn là {MAX_BYTES}; hãy tách tệp đính kèm"])
    if reasons := _forbidden(raw, character_data=character_data):
        raise EdxmlError(reasons)
    try:
        root = etree.fromstring(raw, guarded_parser(large=len(raw) > _LARGE_BYTES))
    except etree.XMLSyntaxError as error:
        raise EdxmlError([f"không phải XML hợp lệ: {error}"]) from error
    if _TOO_DEEP(root):
        raise EdxmlError([f"phần tử lồng nhau sâu hơn {MAX_DEPTH} tầng"])
    return root


def _forbidden(raw: bytes, *, character_data: bool) -> list[str]:
    found = []
    body = raw.removeprefix(_BYTE_ORDER_MARK)
    declaration = _DECLARATION.match(body)
    if declaration:
        body = body[declaration.end() :]
    markup = body.replace(b"<![CDATA[", b"") if character_data and b"<![CDATA[" in body else body
    # One character is looked for ten times as fast as two, and these two are rare.
    if (b"!" in markup and b"<!" in markup) or (b"?" in markup and b"<?" in markup):
        found.append("gói tin có DOCTYPE, ENTITY, CDATA, chú thích hoặc chỉ thị xử lý: không được phép")
    elif body[:1] not in {b"<", b"\n", b"\r", b" ", b"\t"}:
        found.append("không phải XML hợp lệ: gói tin phải là văn bản UTF-8 bắt đầu bằng một phần tử")
    if (brackets := body.count(b"<")) > 2 * MAX_ELEMENTS:
        found.append(f"gói tin có {brackets} dấu “<”, giới hạn là {2 * MAX_ELEMENTS}")
    if (quotes := body.count(b'"') + body.count(b"'")) > _MAX_QUOTES:
        found.append(f"gói tin có {quotes} dấu nháy, giới hạn là {_MAX_QUOTES}")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        found.append(f"gói tin không phải UTF-8: {error}")
    return found


@cache
def _schema(name: str) -> etree.XMLSchema:
    text = (resources.files("services.kit.edxml") / name).read_bytes()
    return etree.XMLSchema(etree.fromstring(text, guarded_parser()))


def schema_problems(root: etree._Element, schema: str) -> list[str]:
    """What one of the schemas (fixtures/schemas) finds, with lines."""
    found = _schema(schema)
    if found.validate(root):
        return []
    errors: Any = found.error_log
    return [f"dòng {error.line}: {error.message}" for error in errors][:_SHOWN_ERRORS]
