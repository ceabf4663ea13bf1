"""Outgoing documents: drafted by a specialist, signed by a leader or on paper, issued by the document clerk."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.edxml.composing import compose
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Changes, Envelope, Organ, Replacement, Response
from services.kit.edxml.limits import MAX_ADDRESSEES
from services.kit.edxml.seal import Profile, Seal, unsealed, without_certificate
from services.kit.kit import Endpoint, Kit, Prepare, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem, invalid, not_found, wrong_state
from services.kit.reference import Agency
from services.kit.together import Write
from services.kit.transaction import Transaction
from services.office import paper
from services.office.delegating import Actor, as_leader
from services.office.keystore import Keystore
from services.office.notation import KINDS, known_kind, nearest_kind, notation
from services.office.registers import next_numbers
from services.office.replying import wrong_reply
from services.office.states import GIVE_BACK, ISSUE, PRINT, REVIEW, REVISE, SCAN, SEAL_AGAIN, SIGN, Act

_MAX_SUBJECT, _MAX_CONTENT = 500, 100_000  # characters; the first as in the schema of edXML, the second assumed
_HIGHEST_PRIORITY = 4
_MAX_PAGES = 2000  # assumed
_UNFIT = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot carry
_DRAFT_NUMBER = re.compile(r"[1-9]\d{0,17}")
_LOCKED = """
    SELECT draft, agency, kind, subject, text, addressees, priority, state, signer, signature, pages, doc_type, amends,
           reason, in_stead_of, author, answers
    FROM document WHERE draft = ANY($1::bigint[]) ORDER BY draft FOR UPDATE
"""
_ISSUED = """
    WITH one AS (
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
               AS one (draft, document, xml, actor, request_key)
    ), moved AS (
        UPDATE document SET state = $6, document = one.document, issued_at = $8, xml = one.xml
        FROM one WHERE document.draft = one.draft
        RETURNING document.draft, document.document, document.agency, one.actor, one.request_key
    )
    INSERT INTO event (draft, document, agency, event, actor, detail, at, request_key)
    SELECT draft, document, agency, $7, actor, '', $8, request_key FROM moved
"""
_MOVED = (
    "WITH moved AS (UPDATE document SET state = $2{more} WHERE draft = $1 RETURNING draft, document, agency) "
    "INSERT INTO event (draft, document, agency, event, actor, detail, at, request_key) "
    "SELECT draft, coalesce(document, ''), agency, $3, $4, $5, $6, $7 FROM moved"
)


#: A click, its draft, and the seal that it gets.
_Ready = tuple[Write, asyncpg.Record, Seal]


class Amendment(msgspec.Struct, forbid_unknown_fields=True):
    """Which earlier document of ours the new one recalls, updates or replaces, and why."""

    document: str
    how: Literal["recall", "update", "replace"]
    reason: str


class NewDocument(msgspec.Struct, forbid_unknown_fields=True):
    """What a specialist drafts."""

    kind: str
    subject: str
    content: str
    addressees: list[str]
    priority: int = 0
    amends: Amendment | None = None
    answers: str = ""  #: DocumentId of the incoming document to which it is the reply


class Remark(msgspec.Struct, forbid_unknown_fields=True):
    """What a reviewer says: needed where a draft is given back."""

    remark: str = ""


class Revision(msgspec.Struct, forbid_unknown_fields=True):
    """The author's new text."""

    subject: str
    content: str


class Scan(msgspec.Struct, forbid_unknown_fields=True):
    """How many pages the signed paper had."""

    pages: int


