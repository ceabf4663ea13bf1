"""The desk's forms: what officials do in a browser, without JavaScript, through the same handlers as programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.accounts import Account
from services.kit.kit import Kit, Prepare, WriteHandler
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.reference import Paper, Procedure
from services.onestop import archiving, form_keys
from services.onestop.apologising import ROLES as APOLOGISERS
from services.onestop.apologising import Apologising
from services.onestop.archiving import Archiving
from services.onestop.desk import ROLES, Desk
from services.onestop.dossiers import Dossier
from services.onestop.handling import Decision, Examination, HandedIn, Handling, Wanted
from services.onestop.linking import Linking, Opinion, Referral
from services.onestop.queueing import ROLES as COUNTER
from services.onestop.queueing import Next, Queueing
from services.onestop.reception import DELIVERIES, Applicant, Handed, Reception, receives
from services.onestop.returning import Return, Returning
from services.onestop.states import (
    ACCEPT,
    ASK_SUPPLEMENT,
    CLOSED,
    DECIDE,
    EXAMINE,
    GIVE_OPINION,
    HAND_BACK,
    RECEIVE,
    REFER,
    SUPPLEMENT,
    Act,
)

Fields = Mapping[str, list[str]]
DELIVERY_NAMES = {
    "counter": Text("Nhận tại quầy", "Collect at the counter"),
    "online": Text("Nhận trực tuyến", "Online"),
    "post": Text("Nhận qua bưu điện", "By post"),
}
_UNREADABLE = -1  # an amount that is no number; refused as every other amount below zero is


class Doing(msgspec.Struct, frozen=True):
    """One act as a form: who does it and what its fields become."""

    act: Act
    handler: WriteHandler
    read: Callable[[Fields], Any]


class Forms:
    """Reception and the acts on a dossier, for people."""

    def __init__(
        self, kit: Kit, desk: Desk, *, reception: Reception, handling: Handling, linking: Linking,
        returning: Returning, queue: Queueing, apologies: Apologising, archive: Archiving,
    ) -> None:  # fmt: skip
        """Show pages through `desk`, act through the others."""
        self._kit, self._desk, self._reception, self._linking = kit, desk, reception, linking
        self._queue, self._apologies, self._archive = queue, apologies, archive
        self._doings = {
            doing.act.event: doing
            for doing in (
                Doing(ACCEPT, reception.accept, lambda _: None),
                Doing(SUPPLEMENT, handling.take_supplement, lambda fields: HandedIn(_text(fields, "what"))),
                Doing(REFER, linking.refer, lambda fields: Referral(_text(fields, "to") or None)),
                Doing(GIVE_OPINION, linking.give_opinion, _opinion),
                Doing(EXAMINE, handling.examine, lambda fields: Examination(_outcome(fields))),
                Doing(DECIDE, handling.decide, lambda fields: Decision(_outcome(fields))),
                Doing(HAND_BACK, returning.hand_back, _return),
                Doing(ASK_SUPPLEMENT, handling.ask_supplement, lambda fields: Wanted(_text(fields, "what"))),
            )
        }

    async def show_dossier(self, request: Request) -> Response:
        """Show a dossier with the acts that the official may do on it now."""
        return await self._show(request, self._kit.who(request, *ROLES))

    async def do(self, request: Request) -> Response:
        """Do the act that the form names, once, and show the dossier again."""
        who, fields = await self._came_in(request, *ROLES)
        doing = self._doings.get(_text(fields, "act"))
        if doing is None or who.role not in doing.act.roles:
            raise Problem(403, "wrong-role", Text("Vai trò của bạn không làm việc này.", "Your role does not do this."))
        code = request.path_params["code"]
        try:
            await self._once(request, fields, doing.handler, doing.read(fields))
        except Problem as problem:
            return await self._show(request, who, problem=problem)
        return RedirectResponse(f"/dossiers/{code}?done={doing.act.event}", 303)

    async def apologise(self, request: Request) -> Response:
        """Send the apology for a late result, and show the dossier again."""
        return await self._beside(
            request, APOLOGISERS, self._apologies.apologise, self._apologies.draw_up, "apology"
        )  # fmt: skip

    async def hand_over(self, request: Request) -> Response:
        """Hand a closed dossier over to the archive, and show it again."""
        return await self._beside(request, archiving.ROLES, self._archive.hand_over, self._archive.ready, "archiving")

    async def _beside(
        self, request: Request, roles: tuple[str, ...], handler: WriteHandler, prepare: Prepare, done: str
    ) -> Response:
        """Do what is no act on the dossier's state."""
        who, fields = await self._came_in(request, *roles)
        try:
            await self._once(request, fields, handler, None, prepare)
        except Problem as problem:
            return await self._show(request, who, problem=problem)
        return RedirectResponse(f"/dossiers/{request.path_params['code']}?done={done}", 303)

    async def call_next(self, request: Request) -> Response:
        """Call the next number to the clerk's counter, and show the desk again."""
        _, fields = await self._came_in(request, *COUNTER)
        absent = _text(fields, "outcome") == "absent"
        await self._once(request, fields, self._queue.call, Next("absent" if absent else "served"))
        return RedirectResponse("/desk", 303)

    async def show_queue(self, request: Request) -> Response:
        """Show the numbers of an agency to whoever stands at its door."""
        return await self._queue_page(request)

    async def draw_number(self, request: Request) -> Response:
        """Give a number; the same page sent twice gives the same one."""
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10)
        form_keys.check(self._kit, request, _text(fields, "key"))
        try:
            given = await self._once(request, fields, self._queue.draw, None)
        except Problem as problem:
            return await self._queue_page(request, problem=problem)
        return await self._queue_page(request, number=given["number"], before=given["before"])

    async def _queue_page(self, request: Request, *, problem: Problem | None = None, **more: Any) -> Response:
        board = await self._queue.board(self._queue.agency(request))
        key = form_keys.draw(self._kit, request)
        return self._desk.queue_page(
            request, self._queue.name(board["agency"]), board, key=key, problem=problem, **more
        )

    async def show_desk(self, request: Request) -> Response:
        """Show the desk, with the line at the own counter."""
        who = self._kit.who(request, *ROLES)
        counter = await self._queue.counter(who)
        return await self._desk.show_desk(request, counter=counter, key=form_keys.draw(self._kit, request))

    async def show_reception(self, request: Request) -> Response:
        """Show the procedures that are received here, or the form of the one that was chosen."""
        who = self._kit.who(request, *RECEIVE.roles)
        return self._reception_page(request, who, {"procedure": [request.query_params.get("procedure", "")]})

    async def receive(self, request: Request) -> Response:
        """Take a dossier in at the counter, and lead to it with its receipt note."""
        who, fields = await self._came_in(request, *RECEIVE.roles)
        wanted = self._papers(_text(fields, "procedure"))
        handed = Handed(
            procedure=_text(fields, "procedure"),
            applicant=Applicant(_text(fields, "personal_number"), _text(fields, "full_name")),
            fee_cash=_amount(fields),
            delivery=_text(fields, "delivery"),
            company=_text(fields, "company") or None,
            papers=[paper.name for paper in wanted if paper.name in fields.get("papers", [])],
        )
        try:
            done = await self._once(request, fields, self._reception.receive, handed)
        except Problem as problem:
            return self._reception_page(request, who, fields, problem=problem)
        return RedirectResponse(f"/dossiers/{done['code']}?done={RECEIVE.event}", 303)

    async def _came_in(self, request: Request, *roles: str) -> tuple[Account, Fields]:
        who = self._kit.who(request, *roles)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=100)
        form_keys.check(self._kit, request, _text(fields, "key"))
        request.state.who = who
        return who, fields

    async def _once(
        self, request: Request, fields: Fields, handler: WriteHandler, body: Any, prepare: Prepare | None = None
    ) -> Any:
        raw, key = msgspec.json.encode(body), _text(fields, "key")
        return (await self._kit.once(request, handler, body, key=key, raw=raw, prepare=prepare)).read()

    async def _show(self, request: Request, who: Account, *, problem: Problem | None = None) -> Response:
        dossier = await self._desk.find_shared(request.path_params["code"], who, what="dossier")
        here = await self._desk.asked_now(dossier.code) if dossier.state == "referred" else dossier.agency
        route = {one["agency"] for one in await self._desk.route(dossier.code)}
        to_refer = self._linking.has_route(dossier) and not route
        archived = await self._archive.proof(dossier.code)
        doings = [
            event
            for event, doing in self._doings.items()
            if dossier.state in doing.act.before
            and who.agency == here
            and self._may(who, doing.act, dossier)
            and (doing.act is not REFER or to_refer)
            and (doing.act is not EXAMINE or not to_refer)
        ]
        return await self._desk.dossier_page(
            request,
            who,
            dossier,
            problem=problem,
            done=request.query_params.get("done", "") if problem is None else "",
            doings=doings,
            keys={event: form_keys.draw(self._kit, request) for event in [*doings, "apology", "archiving"]},
            apologies=await self._apologies.of(dossier.code),
            to_apologise=await self._apologies.wanted(dossier, who),
            archived=archived,
            to_archive=archived is None
            and dossier.state in CLOSED
            and who.role in archiving.ROLES
            and who.agency == dossier.agency,
            deliveries=DELIVERY_NAMES,
            choice=self._linking.choice(dossier) if REFER.event in doings else [],
        )

    def _may(self, who: Account, act: Act, dossier: Dossier) -> bool:
        needs_leader = self._kit.reference.procedures[dossier.procedure].needs_leader
        return who.role in act.roles and (act is not DECIDE or who.role == "leader" or not needs_leader)

    def _reception_page(
        self, request: Request, who: Account, fields: Fields, *, problem: Problem | None = None
    ) -> Response:  # fmt: skip
        chosen = self._kit.reference.procedures.get(_text(fields, "procedure"))
        agency = self._kit.reference.agencies[who.agency]
        if chosen is not None and not receives(agency, chosen):
            chosen = None
        return self._desk.reception_page(
            request,
            who,
            status=problem.status if problem else 200,
            procedures=_by_field([one for one in self._kit.reference.procedures.values() if receives(agency, one)]),
            chosen=chosen,
            papers=self._papers(chosen.code) if chosen else [],
            ticked=fields.get("papers", []),
            given={name: values[0] for name, values in fields.items()},
            errors=[{**error, "at": error["where"].removeprefix("$.")} for error in problem.errors] if problem else [],
            problem=problem,
            key=form_keys.draw(self._kit, request),
            deliveries=DELIVERY_NAMES,
        )

    def _papers(self, procedure: str) -> list[Paper]:
        form = self._kit.reference.forms.get(procedure)
        return form.papers if form else []


