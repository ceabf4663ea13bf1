"""Accepts envelopes: checked, signature verified, stored once, and waiting for every addressee from then on."""

from __future__ import annotations

import hashlib

import msgspec

from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.kit.operations import Again, Operation, Refused
from services.kit.reference import Agency
from services.kit.transaction import Transaction


class Sent(msgspec.Struct, frozen=True):
    """Body of `envelopes.send`: one signed edXML envelope as text."""

    xml: str


class Accepting:
    """`dochub.envelopes.send`."""

    def __init__(self, agencies: dict[str, Agency], trust: Trust) -> None:
        """`agencies` is the directory, `trust` the authority that seals are verified against."""
        self._agencies, self._trust = agencies, trust
        self.operation = Operation(apply=self._accept, body=Sent)

    async def _accept(self, sent: Sent, tx: Transaction) -> None:
        envelope = self._checked(sent.xml, tx)
        document, digest = str(envelope.id), hashlib.sha256(sent.xml.encode()).hexdigest()
        addressees = [organ.code for organ in envelope.addressees]
        stored = await tx.value(
            "WITH stored AS (INSERT INTO envelope "
            "(document, sender, sender_installation, addressees, subject, accepted_at, digest, xml) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING document), "
            "waiting AS (INSERT INTO delivery (document, addressee, installation, accepted_at) "
            "SELECT document, addressee, installation, $6 FROM stored, "
            "unnest($4::text[], $9::text[]) AS one (addressee, installation)) "
            "SELECT document FROM stored",
            document,
            envelope.sender.code,
            self._agencies[envelope.sender.code].installation,
            addressees,
            envelope.subject,
            tx.now,
            digest,
            sent.xml,
            [self._agencies[code].installation for code in addressees],
        )
        if stored:
            return
        known = await tx.value("SELECT digest FROM envelope WHERE document = $1", document)
        if known is None:
            raise Again(f"{document} đang được nhận ở một lời gọi khác")
        if known != digest:
            raise Refused(f"{document} đã được nhận với nội dung khác: mỗi mã văn bản chỉ dùng một lần")

    def _checked(self, xml: str, tx: Transaction) -> Envelope:
        """Raise Refused with every reason found."""
        try:
            envelope = self._trust.open(xml, at=tx.now)
        except EdxmlError as error:
            raise Refused(str(error)) from error
        reasons = [
            f"không có cơ quan {organ.code} trong danh bạ"
            for organ in (envelope.sender, *envelope.addressees)
            if organ.code not in self._agencies
        ]
        if envelope.doc_type != "new":
            reasons.append(f"trục chưa nhận văn bản loại “{envelope.doc_type}”, chỉ nhận văn bản mới (0)")
        if reasons:
            raise Refused("; ".join(reasons))
        return envelope
