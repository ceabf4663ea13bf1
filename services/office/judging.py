"""Judges the signatures in PDFs: form, integrity, chain, time, revocation. pyHanko does what is hard.

Run as a program it is a process for the PDFs of one document, with neither database nor network, that lives no longer
than that: what somebody sends may loop or fill memory, and then this process ends and nothing else.

What counts is whether a certificate was good at a moment that is proven: that of a time stamp that holds, else the
document's arrival. The chain is checked at the beginning of a certificate's own validity, the moment beside it.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import resource
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from unicodedata import category, normalize

import msgspec
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel, TimestampSignatureStatus
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import DisallowWeakAlgorithmsPolicy

from services.kit.clock import VIETNAM
from services.office.pdf_bounds import too_big
from services.office.verdicts import Covers, Judged, Question, Signature, Stamp, Verdict

_MOST_PAGES = 100_000  # of one PDF, assumed: one that claims more is not believed
_MOST_SIGNATURES = 20  # of one PDF, assumed
_MOST_REVISIONS = 50  # likewise: each signature is held against every later one
_MOST_NAME = 200  # characters of a name in a certificate
_SECONDS = 10  # of processor time for the PDFs of one document; assumed
_MEMORY = 1 << 30  # bytes; assumed: 70 MB are needed before the first PDF
_POLITE = 10  # who serves people or takes documents over goes first
_CLOCKS_DIFFER = timedelta(minutes=10)  # assumed: by how much a stamp may be ahead of the arrival, as for seals
_FORMS = ("ETSI.CAdES.detached", "adbe.pkcs7.detached")
_BROKEN = frozenset({"md2", "md5"})
#: Purposes that a signer's certificate may name, where it names any; a time-stamping authority's signs no documents.
_PURPOSES = {"1.3.6.1.5.5.7.3.36", "any_extended_key_usage", "email_protection", "client_auth",
             "microsoft_document_signing", "adobe_authentic_documents_trust"}  # fmt: skip
_USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})


def judge(pdf: bytes, question: Question) -> Judged:
    """Judge one PDF, signatures in the order of signing."""
    if too_big(pdf):
        return Judged(problem="too-big")
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        claimed = int(reader.root["/Pages"]["/Count"])
        pages = claimed if 0 < claimed <= _MOST_PAGES else 0
        fields = list(enumerate_sig_fields(reader, filled_status=True))
        if len(fields) > _MOST_SIGNATURES or (fields and reader.total_revisions > _MOST_REVISIONS):
            return Judged(pages=pages, problem="too-many")
        found = [_signature(reader, name, value.get_object(), field, question) for name, value, field in fields]
    except Exception:  # noqa: BLE001 -- the library has no closed list of what a damaged file makes it raise
        return Judged(problem="unreadable")
    ordered = sorted((one for one in found if one), key=lambda one: one[0])
    return Judged(pages=pages, signatures=tuple(signature for _, signature in ordered))


def _signature(
    reader: PdfFileReader, name: str, value: DictionaryObject, field: DictionaryObject, question: Question
) -> tuple[int, Signature] | None:
    """Judge one signature; with it the revision it belongs to. None for a time stamp over the whole document."""
    form = "unknown"
    try:
        if value.get("/Type") == "/DocTimeStamp":
            return None
        form = _plain(value.get("/SubFilter", "")).removeprefix("/")
        if form not in _FORMS:
            return _MOST_REVISIONS, Signature(verdict="form", form=form)
        embedded = EmbeddedPdfSignature(reader, field, name)
        return embedded.signed_revision, asyncio.run(_judged(embedded, form, question))
    except Exception:  # noqa: BLE001 -- as above
        return _MOST_REVISIONS, Signature(verdict="unreadable", form=form)


async def _judged(embedded: EmbeddedPdfSignature, form: str, question: Question) -> Signature:
    certificate = embedded.signer_cert
    refused = DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]
        _BROKEN if question.rsa_sha1 else _BROKEN | {"sha1"}
    )
    status = await async_validate_pdf_signature(
        embedded,
        _context(question, certificate.not_valid_before),
        ts_validation_context=_context(question, question.at),
        key_usage_settings=_USAGE,
        algorithm_policy=CMSAlgorithmUsagePolicy.lift_policy(refused),
    )
    stamp, stamped_at = _stamp(status.timestamp_validity, question)
    moment = stamped_at or question.at
    covers = _covers(embedded, status)
    weak = "sha1" in status.md_algorithm + status.pkcs7_signature_mechanism
    verdict, since = _verdict(status, covers, weak=weak, moment=moment, question=question)
    return Signature(
        verdict=verdict,
        form=form,
        **_holder(certificate),
        signed_at=stamped_at or _aware(status.signer_reported_dt),
        stamp=stamp,
        judged_as_of=moment,
        covers=covers,
        weak=weak,
        since=since,
    )


def _verdict(
    status: PdfSignatureStatus, covers: Covers, *, weak: bool, moment: datetime, question: Question
) -> tuple[Verdict, datetime | None]:
    """What speaks against the signature most, and since when."""
    if not (status.intact and status.valid):
        return "altered", None
    if covers not in {"whole", "signed-further"}:
        return ("added-to" if covers == "added-to" else "partial"), None
    problem = status.trust_problem_indic
    if (problem and problem.standard_name.startswith("CRYPTO_CONSTRAINTS")) or (
        weak and "rsa" not in status.pkcs7_signature_mechanism
    ):
        return "weak", None
    purposes = status.signing_cert.extended_key_usage_value
    suits = purposes is None or _PURPOSES & set(purposes.native)
    if not status.trusted or status.validation_path is None or not suits:
        return "untrusted", None
    return _of_certificates(list(status.validation_path.iter_certs(include_root=True)), moment, question)


def _of_certificates(
    path: list[asn1_x509.Certificate], moment: datetime, question: Question
) -> tuple[Verdict, datetime | None]:
    """Whether all certificates of a path, root first, were good at a moment."""
    for one in path:
        if moment < one.not_valid_before:
            return "not-yet-valid", one.not_valid_before
        if moment > one.not_valid_after:
            return "expired", one.not_valid_after
    revoked = [since for one in path[1:] if (since := question.revoked.get(f"{one.serial_number:x}"))]
    if revoked and min(revoked) <= moment:
        return "revoked", min(revoked)
    # The list is the root's own, and speaks of what that has issued only.
    return ("valid" if question.listed and len(path) <= 2 else "unchecked"), None  # noqa: PLR2004


def _stamp(stamp: TimestampSignatureStatus | None, question: Question) -> tuple[Stamp, datetime | None]:
    """Whether a time stamp can be believed, and what it says then."""
    if stamp is None:
        return "none", None
    if not stamp.trusted or stamp.validation_path is None or stamp.timestamp > question.at + _CLOCKS_DIFFER:
        return "not-believed", None
    verdict, _ = _of_certificates(list(stamp.validation_path.iter_certs(include_root=True)), question.at, question)
    return ("good", stamp.timestamp) if verdict in {"valid", "unchecked"} else ("not-believed", None)


def _covers(embedded: EmbeddedPdfSignature, status: PdfSignatureStatus) -> Covers:
    _, _, second, rest = embedded.byte_range if len(embedded.byte_range) == 4 else (0, 0, 0, 0)  # noqa: PLR2004
    size = embedded.reader.stream.seek(0, os.SEEK_END)
    if status.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return "whole" if second + rest == size else "part"
    if status.coverage is not SignatureCoverageLevel.ENTIRE_REVISION:
        return "part"
    level = status.modification_level
    if level is not None and level <= ModificationLevel.FORM_FILLING and status.docmdp_ok:
        return "signed-further"
    return "added-to"


def _context(question: Question, moment: datetime) -> ValidationContext:
    roots = [asn1_x509.Certificate.load(der) for _, _, der in asn1_pem.unarmor(question.authority, True)]
    return ValidationContext(trust_roots=roots, allow_fetching=False, moment=moment)


def _holder(certificate: asn1_x509.Certificate) -> dict[str, str]:
    told = certificate.subject.native
    names = {"signer": "common_name", "agency": "organization_name", "code": "serial_number"}
    return {name: _plain(told.get(of, "")) for name, of in names.items()}


def _aware(claimed: datetime | None) -> datetime | None:
    """A PDF's date may leave out where it holds."""
    return claimed.replace(tzinfo=VIETNAM) if claimed and claimed.tzinfo is None else claimed


def _plain(text: object) -> str:
    """As much of a name as is shown, without characters that would turn others around."""
    parts: Iterable[object] = text if isinstance(text, list) else [text]
    joined = normalize("NFC", ", ".join(map(str, parts)))[:_MOST_NAME]
    return "".join(" " if category(one)[0] == "C" else one for one in joined)


def main() -> None:
    """Read a Question, write what each PDF is."""
    os.nice(_POLITE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    logging.disable()
    question = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Question)
    sys.stdout.buffer.write(msgspec.msgpack.encode([judge(pdf, question) for pdf in question.pdfs]))


if __name__ == "__main__":
    main()
