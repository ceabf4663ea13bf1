"""Hostile envelopes by name: each has to be refused, quickly, in little memory, and with a reason."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

import edxml_samples as samples
import msgspec

from services.kit.edxml.composing import compose
from services.kit.edxml.limits import MAX_BYTES

TEXT = compose(samples.envelope())


def with_archive(archive: bytes) -> str:
    """The sample with another attachment."""
    envelope = samples.envelope()
    spoilt = msgspec.structs.replace(envelope.attachments[0], archive=archive)
    return compose(msgspec.structs.replace(envelope, attachments=(spoilt,)))


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return out.getvalue()


def _doctype(inside: str, use: str = "") -> bytes:
    return f"<!DOCTYPE edXML [{inside}]>{TEXT.replace('Kính', use or 'Kính')}".encode()


def _many_files() -> str:
    return with_archive(zipped({f"{number}.txt": b"" for number in range(60_000)}))


def _lying_count() -> str:
    """An end record that says one file, before a table of ten thousand."""
    content = bytearray(zipped({f"{number}.txt": b"" for number in range(10_000)}))
    end = content.rfind(b"PK\x05\x06")
    content[end + 8 : end + 12] = (1).to_bytes(2, "little") * 2
    return with_archive(bytes(content))


def _lying_count_of_a_large_zip() -> str:
    """An end record that says one file, beside the one of ZIP64 that says seventy thousand."""
    content = bytearray(zipped({f"{number}": b"" for number in range(70_000)}))
    end = content.rfind(b"PK\x05\x06")
    content[end + 8 : end + 16] = (1).to_bytes(2, "little") * 2 + (100).to_bytes(4, "little")
    return with_archive(bytes(content))


def _encrypted() -> str:
    content = bytearray(zipped({"van-ban.txt": b"x"}))
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return with_archive(bytes(content))


def _many_attachments() -> str:
    envelope = samples.envelope()
    many = tuple(msgspec.structs.replace(envelope.attachments[0], content_id=f"cid:{n}") for n in range(51))
    return compose(msgspec.structs.replace(envelope, attachments=many))


def _together_too_much() -> str:
    """Each zip alone is within the limit."""
    envelope, packed = samples.envelope(), zipped({"lon.bin": bytes(20 << 20)})
    many = tuple(
        msgspec.structs.replace(envelope.attachments[0], content_id=f"cid:{n}", archive=packed) for n in range(4)
    )
    return compose(msgspec.structs.replace(envelope, attachments=many))


HOSTILE: dict[str, tuple[Callable[[], bytes | str], str]] = {
    "billion laughs": (
        lambda: _doctype(
            '<!ENTITY a "ha">' + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)),
            "&j;",
        ),
        "DOCTYPE",
    ),
    "quadratic blow-up": (lambda: _doctype(f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 50_000), "DOCTYPE"),
    "file entity": (lambda: _doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"), "DOCTYPE"),
    "network entity": (lambda: _doctype('<!ENTITY x SYSTEM "http://127.0.0.1:9/">', "&x;"), "DOCTYPE"),
    "external document type": (lambda: f'<!DOCTYPE edXML SYSTEM "http://127.0.0.1:9/">{TEXT}', "DOCTYPE"),
    "parameter entity": (lambda: _doctype('<!ENTITY % x SYSTEM "file:///dev/zero">%x;'), "DOCTYPE"),
    "unknown entity": (lambda: TEXT.replace("Kính", "&kinh;").replace("Công văn", "&cv;"), "XML"),
    "stylesheet": (lambda: f'<?xml-stylesheet href="http://127.0.0.1:9/"?>{TEXT}', "chỉ thị xử lý"),
    "inclusion": (
        lambda: TEXT.replace(
            "<edXML:Subject>", '<edXML:Subject xmlns:xi="http://www.w3.org/2001/XInclude">'
            '<xi:include href="file:///etc/passwd" parse="text"/>'
        ),
        "Subject",
    ),
    "schema elsewhere": (
        lambda: TEXT.replace(
            "<edXML:edXMLHeader>", '<edXML:edXMLHeader xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xsi:schemaLocation="http://www.mic.gov.vn/TBT/QCVN_102_2016 http://127.0.0.1:9/x.xsd" xsi:type="x">'
        ),
        "edXMLHeader",
    ),
    "sixteen bits": (lambda: f"<!DOCTYPE x [<!ENTITY a 'b'>]>{TEXT}".encode("utf-16"), "UTF-8"),
    "another encoding declared": (lambda: b'<?xml version="1.0" encoding="UTF-7"?>' + TEXT.encode(), "chỉ thị"),
    "mainframe encoding": (lambda: '<?xml version="1.0" encoding="cp037"?><!DOCTYPE x><x/>'.encode("cp037"), "UTF-8"),
    "not UTF-8": (lambda: TEXT.encode().replace("Bến".encode(), b"B\xffn"), "UTF-8"),
    "nul": (lambda: "\x00", "XML"),
    "nothing": (lambda: "", "XML"),
    "torn": (lambda: TEXT[: len(TEXT) // 2], "XML"),
    "deep": (lambda: "<edXML>" * 15_000, "XML"),
    "deep but closed": (lambda: "<a>" * 200 + "</a>" * 200, "tầng"),
    "wide": (lambda: "<edXML>" + "<a/>" * 1_000_000 + "</edXML>", "“<”"),
    "many attributes": (lambda: "<edXML " + " ".join(f'a{n}="" ' for n in range(400_000)) + "/>", "nháy"),
    "huge": (lambda: "<a>" + "x" * MAX_BYTES + "</a>", "giới hạn"),
    "huge word": (lambda: TEXT.replace("Công văn", "x" * 12_000_000), "TypeName"),
    "many addressees": (
        lambda: TEXT.replace(
            "<edXML:DocumentId>", "<edXML:To><edXML:OrganId>A</edXML:OrganId><edXML:OrganName/></edXML:To>" * 501
            + "<edXML:DocumentId>", 1,
        ),
        "nơi nhận",
    ),
    "comment": (lambda: TEXT.replace("Sở Nội vụ", "Sở <!-- ẩn -->Nội vụ"), "chú thích"),
    "instruction": (lambda: TEXT.replace("Sở Nội vụ", "Sở <?ẩn?>Nội vụ"), "chỉ thị xử lý"),
    "zip that swells": (lambda: with_archive(zipped({"lon.bin": bytes(100 << 20)})), "bung ra"),
    "zips that swell together": (_together_too_much, "bung ra"),
    "zip of very many": (_many_files, "tệp con"),
    "zip that lies about its number": (_lying_count, "tệp con"),
    "large zip that lies about its number": (_lying_count_of_a_large_zip, "ZIP64"),
    "zip with a way out": (lambda: with_archive(zipped({"../../etc/cron.d/x": b"x"})), "ngoài thư mục"),
    "zip with an absolute name": (lambda: with_archive(zipped({"/etc/passwd": b"x"})), "ngoài thư mục"),
    "zip with a drive": (lambda: with_archive(zipped({"C:\\windows\\x.exe": b"x"})), "ngoài thư mục"),
    "zip under a password": (_encrypted, "mã hoá"),
    "zip without files": (lambda: with_archive(zipped({})), "tệp con"),
    "no zip": (lambda: with_archive(b"PK but not really"), "không phải zip"),
    "half a zip": (lambda: with_archive(zipped({"a.txt": b"a" * 1000})[:-30]), "không phải zip"),
    "no base64": (lambda: TEXT.replace("<ContentTransferEncoded>", "<ContentTransferEncoded>*"), "base64"),
    "too many attachments": (_many_attachments, "tệp đính kèm"),
    "attachment twice": (
        lambda: TEXT.replace(
            "</AttachmentEncoded>", TEXT.split("<AttachmentEncoded>")[1].split("</AttachmentEncoded>")[0]
            + "</AttachmentEncoded>",
        ),
        "ContentId",
    ),
    "attachment unlisted": (lambda: TEXT.replace("<edXML:ContentId>cid:1<", "<edXML:ContentId>cid:2<"), "ContentId"),
}  # fmt: skip


def base64_of(content: bytes) -> str:
    """As an attachment carries it."""
    return base64.b64encode(content).decode()
