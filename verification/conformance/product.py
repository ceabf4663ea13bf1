"""What the norm asks of any one-stop product, in neutral words. A dialect turns them into a product's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

#: Why a product will not: nobody signed in, not allowed, no such thing, out of order, fee owed, wrong content.
Why = Literal["sign-in", "rights", "unknown", "order", "fee", "content", "unclear"]
#: Names of fields in refusals, whatever the product calls them.
Field = Literal["procedure", "number", "name", "cash", "delivery", "what", "other"]
#: Begins a state that the product's documents do not have.
UNDOCUMENTED = "không có trong tài liệu: "


class Refusal(Exception):  # noqa: N818 -- says what the product did
    """The product refused an act; `fields` are those it names as wrong."""

    def __init__(self, why: Why, said: str, fields: Sequence[str] = ()) -> None:
        """Keep the reason, the product's own words, and the fields."""
        super().__init__(said)
        self.why, self.said, self.fields = why, said, tuple(fields)


class Unreadable(Exception):  # noqa: N818 -- says what the answer is
    """The answer is not as the product's documents say; the message says what was found."""


class OutOfReach(Exception):  # noqa: N818 -- says where the product is
    """The product does not answer at all; nothing can be said of it."""


class Who(msgspec.Struct, frozen=True):
    """Somebody who has signed in (or, with no session, has not)."""

    account: str
    session: str


NOBODY = Who("", "")


class Receive(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier handed in at the counter."""

    procedure: str
    number: str  #: personal number
    name: str
    cash: int = 0  #: đồng, taken now
    delivery: str = "counter"


class Accept(msgspec.Struct, frozen=True):
    """An online dossier is taken in."""

    code: str


class AskSupplement(msgspec.Struct, frozen=True):
    """The applicant is asked for more."""

    code: str
    what: str


class Supplement(msgspec.Struct, frozen=True):
    """What was missing comes to the counter."""

    code: str
    what: str


class Examine(msgspec.Struct, frozen=True):
    """The specialist proposes "approve" or "reject"."""

    code: str
    proposal: str


class Decide(msgspec.Struct, frozen=True):
    """The leader decides "approve" or "reject"."""

    code: str
    decision: str


class HandBack(msgspec.Struct, frozen=True):
    """The result is given back at the "counter", "online" or by "post"."""

    code: str
    by: str = "counter"
    cash: int = 0


Act = Receive | Accept | AskSupplement | Supplement | Examine | Decide | HandBack


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier that the portal passes on."""

    code: str
    procedure: str
    agency: str
    number: str
    name: str
    fee: int
    submitted_at: datetime


class Step(msgspec.Struct, frozen=True):
    """One line of a dossier's history."""

    seq: int
    state: str
    actor: str
    at: datetime


class Answer(msgspec.Struct, frozen=True):
    """What an official is told after an act."""

    code: str
    state: str
    due_at: datetime | None = None
    parcel: str = ""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier as an official of its agency sees it. States are the norm's (docs/wire.md)."""

    code: str
    procedure: str
    agency: str
    state: str
    name: str
    number: str  #: masked: the last three digits, one star for each of the others
    fee: int
    paid: int
    received_at: datetime | None
    due_at: datetime | None
    steps: tuple[Step, ...]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What was told to one neighbour of one change."""

    seq: int
    state: str
    national: str = ""  #: TrangThaiHoSo, where the neighbour is the national portal
    whole: str = ""  #: everything that was told, as text


class Told(msgspec.Struct, frozen=True):
    """What was told of one dossier, in the order in which it came."""

    portal: tuple[News, ...]
    nation: tuple[News, ...]


class Product(Protocol):
    """Any one-stop product. Every method may raise Refusal, Unreadable or OutOfReach."""

    name: str
    resolution: timedelta  #: the finest step of a moment on its wire
    last: str  #: where the latest exchange took place, for whoever has to look

    def sign_in(self, account: str, passcode: str) -> Who:
        """Let an official in."""

    def do(self, who: Who, act: Act, *, key: str) -> Answer:
        """Do one act; the same key is the same request."""

    def receive_together(self, who: Who, acts: Sequence[Receive]) -> list[Answer]:
        """Receive several dossiers at the same time, as closely as the wire allows."""

    def look(self, who: Who, code: str) -> Sight:
        """One dossier as an official sees it."""

    def desk(self, who: Who) -> list[str]:
        """Codes of the agency's open dossiers."""

    def submit(self, submission: Submission, *, key: str) -> None:
        """The portal passes a dossier on."""

    def pay(self, code: str, order: str, amount: int, *, key: str) -> None:
        """The payment platform took a fee."""

    def deliver(self, parcel: str) -> None:
        """The post delivered a parcel."""

    def told(self, code: str) -> Told:
        """What the product has told its neighbours of the dossier, once it has nothing left to tell."""

    def close(self) -> None:
        """End the connection."""
