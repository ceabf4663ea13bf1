"""Seals papers of other systems with the agency's certificate: results of the one-stop (SYS-SIGN, PAdES)."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit
from services.kit.operations import Consumer
from services.kit.problems import Problem, decode
from services.office.printing import Printing

_KEEP = """
    INSERT INTO sealing (agency, subject, consumer, call, digest, at) VALUES ($1, $2, $3, $4, $5, $6)
"""


class Unsealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paper that needs the agency's signature."""

    agency: str
    subject: str  #: what it is about: the dossier's code
    reason: str
    pdf: bytes


class Sealing:
    """The operation `papers.seal`: nothing leaves without a line that says for whom it was sealed."""

    def __init__(self, kit: Kit, printing: Printing) -> None:
        """Seal with the keys that issued documents are sealed with."""
        self._kit, self._printing = kit, printing

    async def seal(self, request: Request, consumer: Consumer) -> dict[str, Any]:
        """Answer the paper with a signature over the whole of it. Raises 409 without certificate, 422 for no PDF."""
        asked: Unsealed = decode(await request.body(), Unsealed)
        sealed = await self._sealed(asked)
        digest = hashlib.sha256(sealed).hexdigest()
        await self._kit.pool.execute(
            _KEEP, asked.agency, asked.subject, consumer.system, consumer.call, digest, self._kit.clock.now()
        )
        return {"pdf": sealed, "digest": digest}

    async def _sealed(self, asked: Unsealed) -> bytes:
        from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 -- spared where nothing is sealed

        try:
            return (await self._printing.sign(asked.agency, lambda: asked.pdf, reason=asked.reason)).pdf
        except (PdfError, ValueError) as error:
            raise Problem(422, "not-a-pdf", f"Tệp gửi đến không phải PDF đọc được: {error}.") from error
