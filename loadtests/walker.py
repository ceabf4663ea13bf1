"""Walks one journey: each step at its time, tried again where that can help, every attempt observed.

Knows neither Locust nor gevent nor sockets: time, waiting, the wire and the journal are handed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import blake2b
from itertools import count
from typing import Any, Protocol

import msgspec

from infra.stack import Stack
from loadtests.accounts import passcode
from loadtests.answers import Again, Answer, Judgement, document_of, judge
from loadtests.operations import TABLE
from loadtests.operations.operation import (
    MissingFactError,
    Operation,
    Request,
    StrayAddressError,
    learn,
    prepare,
)
from loadtests.patience import Patience
from loadtests.sessions import MakeLock, Session, Sessions
from loadtests.shards import TimedJourney
from simulation.client_lines import PEOPLE
from simulation.journal import Event, Observation
from simulation.plan import Journey, Step

#: Step number of a sign-in that no plan asked for: the first act of an account makes it necessary.
UNPLANNED = 0
_OF_PEOPLE = ("citizen", "nobody")
_MARK_BYTES, _CHANCE_BYTES = 11, 8
#: Operation -> its part of a trace, 4 hexadecimal digits.
_DIGITS: Mapping[str, str] = {name: f"{number:04x}" for number, name in enumerate(TABLE)}


class World(msgspec.Struct, frozen=True, kw_only=True):
    """All that a walker knows of what is around it."""

    now: Callable[[], float]  #: run seconds
    sleep: Callable[[float], None]
    send: Callable[[Request, Mapping[str, str]], Answer]  #: request and extra headers; never raises for a lost answer
    record: Callable[[Observation | Event], None]  #: the entry is on disk before anything sent from then on leaves
    #: Returns when a permitted rate allows the next request; False where it will not before traffic closes.
    admit: Callable[[], bool] = lambda: True
    make_lock: MakeLock = threading.Lock  #: for what several walks share
    #: The line of whoever walks a journey; None where they share everybody's connections.
    line: Callable[[str], Line | None] = lambda _journey: None


class Line(Protocol):
    """A client's own way to the systems, for one visit."""

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """As World.send."""

    def close(self) -> None:
        """Hang up."""


class _Visit(msgspec.Struct):
    """One journey under way."""

    journey: Journey
    memory: dict[str, Any]
    line: Line | None
    mark: str  #: what its traces begin with, 22 hexadecimal digits
    citizen: Session | None = None  #: of whoever walks it, once they have signed in or are about to


