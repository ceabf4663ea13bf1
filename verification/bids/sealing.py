"""Signatures of a pack: PAdES in its paper, CMS beside its list of files; any verifier of either can check them.

`openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -CAfile certificate.pem` agrees.
"""

from __future__ import annotations

import asyncio
import io
import logging

import msgspec
from asn1crypto import cms, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

for _library in ("pyhanko", "pyhanko_certvalidator"):  # what they find is said by us, and not on standard error
    logging.getLogger(_library).addHandler(logging.NullHandler())

_FIELD = "ChuKyBenDanhGia"
_DIGEST = "sha256"


class Sealed(msgspec.Struct, frozen=True):
    """What a signature says."""

    intact: bool  #: nothing was changed since
    trusted: bool  #: by somebody whom the given certificates vouch for
    signer: str
    fingerprint: str  #: SHA-256 of the signer's certificate


class UnreadableSignatureError(Exception):
    """There is no signature, or none that can be read; the message says why."""


class Sealer:
    """A key with its certificate."""

    def __init__(self, *, key: bytes, certificate: bytes) -> None:
        """Take PEM texts. Raises ValueError where they are none."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        self._signer = signers.SimpleSigner(
            signing_cert=x509.Certificate.load(_der(certificate)),
            signing_key=keys.PrivateKeyInfo.load(_der(key)),
            cert_registry=store,
        )

    def paper(self, pdf: bytes, *, reason: str) -> bytes:
        """Put a PAdES signature over the whole file."""
        told = signers.PdfSignatureMetadata(
            field_name=_FIELD, md_algorithm=_DIGEST, reason=reason, subfilter=SigSeedSubFilter.PADES
        )
        out: io.BytesIO = signers.PdfSigner(told, signer=self._signer).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(_ended(pdf))),
            output=io.BytesIO(),
        )
        return out.getvalue()

    def beside(self, content: bytes) -> bytes:
        """Make a detached CMS signature, DER."""
        made: bytes = asyncio.run(self._signer.async_sign_general_data(content, _DIGEST, detached=True)).dump()
        return made


def signed_over(pdf: bytes, signed: bytes) -> bool:
    """Whether a signed paper is that one with a signature added: signing only appends."""
    return signed.startswith(_ended(pdf))


def _ended(pdf: bytes) -> bytes:
    """PDF/A (ISO 19005-2, 6.1.9) wants a line's end before what is added; Typst's files end without one."""
    return pdf.rstrip(b"\n") + b"\n"


def read_paper(pdf: bytes, trusted: bytes) -> Sealed:
    """Look at the signature inside a PDF; `trusted` holds PEM certificates. Raises UnreadableSignatureError."""
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(signatures) != 1:
            raise UnreadableSignatureError(f"{len(signatures)} chữ ký trong PDF, cần đúng một")
        status = validate_pdf_signature(signatures[0], _context(trusted))
    except (PdfError, SigningError, SignatureValidationError, ValueError, TypeError, KeyError) as error:
        raise UnreadableSignatureError(str(error)) from error
    whole = str(status.coverage).endswith("ENTIRE_FILE")
    return _sealed(status, intact=bool(status.intact and status.valid and whole))


def read_beside(content: bytes, signature: bytes, trusted: bytes) -> Sealed:
    """Look at a detached CMS signature. Raises UnreadableSignatureError."""
    try:
        signed = cms.ContentInfo.load(signature)["content"]
        status = asyncio.run(async_validate_detached_cms(content, signed, signer_validation_context=_context(trusted)))
    except (SigningError, SignatureValidationError, ValueError, TypeError, KeyError) as error:
        raise UnreadableSignatureError(str(error)) from error
    return _sealed(status, intact=bool(status.intact and status.valid))


def _sealed(status: object, *, intact: bool) -> Sealed:
    certificate: x509.Certificate = status.signing_cert  # type: ignore[attr-defined]
    return Sealed(
        intact=intact,
        trusted=bool(status.trusted),  # type: ignore[attr-defined]
        signer=str(certificate.subject.native.get("common_name", certificate.subject.human_friendly)),
        fingerprint=certificate.sha256_fingerprint,
    )


def _context(trusted: bytes) -> ValidationContext:
    roots = [x509.Certificate.load(der) for _, _, der in pem.unarmor(trusted, multiple=True)] if trusted else []
    return ValidationContext(trust_roots=roots, allow_fetching=False)


def _der(text: bytes) -> bytes:
    _, _, der = pem.unarmor(text)
    return bytes(der)
