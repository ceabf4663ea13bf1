"""The zip in an attachment: packed the same way every time, and looked at without unpacking what is too big."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

import msgspec

from services.kit.edxml.limits import MAX_FILES, MAX_UNPACKED_BYTES

_END, _END_WITHIN = b"PK\x05\x06", 65_557  # the end record stands in the last 64 KiB and 22 bytes
_END_RECORD = struct.Struct("<4s4H2LH")
#: Names another end record, whose numbers then count (ZIP64): only archives far above our limits need one.
_LARGE, _LARGE_BEFORE = b"PK\x06\x07", 20
_MAX_TABLE_BYTES = 256 << 10  # 50 entries with names and extra fields of 5 KB each; assumed
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\x00")
_ANY_DAY = (1980, 1, 1, 0, 0, 0)  # the zip's own first day: the same files give the same bytes


def pack(files: Mapping[str, bytes]) -> bytes:
    """Put files into a zip; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ANY_DAY), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


class Look(msgspec.Struct, frozen=True):
    """What a zip's table of contents tells."""

    problems: tuple[str, ...]
    unpacked_bytes: int


def look(archive: bytes) -> Look:
    """What speaks against this zip, by its table of contents alone: nothing is unpacked."""
    end = archive.rfind(_END, max(0, len(archive) - _END_WITHIN))
    if end < 0 or len(archive) - end < _END_RECORD.size:
        return Look(("tệp đính kèm không phải zip",), 0)
    if archive.startswith(_LARGE, max(0, end - _LARGE_BEFORE)):
        return Look(("tệp zip dạng ZIP64, không được phép",), 0)
    _, _, _, _, files, table_bytes, _, _ = _END_RECORD.unpack_from(archive, end)
    if files > MAX_FILES or table_bytes > _MAX_TABLE_BYTES:
        return Look((f"tệp zip có {files} tệp con, cần từ 1 đến {MAX_FILES}",), 0)
    try:
        entries = zipfile.ZipFile(io.BytesIO(archive)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error):
        return Look(("tệp đính kèm không phải zip",), 0)
    found = []
    if not 1 <= len(entries) <= MAX_FILES:
        found.append(f"tệp zip có {len(entries)} tệp con, cần từ 1 đến {MAX_FILES}")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        found.append(f"tệp zip bung ra {unpacked} byte, giới hạn là {MAX_UNPACKED_BYTES}")
    for entry in entries[:MAX_FILES]:
        if entry.flag_bits & 1:
            found.append(f"tệp con “{entry.filename[:80]}” bị mã hoá")
        if _OUTSIDE.search(entry.filename):
            found.append(f"tệp con “{entry.filename[:80]}” chỉ ra ngoài thư mục")
    return Look(tuple(found), unpacked)


def problems(archive: bytes) -> list[str]:
    """What speaks against this zip."""
    return list(look(archive).problems)


def unpack(archive: bytes) -> dict[str, bytes]:
    """All files of a zip that has no `problems`. Raises ValueError for one that has, or that lies about its sizes."""
    if found := problems(archive):
        raise ValueError("; ".join(found))
    files = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for entry in opened.infolist():
            try:
                with opened.open(entry) as file:
                    files[entry.filename] = file.read(entry.file_size)
            except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, NotImplementedError) as error:
                raise ValueError(f"không bung được “{entry.filename}”: {error}") from error
    return files
