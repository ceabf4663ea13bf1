"""Checks the mathematics of an XML signature whose form is right: every digest, then the signature over them.

Written for the forms of `signature_form` alone, so that a document is parsed once and canonicalised once for each
reference. What it believes is held against two other implementations in the tests (signxml, xmlsec) and by the judge.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from services.kit.edxml.names import signature_tag
from services.kit.edxml.signature_form import CANONICAL, DIGESTS, Form

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
_INFO = signature_tag("SignedInfo")
_REFERENCE = f"{_INFO}/{signature_tag('Reference')}"
_TRANSFORM = f"{signature_tag('Transforms')}/{signature_tag('Transform')}"


class WrongSignatureError(Exception):
    """A digest or the signature does not fit; says which."""


def detach(signature: etree._Element) -> None:
    """Take the signature out of its document: what is left, letter by letter, is what it covers."""
    parent = signature.getparent()
    if parent is None:
        raise WrongSignatureError("chữ ký không nằm trong tài liệu")
    if signature.tail:
        before = signature.getprevious()
        if before is None:
            parent.text = (parent.text or "") + signature.tail
        else:
            before.tail = (before.tail or "") + signature.tail
        signature.tail = None
    parent.remove(signature)


def check(root: etree._Element, signature: etree._Element, form: Form, key: PublicKey) -> None:
    """Raise WrongSignatureError unless every digest and the signature fit; afterwards the signature is detached.

    What `root` then holds is exactly what was signed.
    """
    info = signature.find(_INFO)
    assert info is not None  # noqa: S101 -- the form was checked
    signed = _canonical(info, str(info.find(signature_tag("CanonicalizationMethod")).get("Algorithm")))  # type: ignore[union-attr]
    references = signature.findall(_REFERENCE)
    if references[1:]:  # as XAdES has them
        inner = {f"#{node.get('Id')}": node for node in signature.iter() if node.get("Id")}
        for reference in references[1:]:
            _compare(reference, inner[str(reference.get("URI"))])
    value = base64.b64decode("".join((signature.findtext(signature_tag("SignatureValue")) or "").split()))
    _verify(key, form, value, signed)
    detach(signature)
    _compare(references[0], root)


def _compare(reference: etree._Element, node: etree._Element) -> None:
    forms = [str(one.get("Algorithm")) for one in reference.findall(_TRANSFORM)]
    canonical = next((one for one in forms if one in CANONICAL), "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
    method = str(reference.find(signature_tag("DigestMethod")).get("Algorithm"))  # type: ignore[union-attr]
    digest = hashlib.new(DIGESTS[method], _canonical(node, canonical)).digest()
    told = base64.b64decode("".join((reference.findtext(signature_tag("DigestValue")) or "").split()))
    if not hmac.compare_digest(digest, told):
        uri = reference.get("URI") or "cả gói tin"
        raise WrongSignatureError(f"mã băm của {uri} không khớp: nội dung đã bị thay đổi sau khi ký")


def _canonical(node: etree._Element, form: str) -> bytes:
    try:
        return etree.tostring(node, method="c14n", exclusive=CANONICAL[form], with_comments=False, with_tail=False)
    except etree.C14NError as error:  # a relative namespace name, for one
        raise WrongSignatureError("không gian tên của gói tin không đưa được về dạng chuẩn tắc") from error


def _verify(key: PublicKey, form: Form, value: bytes, signed: bytes) -> None:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.curve.key_size + 7) // 8
            if form.algorithm != "ECDSA-SHA256" or len(value) != 2 * half:
                raise WrongSignatureError("SignatureValue không phải chữ ký ECDSA của khoá trong chứng thư số")
            pair = int.from_bytes(value[:half]), int.from_bytes(value[half:])
            key.verify(encode_dss_signature(*pair), signed, ec.ECDSA(hashes.SHA256()))
        elif form.algorithm == "RSA-SHA256":
            key.verify(value, signed, padding.PKCS1v15(), hashes.SHA256())
        elif form.algorithm == "RSA-SHA1":
            key.verify(value, signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 -- the era's own; told as weak
        else:
            raise WrongSignatureError("khoá RSA nhưng SignatureMethod không phải RSA")
    except InvalidSignature as error:
        raise WrongSignatureError("SignatureValue không đúng với khoá trong chứng thư số") from error
