"""Signs with a key and its certificate: an agency's seal on envelopes, a person's signature on a text."""

from __future__ import annotations

import base64
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from services.kit.edxml.composing import PLACEHOLDER
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.parsing import guarded_parser

_SIGNER = XMLSigner(
    signature_algorithm=SignatureMethod.ECDSA_SHA256,
    digest_algorithm=DigestAlgorithm.SHA256,
    c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
)


class Seal:
    """A private key, loaded once: loading it again for every signature would cost more than signing."""

    def __init__(self, *, key: str, certificate: str) -> None:
        """Take PEM texts. Raises ValueError unless the key is ECDSA P-256 and belongs to the certificate."""
        loaded = load_pem_private_key(key.encode(), password=None)
        self._pem = certificate
        self._certificate = x509.load_pem_x509_certificate(certificate.encode())
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
            raise ValueError("khoá ký phải là ECDSA P-256")
        if loaded.public_key() != self._certificate.public_key():
            raise ValueError("khoá ký không thuộc chứng thư số đi kèm")
        self._key = loaded

    def sign_envelope(self, unsigned: str) -> str:
        """Put an enveloped XML signature into the empty place that `compose` left; the text returned is exact."""
        if unsigned.count(PLACEHOLDER) != 1:
            raise ValueError("gói tin cần đúng một chỗ trống cho chữ ký")
        root = etree.fromstring(unsigned.encode(), guarded_parser())
        signed = _SIGNER.sign(root, key=self._key, cert=[self._certificate])
        return etree.tostring(signed, encoding="unicode")

    def sign_content(self, content: bytes) -> ContentSignature:
        """Sign a text as a person."""
        value = self._key.sign(content, ec.ECDSA(hashes.SHA256()))
        digest = hashlib.sha256(content).hexdigest()
        return ContentSignature(digest=digest, value=base64.b64encode(value).decode(), certificate=self._pem)
