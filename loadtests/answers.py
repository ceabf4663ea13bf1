"""What an answer means to its client: the outcome, and whether trying again can help."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import msgspec

from loadtests.operations.operation import Operation
from simulation.journal import Outcome

_OK, _MULTIPLE_CHOICES, _BAD_REQUEST, _UNAUTHORIZED, _SERVER_ERROR = 200, 300, 400, 401, 500
#: A gateway or a service says "not now": the same request may succeed in a moment.
_NOT_NOW = frozenset({502, 503, 504})


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came back, or why nothing did."""

    status: int  #: HTTP status; 0 without an answer
    body: bytes = b""
    why: str = ""  #: without an answer: "connection-refused", "connection-lost", "timeout", ...


class Again(Enum):
    """What to do after an attempt."""

    NO = "no"  #: the answer is final
    SOON = "soon"  #: the system is not there: back off
    WHEN_THERE = "when-there"  #: the subject is on its way: look again shortly
    SIGNED_IN = "signed-in"  #: the session is over: sign in, then once more


class Judgement(NamedTuple):
    """Outcome of one attempt."""

    outcome: Outcome
    again: Again
    why: str = ""  #: problem title, for anything but a success
    done: bool = False  #: the write was acknowledged (an expected refusal is ok, but writes nothing)


_DONE = Judgement("ok", Again.NO, done=True)


def judge(operation: Operation, answer: Answer) -> Judgement:
    """Tell what an answer means for the operation."""
    status = answer.status
    if status == 0:
        return Judgement("lost", Again.SOON, answer.why)
    if _OK <= status < _MULTIPLE_CHOICES:
        return _DONE
    return _judge_problem(operation, status, title_of(answer))


def _judge_problem(operation: Operation, status: int, why: str) -> Judgement:
    if why in operation.expects:
        return Judgement("ok", Again.NO, why)
    if status in _NOT_NOW:
        return Judgement("failed", Again.SOON, why)
    if why in operation.waits_for:
        return Judgement("not_yet", Again.WHEN_THERE, why)
    if status == _UNAUTHORIZED and operation.signs_in != "nobody":
        return Judgement("refused", Again.SIGNED_IN, why)
    return Judgement("refused" if _BAD_REQUEST <= status < _SERVER_ERROR else "failed", Again.NO, why)


def title_of(answer: Answer) -> str:
    """Title of the problem document, or "http-<status>" where there is none."""
    try:
        title = msgspec.json.decode(answer.body).get("title", "")
    except (msgspec.DecodeError, AttributeError):
        title = ""
    return title if isinstance(title, str) and title else f"http-{answer.status}"


def document_of(answer: Answer) -> Any:
    """Return the JSON of an answer, or None when it is not JSON."""
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None