class Outgoing:
    """The acts on outgoing documents."""

    def __init__(self, kit: Kit, keystore: Keystore) -> None:
        """Prepare; `leaders` sign on paper where they do not sign on screen."""
        self._kit, self._keystore = kit, keystore
        self._agencies = kit.reference.agencies
        self._profile: Profile = kit.reference.document_axis.profile
        self._leaders: dict[str, str] = {}
        for member in kit.reference.staff.values():
            if member.role == "leader":
                self._leaders.setdefault(member.agency, member.name)

    def draft_endpoint(self) -> Endpoint:
        """`POST /api/documents`."""
        return self._kit.write(self._draft, body=NewDocument, prepare=self._as("specialist"))

    def act_endpoints(self) -> dict[str, Endpoint]:
        """`POST /api/documents/{draft}/{name}`, by the names of the table OUTGOING."""
        return {
            "review": self._kit.write(self._review, body=Remark, prepare=self._as(*REVIEW.roles)),
            "return": self._kit.write(self._give_back, body=Remark, prepare=self._as(*GIVE_BACK.roles)),
            "revision": self._kit.write(self._revise, body=Revision, prepare=self._as(*REVISE.roles)),
            "signature": self._kit.write(self._sign, prepare=as_leader(self._kit)),
            "print": self._kit.write(self._print, prepare=self._as(*PRINT.roles)),
            "scan": self._kit.write(self._scan, body=Scan, prepare=self._as(*SCAN.roles)),
            "issue": self._kit.write_together(self._issue, prepare=self._to_issue),
            "seal": self._kit.write(self._seal_again, prepare=self._as(*SEAL_AGAIN.roles)),
        }

    def _as(self, *roles: str) -> Prepare:
        async def prepare(request: Request, _content: Any) -> Account:
            return self._kit.who(request, *roles)

        return prepare

    async def _draft(self, _request: Request, asked: NewDocument, tx: Transaction, who: Account) -> Reply:
        wanted = _tidy(asked)
        mistakes = _mistakes(wanted, self._agencies)
        if wanted.amends:
            mistakes += await _wrong_amendment(wanted, wanted.amends, who, tx)
        doc_type = wanted.amends.how if wanted.amends else "new"
        if wanted.answers:
            mistakes += await wrong_reply(tx, wanted.answers, agency=who.agency, doc_type=doc_type)
        if mistakes:
            raise invalid(mistakes)
        amends = wanted.amends or Amendment(document="", how="recall", reason="")
        agency = self._agencies[who.agency]
        text = self._written(agency, wanted)
        draft = await tx.value(
            "WITH drafted AS (INSERT INTO document "
            "(agency, kind, subject, text, addressees, priority, author, doc_type, amends, reason, answers) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $10, $11, $12, $13) RETURNING draft) "
            "INSERT INTO event (draft, agency, event, actor, at, request_key) "
            "SELECT draft, $1, 'drafted', $7, $8, $9 FROM drafted RETURNING draft",
            agency.code,
            wanted.kind,
            wanted.subject,
            text,
            wanted.addressees,
            wanted.priority,
            who.account,
            tx.now,
            tx.key,
            doc_type,
            amends.document,
            amends.reason,
            wanted.answers,
        )
        return reply({"draft": draft, "state": "draft"}, 201)

    def _written(self, agency: Agency, wanted: NewDocument) -> str:
        return paper.written(
            agency=agency.name,
            kind=wanted.kind,
            subject=wanted.subject,
            content=wanted.content,
            addressees=[self._agencies[code].name for code in wanted.addressees],
        )

    async def _review(self, request: Request, said: Remark, tx: Transaction, who: Account) -> Reply:
        row = await self._to_review(request, tx, who, REVIEW)
        await self._move(tx, row, who, REVIEW, detail=_remark(said, needed=False))
        return reply({"draft": row["draft"], "state": REVIEW.after})

    async def _give_back(self, request: Request, said: Remark, tx: Transaction, who: Account) -> Reply:
        remark = _remark(said, needed=True)
        row = await self._to_review(request, tx, who, GIVE_BACK)
        await self._move(tx, row, who, GIVE_BACK, detail=remark)
        return reply({"draft": row["draft"], "state": GIVE_BACK.after})

    async def _to_review(self, request: Request, tx: Transaction, who: Account, act: Act) -> asyncpg.Record:
        row = await self._locked(request, tx, who, act)
        if row["author"] == who.account:
            raise Problem(
                403,
                "own-draft",
                Text(
                    "Người soạn không tự thẩm tra dự thảo của mình; hãy nhờ đồng nghiệp.",
                    "Nobody reviews a draft of their own; please ask a colleague.",
                ),
            )
        return row

    async def _revise(self, request: Request, asked: Revision, tx: Transaction, who: Account) -> Reply:
        row = await self._locked(request, tx, who, REVISE)
        if row["author"] != who.account:
            raise Problem(
                403,
                "not-the-author",
                Text(
                    f"Dự thảo do {row['author']} soạn; chỉ người soạn sửa được.",
                    f"The draft is by {row['author']}; only its author can revise it.",
                ),
            )
        again = NewDocument(row["kind"], asked.subject, asked.content, row["addressees"], row["priority"])
        wanted = _tidy(again)
        if mistakes := _mistakes(wanted, self._agencies):
            raise invalid(mistakes)
        text = self._written(self._agencies[who.agency], wanted)
        await self._move(tx, row, who, REVISE, more=", subject = $8, text = $9", values=[wanted.subject, text])
        return reply({"draft": row["draft"], "state": REVISE.after})

    def _must_be_reviewed(self, kind: str) -> bool:
        return bool({kind, "*"} & set(self._kit.reference.office_rules.reviewed))

    async def _sign(self, request: Request, _content: Any, tx: Transaction, who: Actor) -> Reply:
        seal = self._keystore.personal(who.account)
        row = await self._locked(request, tx, who, SIGN)
        signature = msgspec.json.encode(seal.sign_content(row["text"].encode()))
        more = ", signed = 'digital', signer = $4, signature = $8, in_stead_of = $9"
        await self._move(tx, row, who, SIGN, more=more, values=[signature, who.in_stead_of])
        return reply({"draft": row["draft"], "state": SIGN.after})

    async def _print(self, request: Request, _content: Any, tx: Transaction, who: Account) -> Reply:
        row = await self._locked(request, tx, who, PRINT)
        await self._move(tx, row, who, PRINT, more=", signed = 'paper'")
        return reply({"draft": row["draft"], "state": PRINT.after})

    async def _scan(self, request: Request, scan: Scan, tx: Transaction, who: Account) -> Reply:
        if not 1 <= scan.pages <= _MAX_PAGES:
            raise invalid(
                [
                    _mistake(
                        "$.pages",
                        str(scan.pages),
                        Text(f"Số trang từ 1 đến {_MAX_PAGES}.", f"1 to {_MAX_PAGES} pages."),
                    )
                ]
            )
        row = await self._locked(request, tx, who, SCAN)
        detail = f"{scan.pages} trang"
        await self._move(tx, row, who, SCAN, more=", pages = $8", values=[scan.pages], detail=detail)
        return reply({"draft": row["draft"], "state": SCAN.after})

    async def _to_issue(self, request: Request, _content: Any) -> str:
        """Let the document clerk through; returns the number of the draft as the path has it."""
        self._kit.who(request, *ISSUE.roles)
        return str(request.path_params["draft"])

    async def _issue(self, tx: Transaction, writes: Sequence[Write]) -> list[Reply | Problem]:
        """Issue drafts side by side: each is numbered, sealed, entered and sent, or refused for itself."""
        rows = await self._lock(tx, [one.prepared for one in writes])
        ready: list[_Ready] = []
        answers: dict[str, Reply | Problem] = {}
        for one in writes:
            try:
                seal = self._keystore.organisation(one.who.agency)
                row = self._checked(rows.get(one.prepared), one.prepared, one.who, ISSUE)
            except Problem as problem:
                answers[one.key] = problem
                continue
            if any(row is other for _, other, _ in ready):  # issued a moment ago, by another click
                answers[one.key] = _out_of_order(one.prepared, ISSUE.after, ISSUE)
            else:
                ready.append((one, row, seal))
        if ready:
            answers |= await self._issue_now(tx, ready)
        return [answers[one.key] for one in writes]

    async def _issue_now(self, tx: Transaction, ready: Sequence[_Ready]) -> dict[str, Reply | Problem]:
        """Do it for drafts that are locked and in order; replies by their keys."""
        wanted = Counter(one.who.agency for one, _, _ in ready)
        numbers = {agency: iter(some) for agency, some in (await next_numbers(tx, wanted, book="outgoing")).items()}
        answers: dict[str, Reply | Problem] = {}
        issued = []
        for one, row, seal in ready:
            name = DocumentId(
                row["agency"],
                tx.now.date(),
                next(numbers[row["agency"]]),
                notation(row["kind"], self._agencies[row["agency"]].name),
            )
            signed = self._sealed(name, row, seal, clerk=one.who.name, at=tx.now)
            issued.append((row["draft"], str(name), signed, one.who.account, one.key))
            await self._send(tx, one, row, str(name), signed)
            answers[one.key] = reply(
                {
                    "draft": row["draft"],
                    "document": str(name),
                    "number": name.number,
                    "notation": f"{name.number}/{name.notation}",
                    "state": ISSUE.after,
                }
            )
        await tx.execute(_ISSUED, *map(list, zip(*issued, strict=True)), ISSUE.after, ISSUE.event, tx.now)
        return answers

    async def _send(self, tx: Transaction, one: Write, row: asyncpg.Record, document: str, signed: str) -> None:
        # What changes an earlier document waits for that one, however urgent it is.
        subject, urgency = (row["amends"], 0) if row["amends"] else (document, row["priority"])
        tx.key, tx.trace = one.key, one.trace
        await tx.send("dochub", "envelopes.send", {"xml": signed}, subject=subject, urgency=urgency)

    def _sealed(self, name: DocumentId, row: asyncpg.Record, seal: Seal, *, clerk: str, at: datetime) -> str:
        """Envelope of a draft under its name, with the agency's seal."""
        target = DocumentId.parse(row["amends"]) if row["amends"] else None
        envelope = Envelope(
            id=name,
            sender=Organ(name.agency, self._agencies[name.agency].name),
            addressees=tuple(Organ(code, self._agencies[code].name) for code in row["addressees"]),
            place=self._kit.reference.province.name,
            kind=row["kind"],
            subject=row["subject"],
            summary=row["subject"],
            signer_competence="TUQ. LÃNH ĐẠO" if row["in_stead_of"] else "",
            signer_position="Lãnh đạo",
            signer_name=self._signer_name(row),
            priority=row["priority"],
            pages=row["pages"],
            responses=(Response.to(DocumentId.parse(row["answers"])),) if row["answers"] else (),
            doc_type=row["doc_type"],
            about=target if row["doc_type"] in {"recall", "update"} else None,
            changes=Changes() if row["doc_type"] == "update" else None,
            replaces=(Replacement(document=target),) if target and row["doc_type"] == "replace" else (),
            reason=row["reason"] or "Văn bản điện tử mới",
            staff_department="Văn thư",
            staff_name=clerk,
            sent_at=at.replace(microsecond=0),
            attachments=(paper.attachment(row["text"], signature=_signature_of(row), pages=row["pages"]),),
        )
        signed = seal.sign_envelope(compose(envelope), profile=self._profile, at=at)
        return without_certificate(signed) if name.agency in self._kit.reference.office_rules.misformed else signed

    async def _seal_again(self, request: Request, _content: Any, tx: Transaction, who: Account) -> Reply:
        """Seal an envelope that the axis has refused in the required form, and send it under its old key."""
        row = await self._locked(request, tx, who, SEAL_AGAIN)
        issued = await tx.row("SELECT document, xml FROM document WHERE draft = $1", row["draft"])
        assert issued  # noqa: S101 -- locked above
        subject = row["amends"] or issued["document"]
        letter = await tx.row(
            "DELETE FROM dead_letter WHERE subject = $1 AND operation = 'envelopes.send' "
            "AND convert_from(body, 'UTF8')::jsonb ->> 'xml' = $2 RETURNING key",
            subject,
            issued["xml"],
        )
        if letter is None:
            raise wrong_state(
                Text(f"Văn bản {issued['document']}", f"Document {issued['document']}"),
                row["state"],
                Text("bị trục trả lại", "refused by the axis"),
            )
        seal = self._keystore.organisation(who.agency)
        signed = seal.sign_envelope(unsealed(issued["xml"]), profile=self._profile, at=tx.now)
        await self._move(tx, row, who, SEAL_AGAIN, more=", xml = $8", values=[signed])
        await tx.send("dochub", "envelopes.send", {"xml": signed}, subject=subject, key=letter["key"])
        return reply({"draft": row["draft"], "document": issued["document"], "state": SEAL_AGAIN.after})

    def _signer_name(self, row: asyncpg.Record) -> str:
        """Who signed: known where it was done on screen; on paper the agency's first leader is taken (assumed)."""
        if row["signer"]:
            member = self._kit.reference.staff.get(row["signer"])
            return member.name if member else str(row["signer"])
        return self._leaders.get(row["agency"], "Lãnh đạo cơ quan")

    async def _locked(self, request: Request, tx: Transaction, who: Account, act: Act) -> asyncpg.Record:
        """Return the document of the path, locked. Raises 404, 403 for another agency's, 409 out of order."""
        wanted = request.path_params["draft"]
        return self._checked((await self._lock(tx, [wanted])).get(wanted), wanted, who, act)

    @staticmethod
    async def _lock(tx: Transaction, wanted: Sequence[str]) -> dict[str, asyncpg.Record]:
        """Lock the documents of these drafts, by the numbers of paths; what is no number, or nobody's, is left out."""
        numbers = sorted({int(one) for one in wanted if _DRAFT_NUMBER.fullmatch(one)})
        return {str(row["draft"]): row for row in await tx.fetch(_LOCKED, numbers)} if numbers else {}

    def _checked(self, row: asyncpg.Record | None, wanted: str, who: Account, act: Act) -> asyncpg.Record:
        """Return the document where this official may do this with it now. Raises Problems as `_locked` does."""
        if row is None:
            raise not_found(Text(f"dự thảo {wanted}", f"draft {wanted}"))
        if row["agency"] != who.agency:
            raise Problem(
                403,
                "wrong-agency",
                Text(
                    f"Dự thảo {wanted} là của cơ quan {row['agency']}.", f"Draft {wanted} is of agency {row['agency']}."
                ),
            )
        if row["state"] not in act.before:
            raise _out_of_order(wanted, row["state"], act)
        if act in {SIGN, PRINT} and row["state"] == "draft" and self._must_be_reviewed(row["kind"]):
            raise wrong_state(
                Text(f"Dự thảo {wanted} loại “{row['kind']}”", f"Draft {wanted} of the kind “{row['kind']}”"),
                row["state"],
                REVIEW.after,
            )
        return row

    @staticmethod
    async def _move(
        tx: Transaction,
        row: asyncpg.Record,
        who: Account,
        act: Act,
        *,
        more: str = "",
        values: list[Any] | None = None,
        detail: str = "",
    ) -> None:
        sql = _MOVED.format(more=more)
        await tx.execute(sql, row["draft"], act.after, act.event, who.account, detail, tx.now, tx.key, *(values or []))


