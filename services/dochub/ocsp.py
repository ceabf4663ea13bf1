"""What the signing authority says of one certificate at a time (OCSP, RFC 6960), asked over the LGSP.

For provinces whose axis asks so (`document_axis.json`: `"revocation": "ocsp"`): a revocation then holds for the next
envelope, not when the list is next fetched. An answer is believed only when the authority's own key signed it, it is
about the certificate asked for and carries the number asked with. While the authority is out of reach the last answer
counts, and where there is none the revocation list, which every seal is held against in any case.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from services.kit.kit import Kit

log = structlog.get_logger()
_GOOD_SECONDS = 2.0  # machine time for which an answer is not asked for again; assumed
_MOST_REMEMBERED = 4096  # certificates, more than a province has


class _Answer(msgspec.Struct):
    response: bytes


class Word(msgspec.Struct, frozen=True):
    """What the authority said of a certificate."""

    known: bool
    revoked: datetime | None
    asked_at: float  #: monotonic machine time


class OcspError(Exception):
    """The answer is not one that can be believed."""


class Ocsp:
    """Asks, and remembers for a moment."""

    def __init__(self, kit: Kit, authority: bytes, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`authority` is the certificate that signs answers, PEM."""
        self._kit, self._monotonic = kit, monotonic
        self._authority = x509.load_pem_x509_certificate(authority)
        self._name_hash, self._key_hash = _hashes(self._authority)
        self._words: dict[str, Word] = {}

    def word(self, serial: str) -> Word | None:
        """Return the last answer about a certificate (serial number, hexadecimal)."""
        return self._words.get(serial)

    async def ask(self, serials: Iterable[str]) -> None:
        """Ask about the certificates whose last answer is too old."""
        now = self._monotonic()
        stale = [one for one in serials if not (word := self._words.get(one)) or now - word.asked_at >= _GOOD_SECONDS]
        await asyncio.gather(*map(self._ask, stale))
        while len(self._words) > _MOST_REMEMBERED:
            self._words.pop(next(iter(self._words)))

    async def _ask(self, serial: str) -> None:
        nonce = x509.OCSPNonce(secrets.token_bytes(16))
        number = int(serial, 16)
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            self._name_hash, self._key_hash, number, hashes.SHA256()
        )
        raw = builder.add_extension(nonce, critical=False).build().public_bytes(Encoding.DER)
        answer = await self._kit.lgsp.call("national", "signing.ocsp", body={"request": raw}, purpose="ocsp")
        try:
            if not answer.good:
                raise OcspError(f"{answer.outcome} {answer.status}")  # noqa: TRY301 -- told below
            told = ocsp.load_der_ocsp_response(answer.json(_Answer).response)
            self._words.pop(serial, None)  # the newest stand last
            self._words[serial] = self._believed(told, number, nonce)
        except (OcspError, ValueError, msgspec.MsgspecError) as error:
            log.warning("ocsp-not-answered", serial=serial, error=str(error))

    def _believed(self, told: ocsp.OCSPResponse, number: int, nonce: x509.OCSPNonce) -> Word:
        """Return what an answer says. Raises OcspError for one that is not the authority's, or to another question."""
        if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise OcspError(f"status {told.response_status.name}")
        key, algorithm = self._authority.public_key(), told.signature_hash_algorithm
        if not isinstance(key, ec.EllipticCurvePublicKey) or algorithm is None:
            raise OcspError("not signed the way the authority signs")
        try:
            key.verify(told.signature, told.tbs_response_bytes, ec.ECDSA(algorithm))
        except InvalidSignature as error:
            raise OcspError("not signed by the authority") from error
        if told.serial_number != number or (told.issuer_name_hash, told.issuer_key_hash) != (
            self._name_hash, self._key_hash,
        ):  # fmt: skip
            raise OcspError("about another certificate")
        try:
            if told.extensions.get_extension_for_class(x509.OCSPNonce).value != nonce:
                raise OcspError("an answer to an earlier question")
        except x509.ExtensionNotFound as error:
            raise OcspError("does not say to which question it is the answer") from error
        known = told.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN
        revoked = told.revocation_time_utc if told.certificate_status is ocsp.OCSPCertStatus.REVOKED else None
        return Word(known, revoked, self._monotonic())


def _hashes(authority: x509.Certificate) -> tuple[bytes, bytes]:
    """SHA-256 of the issuer's name and of its key, as OCSP names an issuer."""
    key = authority.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    found = []
    for content in (authority.subject.public_bytes(), key):
        digest = hashes.Hash(hashes.SHA256())
        digest.update(content)
        found.append(digest.finalize())
    return found[0], found[1]
