"""Verifying sealed envelopes: what the hub does and what the verdict does, on one core, against signxml alone.

The peer checks the XML signature with a certificate handed to it and looks at nothing else. The hub also checks the
schema, the chain of the certificate, sender and attachments, and reads all values; the verdict digest, header, issuer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime

from cryptography import x509
from lxml import etree
from signxml.verifier import XMLVerifier
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from infra import pki
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Profile, Seal
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from simulation import province_files
from tests.benchmarks.kit import Row, against_limit, alternate, check, core_seconds
from verification import records, signature

_DAY = date(2018, 8, 22)
_NOON = datetime(2018, 8, 22, 5, tzinfo=UTC)
_ENVELOPES = 200
_TIMES = 4  # each envelope a round
_AT_LEAST = 800


def run() -> list[Row]:
    """Seal envelopes as the offices of toy would, plain and as XAdES, and verify them each way."""
    province = province_files.load("toy")
    authority = pki.Authority(province=province, day=_DAY)
    keystore = pki.issue_all(province, authority)
    agencies = [one for one in province.agencies if one.code in keystore.organisation][:8]
    seals, certificates = [], {}
    for agency in agencies:
        held = keystore.organisation[agency.code]
        seals.append((Organ(agency.code, agency.name), Seal(key=held.key, certificate=held.certificate)))
        certificates[agency.code] = x509.load_pem_x509_certificate(held.certificate.encode())
    pem = authority.pem.encode()
    trust = Trust(pem)
    plain = [_sealed(number, seals) for number in range(_ENVELOPES)]
    xades = [_sealed(number, seals, profile="xades") for number in range(_ENVELOPES)]
    _catches(trust, plain[0].xml)
    alone, alone_xades = _signxml(plain, certificates), _signxml_xades(xades, certificates)
    ways = (
        ("signature.hub", _hub(trust, plain), alone),
        ("signature.hub.xades", _hub(trust, xades), alone_xades),
        ("signature.verdict", _verdict(plain, pem), alone),
    )
    return [_measured(name, ours, peer, size=len(plain[0].xml.encode())) for name, ours, peer in ways]


def _measured(name: str, ours: Callable[[], None], peer: Callable[[], None], *, size: int) -> Row:
    rounds = alternate(lambda: _rate(ours), lambda: _rate(peer), what=name)
    return against_limit(
        name, rounds.ours, unit="envelopes/core-second", at_least=_AT_LEAST, peer="signxml alone",
        peer_value=rounds.peer, note=f"ECDSA P-256, plain envelopes of {size} bytes",
    )  # fmt: skip


def _hub(trust: Trust, sealed: list[records.Envelope]) -> Callable[[], None]:
    def work() -> None:
        for one in sealed:
            check(trust.open(one.xml, at=_NOON).sender.code == one.sender, "another sender was read")

    return work


def _verdict(sealed: list[records.Envelope], pem: bytes) -> Callable[[], None]:
    def work() -> None:
        for one in sealed:
            check(not signature.examine(one, pem), "a good envelope was found bad")

    return work


def _signxml(sealed: list[records.Envelope], certificates: dict[str, x509.Certificate]) -> Callable[[], None]:
    def work() -> None:
        for one in sealed:
            XMLVerifier().verify(etree.fromstring(one.xml.encode()), x509_cert=certificates[one.sender])

    return work


def _signxml_xades(sealed: list[records.Envelope], certificates: dict[str, x509.Certificate]) -> Callable[[], None]:
    config = XAdESSignatureConfiguration(expect_references=2, verification_time=_NOON)

    def work() -> None:
        for one in sealed:
            root = etree.fromstring(one.xml.encode())
            XAdESVerifier().verify(root, x509_cert=certificates[one.sender], expect_config=config)

    return work


def _rate(work: Callable[[], None]) -> float:
    used = core_seconds()
    for _ in range(_TIMES):
        work()
    return _ENVELOPES * _TIMES / (core_seconds() - used)


def _sealed(number: int, seals: list[tuple[Organ, Seal]], *, profile: Profile = "xmldsig") -> records.Envelope:
    sender, seal = seals[number % len(seals)]
    addressee = seals[(number + 1) % len(seals)][0]
    text = hashlib.sha512(str(number).encode()).hexdigest() * 20
    envelope = Envelope(
        id=DocumentId(sender.code, _DAY, number + 1, "SNV-VP"),
        sender=sender,
        addressees=(addressee,),
        place="Tỉnh Mẫu",
        kind="Công văn",
        subject="V/v rà soát thủ tục",
        summary="V/v rà soát thủ tục",
        signer_position="Giám đốc",
        signer_name="Nguyễn Văn Mẫu",
        reason="Văn bản điện tử mới",
        staff_department="Văn thư",
        staff_name="Văn thư",
        sent_at=_NOON,
        attachments=(
            Attachment(
                content_id="cid:1", name="van-ban.zip", description="Toàn văn",
                archive=archive.pack({"van-ban.txt": text.encode()}),
            ),
        ),
    )  # fmt: skip
    xml = seal.sign_envelope(compose(envelope), profile=profile, at=_NOON)
    return records.Envelope(
        document=str(envelope.id),
        sender=sender.code,
        addressees=(addressee.code,),
        digest=hashlib.sha256(xml.encode()).hexdigest(),
        xml=xml,
    )


def _catches(trust: Trust, xml: str) -> None:
    try:
        trust.open(xml.replace("rà soát", "bãi bỏ"), at=_NOON)
    except EdxmlError:
        return
    check(condition=False, wrong="an altered envelope was taken for a good one")
