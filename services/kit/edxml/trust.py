"""Verifies signatures against the province's certificate authority: form, chain, time, revocation, mathematics.

What an envelope says is read from what was signed, nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from services.kit.clock import VIETNAM
from services.kit.edxml import xmldsig
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.dialects import normalise
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.names import signature_tag
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.signature_form import Algorithm, Form, form_of
from services.kit.edxml.trouble import EdxmlError

_LEAST_RSA_BITS = 2048
_CERTIFICATES_KEPT = 4096  # more than a province has agencies and leaders


class Holder(msgspec.Struct, frozen=True):
    """Whom a certificate was issued to: code of the agency or account of the person, and name."""

    code: str
    name: str


class _Known(msgspec.Struct, frozen=True):
    certificate: x509.Certificate
    key: xmldsig.PublicKey
    holder: Holder


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope that was examined."""

    envelope: Envelope
    tolerated: tuple[str, ...] = ()  #: how it departs from the schema, where that was tolerated
    form: Form  #: of the organisation's signature
    serial: int  #: of its certificate


class Trust:
    """One certificate authority. Certificates and their chains are checked once and remembered."""

    def __init__(
        self,
        authority: bytes,
        *,
        allowed: Sequence[Algorithm] = ("ECDSA-SHA256",),
        revoked: Callable[[x509.Certificate], datetime | None] = lambda _certificate: None,
    ) -> None:
        """Take the authority's certificates, PEM. Raises ValueError when there are none.

        `allowed` are the era's algorithms for organisation signatures; `revoked` tells since when a certificate has
        been revoked.
        """
        self._allowed, self._revoked = allowed, revoked
        self._store = verification.Store(x509.load_pem_x509_certificates(authority))
        self._known = lru_cache(maxsize=_CERTIFICATES_KEPT)(self._learn)

    def open(self, text: str, *, at: datetime) -> Envelope:
        """Read an envelope strictly; see `examine`."""
        return self.examine(text, at=at).envelope

    def examine(self, text: str | bytes, *, at: datetime, strict: bool = True) -> Opened:
        """Read an envelope whose structure and organisation signature hold at the official moment `at`.

        Not `strict`: forms that real programs write are taken too, and told (services.kit.edxml.dialects). Raises
        EdxmlError with all reasons that one look can give.
        """
        root = parse(text.encode() if isinstance(text, str) else text, character_data=not strict)
        tolerated: tuple[str, ...] = ()
        plain = root
        if not strict:
            plain, tolerated = normalise(root)
        if reasons := structure_problems(plain):
            raise EdxmlError(reasons)
        signature = next(root.iter(signature_tag("Signature")), None)
        if signature is None:
            raise EdxmlError(["gói tin không có chữ ký của cơ quan ở phần đầu"])
        form = form_of(root, signature, allowed=self._allowed, at=at)
        if isinstance(form, list):
            raise EdxmlError(form)
        known = self._certificate(form.certificate, at)
        try:
            xmldsig.check(root, signature, form, known.key)
        except (xmldsig.WrongSignatureError, ValueError) as error:
            raise EdxmlError([f"chữ ký của cơ quan không đúng: {error}"]) from error
        # The signature is out of the tree now: what is read is what was signed, and nothing else.
        envelope = read(root if strict else normalise(root)[0], strict=strict)
        if known.holder.code != envelope.sender.code:
            raise EdxmlError([f"chứng thư số cấp cho {known.holder.code}, nơi gửi ghi {envelope.sender.code}"])
        return Opened(envelope=envelope, tolerated=tolerated, form=form, serial=known.certificate.serial_number)

    def signer(self, content: bytes, signature: ContentSignature, *, at: datetime) -> Holder:
        """Who signed these bytes. Raises EdxmlError when the signature or its certificate does not hold."""
        bare = "".join(signature.certificate.strip().splitlines()[1:-1])
        known = self._certificate(bare, at)
        try:
            value = base64.b64decode(signature.value, validate=True)
            if not isinstance(known.key, ec.EllipticCurvePublicKey):
                raise EdxmlError(["chữ ký cá nhân phải dùng khoá ECDSA"])
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
        revoked = self._revoked(certificate)
        if revoked and revoked <= at:
            since = f"{revoked.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
            raise EdxmlError([f"chứng thư số của {known.holder.code} đã bị thu hồi từ {since}"])
        return known

    def _learn(self, encoded: str) -> _Known:
        """Check the chain of a certificate at the beginning of its own validity: `_certificate` checks the moment."""
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
            key = certificate.public_key()
            code = str(certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)
            name = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
            began = certificate.not_valid_before_utc
        except Exception as error:  # the library has no closed list of what a damaged one makes it raise
            raise EdxmlError(["chứng thư số hỏng, hoặc không ghi mã (serialNumber) và tên (commonName)"]) from error
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size < _LEAST_RSA_BITS:
                raise EdxmlError([f"khoá RSA của {code} chỉ dài {key.key_size} bit, cần {_LEAST_RSA_BITS}"])
        elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise EdxmlError([f"chứng thư số của {code} không dùng khoá ECDSA P-256 hoặc RSA"])
        policy = verification.ExtensionPolicy.permit_all().require_present(
            x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign
        )
        builder = verification.PolicyBuilder().store(self._store).time(began)
        authorities = verification.ExtensionPolicy.webpki_defaults_ca()
        verifier = builder.extension_policies(ee_policy=policy, ca_policy=authorities).build_client_verifier()
        try:
            verifier.verify(certificate, [])
        except Exception as error:  # as above
            reason = f"chứng thư số của {code} không do cơ quan chứng thực của tỉnh cấp: {error}"
            raise EdxmlError([reason]) from error
        return _Known(certificate, key, Holder(code, name))


def _may_sign(_policy: object, _certificate: object, usage: x509.KeyUsage | None) -> None:
    if usage is None or not usage.digital_signature:
        raise ValueError("KeyUsage does not allow digitalSignature")
