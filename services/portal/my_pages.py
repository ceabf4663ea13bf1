"""What somebody has filed and begun, and everything that can be done with a dossier of one's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.kit.kit import Kit, WriteHandler
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem, not_found
from services.portal import levels
from services.portal.attachments import Attachments, download
from services.portal.catalogue import Catalogue
from services.portal.citizens import check_own
from services.portal.drafts import Drafts
from services.portal.following import WITHDRAWABLE, Following, Rating, Supplement
from services.portal.look import Look
from services.portal.paying import TOO_LATE, Paying
from services.portal.screens import STATE_NAMES
from services.portal.sessions import Sessions

_MOST_SHOWN = 50
_KEY_LENGTH = 40

_LIST = """
    SELECT code, procedure, agency, company, state, submitted_at, due_at,
           state = 'awaiting_supplement' AND supplemented_seq IS DISTINCT FROM seq AS asked,
           result IS NOT NULL AND NOT EXISTS (SELECT FROM rating WHERE rating.code = dossier.code) AS unrated
    FROM dossier WHERE applicant = $1 ORDER BY submitted_at DESC NULLS LAST, code DESC LIMIT $2
"""
_ONE = """
    SELECT code, procedure, agency, company, applicant, state, seq, fee, delivery, submitted_at, due_at, result, digest,
           wanted, supplemented_seq, fields_saved, fields_typed, payment."order", payment.status AS paid,
           (SELECT max(again_at) FROM apology WHERE apology.code = dossier.code) AS again_at,
           rating.score, EXISTS (SELECT FROM event WHERE event.code = dossier.code AND event = 'withdrawn') AS withdrawn
    FROM dossier LEFT JOIN payment USING (code) LEFT JOIN rating USING (code) WHERE code = $1
"""
_STEPS = "SELECT state, at FROM step WHERE code = $1 ORDER BY seq"
_FILE = """
    SELECT attachment.*, coalesce(dossier.applicant, draft.applicant) AS applicant
    FROM attachment LEFT JOIN dossier ON dossier.code = owner LEFT JOIN draft ON draft.id = owner
    WHERE attachment.id = $1