def _out_of_order(wanted: str, state: str, act: Act) -> Problem:
    return wrong_state(Text(f"Dự thảo {wanted}", f"Draft {wanted}"), state, act.before)


def _remark(said: Remark, *, needed: bool) -> str:
    remark = " ".join(unicodedata.normalize("NFC", said.remark).split())
    if len(remark) > _MAX_SUBJECT or (needed and not remark):
        way_out = Text(
            f"Nêu điều cần sửa, tối đa {_MAX_SUBJECT} ký tự.",
            f"Say what is to change, in {_MAX_SUBJECT} characters at most.",
        )
        raise invalid([_mistake("$.remark", Text(f"{len(remark)} ký tự", f"{len(remark)} characters"), way_out)])
    return remark


def _signature_of(row: asyncpg.Record) -> ContentSignature | None:
    return msgspec.json.decode(row["signature"], type=ContentSignature) if row["signature"] else None


def _tidy(asked: NewDocument) -> NewDocument:
    """Bring what was typed into one form: NFC, plain line ends, the kind as it is listed."""

    def clean(text: str) -> str:
        return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()

    kind = clean(asked.kind)
    return NewDocument(
        kind=known_kind(kind) or kind,
        subject=" ".join(clean(asked.subject).split()),
        content=clean(asked.content),
        addressees=asked.addressees,
        priority=asked.priority,
        amends=msgspec.structs.replace(asked.amends, reason=" ".join(clean(asked.amends.reason).split()))
        if asked.amends
        else None,
        answers=asked.answers.strip(),
    )


