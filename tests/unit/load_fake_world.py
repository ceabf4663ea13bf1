"""A world without wire or waiting: time passes only when somebody sleeps or waits for an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from infra.stack import Stack
from loadtests.answers import Answer
from loadtests.books import SERVICES
from loadtests.operations.operation import Request
from loadtests.shards import TimedJourney
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