def _by_field(procedures: list[Procedure]) -> list[tuple[str, list[Procedure]]]:
    fields: dict[str, list[Procedure]] = {}
    for procedure in sorted(procedures, key=lambda one: (one.field, one.name)):
        fields.setdefault(procedure.field, []).append(procedure)
    return list(fields.items())


def _text(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0].strip()


def _amount(fields: Fields) -> int:
    """Read đồng as people write them: "212.500"."""
    digits = _text(fields, "fee_cash").replace(".", "").replace(" ", "") or "0"
    return int(digits) if digits.isascii() and digits.isdigit() else _UNREADABLE


def _outcome(fields: Fields) -> Any:
    outcome = _text(fields, "outcome")
    if outcome not in {"approve", "reject"}:
        raise Problem(
            422, "invalid", Text("Chọn chấp thuận hoặc không chấp thuận.", "Choose to approve or not to approve.")
        )
    return outcome


def _opinion(fields: Fields) -> Opinion:
    opinion = _text(fields, "opinion")
    if opinion not in {"agree", "disagree"}:
        raise Problem(422, "invalid", Text("Chọn đồng ý hoặc không đồng ý.", "Choose to agree or to disagree."))
    return Opinion(opinion, _text(fields, "note"))  # type: ignore[arg-type]  # one of the two


def _return(fields: Fields) -> Return:
    by = _text(fields, "by")
    if by not in DELIVERIES:
        raise Problem(422, "invalid", Text("Chọn cách trả kết quả.", "Choose how to hand the result back."))
    return Return(by=by, fee_cash=_amount(fields))  # type: ignore[arg-type]  # one of DELIVERIES
