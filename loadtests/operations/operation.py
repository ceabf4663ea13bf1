"""One client operation: what the wire asks for, as data, and the few functions that read it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote, urlencode

import msgspec

#: Whose token goes with the request. A citizen's belongs to one journey; staff and pollers sign in once a run.
SignsIn = Literal["nobody", "citizen", "staff", "poller"]
#: Which of the crowds (loadtests/crowds.py) a journey with this operation belongs to.
Crowd = Literal["browsing", "dossiers", "documents", "pollers", "neighbours"]


#: What a system answers while the subject, or news of its state, has not arrived (docs/wire.md, "not there yet").
ARRIVAL = ("not-found", "wrong-state")


#: A name in a row of operations, and whether it may not be missing.
Member = tuple[str, bool]


class Operation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A row of the table "Client operations" of docs/wire.md.

    Names in `path`, `query`, `body`, `subject` and `money` are facts: of the plan's step first, then what the journey
    remembers of earlier answers. A name that ends with "?" may be missing.
    """

    name: str  #: "<system>.<act>", e.g. "portal.submit"
    method: Literal["GET", "POST"] = "POST"
    path: str  #: with {facts}; a path that is one fact only, e.g. "{pay_url}", is a whole address
    query: tuple[str, ...] = ()
    body: tuple[str, ...] = ()  #: members of the JSON body; none: no body
    write: bool = False  #: carries an Idempotency-Key; law 5 looks for it once acknowledged
    signs_in: SignsIn = "nobody"
    crowd: Crowd = "browsing"
    waits_for: tuple[str, ...] = ()  #: titles of problems that mean "not yet": news from another system is on its way
    expects: tuple[str, ...] = ()  #: titles of problems that are the right answer, e.g. "wrong-level"
    remembers: tuple[str, ...] = ()  #: members of the answer that later steps need
    subject: str = ""  #: the fact that says what the operation was about
    money: str = ""  #: the fact that says how many đồng changed hands

    @cached_property
    def system(self) -> str:
        """Service that answers."""
        return self.name.partition(".")[0]

    @cached_property
    def pieces(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """`path` up to its first fact, and each fact with what follows it."""
        first, *rest = self.path.split("{")
        return first, tuple((name, after) for name, _, after in (part.partition("}") for part in rest))

    @cached_property
    def asked(self) -> tuple[Member, ...]:
        """Members of `query`."""
        return _read(self.query)

    @cached_property
    def sent(self) -> tuple[Member, ...]:
        """Members of `body`."""
        return _read(self.body)

    @cached_property
    def learned(self) -> tuple[Member, ...]:
        """Members that it `remembers`."""
        return _read(self.remembers)


class Request(msgspec.Struct, frozen=True, gc=False):
    """What goes over the wire, but for the headers."""

    method: str
    origin: str  #: scheme, host and port, e.g. "http://127.0.0.1:41234"
    target: str  #: path and query
    body: bytes


class MissingFactError(Exception):
    """The journey asks for an act whose facts nobody gave: the plan, or an answer before, lacks them."""

    def __init__(self, operation: str, fact: str) -> None:
        """Say which operation and which fact."""
        super().__init__(f"{operation} needs {fact!r}, which neither the plan nor an earlier answer gives")


class StrayAddressError(Exception):
    """An answer points outside the stack; the load never leaves it."""

    def __init__(self, operation: str, address: str) -> None:
        """Say where the answer pointed."""
        super().__init__(f"{operation} would leave the stack for {address!r}")


def prepare(operation: Operation, facts: Mapping[str, Any], origins: Mapping[str, str]) -> Request:
    """Build the request; `origins` gives each system's address without a slash at its end.

    Raises MissingFactError, and StrayAddressError when an address that a system answered with is not the stack's own.
    """
    origin = origins[operation.system]
    if operation.path[0] == "{":
        target = _inside(operation, str(_fact(operation, operation.path[1:-1], facts)), origin)
    else:
        target, rest = operation.pieces
        for name, after in rest:
            target += quote(str(_fact(operation, name, facts)), safe="") + after
    if operation.query and (wanted := _members(operation, operation.asked, facts)):
        target += "?" + urlencode(wanted)
    body = msgspec.json.encode(_members(operation, operation.sent, facts)) if operation.body else b""
    return Request(operation.method, origin, target, body)


def learn(operation: Operation, answer: Any) -> dict[str, Any]:
    """Take from the answer what later steps need. Raises MissingFactError when it lacks a promised member."""
    if not operation.remembers:
        return {}
    found = answer if isinstance(answer, dict) else {}
    return _members(operation, operation.learned, found)


def _inside(operation: Operation, address: str, origin: str) -> str:
    target = address.removeprefix(origin)
    if not target.startswith("/") or target.startswith("//") or not target.isascii() or not target.isprintable():
        raise StrayAddressError(operation.name, address)
    return target.replace(" ", "%20")


def _read(names: tuple[str, ...]) -> tuple[Member, ...]:
    return tuple((name.removesuffix("?"), not name.endswith("?")) for name in names)


def _members(operation: Operation, members: tuple[Member, ...], facts: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: facts[name] for name, needed in members if needed or name in facts}
    except KeyError as missing:
        raise MissingFactError(operation.name, missing.args[0]) from None


def _fact(operation: Operation, name: str, facts: Mapping[str, Any]) -> Any:
    try:
        return facts[name]
    except KeyError:
        raise MissingFactError(operation.name, name) from None
