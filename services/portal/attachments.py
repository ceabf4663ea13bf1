"""Files that citizens hand in: known by content, not by name; scanned; kept in the database."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

import asyncpg
import msgspec
from starlette.datastructures import UploadFile
from starlette.responses import Response

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.transaction import Transaction
from services.portal.scanning import Scanner

MOST_BYTES = 5 << 20  #: of one file; assumed: a scanned page takes some hundred kilobytes
MOST_FILES = 10  #: of one dossier
_LONGEST_NAME = 100
#: Type -> how such a file begins, and the ending its name gets.
_KINDS: Mapping[str, tuple[bytes, str]] = {
    "application/pdf": (b"%PDF-", ".pdf"),
    "image/jpeg": (b"\xff\xd8\xff", ".jpg"),
    "image/png": (b"\x89PNG\r\n\x1a\n", ".png"),
}
TYPE_NAMES = "PDF, JPEG, PNG"
_UNSAFE = re.compile(r"[^\w. ()+-]+")


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked at and found good."""

    paper: str
    name: str
    type: str
    content: bytes


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is kept, without its content."""

    id: str
    paper: str
    name: str
    type: str
    size: int
    digest: str


_LIST = "SELECT id, paper, name, type, size, digest FROM attachment WHERE owner = $1 ORDER BY at, id"
_ADD = """
    INSERT INTO attachment (id, owner, paper, name, type, size, digest, content, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


class Attachments:
    """Looks at files and keeps them."""

    def __init__(self, kit: Kit, scanner: Scanner) -> None:
        """Let `scanner` look into every file."""
        self._kit, self._scanner = kit, scanner

    async def look_at(self, paper: str, file: UploadFile, mistakes: Mistakes) -> Upload | None:
        """Read a file; None for an input left empty, or for a file that is noted as a mistake."""
        if not file.filename and not file.size:
            return None
        where = f"file.{paper}"
        name = file.filename or ""
        content = await file.read(MOST_BYTES + 1)
        if not content:
            mistakes.add(
                where,
                Text(f"“{_shown(name)}” rỗng", f"“{_shown(name)}” is empty"),
                Text("Chọn lại tệp.", "Choose the file again."),
            )
            return None
        if len(content) > MOST_BYTES:
            mistakes.add(
                where,
                Text(
                    f"“{_shown(name)}” lớn hơn {MOST_BYTES >> 20} MB",
                    f"“{_shown(name)}” is larger than {MOST_BYTES >> 20} MB",
                ),
                Text("Quét ở độ phân giải thấp hơn.", "Scan it at a lower resolution."),
            )
            return None
        kind = next((kind for kind, (start, _) in _KINDS.items() if content.startswith(start)), None)
        if kind is None:
            mistakes.add(
                where,
                Text(f"“{_shown(name)}” không phải {TYPE_NAMES}", f"“{_shown(name)}” is not {TYPE_NAMES}"),
                Text(f"Chỉ nhận tệp {TYPE_NAMES}.", f"Only {TYPE_NAMES} files are taken."),
            )
            return None
        found = await self._scanner.scan(content)
        if found:
            mistakes.add(
                where,
                Text(f"“{_shown(name)}” có mã độc ({found})", f"“{_shown(name)}” carries malware ({found})"),
                Text(
                    "Không dùng tệp này; quét máy rồi chọn tệp khác.",
                    "Do not use this file; scan your machine and choose another.",
                ),
            )
            return None
        return Upload(paper=paper, name=safe_name(name, _KINDS[kind][1]), type=kind, content=content)

    async def of(self, owner: str) -> list[Attached]:
        """Files of a draft or dossier."""
        return [Attached(**row) for row in await self._kit.pool.fetch(_LIST, owner)]

    async def add(self, tx: Transaction, owner: str, upload: Upload) -> None:
        """Keep a file."""
        await tx.execute(
            _ADD, secrets.token_urlsafe(12), owner, upload.paper, upload.name, upload.type, len(upload.content),
            hashlib.sha256(upload.content).hexdigest(), upload.content, tx.now,
        )  # fmt: skip


def safe_name(name: str, ending: str) -> str:
    """File name without folders, control characters or tricks, with the ending of what the file really is."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    stem = _UNSAFE.sub("_", base.rpartition(".")[0] or base).strip(" ._")[:_LONGEST_NAME]
    return (stem or "tep") + ending


def download(row: asyncpg.Record) -> Response:
    """Send a file to be saved, never to be shown within the portal's own pages."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['name'])}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(row["content"], media_type=row["type"], headers=headers)


def _shown(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
