"""Signs with a key and its certificate: an agency's seal on envelopes, a person's signature on a text."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree

from services.kit.edxml.composing import PLACEHOLDER
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.names import DSIG, ENVELOPED, EXCLUSIVE_C14N, XADES, signature_tag, xades_tag
from services.kit.edxml.parsing import guarded_parser
from services.kit.edxml.signature_form import CANONICAL, METHODS, SHA1, SHA256, Algorithm

Profile = Literal["xmldsig", "xades"]
_C14N_1_1 = "http://www.w3.org/2006/12/xml-c14n11"
_SIGNATURE = re.compile("<ds:Signature .*?</ds:Signature>", re.DOTALL)  # as `sign_envelope` writes it
_KEY_INFO = re.compile("<ds:KeyInfo>.*?</ds:KeyInfo>", re.DOTALL)
_HALF = 32  # bytes of either number of a P-256 signature


class Seal:
    """A private key, loaded once: loading it again for every signature would cost more than signing."""

    def __init__(self, *, key: str, certificate: str) -> None:
        """Take PEM texts. Raises ValueError unless the key is ECDSA P-256 or RSA and belongs to the certificate."""
        loaded = load_pem_private_key(key.encode(), password=None)
        self._pem = certificate
        self._certificate = x509.load_pem_x509_certificate(certificate.encode())
        p256 = isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.curve.name == "secp256r1"
        if not p256 and not isinstance(loaded, rsa.RSAPrivateKey):
            raise ValueError("khoá ký phải là ECDSA P-256 hoặc RSA")
        if loaded.public_key() != self._certificate.public_key():
            raise ValueError("khoá ký không thuộc chứng thư số đi kèm")
        self._key = loaded

    def sign_envelope(
        self,
        unsigned: str,
        *,
        profile: Profile = "xmldsig",
        algorithm: Algorithm | None = None,
        at: datetime | None = None,
    ) -> str:
        """Put an enveloped XML signature into the empty place that `compose` left; the text returned is exact.

        `algorithm` is the key's own with SHA-256 unless named; XAdES also says `at` which official moment it was made.
        """
        if unsigned.count(PLACEHOLDER) != 1:
            raise ValueError("gói tin cần đúng một chỗ trống cho chữ ký")
        chosen: Algorithm = algorithm or ("RSA-SHA256" if isinstance(self._key, rsa.RSAPrivateKey) else "ECDSA-SHA256")
        before, after = unsigned.split(PLACEHOLDER)
        large = len(unsigned) > 9_000_000  # noqa: PLR2004 -- as in `parsing`: what libxml2 calls huge
        whole = etree.fromstring((before + after).encode(), guarded_parser(large=large))
        signature = self._signature(whole, profile=profile, algorithm=chosen, at=at)
        root = etree.fromstring((before + signature + after).encode(), guarded_parser(large=large))
        node = next(root.iter(signature_tag("Signature")))
        info = node.find(signature_tag("SignedInfo"))
        assert info is not None  # noqa: S101 -- it was just written
        if profile == "xades":
            properties = next(node.iter(xades_tag("SignedProperties")))
            digests = info.findall(f".//{signature_tag('DigestValue')}")
            digests[1].text = _digest(_canonical(properties, _C14N_1_1), chosen)
        value = self._sign(_canonical(info, _form_of(profile)), chosen)
        next(node.iter(signature_tag("SignatureValue"))).text = base64.b64encode(value).decode()
        return etree.tostring(root, encoding="unicode")

    def _signature(self, whole: etree._Element, *, profile: Profile, algorithm: Algorithm, at: datetime | None) -> str:
        """Text of the signature, with what it can already say."""
        form, digest = _form_of(profile), SHA1 if algorithm == "RSA-SHA1" else SHA256
        der = self._certificate.public_bytes(Encoding.DER)
        method = f'<ds:DigestMethod Algorithm="{digest}"/>'
        whole_digest = _digest(_canonical(whole, form), algorithm)
        properties, second = "", ""
        if profile == "xades":
            if at is None:
                raise ValueError("chữ ký XAdES cần thời điểm ký")
            properties = (
                f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#chu-ky">'
                '<xades:SignedProperties Id="thuoc-tinh"><xades:SignedSignatureProperties>'
                f"<xades:SigningTime>{at.isoformat(timespec='seconds')}</xades:SigningTime>"
                "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
                f"{method}<ds:DigestValue>{_digest(der, algorithm)}</ds:DigestValue>"
                "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>"
                "</xades:SignedProperties></xades:QualifyingProperties></ds:Object>"
            )
            second = (
                f'<ds:Reference URI="#thuoc-tinh" Type="http://uri.etsi.org/01903#SignedProperties"><ds:Transforms>'
                f'<ds:Transform Algorithm="{_C14N_1_1}"/></ds:Transforms>{method}<ds:DigestValue/></ds:Reference>'
            )
        return (
            f'<ds:Signature xmlns:ds="{DSIG}" Id="chu-ky"><ds:SignedInfo>'
            f'<ds:CanonicalizationMethod Algorithm="{form}"/><ds:SignatureMethod Algorithm="{METHODS[algorithm]}"/>'
            f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/>'
            f'<ds:Transform Algorithm="{form}"/></ds:Transforms>{method}'
            f"<ds:DigestValue>{whole_digest}</ds:DigestValue></ds:Reference>{second}</ds:SignedInfo>"
            f"<ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64.b64encode(der).decode()}"
            f"</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{properties}</ds:Signature>"
        )

    def _sign(self, content: bytes, algorithm: Algorithm) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey) and algorithm == "ECDSA-SHA256":
            one, two = decode_dss_signature(self._key.sign(content, ec.ECDSA(hashes.SHA256())))
            return one.to_bytes(_HALF) + two.to_bytes(_HALF)
        if isinstance(self._key, rsa.RSAPrivateKey) and algorithm != "ECDSA-SHA256":
            digest = hashes.SHA1() if algorithm == "RSA-SHA1" else hashes.SHA256()  # noqa: S303 -- the older era's
            return self._key.sign(content, padding.PKCS1v15(), digest)
        raise ValueError(f"khoá này không ký được {algorithm}")

    def sign_content(self, content: bytes) -> ContentSignature:
        """Sign a text as a person. Raises ValueError for a key that is not ECDSA."""
        if not isinstance(self._key, ec.EllipticCurvePrivateKey):
            raise ValueError("chữ ký cá nhân cần khoá ECDSA P-256")  # noqa: TRY004 -- the wrong key, not the wrong type
        value = self._key.sign(content, ec.ECDSA(hashes.SHA256()))
        digest = hashlib.sha256(content).hexdigest()
        return ContentSignature(digest=digest, value=base64.b64encode(value).decode(), certificate=self._pem)


def unsealed(envelope: str) -> str:
    """The envelope with an empty place instead of its one signature. Raises ValueError unless it has one."""
    bare, found = _SIGNATURE.subn(lambda _: PLACEHOLDER, envelope)
    if found != 1:
        raise ValueError(f"gói tin có {found} chữ ký, cần đúng một")
    return bare


def without_certificate(envelope: str) -> str:
    """The envelope as a program seals it that leaves the certificate out: not the required form (TRB-SIGNFORMAT)."""
    return _KEY_INFO.sub("", envelope)


def _form_of(profile: Profile) -> str:
    """XAdES takes C14N 1.1: with the exclusive form a common library does not verify its own output."""
    return EXCLUSIVE_C14N if profile == "xmldsig" else _C14N_1_1


def _canonical(node: etree._Element, form: str) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=CANONICAL[form], with_comments=False, with_tail=False)


def _digest(content: bytes, algorithm: Algorithm) -> str:
    hasher = "sha1" if algorithm == "RSA-SHA1" else "sha256"
    return base64.b64encode(hashlib.new(hasher, content).digest()).decode()
