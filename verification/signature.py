"""Does an envelope's signature stand? edXML with an enveloped XML signature, plain or XAdES, ECDSA or RSA.

The certificate comes with the envelope, must be issued by the run's own authority, and must name the sender. Its
period of validity is not held against today's clock: a verdict must come out the same in a year.
"""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature as BadCertificateSignature
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from simulation.text import Text
from verification.records import Envelope

#: From this many envelopes on a second process pays for its own start (about 1,400 verifications a second a core).
_WORTH_A_POOL = 2000
_PROCESSES = 2
_BATCH = 100
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
#: What either era allows; RSA-SHA1 is weak, and counted by a requirement of its own (verification/signing.py).
_METHODS = frozenset({SignatureMethod.ECDSA_SHA256, SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA1})
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA1})
_EDXML = "{http://www.mic.gov.vn/TBT/QCVN_102_2016}"
#: Where the organisation's signature stands, from the root.
_PLACE = f"./{_EDXML}edXMLEnvelope/{_EDXML}edXMLHeader/"


def examine_all(envelopes: Sequence[Envelope], authority: bytes) -> list[tuple[Text, ...]]:
    """What is wrong with each envelope, in the order given; nothing for a good one."""
    if len(envelopes) < _WORTH_A_POOL:
        return _examine_batch(envelopes, authority)
    batches = [envelopes[start : start + _BATCH] for start in range(0, len(envelopes), _BATCH)]
    context = multiprocessing.get_context("spawn")  # forking a process that may hold threads is not safe
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as pool:
        found = pool.map(_examine_batch, batches, [authority] * len(batches))
        return [problems for batch in found for problems in batch]


def _examine_batch(envelopes: Iterable[Envelope], authority: bytes) -> list[tuple[Text, ...]]:
    return [examine(envelope, authority) for envelope in envelopes]


def examine(envelope: Envelope, authority: bytes) -> tuple[Text, ...]:
    """Everything that is wrong with one envelope: digest, header, signature, certificate."""
    raw = envelope.xml.encode()
    problems: list[Text] = []
    if not _same_digest(envelope.digest, raw):
        problems.append(Text("mã băm trong sổ không khớp với nội dung", "the digest in the book is not the content's"))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        return (*problems, Text(f"nội dung không phải XML: {error}", f"the content is not XML: {error}"))
    problems += _header(root, envelope)
    problems += _signed_by(root, envelope.sender, authority)
    return tuple(problems)


def _header(root: Any, envelope: Envelope) -> list[Text]:
    """Tell whether the signed header names the same document, sender and addressees as the book."""
    problems = []
    told = (
        ("DocumentId", _texts(root, "MessageHeader", "DocumentId"), {envelope.document}),
        ("From", _texts(root, "MessageHeader", "From", "OrganId"), {envelope.sender}),
        ("To", _texts(root, "MessageHeader", "To", "OrganId"), set(envelope.addressees)),
    )
    for name, found, wanted in told:
        if set(found) != wanted:
            shown, expected = ", ".join(found) or "–", ", ".join(sorted(wanted))
            problems.append(
                Text(
                    f"phần đầu ghi {name} là {shown}, sổ ghi {expected}",
                    f"its header says {name} is {shown}, the book says {expected}",
                )
            )
    return problems


def _texts(root: Any, *path: str) -> list[str]:
    steps = "/".join(f"*[local-name()='{name}']" for name in path)
    return [(node.text or "").strip() for node in root.xpath(f".//{steps}")]


def _signed_by(root: Any, sender: str, authority: bytes) -> list[Text]:
    embedded = root.findall(f"{_PLACE}{_DS}Signature//{_DS}X509Certificate")
    if len(embedded) != 1 or not embedded[0].text:
        return [Text("phần đầu không có đúng một chữ ký kèm chứng thư số", "its header holds not one certificate")]
    try:
        certificate = _certificate(base64.b64decode(embedded[0].text))
    except ValueError as error:
        return [Text(f"chứng thư số hỏng: {error}", f"its certificate is damaged: {error}")]
    problems = list(_trust(certificate, authority))
    # An agency's certificate carries its code as serialNumber; a leader's own carries an account there instead.
    codes = {str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)}
    if sender not in codes:
        shown = ", ".join(sorted(codes)) or "–"
        problems.append(
            Text(
                f"chứng thư số cấp cho {shown}, không phải cho {sender}",
                f"its certificate belongs to {shown}, not to {sender}",
            )
        )
    try:
        signed = _signed_xml(root, certificate)
    except (SignXMLException, ValueError) as error:
        return [*problems, Text(f"chữ ký không đúng: {error}", f"its signature does not verify: {error}")]
    if signed is None or signed.tag != root.tag:
        problems.append(Text("chữ ký không bao trùm cả văn bản", "the signature does not cover the whole document"))
    return problems


def _signed_xml(root: Any, certificate: x509.Certificate) -> Any:
    """What the signature covers, plain or XAdES. Raises what signxml raises."""
    wanted: dict[str, Any] = {
        "location": _PLACE,
        "signature_methods": _METHODS,
        "digest_algorithms": _DIGESTS,
        "verification_time": certificate.not_valid_before_utc,
    }
    if root.find(f"{_PLACE}{_DS}Signature//{_XADES}SignedProperties") is None:
        result = XMLVerifier().verify(root, x509_cert=certificate, expect_config=SignatureConfiguration(**wanted))
        return result.signed_xml if isinstance(result, VerifyResult) else None
    references = len(root.findall(f"{_PLACE}{_DS}Signature/{_DS}SignedInfo/{_DS}Reference"))
    config = XAdESSignatureConfiguration(expect_references=references, **wanted)
    results = XAdESVerifier().verify(root, x509_cert=certificate, expect_config=config)
    return results[0].signed_xml


@lru_cache(maxsize=4096)
def _certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=4096)
def _trust(certificate: x509.Certificate, authority: bytes) -> tuple[Text, ...]:
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, TypeError, BadCertificateSignature):
        return (
            Text(
                "chứng thư số không do cơ quan chứng thực của lần chạy cấp",
                "its certificate was not issued by the run's certificate authority",
            ),
        )
    return ()


def _same_digest(told: str, raw: bytes) -> bool:
    """Compare a SHA-256 digest told in hexadecimal or base64, with or without the name of the algorithm before it."""
    digest = hashlib.sha256(raw)
    bare = told.removeprefix("sha256:").removeprefix("sha256-").removeprefix("sha-256=")
    return bare.lower() == digest.hexdigest() or bare == base64.b64encode(digest.digest()).decode()
