"""`GET /documents/{draft}/pdf`: the issued document as a signed PDF, made when first asked for and then kept.

Signatures carry the authority's time stamp. While there is none to be had a paper goes out without, says so in the
reason of its signature, and is not kept: whoever asks next gets it with a stamp if the authority is there again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.kit.accounts import Account
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import not_found, wrong_state
from services.office import paper
from services.office.keystore import Keystore

if TYPE_CHECKING:
    from services.office.pdf import PdfSeal

log = structlog.get_logger()


class Signed(msgspec.Struct, frozen=True):
    """A paper with the agency's signature."""

    pdf: bytes
    stamped: bool


class Printing:
    """Makes and keeps PDFs."""

    def __init__(self, kit: Kit, keystore: Keystore) -> None:
        """Nothing is loaded before the first PDF is asked for."""
        self._kit, self._keystore = kit, keystore
        self._seal = lru_cache(maxsize=64)(self._load_seal)

    async def show(self, request: Request, who: Account) -> Response:
        """Answer with the PDF of a document of the official's own agency. Raises 404 and 409 Problems."""
        draft = request.path_params["draft"]
        row = await self._kit.pool.fetchrow(
            "SELECT document.*, pdf.content AS pdf FROM document LEFT JOIN pdf USING (draft) "
            "WHERE draft = $1 AND agency = $2",
            min(draft, 1 << 62),
            who.agency,
        )
        if row is None:
            raise not_found(Text(f"dự thảo {draft} trong cơ quan của bạn", f"draft {draft} in your agency"))
        if row["state"] != "issued":
            raise wrong_state(Text(f"Dự thảo {draft}", f"Draft {draft}"), row["state"], "issued")
        content: bytes = row["pdf"] or await self._make(row)
        name = quote(row["document"].split(",")[2].replace("/", "-") + ".pdf")
        headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        return Response(content, media_type="application/pdf", headers=headers)

    async def _make(self, row: Any) -> bytes:
        reason = f"Phát hành {row['document']}"
        made = await self.sign(row["agency"], partial(self._drawn, row), reason=reason)
        if not made.stamped:
            return made.pdf
        kept: bytes = await self._kit.pool.fetchval(
            "WITH made AS (INSERT INTO pdf (draft, content) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING content) "
            "SELECT content FROM made UNION ALL SELECT content FROM pdf WHERE draft = $1 LIMIT 1",
            row["draft"],
            made.pdf,
        )
        return kept

    async def sign(self, agency: str, draw: Callable[[], bytes], *, reason: str) -> Signed:
        """Sign what `draw` returns, with a time stamp if there is one to be had. Takes a thread, not this loop.

        Raises a 409 Problem for an agency without certificate, and what `draw` and pyHanko raise for a damaged PDF.
        """
        return await asyncio.to_thread(self._sign, agency, draw, reason, asyncio.get_running_loop())

    def _sign(self, agency: str, draw: Callable[[], bytes], reason: str, loop: asyncio.AbstractEventLoop) -> Signed:
        from services.office.stamping import NotStampedError, Stamper  # noqa: PLC0415 -- as below

        seal, place, at = self._seal(agency), self._kit.reference.province.name, self._kit.clock.now()
        pdf = draw()
        try:
            stamper = Stamper(self._kit, loop)
            return Signed(seal.sign(pdf, reason=reason, place=place, at=at, stamper=stamper), stamped=True)
        except NotStampedError as error:
            log.warning("paper-not-stamped", agency=agency, reason=reason, error=str(error))
        return Signed(seal.sign(pdf, reason=f"{reason} (chưa có dấu thời gian)", place=place, at=at), stamped=False)

    def _load_seal(self, agency: str) -> PdfSeal:
        from services.office.pdf import PdfSeal  # noqa: PLC0415 -- half a second and 40 MB, spared where none is made

        key, certificate = self._keystore.holding(agency)
        authority = (self._kit.reference.folder / "certificate-authority.pem").read_bytes()
        return PdfSeal(key=key, certificate=certificate, authority=authority)

    def _drawn(self, row: Any) -> bytes:
        from services.office.pdf import Page, laid_out  # noqa: PLC0415 -- as above

        agencies, staff = self._kit.reference.agencies, self._kit.reference.staff
        signer = staff.get(row["signer"])
        page = Page(
            agency=agencies[row["agency"]].name,
            place=self._kit.reference.province.name,
            notation=row["document"].split(",")[2],
            issued_at=row["issued_at"],
            kind=row["kind"],
            subject=row["subject"],
            content=paper.content_of(row["text"], row["subject"]),
            addressees=[agencies[code].name if code in agencies else code for code in row["addressees"]],
            position="Lãnh đạo",
            signed="(đã ký số)" if row["signed"] == "digital" else "(đã ký)",
            signer=signer.name if signer else "",
        )
        return laid_out(page)
