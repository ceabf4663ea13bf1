"""Verifies signatures against the province's certificate authority.

Only one shape of signature is taken: one reference to the whole document, enveloped, exclusive canonical form,
ECDSA with SHA-256, one certificate embedded. What an envelope says is read from what was signed, nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.dialects import normalise
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.names import (
    ECDSA_SHA256,
    ENVELOPED,
    EXCLUSIVE_C14N,
    SHA256,
    SIGNATURE_PLACE,
    signature_tag,
)
from services.kit.edxml.parsing import guarded_parser, parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.trouble import EdxmlError

_CERTIFICATES_KEPT = 4096  # more than a province has agencies and leaders


class Holder(msgspec.Struct, frozen=True):
    """Whom a certificate was issued to: code of the agency or account of the person, and name."""

    code: str
    name: str


class _Known(msgspec.Struct, frozen=True):
    certificate: x509.Certificate
    key: ec.EllipticCurvePublicKey
    holder: Holder


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope that was examined."""

    envelope: Envelope
    tolerated: tuple[str, ...] = ()  #: how it departs from the schema, where that was tolerated


class Trust:
    """One certificate authority. Certificates and their chains are checked once and remembered."""

    def __init__(self, authority: bytes) -> None:
        """Take the authority's certificates, PEM. Raises ValueError when there are none."""
        self._store = verification.Store(x509.load_pem_x509_certificates(authority))
        self._known = lru_cache(maxsize=_CERTIFICATES_KEPT)(self._learn)

    def open(self, text: str, *, at: datetime) -> Envelope:
        """Read an envelope strictly; see `examine`."""
        return self.examine(text, at=at).envelope

    def examine(self, text: str, *, at: datetime, strict: bool = True) -> Opened:
        """Read an envelope whose structure and organisation signature hold at the official moment `at`.

        Not `strict`: forms that real programs write are taken too, and told (services.kit.edxml.dialects). Raises
        EdxmlError with all reasons that one look can give.
        """
        raw = text.encode()
        root = parse(raw, character_data=not strict)
        tolerated: tuple[str, ...] = ()
        plain = root
        if not strict:
            plain, tolerated = normalise(root)
        if reasons := structure_problems(plain):
            raise EdxmlError(reasons)
        signature = next(root.iter(signature_tag("Signature")), None)
        if signature is None:
            raise EdxmlError(["gói tin không có chữ ký của cơ quan ở phần đầu"])
        if reasons := _unusual(root, signature):
            raise EdxmlError(reasons)
        known = self._certificate(signature.findtext(f".//{signature_tag('X509Certificate')}") or "", at)
        wanted = SignatureConfiguration(
            location=SIGNATURE_PLACE,
            signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}),
            digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
            verification_time=at,
        )
        try:
            verified = XMLVerifier().verify(
                raw, x509_cert=known.certificate, expect_config=wanted, validate_schema=False, parser=guarded_parser()
            )
        except (SignXMLException, etree.Error, ValueError) as error:
            raise EdxmlError([f"chữ ký của cơ quan không đúng: {error or type(error).__name__}"]) from error
        signed = verified.signed_xml if isinstance(verified, VerifyResult) else None
        if signed is None:
            raise EdxmlError(["chữ ký không bao trùm một tài liệu XML"])
        envelope = read(signed if strict else normalise(signed)[0], strict=strict)
        if known.holder.code != envelope.sender.code:
            raise EdxmlError([f"chứng thư số cấp cho {known.holder.code}, nơi gửi ghi {envelope.sender.code}"])
        return Opened(envelope=envelope, tolerated=tolerated)

    def signer(self, content: bytes, signature: ContentSignature, *, at: datetime) -> Holder:
        """Who signed these bytes. Raises EdxmlError when the signature or its certificate does not hold."""
        bare = "".join(signature.certificate.strip().splitlines()[1:-1])
        known = self._certificate(bare, at)
        try:
            value = base64.b64decode(signature.value, validate=True)
            known.key.verify(value, content, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise EdxmlError(["chữ ký cá nhân không khớp với nội dung văn bản"]) from error
        if hashlib.sha256(content).hexdigest() != signature.digest:
            raise EdxmlError(["mã băm ghi cạnh chữ ký cá nhân không phải của nội dung"])
        return known.holder

    def _certificate(self, encoded: str, at: datetime) -> _Known:
        known = self._known("".join(encoded.split()))
        certificate = known.certificate
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            since, until = f"{certificate.not_valid_before_utc:%d/%m/%Y}", f"{certificate.not_valid_after_utc:%d/%m/%Y}"
            raise EdxmlError([f"chứng thư số của {known.holder.code} chỉ có hiệu lực từ {since} đến {until}"])
        return known

    def _learn(self, encoded: str) -> _Known:
        """Check the chain of a certificate at the beginning of its own validity: `_certificate` checks the moment."""
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
            key = certificate.public_key()
            code = str(certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)
            name = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        except (binascii.Error, ValueError, IndexError, x509.UnsupportedGeneralNameType) as error:
            raise EdxmlError(["chứng thư số hỏng, hoặc không ghi mã (serialNumber) và tên (commonName)"]) from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise EdxmlError([f"chứng thư số của {code} không dùng khoá ECDSA"])
        policy = verification.ExtensionPolicy.permit_all().require_present(
            x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign
        )
        builder = verification.PolicyBuilder().store(self._store).time(certificate.not_valid_before_utc)
        authorities = verification.ExtensionPolicy.webpki_defaults_ca()
        verifier = builder.extension_policies(ee_policy=policy, ca_policy=authorities).build_client_verifier()
        try:
            verifier.verify(certificate, [])
        except verification.VerificationError as error:
            reason = f"chứng thư số của {code} không do cơ quan chứng thực của tỉnh cấp: {error}"
            raise EdxmlError([reason]) from error
        return _Known(certificate, key, Holder(code, name))


def _may_sign(_policy: object, _certificate: object, usage: x509.KeyUsage | None) -> None:
    if usage is None or not usage.digital_signature:
        raise ValueError("KeyUsage does not allow digitalSignature")


def _unusual(root: etree._Element, signature: etree._Element) -> list[str]:
    """Say how the signature differs from the one shape taken."""
    found = []
    if len(list(root.iter(signature_tag("Signature")))) != 1:
        found.append("gói tin có nhiều hơn một chữ ký XML")
    info = signature_tag("SignedInfo")
    reference = f"{info}/{signature_tag('Reference')}"
    transform = f"{reference}/{signature_tag('Transforms')}/{signature_tag('Transform')}"
    told: tuple[tuple[str, str, str, list[str]], ...] = (
        ("CanonicalizationMethod", f"{info}/{signature_tag('CanonicalizationMethod')}", "Algorithm", [EXCLUSIVE_C14N]),
        ("SignatureMethod", f"{info}/{signature_tag('SignatureMethod')}", "Algorithm", [ECDSA_SHA256]),
        ("DigestMethod", f"{reference}/{signature_tag('DigestMethod')}", "Algorithm", [SHA256]),
        ("Transform", transform, "Algorithm", [ENVELOPED, EXCLUSIVE_C14N]),
        ("Reference URI", reference, "URI", [""]),
    )
    for name, path, attribute, wanted in told:
        values = [node.get(attribute) for node in signature.findall(path)]
        if values != wanted:
            found.append(f"chữ ký: {name} là {values}, chỉ nhận {wanted}")
    if len(signature.findall(f".//{signature_tag('X509Certificate')}")) != 1:
        found.append("chữ ký cần kèm đúng một X509Certificate")
    return found
