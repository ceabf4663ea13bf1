"""Pages for officials: the desk, a document, the registers. Each shows only what belongs to the reader's agency."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, quote

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.kit.accounts import Account, SignIn
from services.kit.edxml import statuses
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust
from services.kit.kit import Endpoint, Kit
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import Problem, not_found
from services.kit.reference import Staff
from services.office import paper, replying, verdicts
from services.office.arrived import arrived, opened
from services.office.carried import look_into
from services.office.delegating import leader_of
from services.office.inspecting import Inspector
from services.office.notation import KINDS
from services.office.printing import Printing
from services.office.states import DOC_TYPE_NAMES, EVENT_NAMES, INCOMING, OUTGOING, SIGNED_NAMES, STATE_NAMES
from services.office.undelivered import letters

_SHOWN = 200  # rows of a list; older ones are in the registers
_ROLE_NAMES = {
    "specialist": Text("Chuyên viên", "Specialist"),
    "leader": Text("Lãnh đạo", "Leader"),
    "document_clerk": Text("Văn thư", "Document clerk"),
    "reception_clerk": Text("Cán bộ một cửa", "One-stop clerk"),
    "poller": Text("Máy", "Machine"),
}
_ACT_NAMES = {
    "review": Text("Thẩm tra xong, trình ký", "Reviewed, to be signed"),
    "return": Text("Trả lại để sửa", "Give back for revision"),
    "revision": Text("Lưu bản đã sửa", "Save the revision"),
    "signature": Text("Ký số", "Sign digitally"),
    "print": Text("Đã in và ký tay", "Printed and signed by hand"),
    "scan": Text("Đã quét, nhập lại", "Scanned and imported"),
    "issue": Text("Cấp số, phát hành", "Number and issue"),
    "seal": Text("Ký lại theo đúng định dạng, gửi lại", "Seal again in the required form, send again"),
    "registration": Text("Vào sổ đến", "Register"),
    "assignment": Text("Phân công xử lý", "Assign"),
    "completion": Text("Hoàn thành", "Finish"),
    "refusal": Text("Trả lại nơi gửi", "Return to the sender"),
}
#: Who has a desk here: people of an agency. Machines and the administrator have none.
OFFICIALS = ("specialist", "leader", "document_clerk", "reception_clerk")
Show = Callable[[Request, Account], Awaitable[Response]]


def _may(act: str, author: str, who: Account) -> bool:
    """Whether an act is for this one: reviewing is for others than the author, revising for the author."""
    return (act not in {"review", "return"} or who.account != author) and (act != "revision" or who.account == author)


def guarded(kit: Kit, endpoint: Endpoint) -> Endpoint:
    """Let only officials of an agency through, before anything that they send is looked at."""

    async def guard(request: Request) -> Response:
        request.state.who = kit.who(request, *OFFICIALS)
        return await endpoint(request)

    kit.bodies[guard] = kit.bodies.get(endpoint)
    return guard


class Desks:
    """The pages of one office."""

    def __init__(self, kit: Kit, trust: Trust, printing: Printing, inspector: Inspector) -> None:
        """`trust` and `inspector` check signatures when a document is looked at, `printing` makes PDFs."""
        self._printing, self._inspector = printing, inspector
        self._kit, self._trust = kit, trust
        self._pages = Pages("office", verdict=verdicts.told)
        self._agencies = kit.reference.agencies

    def routes(self) -> list[Route]:
        """Addresses of the pages."""
        return [
            Route("/", self._page(self._desk)),
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
            Route("/documents/{draft:int}", self._page(self._document)),
            Route("/documents/{draft:int}/pdf", self._page(self._printing.show)),
            Route("/incoming", self._page(self._incoming)),
            Route("/incoming/attachment", self._page(self._attachment)),
            Route("/archive", self._page(self._archive)),
            Route("/undelivered", self._page(self._undelivered)),
            Route("/registers/outgoing", self._page(self._outgoing_register)),
            Route("/registers/incoming", self._page(self._incoming_register)),
        ]

    def problem(self, request: Request, problem: Problem) -> Response:
        """Show what went wrong as a page; who is not signed in is asked to."""
        if problem.status == 401:  # noqa: PLR2004
            return RedirectResponse("/sign-in", 303)
        try:
            who: Account | None = self._kit.who(request, *OFFICIALS)
        except Problem:
            who = None
        return self._render(request, "problem.html", who, status=problem.status, problem=problem)

    def _page(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await show(request, self._kit.who(request, *OFFICIALS))
            except Problem as problem:
                return self.problem(request, problem)

        return endpoint

    def _render(
        self, request: Request, template: str, who: Account | None, *, status: int = 200, **values: Any
    ) -> Response:
        agency = self._agencies.get(who.agency) if who else None
        return self._pages.page(
            template,
            status,
            request=request,
            who=who,
            role=_ROLE_NAMES.get(who.role, who.role) if who else "",
            agency=agency,
            agencies=self._agencies,
            staff=self._kit.reference.staff,
            states=STATE_NAMES,
            statuses=statuses.NAMES,
            doc_types=DOC_TYPE_NAMES,
            signed_names=SIGNED_NAMES,
            verdicts=verdicts,
            events=EVENT_NAMES,
            acts=_ACT_NAMES,
            key=str(uuid.uuid4()),
            **values,
        )

    async def _sign_in(self, request: Request) -> Response:
        if request.method == "GET":
            return self._render(request, "sign_in.html", None, wrong="")
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        attempt = SignIn(fields.get("account", [""])[0].strip(), fields.get("passcode", [""])[0].strip())
        try:
            await self._kit.check_passcode(attempt)
            who, _ = await self._kit.find_staff(attempt)
        except Problem as problem:
            return self._render(
                request, "sign_in.html", None, status=problem.status, wrong=problem.detail, account=attempt.account
            )
        response = RedirectResponse("/", 303)
        self._kit.open_session(response, who)
        return response

    async def _sign_out(self, _request: Request) -> Response:
        response = RedirectResponse("/sign-in", 303)
        self._kit.close_session(response)
        return response

    async def _desk(self, request: Request, who: Account) -> Response:
        outgoing = await self._kit.pool.fetch(
            "SELECT draft, kind, subject, state, priority FROM document WHERE agency = $1 AND state <> 'issued' "
            "ORDER BY priority DESC, draft LIMIT $2",
            who.agency,
            _SHOWN,
        )
        incoming = await self._kit.pool.fetch(
            "SELECT document, sender_name, kind, subject, state, arrived_at, assignee FROM incoming JOIN received "
            "USING (document) WHERE agency = $1 AND state IN ('arrived', 'registered', 'assigned') "
            "ORDER BY assignee = $3 DESC, arrived_at LIMIT $2",
            who.agency,
            _SHOWN,
            who.account,
        )
        delegations = await self._kit.pool.fetch(
            "SELECT id, leader, deputy, since, until FROM delegation WHERE agency = $1 AND until > $2 ORDER BY since",
            who.agency,
            self._kit.clock.now(),
        )
        colleagues = [one for one in self._kit.reference.staff.values() if one.agency == who.agency]
        return self._render(
            request,
            "desk.html",
            who,
            outgoing=outgoing,
            incoming=incoming,
            kinds=list(KINDS),
            delegations=delegations,
            deputies=[one for one in colleagues if one.role in {"leader", "specialist"} and one.account != who.account],
        )

    async def _document(self, request: Request, who: Account) -> Response:
        draft = request.path_params["draft"]
        row = None
        if draft < 1 << 62:
            row = await self._kit.pool.fetchrow(
                "SELECT * FROM document WHERE draft = $1 AND agency = $2", draft, who.agency
            )
        if row is None:
            raise not_found(Text(f"dự thảo {draft} trong cơ quan của bạn", f"draft {draft} in your agency"))
        history = await self._kit.pool.fetch(
            "SELECT event, actor, detail, at FROM event WHERE draft = $1 ORDER BY id", draft
        )
        told = await self._kit.pool.fetch(
            "SELECT addressee, status, at FROM outgoing_status WHERE document = $1", row["document"] or ""
        )
        refused = await self._kit.pool.fetchval(
            "SELECT EXISTS (SELECT FROM dead_letter WHERE subject = $1 AND operation = 'envelopes.send')",
            row["document"] or "",
        )
        roles = await self._roles(who)
        return self._render(
            request,
            "document.html",
            who,
            row=row,
            history=history,
            told={status["addressee"]: status for status in told},
            signer=self._signer(row),
            content=paper.content_of(row["text"], row["subject"]),
            acts_now=[
                name
                for name, act in OUTGOING.items()
                if row["state"] in act.before
                and roles & {*act.roles}
                and _may(name, row["author"], who)
                and (name != "seal" or refused)
            ],
        )

    def _signer(self, row: Any) -> str:
        """Say whose personal signature the text carries, looked at afresh."""
        if not row["signature"]:
            return ""
        signature = msgspec.json.decode(row["signature"], type=ContentSignature)
        try:
            # A certificate that has ended since the document was issued was good then.
            at = row["issued_at"] or self._kit.clock.now()
            holder = self._trust.signer(row["text"].encode(), signature, at=at)
        except EdxmlError as error:
            return Text(f"KHÔNG hợp lệ: {error}", f"NOT valid: {error}")
        return Text(f"hợp lệ, của {holder.name} ({holder.code})", f"valid, of {holder.name} ({holder.code})")

    async def _incoming(self, request: Request, who: Account) -> Response:
        row = await arrived(self._kit, request.query_params.get("document", ""), agency=who.agency)
        roles, pool = await self._roles(who), self._kit.pool
        history = await pool.fetch(
            "SELECT event, actor, detail, at FROM event WHERE draft IS NULL AND document = $1 AND agency = $2 "
            "ORDER BY id",
            row["document"],
            who.agency,
        )
        try:
            envelope = opened(self._kit, self._trust, row)
            seal = Text(
                f"hợp lệ, của {envelope.sender.name} ({envelope.sender.code})",
                f"valid, of {envelope.sender.name} ({envelope.sender.code})",
            )
        except EdxmlError as error:
            envelope, seal = None, Text(f"KHÔNG hợp lệ: {error}", f"NOT valid: {error}")
        return self._render(
            request,
            "incoming.html",
            who,
            row=row,
            history=history,
            seal=seal,
            asked=await pool.fetchval("SELECT doc_type FROM received WHERE document = $1", row["pending"]),
            envelope=envelope,
            answers=await replying.answered_by(pool, envelope, agency=who.agency) if envelope else [],
            replies=await replying.replies_to(pool, row["document"], agency=who.agency),
            may_reply=who.role == "specialist" and not row["pending"] and row["state"] in replying.ANSWERABLE,
            kinds=list(KINDS),
            carried=await asyncio.to_thread(look_into, envelope.attachments, self._trust, at=row["arrived_at"])
            if envelope
            else [],
            pdfs=await self._inspector.look(envelope.attachments, at=row["arrived_at"]) if envelope else [],
            specialists=self._specialists(who),
            acts_now=[
                name
                for name, act in INCOMING.items()
                if not row["pending"] and row["state"] in act.before and roles & {*act.roles}
            ],
        )

    async def _attachment(self, request: Request, who: Account) -> Response:
        """Hand out an attachment as it came, a zip: `?document=…&number=1` is the first."""
        row = await arrived(self._kit, request.query_params.get("document", ""), agency=who.agency)
        wanted = request.query_params.get("number", "")
        try:
            attachments = opened(self._kit, self._trust, row).attachments
        except EdxmlError:
            attachments = ()
        listed = {str(number): one for number, one in enumerate(attachments, 1)}
        if wanted not in listed:
            raise not_found(
                Text(
                    f"tệp đính kèm “{wanted[:20]}” của {row['document']}",
                    f"attachment “{wanted[:20]}” of {row['document']}",
                )
            )
        name = quote(listed[wanted].name.removesuffix(".zip") + ".zip", safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(listed[wanted].archive, media_type="application/zip", headers=headers)

    def _specialists(self, who: Account) -> list[Staff]:
        """Whom work can be assigned to."""
        staff = self._kit.reference.staff.values()
        return [one for one in staff if (one.agency, one.role) == (who.agency, "specialist")]

    async def _roles(self, who: Account) -> set[str]:
        """Roles in which an official may act now: his own, and a leader's where he deputises for one."""
        return {who.role, "leader"} if await leader_of(self._kit, who) else {who.role}

    async def _archive(self, request: Request, who: Account) -> Response:
        rows = await self._kit.pool.fetch(
            "SELECT *, paper AND signed = 'digital' AS two_tracks FROM filing WHERE agency = $1 "
            "ORDER BY at DESC, document LIMIT $2",
            who.agency,
            _SHOWN,
        )
        return self._render(request, "archive.html", who, rows=rows)

    async def _undelivered(self, request: Request, who: Account) -> Response:
        return self._render(request, "undelivered.html", who, rows=await letters(self._kit, who.agency))

    async def _outgoing_register(self, request: Request, who: Account) -> Response:
        rows = await self._kit.pool.fetch(
            "SELECT draft, document, kind, subject, issued_at, signed, cardinality(addressees) AS receivers "
            "FROM document WHERE agency = $1 AND state = 'issued' ORDER BY issued_at DESC, draft DESC LIMIT $2",
            who.agency,
            _SHOWN,
        )
        return self._render(request, "outgoing_register.html", who, rows=rows)

    async def _incoming_register(self, request: Request, who: Account) -> Response:
        rows = await self._kit.pool.fetch(
            "SELECT document, number, sender_name, kind, subject, arrived_at, state FROM incoming JOIN received "
            "USING (document) WHERE agency = $1 ORDER BY arrived_at DESC, document LIMIT $2",
            who.agency,
            _SHOWN,
        )
        return self._render(request, "incoming_register.html", who, rows=rows)
