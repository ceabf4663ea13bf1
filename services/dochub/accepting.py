"""Accepts envelopes: checked, signature verified, stored once, and waiting for every addressee from then on.

Envelopes come many to a call. Each is checked by itself before the transaction opens; new documents are then stored by
one statement, and messages about earlier ones one after another, in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from services.dochub.directory import Directory
from services.dochub.eyes import Eyes
from services.dochub.helper import Helper
from services.dochub.looking import Rules, Seen
from services.dochub.ocsp import Ocsp
from services.dochub.pushing import Pushing
from services.dochub.refused import keep
from services.dochub.revocations import Revocations
from services.dochub.texts import Texts
from services.kit.clock import VIETNAM
from services.kit.edxml.trust import Opened, Trust
from services.kit.operations import Again, Operation, Refused
from services.kit.transaction import Transaction

_SEPARATOR = "\x1f"  # stands in no text of XML 1.0
_STORE = """
    WITH stored AS (
        INSERT INTO envelope (document, sender, sender_installation, addressees, subject, accepted_at, digest, xml,
                              doc_type, about, tolerated, profile, algorithm, weak, bytes)
        SELECT document, sender, sender_installation, string_to_array(addressees, E'\x1f'), subject, $1, digest, xml,
               doc_type, string_to_array(about, E'\x1f'), string_to_array(tolerated, E'\x1f'), profile, algorithm, weak,
               bytes
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                    $10::text[], $11::text[], $12::text[], $13::text[], $14::boolean[], $15::integer[])
             AS one (document, sender, sender_installation, addressees, subject, digest, xml, doc_type, about,
                     tolerated, profile, algorithm, weak, bytes)
        ORDER BY document
        ON CONFLICT DO NOTHING RETURNING document
    ), waiting AS (
        INSERT INTO delivery (document, addressee, installation, accepted_at, priority)
        SELECT document, addressee, installation, $1, priority
        FROM unnest($16::text[], $17::text[], $18::text[], $19::smallint[])
             AS one (document, addressee, installation, priority)
        JOIN stored USING (document)
    )
    SELECT document FROM stored
"""


class Sent(msgspec.Struct, frozen=True):
    """Body of `envelopes.send`: one signed edXML envelope as text."""

    xml: str


class Checked(msgspec.Struct, frozen=True):
    """An envelope that may be stored."""

    xml: str
    seen: Seen
    apart: bool = False  #: its text is in object storage already

    @property
    def new(self) -> bool:
        """Whether it is about no earlier document."""
        return self.seen.doc_type == "new"


class Accepting:
    """`dochub.envelopes.send`."""

    def __init__(
        self,
        directory: Directory,
        rules: Rules,
        revocations: Revocations,
        pushing: Pushing,
        *,
        texts: Texts,
        ocsp: Ocsp | None = None,
        now: Callable[[], datetime],
        help_: bool,
    ) -> None:
        """`directory` knows who may send to whom; seals are held to the `rules` and `revocations`.

        `pushing` hands accepted envelopes on to who wants them at once, `texts` keeps large ones. `ocsp` asks about
        each certificate, where the axis wants that. `now` tells official time. With `help_` a second process helps with
        large batches.
        """
        self._directory, self._pushing, self._texts, self._ocsp = directory, pushing, texts, ocsp
        self._now, self._strict = now, rules.strict
        self._trust = Trust(rules.authority.encode(), allowed=rules.allowed, revoked=revocations.since)
        helper = Helper(rules) if help_ else None
        self._eyes = Eyes(self._trust, strict=rules.strict, revocations=revocations, helper=helper)
        self.operation = Operation(batch=self, body=Sent)

    async def stop(self) -> None:
        """End the helper."""
        await self._eyes.stop()

    async def look(self, bodies: Sequence[Sent]) -> list[Checked | Refused]:
        """Check envelopes by themselves."""
        texts, at = [sent.xml for sent in bodies], self._now()
        seen = await self._eyes.see(texts, at)
        if self._ocsp:
            await self._ocsp.ask({one.serial for one in seen if isinstance(one, Seen)})
        return [await self._kept(self._checked(xml, one, at)) for xml, one in zip(texts, seen, strict=True)]

    async def apply(self, looked: Sequence[Checked], tx: Transaction) -> list[Refused | Again | None]:
        """Take envelopes, each in its place, as many at a time as can be."""
        came: list[Refused | Again | None] = []
        for several, run in groupby(looked, key=lambda one: one.new):
            if several:
                came += await self._store(list(run), tx)
            else:
                came += [await self._take_message(one, tx) for one in run]
        return came

    async def bury(self, refused: Sequence[tuple[Sent, str]], tx: Transaction) -> None:
        """Keep refused envelopes for people."""
        if letters := [(sent.xml, reason) for sent, reason in refused]:
            await keep(letters, tx)

    async def accept(self, sent: Sent, tx: Transaction) -> None:
        """Take one envelope. Raises Refused with every reason, Again where another transaction is taking it."""
        [checked] = await self.look([sent])
        came = checked if isinstance(checked, Refused) else (await self.apply([checked], tx))[0]
        if came is not None:
            raise came

    def examine(self, xml: str, *, at: datetime) -> Opened:
        """Open an envelope by the axis' rules. Raises EdxmlError."""
        return self._trust.examine(xml, at=at, strict=self._strict)

    def _checked(self, xml: str, seen: Seen | str, at: datetime) -> Checked | Refused:
        """Hold a good envelope against what the authority says of its certificate, and against the directory."""
        if isinstance(seen, str):
            return Refused(seen)
        if self._ocsp and (why := _spoken_against(self._ocsp, seen, at)):
            return Refused(why)
        objections = self._directory.objections(seen.sender, seen.addressees)
        return Refused("; ".join(one.text for one in objections)) if objections else Checked(xml, seen)

    async def _kept(self, checked: Checked | Refused) -> Checked | Refused:
        """Bring a large text to where it stays, before any row names it."""
        if isinstance(checked, Checked) and await self._texts.put_apart(checked.xml, checked.seen.digest):
            return msgspec.structs.replace(checked, apart=True)
        return checked

    async def _take_message(self, one: Checked, tx: Transaction) -> Refused | Again | None:
        try:
            await _check_targets(one.seen, tx)
        except Refused as error:
            return error
        [came] = await self._store([one], tx)
        return came

    async def _store(self, run: list[Checked], tx: Transaction) -> list[Refused | Again | None]:
        """Store what is not here yet. What is here must be the same text."""
        firsts = {one.seen.document: one for one in reversed(run)}
        stored = {row["document"] for row in await tx.fetch(_STORE, tx.now, *self._columns(firsts.values()))}
        for document in sorted(stored):
            await self._pushing.push(firsts[document].seen, firsts[document].xml, tx)
            if not firsts[document].new:
                await _ask(firsts[document].seen, tx)
        known = {document: firsts[document].seen.digest for document in stored}
        if others := sorted(firsts.keys() - stored):
            rows = await tx.fetch("SELECT document, digest FROM envelope WHERE document = ANY($1)", others)
            known |= {row["document"]: row["digest"] for row in rows}
        return [_held_against(one.seen, known.get(one.seen.document)) for one in run]

    def _columns(self, wanted: Iterable[Checked]) -> list[list[object]]:
        """Columns of the envelopes, then of their deliveries."""
        agencies = self._directory.agencies
        rows, waiting = [], []
        for one in wanted:
            seen = one.seen
            rows.append((
                seen.document, seen.sender, agencies[seen.sender].installation, _SEPARATOR.join(seen.addressees),
                seen.subject, seen.digest, None if one.apart else one.xml, seen.doc_type, _SEPARATOR.join(seen.about),
                _SEPARATOR.join(seen.tolerated), seen.profile, seen.algorithm, seen.weak,
                len(one.xml.encode()) if one.apart else None,
            ))  # fmt: skip
            waiting += [(seen.document, code, agencies[code].installation, seen.priority) for code in seen.addressees]
        return [*map(list, zip(*rows, strict=True)), *map(list, zip(*waiting, strict=True))]