def _mistakes(wanted: NewDocument, agencies: dict[str, Agency]) -> list[dict[str, str]]:
    """Everything that is wrong with a draft, at once."""
    found = []
    if wanted.kind not in KINDS:
        near = nearest_kind(wanted.kind)
        guess, in_english = (f"Có phải “{near}”? ", f"Is it “{near}”? ") if near else ("", "")
        kinds = ", ".join(KINDS)
        way_out = Text(f"{guess}Loại văn bản được nhận: {kinds}.", f"{in_english}Kinds that are taken: {kinds}.")
        found.append(_mistake("$.kind", wanted.kind[:100], way_out))
    for where, text, limit in (
        ("$.subject", wanted.subject, _MAX_SUBJECT),
        ("$.content", wanted.content, _MAX_CONTENT),
    ):
        if not 1 <= len(text) <= limit:
            found.append(
                _mistake(
                    where,
                    Text(f"{len(text)} ký tự", f"{len(text)} characters"),
                    Text(f"Cần từ 1 đến {limit} ký tự.", f"1 to {limit} characters are needed."),
                )
            )
        if unfit := _UNFIT.search(text):
            way_out = Text(
                "Bỏ ký tự điều khiển: văn bản điện tử không mang được ký tự này.",
                "Remove the control character: no electronic document can carry it.",
            )
            found.append(_mistake(where, repr(unfit.group()), way_out))
    found += _wrong_addressees(wanted.addressees, agencies)
    if not 0 <= wanted.priority <= _HIGHEST_PRIORITY:
        found.append(
            _mistake(
                "$.priority",
                str(wanted.priority),
                Text(
                    f"Độ khẩn là số từ 0 đến {_HIGHEST_PRIORITY}.",
                    f"Urgency is a number from 0 to {_HIGHEST_PRIORITY}.",
                ),
            )
        )
    return found


