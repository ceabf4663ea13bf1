"""Accepts envelopes: checked, signature verified, stored once, and waiting for every addressee from then on."""

from __future__ import annotations

import hashlib
from datetime import datetime

import msgspec

from services.dochub.directory import Directory
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Opened, Trust
from services.kit.operations import Again, Operation, Refused
from services.kit.transaction import Transaction


class Sent(msgspec.Struct, frozen=True):
    """Body of `envelopes.send`: one signed edXML envelope as text."""

    xml: str


class Accepting:
    """`dochub.envelopes.send`."""

    def __init__(self, directory: Directory, trust: Trust, *, strict: bool) -> None:
        """`directory` knows who may send to whom, `trust` the authority that seals are verified against.

        `strict` takes only what the schema describes; otherwise the forms of real programs are taken and noted.
        """
        self._directory, self._trust, self._strict = directory, trust, strict
        self.operation = Operation(apply=self.accept, body=Sent)

    async def accept(self, sent: Sent, tx: Transaction) -> None:
        """Take one envelope. Raises Refused with every reason, Again where another transaction is taking it."""
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
            self._directory.agencies[envelope.sender.code].installation,
            addressees,
            envelope.subject,
            tx.now,
            digest,
            sent.xml,
            [self._directory.agencies[code].installation for code in addressees],
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

    def examine(self, xml: str, *, at: datetime) -> Opened:
        """Open an envelope by the axis' rules. Raises EdxmlError."""
        return self._trust.examine(xml, at=at, strict=self._strict)

    def _checked(self, xml: str, tx: Transaction) -> Opened:
        """Raise Refused with every reason found."""
        try:
            opened = self.examine(xml, at=tx.now)
        except EdxmlError as error:
            raise Refused(str(error)) from error
        objections = self._directory.objections(opened.envelope)
        if objections:
            raise Refused("; ".join(one.text for one in objections))
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
