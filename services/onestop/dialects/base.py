"""What the adapter says to a vendor's product, in the norm's words, and what a dialect makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import aiohttp
import msgspec


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What an official does. `act` is an event of `services.onestop.states`; the other fields as the act needs them."""

    act: str
    code: str = ""
    procedure: str = ""
    number: str = ""  #: personal number of the applicant
    name: str = ""
    company: str = ""
    delivery: str = ""  #: counter, online or post
    cash: int = 0  #: đồng
    note: str = ""  #: what is to be supplemented, or was
    outcome: str = ""  #: approve or reject


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What another system tells. `what` is submitted, supplemented, paid or delivered."""

    what: str
    code: str = ""
    procedure: str = ""
    agency: str = ""
    number: str = ""
    name: str = ""
    company: str = ""
    delivery: str = ""
    fee: int = 0  #: đồng
    at: datetime | None = None
    note: str = ""
    order: str = ""  #: of the payment
    amount: int = 0  #: đồng
    parcel: str = ""  #: the product's own number


class Done(msgspec.Struct, frozen=True):
    """What the product says of a dossier after an act. A state that its documents do not have stays as it was said."""

    code: str
    state: str
    parcel: str | None = None


class Link(msgspec.Struct, frozen=True):
    """How a running product is reached."""

    url: str
    exchange: Path  #: folder for those that exchange files
    key: str  #: of the province's systems
    passcode: Callable[[str], str]  #: of an account
    http: aiohttp.ClientSession


class ProductError(Exception):
    """The product answers what its documents do not have, or not at all."""


class OutOfReachError(ProductError):
    """The product does not answer."""


class Refusal(Exception):  # noqa: N818 -- what a product says when it will not
    """The product refuses; `kind` is one of sign-in, rights, unknown, order, fee, content."""

    def __init__(self, kind: str, detail: str) -> None:
        """Keep its words."""
        super().__init__(detail)
        self.kind, self.detail = kind, detail


class Dialect(Protocol):
    """A product's documented way of speaking. Raises Refusal, OutOfReachError, and ProductError for what is garbled."""

    async def do(self, account: str, deed: Deed, *, key: str) -> Done:
        """Let the official do something, once for each key."""

    async def look(self, account: str, code: str) -> Done:
        """Ask where a dossier is."""

    async def tell(self, told: Told) -> None:
        """Pass something on."""


async def send(link: Link, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One request to the product; returns the body of whatever it answers. Raises OutOfReachError."""
    try:
        async with link.http.request(method, link.url + path, data=body, headers=headers) as answer:
            return await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise OutOfReachError(OutOfReachError.__doc__) from error