async def _wrong_amendment(
    wanted: NewDocument, amends: Amendment, who: Account, tx: Transaction
) -> list[dict[str, str]]:
    """What speaks against recalling, updating or replacing that document."""
    found = []
    if not 1 <= len(amends.reason) <= _MAX_SUBJECT or _UNFIT.search(amends.reason):
        found.append(
            _mistake(
                "$.amends.reason",
                amends.reason[:60],
                Text(f"Nêu lý do, tối đa {_MAX_SUBJECT} ký tự.", f"Say why, in {_MAX_SUBJECT} characters at most."),
            )
        )
    addressees = await tx.value(
        "SELECT addressees FROM document WHERE document = $1 AND agency = $2", amends.document, who.agency
    )
    if addressees is None:
        way_out = Text(
            "Dùng mã văn bản mà cơ quan này đã phát hành (sổ văn bản đi).",
            "Use the code of a document that this agency has issued (outgoing register).",
        )
        return [*found, _mistake("$.amends.document", amends.document[:120], way_out)]
    if amends.how == "recall":
        found += [
            _mistake(
                f"$.addressees[{place}]",
                code[:100],
                Text(
                    "Văn bản ấy không gửi đến đây, nên không thu hồi từ đây.",
                    "That document was not sent there, so it cannot be recalled from there.",
                ),
            )
            for place, code in enumerate(wanted.addressees)
            if code not in addressees
        ]
    return found


def _wrong_addressees(codes: list[str], agencies: dict[str, Agency]) -> list[dict[str, str]]:
    if not 1 <= len(codes) <= MAX_ADDRESSEES:
        return [
            _mistake(
                "$.addressees",
                Text(f"{len(codes)} nơi nhận", f"{len(codes)} addressees"),
                Text(f"Cần từ 1 đến {MAX_ADDRESSEES} nơi nhận.", f"1 to {MAX_ADDRESSEES} addressees are needed."),
            )
        ]
    found = []
    for place, code in enumerate(codes):
        if code not in agencies:
            found.append(
                _mistake(
                    f"$.addressees[{place}]",
                    code[:100],
                    Text("Dùng mã của cơ quan có trong danh bạ.", "Use the code of an agency of the directory."),
                )
            )
        elif code in codes[:place]:
            found.append(
                _mistake(
                    f"$.addressees[{place}]", code, Text("Mỗi nơi nhận chỉ ghi một lần.", "Name each addressee once.")
                )
            )
    return found


def _mistake(where: str, found: str, way_out: str) -> dict[str, str]:
    return {"where": where, "found": found, "way_out": way_out}
