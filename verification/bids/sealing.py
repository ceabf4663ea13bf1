"""Signatures of a pack: PAdES in its paper, CMS beside its list of files; any verifier of either can check them.

`openssl cms -verify -binary -inform DER -in manifest.p7s -content manifest.json -CAfile certificate.pem` agrees.
"""

from __future__ import annotations

import asyncio
import io
import logging
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from asn1crypto import cms, keys, pem, x509
from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject, Reference
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

#: What the libraries raise over files that are no PDF, no CMS, or were made to upset them.
_UNREADABLE = (
    PdfError, SigningError, SignatureValidationError, ValueError, TypeError, LookupError, AttributeError,
    ArithmeticError, RecursionError, NotImplementedError, OSError, zlib.error, struct.error,
)  # fmt: skip
_FIELD = "ChuKyBenDanhGia"
_DIGEST = "sha256"


class Sealed(msgspec.Struct, frozen=True):
    """What a signature says."""

    intact: bool  #: nothing was changed since
    trusted: bool  #: by somebody whom the given certificates vouch for
    signer: str
    fingerprint: str  #: SHA-256 of the signer's certificate
    at: datetime | None = None  #: when, by the signer's own clock; None: not said


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
    """Whether a signed paper is that one with a signature added, and nothing else.

    Signing only appends; so does whoever writes other pages over the first ones before he signs.
    """
    laid = _ended(pdf)
    if not signed.startswith(laid):
        return False
    try:
        return _adds_a_signature_only(PdfFileReader(io.BytesIO(laid)), PdfFileReader(io.BytesIO(signed)))
    except _UNREADABLE:
        return False


def _adds_a_signature_only(before: PdfFileReader, after: PdfFileReader) -> bool:
    """Of what the paper had, the catalogue may name the form, one page the unseen field, and the dates may be new."""
    last = before.xrefs.total_revisions
    if after.xrefs.total_revisions != last + 1 or after.xrefs.refs_freed_in_revision(last):
        return False
    root, told = before.root_ref, before.trailer.raw_get("/Info").reference
    if after.root_ref != root or after.trailer.raw_get("/Info").reference != told or "/Encrypt" in after.trailer:
        return False
    about = before.root.raw_get("/Metadata").reference
    form, fields = after.root.raw_get("/AcroForm").reference, list(after.root["/AcroForm"]["/Fields"])
    field = fields[0].reference
    shown = _in(after, field)
    seal, page = shown.raw_get("/V").reference, shown.raw_get("/P").reference
    may: dict[Reference, frozenset[str]] = {
        root: frozenset({"/AcroForm", "/Extensions", "/Version"}),
        told: frozenset({"/ModDate", "/Producer"}),
        about: frozenset({"/Length", "/Filter"}),
        page: frozenset({"/Annots"}),
    }
    changed = after.xrefs.explicit_refs_in_revision(last) - {form, field, seal}
    return (
        changed <= may.keys()
        and not {form, field, seal} & before.xrefs.explicit_refs_in_revision(last - 1)
        and all(_same(_in(before, one), _in(after, one), but=may[one]) for one in changed)
        and [one.reference for one in _in(after, page)["/Annots"]] == [field]
        and after.root["/AcroForm"].keys() <= {"/Fields", "/SigFlags"}
        and len(fields) == 1
        and "/AP" not in shown
        and [float(side) for side in shown["/Rect"]] == [0, 0, 0, 0]
    )


def _in(paper: PdfFileReader, one: Reference) -> Any:
    """The object that has that number in one of two papers."""
    return Reference(one.idnum, one.generation, paper).get_object()


def _same(before: DictionaryObject, after: DictionaryObject, *, but: frozenset[str]) -> bool:
    return _without(before, but) == _without(after, but)


def _without(entries: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    raw = {name: entries.raw_get(name) for name in entries if name not in names}  # type: ignore[attr-defined]
    return {name: value.reference if isinstance(value, IndirectObject) else value for name, value in raw.items()}


def _ended(pdf: bytes) -> bytes:
    """PDF/A (ISO 19005-2, 6.1.9) wants a line's end before what is added; Typst's files end without one."""
    return pdf.rstrip(b"\n") + b"\n"


def read_paper(pdf: bytes, trusted: bytes) -> Sealed:
    """Look at the signature inside a PDF; `trusted` holds PEM certificates. Raises UnreadableSignatureError."""
    with _readable():
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(signatures) != 1:
            raise ValueError(f"{len(signatures)} chữ ký trong PDF, cần đúng một")
        status = validate_pdf_signature(signatures[0], _context(trusted))
        whole = str(status.coverage).endswith("ENTIRE_FILE")
        return _sealed(status, intact=bool(status.intact and status.valid and whole))


def read_beside(content: bytes, signature: bytes, trusted: bytes) -> Sealed:
    """Look at a detached CMS signature. Raises UnreadableSignatureError."""
    with _readable():
        signed = cms.ContentInfo.load(signature)["content"]
        status = asyncio.run(async_validate_detached_cms(content, signed, signer_validation_context=_context(trusted)))
        return _sealed(status, intact=bool(status.intact and status.valid))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise UnreadableSignatureError(str(error)) from error


def _sealed(status: object, *, intact: bool) -> Sealed:
    certificate: x509.Certificate = status.signing_cert  # type: ignore[attr-defined]
    return Sealed(
        intact=intact,
        trusted=bool(status.trusted),  # type: ignore[attr-defined]
        signer=str(certificate.subject.native.get("common_name", certificate.subject.human_friendly)),
        fingerprint=certificate.sha256_fingerprint,
        at=status.signer_reported_dt,  # type: ignore[attr-defined]
    )


def fingerprints(certificates: bytes) -> list[str]:
    """SHA-256 of each certificate in a PEM text. Raises ValueError where there is none, or one cannot be read."""
    return [one.sha256_fingerprint for one in _read(certificates)]


def _read(certificates: bytes) -> list[x509.Certificate]:
    found = []
    for kind, _, der in pem.unarmor(certificates, multiple=True):
        if kind != "CERTIFICATE":
            raise ValueError(f"{kind}: không phải chứng thư")
        one = x509.Certificate.load(der, strict=True)
        _ = one.native  # read to the last field: what cannot be is told here, and not as a flaw of somebody's pack
        found.append(one)
    return found


def _context(trusted: bytes) -> ValidationContext:
    return ValidationContext(trust_roots=_read(trusted) if trusted else [], allow_fetching=False)


def _der(text: bytes) -> bytes:
    _, _, der = pem.unarmor(text)
    return bytes(der)