"""


class _Paper(msgspec.Struct):
    pdf: bytes


#: Body of a form's act: from the fields that were sent.
_Read = Callable[[dict[str, str]], Any]


class MyPages:
    """Pages for who has signed in. Each act is the same write that programs use, once per form."""

    def __init__(
        self, kit: Kit, look: Look, sessions: Sessions, *, catalogue: Catalogue, following: Following, paying: Paying,
        drafts: Drafts, files: Attachments,
    ) -> None:  # fmt: skip
        """Act through `following` and `paying`."""
        self._kit, self._look, self._sessions, self._catalogue = kit, look, sessions, catalogue
        self._following, self._paying, self._drafts, self._files = following, paying, drafts, files

    async def list(self, request: Request) -> Response:
        """Show what needs doing first, then drafts and dossiers."""
        session = await self._sessions.need(request)
        rows = await self._kit.pool.fetch(_LIST, session.who.account, _MOST_SHOWN)
        return await self._look.page(
            request,
            "my.html",
            drafts=await self._drafts.of(session.who.account),
            dossiers=rows,
            states=STATE_NAMES,
            name_of=self._name_of,
            most=_MOST_SHOWN,
        )

    async def show(self, request: Request) -> Response:
        """Show one dossier."""
        await self._sessions.need(request)
        return await self._show(request, await self._own(request))

    async def pay(self, request: Request) -> Response:
        """Have an order made, and lead to the platform."""
        done = await self._act(request, self._paying.start, prepare=self._paying.prepare)
        order = await self._paying.open_order(request.path_params["code"])
        if order:
            return await self._look.page(request, "to_payment.html", pay_url=order.pay_url)
        return done if isinstance(done, Response) else RedirectResponse(f"/my/{done['code']}", 303)

    async def supplement(self, request: Request) -> Response:
        """Hand in what was asked for."""
        return await self._acted(
            request,
            self._following.supplement,
            read=lambda given: Supplement({"text": given["text"]} if given.get("text") else {}),
        )

    async def withdraw(self, request: Request) -> Response:
        """Take the application back."""
        return await self._acted(request, self._following.withdraw, read=_sure)

    async def rate(self, request: Request) -> Response:
        """Say how content one is."""
        return await self._acted(
            request,
            self._following.rate,
            read=lambda given: Rating(int(given["score"]) if given.get("score", "").isdecimal() else 0),
        )

    async def result(self, request: Request) -> Response:
        """Save the result: the paper with the agency's signature, from the one-stop. Raises 503 out of its reach."""
        await self._sessions.need(request)
        row = await self._own(request)
        levels.require(
            self._catalogue.find(row["procedure"]),
            levels.RESULT,
            Text("nhận kết quả trực tuyến", "getting the result online"),
        )
        if row["result"] is None:
            raise Problem(
                409,
                "wrong-state",
                Text(f"Hồ sơ {row['code']} chưa có kết quả.", f"Dossier {row['code']} has no result yet."),
            )
        answer = await self._kit.lgsp.ask(
            "onestop", "results.paper", query={"code": row["code"]}, purpose="give-result"
        )
        if not answer.good:
            raise Problem(
                503,
                "not-signed-yet",
                Text(
                    f"Kết quả hồ sơ {row['code']} đang được ký số; xin thử lại sau.",
                    f"The result of dossier {row['code']} is being signed; please try again later.",
                ),
            )
        return _paper(answer.json(_Paper).pdf, f"ket-qua-{row['code']}.pdf")

    async def apology(self, request: Request) -> Response:
        """Save the agency's apology for being late. Raises 404 where there is none, 503 out of the one-stop's reach."""
        await self._sessions.need(request)
        row = await self._own(request)
        if row["again_at"] is None:
            raise not_found(Text(f"phiếu xin lỗi của hồ sơ {row['code']}", f"an apology about dossier {row['code']}"))
        answer = await self._kit.lgsp.ask(
            "onestop", "apologies.paper", query={"code": row["code"]}, purpose="give-apology"
        )
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Bộ phận một cửa chưa trả lời; xin thử lại sau.",
                    "The one-stop does not answer; please try again later.",
                ),
            )
        return _paper(answer.json(_Paper).pdf, f"xin-loi-{row['code']}.pdf")

    async def file(self, request: Request) -> Response:
        """Save a file that one has handed in."""
        session = await self._sessions.need(request)
        row = await self._kit.pool.fetchrow(_FILE, request.path_params["file"])
        if row is None:
            raise not_found(Text("tệp này", "this file"))
        check_own(Text("này", "this"), row["applicant"], session.who)
        return download(row)

    async def payment_return(self, request: Request) -> Response:
        """Where the payment platform sends people back to: its signed words count, not the address's."""
        told = request.query_params
        paid = await self._paying.returned(told)
        if await self._sessions.find(request) and paid.code:
            return RedirectResponse(f"/my/{paid.code}?payment={'ok' if paid.successful else 'not'}", 303)
        return await self._look.page(request, "payment_return.html", paid=paid)

    async def _acted(self, request: Request, handler: WriteHandler, *, read: _Read) -> Response:
        done = await self._act(request, handler, read=read)
        return done if isinstance(done, Response) else RedirectResponse(f"/my/{done['code']}", 303)

    async def _act(
        self, request: Request, handler: WriteHandler, *, read: _Read | None = None, prepare: Any = None
    ) -> Any:
        """Do a write from a form. A mistake shows the dossier again, with what was wrong."""
        async with request.form(max_files=0, max_fields=10) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        await self._sessions.need_form(request, given.get("csrf", ""))
        row = await self._own(request)
        try:
            body = read(given) if read else None
            key = f"page:{given.get('key', '')[:_KEY_LENGTH]}:{row['code']}"
            raw = msgspec.json.encode(body) if body is not None else b""
            done = await self._kit.once(request, handler, body, key=key, raw=raw, prepare=prepare)
        except Problem as problem:
            if problem.status not in {409, 422}:
                raise
            return await self._show(request, await self._own(request), problem=problem)
        return done.read()

    async def _own(self, request: Request) -> asyncpg.Record:
        code = request.path_params["code"]
        row = await self._kit.pool.fetchrow(_ONE, code)
        if row is None:
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        check_own(code, row["applicant"], request.state.who)
        return row

    async def _show(self, request: Request, row: asyncpg.Record, problem: Problem | None = None) -> HTMLResponse:
        procedure = self._catalogue.find(row["procedure"])
        agency = self._kit.reference.agencies.get(row["agency"])
        return await self._look.page(
            request,
            "dossier.html",
            problem.status if problem else 200,
            dossier=row,
            procedure=procedure,
            agency=agency.name if agency else row["agency"],
            states=STATE_NAMES,
            steps=await self._kit.pool.fetch(_STEPS, row["code"]),
            files=await self._files.of(row["code"]),
            can_pay=procedure.level >= levels.PAYMENT
            and row["fee"] > 0
            and row["paid"] != "paid"
            and row["state"] not in TOO_LATE,
            can_supplement=row["state"] == "awaiting_supplement" and row["supplemented_seq"] != row["seq"],
            online_result=procedure.level >= levels.RESULT,
            can_withdraw=row["state"] in WITHDRAWABLE and not row["withdrawn"],
            can_rate=row["state"] == "returned" and row["score"] is None,
            problem=problem,
            fresh=request.query_params.get("new", "") == "1",
            payment=request.query_params.get("payment", ""),
            key=secrets.token_urlsafe(18),
        )

    def _name_of(self, procedure: str) -> str:
        known = self._catalogue.by_code.get(procedure)
        return known.name if known else procedure


def _paper(pdf: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


def _sure(given: dict[str, str]) -> None:
    mistakes = Mistakes()
    if given.get("sure") != "yes":
        mistakes.add(
            "sure",
            Text("chưa đánh dấu đồng ý rút", "the box was not ticked"),
            Text("Đánh dấu vào ô xác nhận rồi bấm lại.", "Tick the box and press again."),
        )
    mistakes.stop()