class _Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One operation about to be tried."""

    operation: Operation
    step: int
    actor: str
    account: str
    planned: float
    intended: float
    facts: Mapping[str, Any]


class _Tried(msgspec.Struct, frozen=True, gc=False):
    """One attempt, before it is on disk."""

    number: int
    start: float
    end: float
    answer: Answer
    judgement: Judgement
    learned: dict[str, Any]
    key: str
    trace: str


class Walker:
    """Walks journeys against a stack, until traffic closes."""

    def __init__(
        self, stack: Stack, world: World, *, run: str, closes: float, patience: Patience | None = None
    ) -> None:
        """`run` tells this run's idempotency keys from another's; past run second `closes` nothing new begins."""
        self._passcode_key, self._world, self._run, self._closes = stack.passcode_key, world, run, closes
        self._origins = {system: address.rstrip("/") for system, address in stack.endpoints.items()}
        self._patience = patience or Patience()
        self._sessions = Sessions(world.make_lock)
        self._now = world.now  # asked for several times a request

    def walk(self, timed: TimedJourney) -> None:
        """Take every step at the later of its planned time and the end of the step before."""
        line = self._world.line(timed.journey.id)
        try:
            mark = blake2b(f"{self._run}/{timed.journey.id}".encode(), digest_size=_MARK_BYTES).hexdigest()
            self._walk(_Visit(timed.journey, {}, line, mark), timed)
        finally:
            if line is not None:
                line.close()

    def _walk(self, visit: _Visit, timed: TimedJourney) -> None:
        ended = 0.0
        for step, planned in zip(timed.journey.steps, timed.planned, strict=True):
            intended = ended
            if planned > ended:
                self._sleep_until(planned)
                intended = planned
            trouble = self._take(visit, step, planned, intended)
            if trouble:
                self._abandon(visit.journey, step, trouble)
                return
            ended = self._now()

    def _take(self, visit: _Visit, step: Step, planned: float, intended: float) -> str:
        """Do one step; returns why it failed, or nothing."""
        act = _Act(
            operation=TABLE[step.operation],
            step=step.number,
            actor=step.actor,
            account=step.account or _machine(step),
            planned=planned,
            intended=intended,
            facts={**visit.memory, **step.detail} if visit.memory else step.detail,
        )
        if act.operation.signs_in != "poller":
            return self._act(visit, act)
        # A poller is one machine that asks for one thing at a time: what is due meanwhile comes late, not beside it.
        with self._sessions.of(act.operation.system, act.account).turn(self._now) as free:
            return self._act(visit, msgspec.structs.replace(act, intended=max(intended, free)))

    def _act(self, visit: _Visit, act: _Act) -> str:
        """Do one step now; returns why it failed, or nothing."""
        if self._now() > self._closes:
            return "traffic-over"
        if act.operation.name == "portal.sign_in":
            citizen = self._citizen(visit)
            citizen.over(citizen.token)
            return "" if citizen.open(partial(self._sign_in, visit, act)) else "sign-in-failed"
        session = None if act.operation.signs_in == "nobody" else self._session(visit, act)
        if session is not None and not session.token:
            if not session.open(partial(self._unplanned_sign_in, visit, act, act.intended)):
                return "sign-in-failed"
            # Signing in was an act of its own, measured from `intended`; this one begins where that one ended.
            act = msgspec.structs.replace(act, intended=max(act.intended, self._now()))
        judgement, learned = self._try(visit, act, session)
        if learned:
            visit.memory.update(learned)
        return "" if judgement.outcome == "ok" else judgement.why or judgement.outcome

    def _session(self, visit: _Visit, act: _Act) -> Session:
        if act.operation.signs_in == "citizen":
            return self._citizen(visit)
        return self._sessions.of(act.operation.system, act.account)

    def _citizen(self, visit: _Visit) -> Session:
        if visit.citizen is None:
            visit.citizen = Session(self._world.make_lock)
        return visit.citizen

    def _unplanned_sign_in(self, visit: _Visit, act: _Act, intended: float) -> str:
        sign_in = TABLE[f"{act.operation.system}.sign_in"]
        return self._sign_in(visit, msgspec.structs.replace(act, operation=sign_in, step=UNPLANNED, intended=intended))

    def _sign_in(self, visit: _Visit, act: _Act) -> str:
        """Sign the act's account in; returns the token, or nothing."""
        facts = {"account": act.account, "passcode": passcode(self._passcode_key, act.account)}
        _, learned = self._try(visit, msgspec.structs.replace(act, facts=facts), None)
        return str(learned.get("token", ""))

    def _try(self, visit: _Visit, act: _Act, session: Session | None) -> tuple[Judgement, dict[str, Any]]:
        """Try until an attempt is final; returns the last judgement and what the answer taught."""
        try:
            request = prepare(act.operation, act.facts, self._origins)
        except (MissingFactError, StrayAddressError) as error:
            return Judgement("refused", Again.NO, str(error)), {}
        gives_up, renewed = self._closes, False
        for number in count(1):
            token = session.token if session is not None else ""
            if not self._world.admit():
                return Judgement("refused", Again.NO, "traffic-over"), {}
            tried = self._send(visit, act, request, number, token)
            again = tried.judgement.again
            if again is Again.NO:
                self._observe(visit, act, tried, final=True)
                break
            if number == 1:
                gives_up = min(tried.start + self._patience.limit, self._closes)
            pause = self._patience.pause(again, number, chance=_chance(tried.trace, number))
            final = tried.end + pause > gives_up or (again is Again.SIGNED_IN and renewed)
            self._observe(visit, act, tried, final=final)
            if final:
                break
            if again is Again.SIGNED_IN and session is not None:
                renewed = True
                session.over(token)
                session.open(partial(self._unplanned_sign_in, visit, act, tried.end))
            self._world.sleep(pause)
        return tried.judgement, tried.learned

    def _send(self, visit: _Visit, act: _Act, request: Request, number: int, token: str) -> _Tried:
        operation = act.operation
        # W3C trace context: 16 bytes for the operation, 8 for the attempt
        trace = f"{visit.mark}{_hexadecimal(act.step, 6)}{_DIGITS[operation.name]}"
        headers = {"traceparent": f"00-{trace}-{_hexadecimal(number, 16)}-01"}
        key = f"{visit.journey.id}-{act.step}-{self._run}" if operation.write else ""
        if key:
            headers["Idempotency-Key"] = key
        if token:
            headers["Authorization"] = f"Bearer {token}"
        start = self._now()
        over = visit.line
        if over is not None and act.actor in PEOPLE and operation.signs_in in _OF_PEOPLE:
            answer = over.send(request, headers)
        else:
            answer = self._world.send(request, headers)
        end = self._now()
        judgement, learned = _read(operation, answer)
        return _Tried(number, start, end, answer, judgement, learned, key, trace)

    def _observe(self, visit: _Visit, act: _Act, tried: _Tried, *, final: bool) -> None:
        operation, judgement = act.operation, tried.judgement
        facts = {**act.facts, **tried.learned} if tried.learned else act.facts
        subject = facts.get(operation.subject)
        # By position, in the order of Observation's members: by name it would take six times as long.
        self._world.record(
            Observation(
                visit.journey.id,
                act.step,
                operation.name,
                act.actor,
                act.planned,
                act.intended,
                tried.start,
                tried.end,
                judgement.outcome,
                tried.number,
                "" if subject is None else str(subject),
                final,
                tried.answer.status,
                operation.write and (judgement.done or judgement.outcome != "ok"),
                tried.key,
                tried.trace,
                len(tried.answer.body),
                int(facts.get(operation.money) or 0) if judgement.done else 0,
                judgement.why,
            )
        )

    def _abandon(self, journey: Journey, step: Step, trouble: str) -> None:
        detail = f"step {step.number} of {len(journey.steps)}, {step.operation}: {trouble}"
        self._world.record(Event(at=self._now(), event="abandoned", subject=journey.id, detail=detail))

    def _sleep_until(self, moment: float) -> None:
        while (delay := moment - self._now()) > 0:
            self._world.sleep(delay)


@cache
def _hexadecimal(number: int, digits: int) -> str:
    return f"{number:0{digits}x}"


def _read(operation: Operation, answer: Answer) -> tuple[Judgement, dict[str, Any]]:
    judgement = judge(operation, answer)
    if not judgement.done or not operation.remembers:
        return judgement, {}
    try:
        return judgement, learn(operation, document_of(answer))
    except MissingFactError:
        return Judgement("failed", Again.NO, "bad-answer"), {}


def _machine(step: Step) -> str:
    return f"poller.{step.detail['installation']}" if TABLE[step.operation].signs_in == "poller" else ""


def _chance(trace: str, attempt: int) -> float:
    """Draw between 0 and 1 for an attempt; the same run draws the same."""
    drawn = blake2b(f"{trace}/{attempt}".encode(), digest_size=_CHANCE_BYTES).digest()
    return int.from_bytes(drawn) / 2.0 ** (8 * _CHANCE_BYTES)
