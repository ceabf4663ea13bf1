"""Linked handling (một cửa liên thông): a dossier goes to the agencies of its route, one after the other, and back."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text, english
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.reference import Procedure
from services.kit.transaction import Transaction
from services.onestop import dossiers, news, routes
from services.onestop.dossiers import Dossier
from services.onestop.routes import Stop
from services.onestop.states import GIVE_OPINION, REFER
from services.onestop.working_time import WorkingTime

_ASK = """
    INSERT INTO referral (code, step, agency, asked_at, asked_by, due_at, chosen) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OPEN = "SELECT step, agency, chosen FROM referral WHERE code = $1 AND answered_at IS NULL"
_ANSWER = """
    UPDATE referral SET answered_at = $3, answered_by = $4, opinion = $5, note = $6 WHERE code = $1 AND step = $2
"""
_LAST = "SELECT step, opinion, answered_at FROM referral WHERE code = $1 ORDER BY step DESC LIMIT 1"
_WORDS = {"agree": "đồng ý", "disagree": "không đồng ý"}


class Referral(msgspec.Struct, frozen=True):
    """To whom, where the route names a tier with several agencies."""

    to: str | None = None


class Opinion(msgspec.Struct, frozen=True):
    """What the agency that was asked says."""

    opinion: Literal["agree", "disagree"]
    note: str


class Linking:
    """Acts of specialists on both sides."""

    def __init__(self, kit: Kit) -> None:
        """Use the service's catalogue and agencies. Raises RouteError for a catalogue that cannot be followed."""
        self._reference, self._time = kit.reference, WorkingTime(kit.reference.calendar)
        routes.check(kit.reference.procedures.values(), kit.reference.agencies)

    async def refer(self, request: Request, body: Referral, tx: Transaction, _prepared: Any) -> Reply:
        """Send a dossier to the first agency of its route."""
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, REFER)
        last = await tx.row(_LAST, dossier.code)
        stop = None if last else self._stop(dossier, after=0, chosen=body.to)
        if stop is None:
            raise Problem(
                409,
                "not-linked",
                Text(
                    f"Hồ sơ {dossier.code} không còn cơ quan liên thông nào phải hỏi; hãy thẩm định.",
                    f"There is no agency left to ask about dossier {dossier.code}; please examine it.",
                ),
                state=dossier.state,
            )
        due_at = await self._ask(tx, dossier, stop, actor=who.account, chosen=body.to)
        moved = await dossiers.move(
            tx, dossier, REFER, "referred", actor=who.account, request_key=tx.key, note=self._name(stop)
        )
        await news.tell(tx, moved, self._reference, act=REFER, actor=who.account)
        return reply(dossiers.answer(moved, agency=stop.agency, due_at=due_at))

    async def give_opinion(self, request: Request, body: Opinion, tx: Transaction, _prepared: Any) -> Reply:
        """Answer for the agency that was asked; the dossier goes on to the next one, or back."""
        who, code = request.state.who, request.path_params["code"]
        mistakes = Mistakes()
        if body.opinion == "disagree" and not body.note.strip():
            mistakes.add(
                "note",
                Text("để trống", "left empty"),
                Text("Không đồng ý thì phải ghi lý do.", "Whoever disagrees has to say why."),
            )
        mistakes.stop()
        dossier = await dossiers.lock(tx, code)
        if dossier is None:
            raise not_found(Text(f"hồ sơ {code} ở bộ phận một cửa", f"dossier {code} at the one-stop"))
        asked = await tx.row(_OPEN, code)
        dossiers.check_agency(asked["agency"] if asked else dossier.agency, who)
        if asked is None or dossier.state not in GIVE_OPINION.before:
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), dossier.state, GIVE_OPINION.before)
        await tx.execute(_ANSWER, code, asked["step"], tx.now, who.account, body.opinion, body.note)
        stop = None
        if body.opinion == "agree":
            stop = self._stop(dossier, after=asked["step"], chosen=asked["chosen"])
        said = f"{_WORDS[body.opinion]}. {body.note}".strip()
        if stop is not None:
            await self._ask(tx, dossier, stop, actor=who.account, chosen=asked["chosen"])
            said = f"{said} → {self._name(stop)}"
        moved = await dossiers.move(
            tx, dossier, GIVE_OPINION, "referred" if stop else "received", actor=who.account, request_key=tx.key,
            note=said,
        )  # fmt: skip
        await news.tell(tx, moved, self._reference, act=GIVE_OPINION, actor=who.account)
        return reply(dossiers.answer(moved))

    async def check_through(self, tx: Transaction, dossier: Dossier) -> None:
        """Raise 409 while an agency of the dossier's route has still to be asked. A disagreement ends the route."""
        if not self._procedure(dossier).linked_agencies:
            return
        last = await tx.row(_LAST, dossier.code)
        if last and last["opinion"] == "disagree":
            return
        stop = self._first_missing(dossier, after=last["step"] if last else 0)
        if stop:
            raise Problem(
                409,
                "not-through",
                Text(
                    f"Hồ sơ {dossier.code} còn phải qua {stop}; hãy chuyển liên thông trước khi thẩm định.",
                    f"Dossier {dossier.code} has to pass {english(stop)} first; please refer it before you examine it.",
                ),
                state=dossier.state,
            )

    def choice(self, dossier: Dossier) -> list[tuple[str, str]]:
        """Agencies with their names among which one has to be named; none where the route is clear."""
        agencies = self._reference.agencies
        codes = routes.choice(self._procedure(dossier), agencies[dossier.agency], agencies)
        return [(code, agencies[code].name) for code in codes]

    def has_route(self, dossier: Dossier) -> bool:
        """Whether the dossier's procedure passes through other agencies at all."""
        return bool(self._first_missing(dossier, after=0))

    def _stop(self, dossier: Dossier, *, after: int, chosen: str | None) -> Stop | None:
        agencies = self._reference.agencies
        procedure = self._procedure(dossier)
        try:
            return routes.next_stop(procedure, agencies[dossier.agency], agencies, after=after, chosen=chosen)
        except KeyError:
            mistakes = Mistakes()
            names = "; ".join(f"{code} {name}" for code, name in self.choice(dossier)[:10])
            mistakes.add("to", f"“{chosen or ''}”", Text(f"Chọn một cơ quan: {names}.", f"Choose an agency: {names}."))
            mistakes.stop()
            raise

    def _first_missing(self, dossier: Dossier, *, after: int) -> str:
        agencies = self._reference.agencies
        for to in self._procedure(dossier).linked_agencies[after:]:
            found = routes.candidates(to, agencies[dossier.agency], agencies)
            if found:
                return (
                    agencies[found[0]].name
                    if len(found) == 1
                    else Text(f"cơ quan cấp {to}", f"an agency of the tier {to}")
                )
        return ""

    async def _ask(self, tx: Transaction, dossier: Dossier, stop: Stop, *, actor: str, chosen: str | None) -> Any:
        due_at = self._time.due(tx.now, hours=stop.hours, same_day=False)
        await tx.execute(_ASK, dossier.code, stop.step, stop.agency, tx.now, actor, due_at, chosen)
        return due_at

    def _name(self, stop: Stop) -> str:
        return self._reference.agencies[stop.agency].name

    def _procedure(self, dossier: Dossier) -> Procedure:
        return self._reference.procedures[dossier.procedure]
