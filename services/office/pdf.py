"""The issued document as a PDF with the agency's signature in it (PAdES), for archives and for people.

Made on request, not for every document: laying out and signing take a tenth of a second, a hundred times what sealing
an envelope takes. Typst sets the page (PDF/A-2b, Vietnamese right with its bundled font), pyHanko signs.
"""

from __future__ import annotations

import io
from datetime import datetime
from importlib import resources
from typing import Any

import msgspec
import typst
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

_FIELD = "ChuKyCoQuan"
#: Hexadecimal digits kept free for a signature with its stamp, so that no stamp is fetched only to be measured.
_ROOM = 16_000  # assumed; ours take about 6,250, half of it the stamp


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the page."""

    agency: str
    place: str
    notation: str  #: "15/SNV-VP"
    issued_at: datetime
    kind: str
    subject: str
    content: str
    addressees: list[str]
    position: str
    signed: str  #: "Đã ký số" or "Đã ký"
    signer: str


def laid_out(page: Page) -> bytes:
    """The page as an unsigned PDF/A; the same page gives the same bytes."""
    at = page.issued_at
    told = msgspec.structs.asdict(page) | {"day": f"{at:%d}", "month": f"{at:%m}", "year": f"{at:%Y}"}
    told.pop("issued_at")
    template = (resources.files("services.office") / "templates" / "van_ban.typ").read_bytes()
    inputs = {"told": msgspec.json.encode(told).decode()}
    made: bytes = typst.compile(template, format="pdf", sys_inputs=inputs, pdf_standards=["a-2b"])
    return made


class PdfSeal:
    """An agency's key for PDFs, loaded once: loading it for every signature costs more than signing."""

    def __init__(self, *, key: str, certificate: str, authority: bytes) -> None:
        """Take PEM texts."""
        chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        chain.register(asn1_x509.Certificate.load(_der(authority)))
        self._signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(_der(certificate.encode())),
            signing_key=asn1_keys.PrivateKeyInfo.load(_der(key.encode())),
            cert_registry=chain,
        )

    def sign(self, pdf: bytes, *, reason: str, place: str, at: datetime, stamper: TimeStamper | None = None) -> bytes:
        """Add a PAdES signature over the whole file, level B-T where a `stamper` says when. Raises what that raises.

        `at` is the official time that the signature claims for itself.
        """
        told = signers.PdfSignatureMetadata(
            field_name=_FIELD,
            md_algorithm="sha256",
            reason=reason,
            location=place,
            subfilter=SigSeedSubFilter.PADES,
        )
        out: io.BytesIO = _PdfSigner(told, signer=self._signer, timestamper=stamper, at=at).sign_pdf(
            # PDF/A wants a line's end before what is added (ISO 19005-2, 6.1.9); Typst's files end without one.
            IncrementalPdfFileWriter(io.BytesIO(pdf + b"\n")),
            output=io.BytesIO(),
            bytes_reserved=_ROOM if stamper else None,
        )
        return out.getvalue()


class _PdfSigner(signers.PdfSigner):
    """Claims official time; pyHanko would claim the machine's."""

    def __init__(self, *args: Any, at: datetime, **more: Any) -> None:
        super().__init__(*args, **more)
        self._at = at

    def init_signing_session(self, *args: Any, **more: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **more)
        session.system_time = self._at
        return session


def _der(text: bytes) -> bytes:
    _, _, der = asn1_pem.unarmor(text)
    return bytes(der)
