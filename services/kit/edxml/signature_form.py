"""The required form of a signature on an envelope, and how one departs from it (TRB-SIGNFORMAT).

One signature over the whole document, enveloped; plain XML-DSig or XAdES; known canonical forms; methods that the era
allows; one certificate embedded; nothing in it that is signed by nobody. Every departure is told with what was found.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

import msgspec
from lxml import etree

from services.kit.edxml.names import ENVELOPED, EXCLUSIVE_C14N, signature_tag, xades_tag

Algorithm = Literal["ECDSA-SHA256", "RSA-SHA256", "RSA-SHA1"]
#: Name of an algorithm -> its SignatureMethod, the digests that go with it, and whether it is weak.
METHODS: dict[Algorithm, str] = {
    "ECDSA-SHA256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "RSA-SHA256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "RSA-SHA1": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
}
#: SHA-1 collisions have been made (SHAttered, 2017): accepted in the older era only, and always told.
WEAK: frozenset[Algorithm] = frozenset({"RSA-SHA1"})
SHA256, SHA1 = "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"
DIGESTS = {SHA256: "sha256", SHA1: "sha1"}
#: Canonical form -> whether it is an exclusive one. 1.1 differs from 1.0 only in xml: attributes; edXML has none.
CANONICAL = {
    EXCLUSIVE_C14N: True,
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,
}
_CHILDREN = ("SignedInfo", "SignatureValue", "KeyInfo", "Object")
_CLOCKS_DIFFER = timedelta(minutes=10)  # assumed: by how much a signer's clock may be ahead of the hub's


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature looks like, once it has the required form."""

    algorithm: Algorithm
    profile: Literal["xmldsig", "xades"]
    certificate: str  #: base64 of the DER
    signed_at: datetime | None  #: as the signer claims (XAdES)

    @property
    def weak(self) -> bool:
        """Whether its algorithm is one that should no longer be used."""
        return self.algorithm in WEAK


@cache
def _d(*names: str) -> str:
    return "/".join(map(signature_tag, names))


def form_of(
    root: etree._Element, signature: etree._Element, *, allowed: Sequence[Algorithm], at: datetime
) -> Form | list[str]:
    """The signature's form, or everything by which it departs from the required one."""
    found: list[str] = []
    signatures = len(list(root.iter(signature_tag("Signature"))))
    if signatures != 1:
        found.append("gói tin có nhiều hơn một chữ ký XML")
    names = [etree.QName(child).localname for child in signature]
    if sorted(names, key=_place) != names or len(set(names)) != len(names) or not set(names) <= set(_CHILDREN):
        found.append(f"chữ ký: các phần là {names}, chỉ nhận {list(_CHILDREN)}, mỗi phần một lần")
    forms = _attributes(signature, "Algorithm", "SignedInfo", "CanonicalizationMethod")
    _choice(found, "CanonicalizationMethod", forms, list(CANONICAL))
    methods = {METHODS[name]: name for name in allowed}
    told = _attributes(signature, "Algorithm", "SignedInfo", "SignatureMethod")
    _choice(found, "SignatureMethod", told, list(methods))
    algorithm = methods.get(told[0]) if len(told) == 1 else None
    properties = signature.findall(
        f"{_d('Object')}/{xades_tag('QualifyingProperties')}/{xades_tag('SignedProperties')}"
    )
    found += _references(signature, properties, algorithm)
    certificates = signature.findall(f".//{signature_tag('X509Certificate')}")
    if len(certificates) != 1:
        found.append("chữ ký cần kèm đúng một X509Certificate")
        return found
    certificate = "".join((certificates[0].text or "").split())
    signed_at = _xades(signature, properties, certificate, at, found) if "Object" in names else None
    if found or algorithm is None:
        return found
    return Form(
        algorithm=algorithm,
        profile="xades" if properties else "xmldsig",
        certificate=certificate,
        signed_at=signed_at,
    )


