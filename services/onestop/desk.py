"""The desk of an agency: its open dossiers, for machines and as pages, and one dossier with its history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.accounts import Account, SignIn
from services.kit.clock import VIETNAM
from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import Problem, not_found
from services.onestop import automatic, dossiers
from services.onestop.states import ACTS, CLOSED, NAMES, next_states

ROLES = ("reception_clerk", "specialist", "leader")
ROLE_NAMES = {
    "reception_clerk": Text("Cán bộ một cửa", "One-stop clerk"),
    "specialist": Text("Chuyên viên", "Specialist"),
    "leader": Text("Lãnh đạo", "Leader"),
}
_MOST = 200  # dossiers shown at once, the most urgent first; a commune has fewer open, the rest is counted

_OPEN = """
    SELECT code, procedure, channel, state, seq, received_at, due_at, count(*) OVER () AS open
    FROM dossier WHERE agency = $1 AND open ORDER BY due_at NULLS LAST, code LIMIT $2
"""
_REFERRED = """
    SELECT code, procedure, dossier.agency, referral.asked_at, referral.due_at
    FROM referral JOIN dossier USING (code)
    WHERE referral.agency = $1 AND answered_at IS NULL AND state = 'referred' ORDER BY referral.due_at, code LIMIT $2
"""
_ASKED_OF = "SELECT 1 FROM referral WHERE code = $1 AND agency = $2 LIMIT 1"
_ROUTE = "SELECT step, agency, asked_at, due_at, answered_at, opinion, note FROM referral WHERE code = $1 ORDER BY step"
_HISTORY = "SELECT seq, event, state, actor, at, note FROM event WHERE code = $1 ORDER BY seq"
_PAYMENTS = 'SELECT kind, amount, "order", at FROM payment WHERE code = $1 ORDER BY id'
_PARCELS = "SELECT parcel, sent_at, delivered_at FROM parcel WHERE code = $1"
_HANDED_IN = "SELECT content FROM paper WHERE code = $1 AND kind = 'counter' ORDER BY id LIMIT 1"
_ACCESSED = "INSERT INTO access (code, account, what, allowed, at) VALUES ($1, $2, $3, $4, $5)"
_DOSSIER = f"SELECT {dossiers.COLUMNS} FROM dossier WHERE code = $1"  # noqa: S608 -- our own column names

#: How a dossier came.
_CHANNEL_NAMES = {
    "online": Text("Trực tuyến", "Online"),
    "counter": Text("Tại quầy", "Counter"),
    "post": Text("Bưu điện", "Post"),
}
#: What is done beside the acts on a dossier's state, as the page names it afterwards.
_BESIDE = {
    "apology": Text("đã gửi phiếu xin lỗi", "the apology was sent"),
    "archiving": Text("đã nộp lưu", "handed over to the archive"),
}

Endpoint = Callable[[Request], Awaitable[Response]]


class Desk:
    """Reading for officials."""

    def __init__(self, kit: Kit) -> None:
        """Show what the service's database holds."""
        self._kit, self._reference, self._pages = kit, kit.reference, Pages("onestop")

    async def open_dossiers(self, request: Request) -> Response:
        """Answer `onestop.desk`."""
        who = self._kit.who(request, *ROLES)
        rows = await self._kit.pool.fetch(_OPEN, who.agency, _MOST)
        shown = [
            {
                "code": row["code"],
                "procedure": row["procedure"],
                "channel": row["channel"],
                "state": row["state"],
                "seq": row["seq"],
                "received_at": _local(row["received_at"]),
                "due_at": _local(row["due_at"]),
            }
            for row in rows
        ]
        referrals = [
            {**dict(row), "asked_at": _local(row["asked_at"]), "due_at": _local(row["due_at"])}
            for row in await self._kit.pool.fetch(_REFERRED, who.agency, _MOST)
        ]
        opened = rows[0]["open"] if rows else 0
        return json({"agency": who.agency, "open": opened, "dossiers": shown, "referrals": referrals})

    async def one_dossier(self, request: Request) -> Response:
        """Answer one dossier with its history to officials who work on it; the applicant's number stays masked."""
        who = self._kit.who(request, *ROLES)
        dossier = await self.find_shared(request.path_params["code"], who, what="dossier")
        history = await self._kit.pool.fetch(_HISTORY, dossier.code)
        number = dossier.applicant_number
        return json(
            {
                "code": dossier.code,
                "procedure": dossier.procedure,
                "agency": dossier.agency,
                "channel": dossier.channel,
                "delivery": dossier.delivery,
                "state": dossier.state,
                "seq": dossier.seq,
                "applicant": {
                    "full_name": dossier.applicant_name,
                    "personal_number": "*" * (len(number) - 3) + number[-3:],
                },
                "fee": dossier.fee,
                "paid": dossier.paid,
                "received_at": dossier.received_at,
                "due_at": dossier.due_at,
                "paused_at": dossier.paused_at,
                "history": [{**dict(step), "at": _local(step["at"])} for step in history],
                "route": [
                    {
                        **dict(stop),
                        "asked_at": _local(stop["asked_at"]),
                        "due_at": _local(stop["due_at"]),
                        "answered_at": _local(stop["answered_at"]),
                    }
                    for stop in await self.route(dossier.code)
                ],
            }
        )

    def archive_of(self, proof: Callable[[str], Awaitable[dict[str, Any] | None]]) -> Endpoint:
        """Answer whether a dossier of the official's agency is in the archive, and whether it is still as it was."""

        async def endpoint(request: Request) -> Response:
            who = self._kit.who(request, *ROLES)
            dossier = await self.find(request.path_params["code"], who, what="archive")
            found = await proof(dossier.code)
            if found is None:
                raise not_found(Text(f"hồ sơ {dossier.code} trong lưu trữ", f"dossier {dossier.code} in the archive"))
            return json({"code": dossier.code, **found})

        return endpoint

    def page(self, show: Endpoint) -> Endpoint:
        """Wrap a page so that its problems are pages too; who has not signed in is led to the door."""

        async def endpoint(request: Request) -> Response:
            try:
                return await show(request)
            except Problem as problem:
                if problem.status == 401:  # noqa: PLR2004
                    return RedirectResponse("/", 303)
                return self._pages.page("problem.html", problem.status, request=request, problem=problem, who=None)

        return endpoint

    async def door(self, request: Request) -> Response:
        """Show the sign-in form, or lead to the desk who has signed in already."""
        try:
            self._kit.who(request, *ROLES)
        except Problem:
            return self._pages.page("door.html", request=request, wrong="", who=None)
        return RedirectResponse("/desk", 303)

    async def enter(self, request: Request) -> Response:
        """Sign in by the form: a cookie that no script and no other site can use."""
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        attempt = SignIn(fields.get("account", [""])[0].strip(), fields.get("passcode", [""])[0].strip())
        try:
            who = await self._official(attempt)
        except Problem as problem:
            return self._pages.page(
                "door.html", problem.status, request=request, wrong=problem.detail, account=attempt.account, who=None
            )
        response = RedirectResponse("/desk", 303)
        self._kit.open_session(response, who)
        return response

    async def _official(self, attempt: SignIn) -> Account:
        await self._kit.check_passcode(attempt)
        who, _ = await self._kit.find_staff(attempt)
        if who.role not in ROLES:
            raise Problem(
                403,
                "wrong-role",
                Text("Tài khoản này không làm việc ở bộ phận một cửa.", "This account does not work at the one-stop."),
            )
        return who

    async def leave(self, _request: Request) -> Response:
        """Sign out."""
        response = RedirectResponse("/", 303)
        self._kit.close_session(response)
        return response

    async def show_desk(self, request: Request, **more: Any) -> Response:
        """Show the open dossiers of the official's agency, or lead to the one whose code was typed."""
        who = self._kit.who(request, *ROLES)
        code = request.query_params.get("code", "").strip()
        if code:
            return RedirectResponse(f"/dossiers/{quote(code, safe='')}", 303)
        rows = await self._kit.pool.fetch(_OPEN, who.agency, _MOST)
        now = self._kit.clock.now()
        lines = [
            {
                **dict(row),
                "name": self._name(row["procedure"]),
                "state_name": dossiers.state_name(row["state"]),
                "late": row["due_at"] is not None and row["due_at"] < now and row["state"] != "awaiting_supplement",
            }
            for row in rows
        ]
        return self._pages.page(
            "desk.html",
            request=request,
            who=who,
            role=ROLE_NAMES[who.role],
            agency=self._reference.agencies[who.agency].name,
            lines=lines,
            channels=_CHANNEL_NAMES,
            open=rows[0]["open"] if rows else 0,
            referrals=[
                {
                    **dict(row),
                    "name": self._name(row["procedure"]),
                    "from_agency": self._reference.agencies[row["agency"]].name,
                    "late": row["due_at"] < now,
                }
                for row in await self._kit.pool.fetch(_REFERRED, who.agency, _MOST)
            ],
            **more,
        )

    def queue_page(
        self, request: Request, agency: str, board: dict[str, Any], *, problem: Problem | None, **values: Any
    ) -> Response:
        """Render the numbers at the counter."""
        plain = {"number": None, "before": 0, "who": None, "agency": agency, "board": board, "problem": problem}
        return self._pages.page("queue.html", problem.status if problem else 200, request=request, **(plain | values))

    async def find(self, code: str, who: Account, *, what: str) -> dossiers.Dossier:
        """Find a dossier of the official's agency, to show `what` of it. Raises 404, or 403 for another agency's.

        A dossier holds personal data, so every look at one is written down, those that are refused as well.
        """
        row = await self._kit.pool.fetchrow(_DOSSIER, code)
        if row is None:
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        dossier = dossiers.read(row)
        await self._note(code, who, what, allowed=dossier.agency == who.agency)
        dossiers.check_agency(dossier.agency, who)
        return dossier

    async def find_shared(self, code: str, who: Account, *, what: str) -> dossiers.Dossier:
        """Find a dossier of the official's agency, or one about which that agency was asked. Raises 404 or 403."""
        if await self._kit.pool.fetchval(_ASKED_OF, code, who.agency):
            row = await self._kit.pool.fetchrow(_DOSSIER, code)
            assert row  # noqa: S101 -- a referral is of a dossier
            await self._note(code, who, what, allowed=True)
            return dossiers.read(row)
        return await self.find(code, who, what=what)

    async def _note(self, code: str, who: Account, what: str, *, allowed: bool) -> None:
        await self._kit.pool.execute(_ACCESSED, code, who.account, what, allowed, self._kit.clock.now())

    async def asked_now(self, code: str) -> str:
        """Agency whose opinion is awaited now; empty where none is."""
        return next((row["agency"] for row in await self.route(code) if row["answered_at"] is None), "")

    async def route(self, code: str) -> list[asyncpg.Record]:
        """Agencies that were asked about a dossier, in order."""
        return await self._kit.pool.fetch(_ROUTE, code)  # type: ignore[no-any-return]

    async def papers(self, dossier: dossiers.Dossier) -> list[str]:
        """Say what was handed in with a dossier at the counter, as people call it."""
        names = await self._kit.pool.fetchval(_HANDED_IN, dossier.code)
        form = self._reference.forms.get(dossier.procedure)
        known = {paper.name: paper.said for paper in form.papers} if form else {}
        return [known.get(name, name) for name in msgspec.json.decode(names)["papers"]] if names else []

    async def dossier_page(
        self,
        request: Request,
        who: Account,
        dossier: dossiers.Dossier,
        *,
        problem: Problem | None,
        done: str,
        **more: Any,
    ) -> Response:
        """Render one dossier with its history; `done` is the act that has just been done, `more` what may be done."""
        history = await self._kit.pool.fetch(_HISTORY, dossier.code)
        return self._pages.page(
            "dossier.html",
            problem.status if problem else 200,
            request=request,
            who=who,
            dossier=dossier,
            applicant_number=f"…{dossier.applicant_number[-3:]}",
            procedure=self._name(dossier.procedure),
            agency=self._reference.agencies[dossier.agency].name,
            state=dossiers.state_name(dossier.state),
            following=sorted(NAMES[state] for state in next_states(dossier.state)),
            history=[self._line(line) for line in history],
            payments=await self._kit.pool.fetch(_PAYMENTS, dossier.code),
            parcels=await self._kit.pool.fetch(_PARCELS, dossier.code),
            papers=await self.papers(dossier),
            own=dossier.agency == who.agency,
            route=[
                {**dict(stop), "name": self._reference.agencies[stop["agency"]].name}
                for stop in await self.route(dossier.code)
            ],
            late=self.is_late(dossier),
            problem=problem,
            done=ACTS[done].label if done in ACTS else _BESIDE.get(done, ""),
            labels={act.event: act.label for act in ACTS.values()},
            **more,
        )

    def is_late(self, dossier: dossiers.Dossier) -> bool:
        """Whether the promised moment has passed with no result given and the deadline running."""
        open_still = dossier.state not in CLOSED and dossier.paused_at is None
        return open_still and dossier.due_at is not None and dossier.due_at < self._kit.clock.now()

    def reception_page(self, request: Request, who: Account, *, status: int, **values: Any) -> Response:
        """Render the form of reception."""
        names = {
            "procedure": Text("Thủ tục", "Procedure"),
            "applicant.personal_number": Text("Số định danh", "Personal number"),
            "applicant.full_name": Text("Họ tên", "Full name"),
            "fee_cash": Text("Tiền mặt", "Cash"),
            "delivery": Text("Cách nhận kết quả", "How the result is wanted"),
            "papers": Text("Thành phần hồ sơ", "Papers"),
        }
        return self._pages.page("reception.html", status, request=request, who=who, names=names, **values)

    def _line(self, row: Any) -> dict[str, Any]:
        official = self._reference.staff.get(row["actor"])
        others = {
            "applicant": Text("Người nộp", "Applicant"),
            "post": Text("Bưu điện", "Post"),
            automatic.ACTOR: automatic.NAME,
        }
        return {
            **dict(row),
            "label": ACTS[row["event"]].label,
            "state_name": dossiers.state_name(row["state"]),
            "who": official.name if official else others.get(row["actor"], row["actor"]),
        }

    def _name(self, procedure: str) -> str:
        known = self._reference.procedures.get(procedure)
        return known.name if known else procedure


def guarded(kit: Kit, endpoint: Endpoint, *roles: str) -> Endpoint:
    """Let only signed-in officials with one of the roles through, before anything else is looked at."""

    async def guard(request: Request) -> Response:
        request.state.who = _checked(kit.who(request, *roles))
        return await endpoint(request)

    return guard


def _checked(who: Account) -> Account:
    if not who.agency:
        raise Problem(
            403, "no-agency", Text("Tài khoản này không thuộc cơ quan nào.", "This account belongs to no agency.")
        )
    return who


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(VIETNAM) if moment else None
