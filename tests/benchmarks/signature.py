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

from infra import pki
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Seal
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
    """Seal envelopes as the offices of toy would, and verify them three ways."""
    province = province_files.load("toy")
    authority = pki.Authority(province=province, day=_DAY)
    keystore = pki.issue_all(province, authority)
    agencies = [one for one in province.agencies if one.code in keystore.organisation][:8]
    seals = {}
    for agency in agencies:
        held = keystore.organisation[agency.code]
        seals[agency.code] = (Organ(agency.code, agency.name), Seal(key=held.key, certificate=held.certificate))
    sealed = [_sealed(number, list(seals.values())) for number in range(_ENVELOPES)]
    certificates = {
        code: x509.load_pem_x509_certificate(keystore.organisation[code].certificate.encode()) for code in seals
    }
    pem = authority.pem.encode()
    trust = Trust(pem)
    _catches(trust, sealed[0].xml)

    def hub() -> None:
        for one in sealed:
            check(trust.open(one.xml, at=_NOON).sender.code == one.sender, "another sender was read")

    def judge() -> None:
        for one in sealed:
            check(not signature.examine(one, pem), "a good envelope was found bad")

    def bare() -> None:
        for one in sealed:
            XMLVerifier().verify(etree.fromstring(one.xml.encode()), x509_cert=certificates[one.sender])

    rows = []
    for name, ours in (("signature.hub", hub), ("signature.verdict", judge)):
        rounds = alternate(lambda work=ours: _rate(work), lambda: _rate(bare), what=name)  # type: ignore[misc]
        rows.append(
            against_limit(
                name, rounds.ours, unit="envelopes/core-second", at_least=_AT_LEAST, peer="signxml alone",
                peer_value=rounds.peer, note=f"ECDSA P-256, envelopes of {len(sealed[0].xml.encode())} bytes",
            )
        )  # fmt: skip
    return rows


def _rate(work: Callable[[], None]) -> float:
    used = core_seconds()
    for _ in range(_TIMES):
        work()
    return _ENVELOPES * _TIMES / (core_seconds() - used)


def _sealed(number: int, seals: list[tuple[Organ, Seal]]) -> records.Envelope:
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
    xml = seal.sign_envelope(compose(envelope))
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