def _spoken_against(ocsp: Ocsp, seen: Seen, at: datetime) -> str:
    word = ocsp.word(seen.serial)
    if word is None:
        return ""
    if not word.known:
        return f"cơ quan chứng thực không biết chứng thư số của {seen.sender}"
    if word.revoked and word.revoked <= at:
        since = f"{word.revoked.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        return f"chứng thư số của {seen.sender} đã bị thu hồi từ {since} (OCSP)"
    return ""


def _held_against(seen: Seen, known: str | None) -> Refused | Again | None:
    if known is None:
        return Again(f"{seen.document} đang được nhận ở một lời gọi khác")
    if known != seen.digest:
        return Refused(f"{seen.document} đã được nhận với nội dung khác: mỗi mã văn bản chỉ dùng một lần")
    return None


async def _check_targets(seen: Seen, tx: Transaction) -> None:
    """Raise Refused where what is to be changed is not here, or was never sent to whom it is to be taken from."""
    reasons = []
    rows = await tx.fetch("SELECT document, addressees FROM envelope WHERE document = ANY($1)", list(seen.about))
    known = {row["document"]: set(row["addressees"]) for row in rows}
    for document in seen.about:
        if document not in known:
            reasons.append(f"trục chưa nhận {document}, nên không thể thay đổi văn bản ấy")
        elif seen.doc_type == "recall":
            strangers = sorted(set(seen.addressees) - known[document])
            reasons += [f"{document} chưa gửi đến {code}, nên không thu hồi từ đó" for code in strangers]
    if reasons:
        raise Refused("; ".join(reasons))


async def _ask(seen: Seen, tx: Transaction) -> None:
    """Open a request to every addressee of the message that has, or will have, what the message is about."""
    asked = [(document, code) for document in seen.about for code in seen.addressees]
    await tx.execute(
        "INSERT INTO change_request (document, addressee, message, doc_type) "
        "SELECT d.document, d.addressee, $3, $4 FROM delivery AS d "
        "JOIN unnest($1::text[], $2::text[]) AS asked (document, addressee) USING (document, addressee) "
        "WHERE d.work <> '02' AND NOT d.withdrawn ORDER BY d.document, d.addressee ON CONFLICT DO NOTHING",
        [document for document, _ in asked],
        [addressee for _, addressee in asked],
        seen.document,
        seen.doc_type,
    )