def _place(name: str) -> int:
    return _CHILDREN.index(name) if name in _CHILDREN else len(_CHILDREN)


def _attributes(node: etree._Element, attribute: str, *path: str) -> list[str]:
    return [str(one.get(attribute)) for one in node.findall(_d(*path))]


def _choice(found: list[str], name: str, values: list[str], wanted: list[str]) -> None:
    if len(values) != 1 or values[0] not in wanted:
        found.append(f"chữ ký: {name} là {values}, chỉ nhận một trong {wanted}")


def _references(signature: etree._Element, properties: list[etree._Element], algorithm: Algorithm | None) -> list[str]:
    """One reference to the whole, enveloped; in XAdES also one to the signed properties, and perhaps one to KeyInfo."""
    found = []
    references = signature.findall(_d("SignedInfo", "Reference"))
    key_info = signature.find(_d("KeyInfo"))
    inner = {f"#{one.get('Id')}" for one in (*properties, *([] if key_info is None else [key_info])) if one.get("Id")}
    uris = [str(one.get("URI")) for one in references]
    wanted = [""] + [f"#{one.get('Id')}" for one in properties]
    if uris[:1] != [""] or len(set(uris)) != len(uris) or not set(wanted) <= set(uris) or not set(uris) <= {"", *inner}:
        found.append(f"chữ ký: Reference URI là {uris}, cần {wanted}: chữ ký phải bao trùm cả gói tin")
    digests = {SHA256, SHA1} if algorithm in WEAK else {SHA256}
    for one in references:
        transforms = _attributes(one, "Algorithm", "Transforms", "Transform")
        first = [ENVELOPED] if one.get("URI") == "" else []
        if transforms[: len(first)] != first or not set(transforms[len(first) :]) <= set(CANONICAL):
            found.append(f"chữ ký: Transform là {transforms}, cần {[*first, 'một dạng chuẩn tắc']}")
        elif len(transforms) > len(first) + 1:
            found.append(f"chữ ký: {len(transforms)} Transform, nhiều nhất {len(first) + 1}")
        if any(len(node) for node in one.iter(signature_tag("Transform"))):
            found.append("chữ ký: Transform có tham số")
        _choice(found, "DigestMethod", _attributes(one, "Algorithm", "DigestMethod"), sorted(digests))
    return found


def _xades(
    signature: etree._Element, properties: list[etree._Element], certificate: str, at: datetime, found: list[str]
) -> datetime | None:
    """Check the signed properties: one set, of this very certificate, and not signed in the future."""
    if len(properties) != 1 or len(list(signature.iter(xades_tag("SignedProperties")))) != 1:
        found.append("chữ ký: Object chỉ được mang đúng một bộ xades:SignedProperties")
        return None
    (one,) = properties
    digest = one.find(f".//{xades_tag('CertDigest')}")
    named = None if digest is None else digest.findtext(_d("DigestValue"))
    method = None if digest is None else digest.find(_d("DigestMethod"))
    hasher = DIGESTS.get(str(method.get("Algorithm"))) if method is not None else None
    try:
        der = base64.b64decode(certificate, validate=True)
    except ValueError:
        found.append("chứng thư số hỏng: không phải base64")
        return None
    if named is None or hasher is None or base64.b64encode(hashlib.new(hasher, der).digest()).decode() != named.strip():
        found.append("chữ ký: xades:SigningCertificate không phải chứng thư số đi kèm")
    told = one.findtext(f".//{xades_tag('SigningTime')}") or ""
    try:
        signed_at = datetime.fromisoformat(told)
    except ValueError:
        found.append(f"chữ ký: xades:SigningTime “{told[:40]}” không phải một thời điểm")
        return None
    if signed_at.tzinfo is None or signed_at > at + _CLOCKS_DIFFER:
        found.append(f"chữ ký: xades:SigningTime {told[:40]} thiếu múi giờ hoặc nằm trong tương lai")
    return signed_at
