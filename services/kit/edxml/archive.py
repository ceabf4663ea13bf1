"""The zip in an attachment: packed the same way every time, and looked at without unpacking what is too big."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_MAX_FILES = 50  # assumed
_MAX_UNPACKED_BYTES = 64 << 20  # assumed: eight times the largest envelope
_ANY_DAY = (1980, 1, 1, 0, 0, 0)  # the zip's own first day: the same files give the same bytes


def pack(files: Mapping[str, bytes]) -> bytes:
    """Put files into a zip; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _ANY_DAY), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def problems(archive: bytes) -> list[str]:
    """What speaks against this zip, by its table of contents alone: nothing is unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(archive)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ["tệp đính kèm không phải zip"]
    found = []
    if not entries or len(entries) > _MAX_FILES:
        found.append(f"tệp zip có {len(entries)} tệp con, cần từ 1 đến {_MAX_FILES}")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MAX_UNPACKED_BYTES:
        found.append(f"tệp zip bung ra {unpacked} byte, giới hạn là {_MAX_UNPACKED_BYTES}")
    return found


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
            except (zipfile.BadZipFile, OSError, RuntimeError, EOFError, NotImplementedError) as error:
                raise ValueError(f"không bung được “{entry.filename}”: {error}") from error
    return files
