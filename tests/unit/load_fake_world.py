"""A world without wire or waiting: time passes only when somebody sleeps or waits for an answer."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, cast

import msgspec
from greenlet import getcurrent, greenlet

from infra.stack import Stack
from loadtests.answers import Answer
from loadtests.books import SERVICES
from loadtests.operations.operation import Request
from loadtests.shards import TimedJourney
from loadtests.swift.hub import Hub, Lock
from loadtests.walker import World
from simulation.journal import Event, Observation
from simulation.plan import Journey, Step

ORIGIN = "http://127.0.0.1:8001"
STACK = Stack(
    name="fake",
    target="fake",
    province="toy",
    era="2018",
    endpoints=dict.fromkeys(SERVICES, ORIGIN),
    audit_token="audit",
    passcode_key="key",
    certificate_authority="",
)


class FakeWorld:
    """Answers from a script, and keeps what was sent and what was recorded."""

    def __init__(self, *script: Answer | Callable[[Request], Answer], answer_seconds: float = 0.01) -> None:
        """Answer everything but sign-ins from `script`, then with an empty success."""
        self.time = 0.0
        self.sent: list[tuple[float, Request, Mapping[str, str]]] = []
        self.recorded: list[Observation | Event] = []
        self._script, self._answer_seconds = list(script), answer_seconds

    def world(self) -> World:
        """Return what a walker is given."""
        return World(now=lambda: self.time, sleep=self._sleep, send=self._send, record=self.recorded.append)

    @property
    def observations(self) -> list[Observation]:
        """Return the recorded observations, in order."""
        return [entry for entry in self.recorded if isinstance(entry, Observation)]

    @property
    def events(self) -> list[Event]:
        """Return the recorded events, in order."""
        return [entry for entry in self.recorded if isinstance(entry, Event)]

    def _sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.time += seconds

    def _send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        self.sent.append((self.time, request, dict(headers)))
        self.time += self._answer_seconds
        if request.target == "/api/sign-in":
            return ok({"token": "token-of-" + msgspec.json.decode(request.body)["account"]})
        scripted = self._script.pop(0) if self._script else ok({})
        return scripted if isinstance(scripted, Answer) else scripted(request)


class CrowdedWorld(FakeWorld):
    """Several walks at once, in virtual time: each waits as a greenlet, and answers come after `answer_seconds`."""

    def __init__(self, *script: Answer | Callable[[Request], Answer], answer_seconds: float) -> None:
        """As a fake world, with nobody walking yet."""
        super().__init__(*script, answer_seconds=answer_seconds)
        self.under_way: list[Request] = []
        self.most_under_way = 0
        self._main, self._numbers = getcurrent(), count()
        self._due: list[tuple[float, int, greenlet]] = []

    def world(self) -> World:
        """Return what a walker is given."""
        return msgspec.structs.replace(super().world(), make_lock=lambda: Lock(cast("Hub", self)))

    def walk_all(self, walks: list[Callable[[], None]]) -> None:
        """Begin them all at second 0 and return when all are over."""
        for walk in walks:
            self.wake_soon(greenlet(walk, self._main))
        while self._due:
            self.time, _, sleeper = heapq.heappop(self._due)
            sleeper.switch()

    def wait(self) -> None:
        """Stand still until somebody wakes this walk, as Hub.wait."""
        self._main.switch()

    def wake_soon(self, sleeper: greenlet) -> None:
        """Wake a walk now, as Hub.wake_soon."""
        heapq.heappush(self._due, (self.time, next(self._numbers), sleeper))

    def _sleep(self, seconds: float) -> None:
        heapq.heappush(self._due, (self.time + seconds, next(self._numbers), getcurrent()))
        self._main.switch()

    def _send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        self.under_way.append(request)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        self._sleep(self._answer_seconds)
        self.under_way.remove(request)
        before = self.time
        answer = super()._send(request, headers)
        self.time = before  # slept already
        return answer


def ok(document: Any, status: int = 200) -> Answer:
    """An answer that succeeds."""
    return Answer(status, msgspec.json.encode(document))


def problem(status: int, title: str) -> Answer:
    """A problem document."""
    return Answer(status, msgspec.json.encode({"title": title, "status": status}))


LOST = Answer(0, why="connection-lost")


def timed(*steps: tuple[float, str, dict[str, Any]], account: str = "clerk") -> TimedJourney:
    """A journey whose official seconds are run seconds."""
    made = tuple(
        Step(number=number, at=at, actor="tester", account=account, operation=operation, detail=detail)
        for number, (at, operation, detail) in enumerate(steps, start=1)
    )
    return TimedJourney(Journey(id="dossier-1", kind="dossier", steps=made), tuple(step.at for step in made))
