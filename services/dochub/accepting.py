"""Accepts envelopes: checked, signature verified, stored once, and waiting for every addressee from then on."""

from __future__ import annotations

import hashlib

import msgspec

from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Opened, Trust
from services.kit.operations import Again, Operation, Refused
from services.kit.reference import Agency
from services.kit.transaction import Transaction


class Sent(msgspec.Struct, frozen=True):
    """Body of `envelopes.send`: one signed edXML envelope as text."""

    xml: str


class Accepting:
    """`dochub.envelopes.send`."""

    def __init__(self, agencies: dict[str, Agency], trust: Trust, *, strict: bool) -> None:
        """`agencies` is the directory, `trust` the authority that seals are verified against.

        `strict` takes only what the schema describes; otherwise the forms of real programs are taken and noted.
        """
        self._agencies, self._trust, self._strict = agencies, trust, strict
        self.operation = Operation(apply=self._accept, body=Sent)

    async def _accept(self, sent: Sent, tx: Transaction) -> None:
        opened = self._checked(sent.xml, tx)
        envelope = opened.envelope
        document, digest = str(envelope.id), hashlib.sha256(sent.xml.encode()).hexdigest()
        if envelope.doc_type != "new":
            await _check_targets(envelope, tx)
        addressees = [organ.code for organ in envelope.addressees]
        about = [str(target) for target in envelope.targets]
        stored = await tx.value(
            "WITH stored AS (INSERT INTO envelope (document, sender, sender_installation, addressees, subject, "
            "accepted_at, digest, xml, doc_type, about, tolerated, profile, algorithm, weak) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10, $11, $12, $14, $15, $16) "
            "ON CONFLICT DO NOTHING RETURNING document), "
            "waiting AS (INSERT INTO delivery (document, addressee, installation, accepted_at, priority) "
            "SELECT document, addressee, installation, $6, $13 FROM stored, "
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
            envelope.doc_type,
            about,
            list(opened.tolerated),
            envelope.priority,
            opened.form.profile,
            opened.form.algorithm,
            opened.form.weak,
        )
        if stored:
            if about:
                await _ask(envelope, tx)
            return
        known = await tx.value("SELECT digest FROM envelope WHERE document = $1", document)
        if known is None:
            raise Again(f"{document} đang được nhận ở một lời gọi khác")
        if known != digest:
            raise Refused(f"{document} đã được nhận với nội dung khác: mỗi mã văn bản chỉ dùng một lần")

    def _checked(self, xml: str, tx: Transaction) -> Opened:
        """Raise Refused with every reason found."""
        try:
            opened = self._trust.examine(xml, at=tx.now, strict=self._strict)
        except EdxmlError as error:
            raise Refused(str(error)) from error
        envelope = opened.envelope
        reasons = [
            f"không có cơ quan {organ.code} trong danh bạ"
            for organ in (envelope.sender, *envelope.addressees)
            if organ.code not in self._agencies
        ]
        if reasons:
            raise Refused("; ".join(reasons))
        return opened


async def _check_targets(envelope: Envelope, tx: Transaction) -> None:
    """Raise Refused where what is to be changed is not here, or was never sent to whom it is to be taken from."""
    reasons = []
    wanted = [str(target) for target in envelope.targets]
    rows = await tx.fetch("SELECT document, addressees FROM envelope WHERE document = ANY($1)", wanted)
    known = {row["document"]: set(row["addressees"]) for row in rows}
    for document in wanted:
        if document not in known:
            reasons.append(f"trục chưa nhận {document}, nên không thể thay đổi văn bản ấy")
        elif envelope.doc_type == "recall":
            strangers = sorted({organ.code for organ in envelope.addressees} - known[document])
            reasons += [f"{document} chưa gửi đến {code}, nên không thu hồi từ đó" for code in strangers]
    if reasons:
        raise Refused("; ".join(reasons))


async def _ask(envelope: Envelope, tx: Transaction) -> None:
    """Open a request to every addressee of the message that has, or will have, what the message is about."""
    asked = [(str(target), organ.code) for target in envelope.targets for organ in envelope.addressees]
    await tx.execute(
        "INSERT INTO change_request (document, addressee, message, doc_type) "
        "SELECT d.document, d.addressee, $3, $4 FROM delivery AS d "
        "JOIN unnest($1::text[], $2::text[]) AS asked (document, addressee) USING (document, addressee) "
        "WHERE d.work <> '02' AND NOT d.withdrawn ORDER BY d.document, d.addressee ON CONFLICT DO NOTHING",
        [document for document, _ in asked],
        [addressee for _, addressee in asked],
        str(envelope.id),
        envelope.doc_type,
    )
