"""A dossier inside a product, what was done to it, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

#: State -> number at the National Public Service Portal (docs/wire.md; from memory, unverified).
NATIONAL: Mapping[str, str] = {
    "submitted": "1", "received": "2", "examined": "4", "awaiting_supplement": "5", "approved": "9", "rejected": "9",
    "posted": "9", "returned": "10",
}  # fmt: skip
CLOSED = "returned"


class Step(msgspec.Struct, frozen=True):
    """Who did what, when, and where it led."""

    seq: int
    event: str
    state: str
    actor: str
    at: datetime


class Dossier(msgspec.Struct, kw_only=True):
    """One application."""

    code: str
    procedure: str
    agency: str
    channel: str
    delivery: str
    number: str  #: personal number of the applicant
    name: str
    company: str
    fee: int
    state: str
    paid: int = 0
    seq: int = 0
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    paused_at: datetime | None = None
    parcel: str = ""
    orders: list[str] = []
    steps: list[Step] = []


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What portal and National Public Service Portal are told of one change."""

    number: int  #: rises with everything told
    code: str
    procedure: str
    agency: str
    channel: str
    state: str
    national: str
    seq: int
    at: datetime
    fee: int
    received_at: datetime | None
    due_at: datetime | None
    applicant: str = ""  #: stays empty in a product that keeps to the norm


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk types at the counter, or what the portal passes on."""

    procedure: str
    number: str
    name: str
    delivery: str
    company: str = ""
    cash: int = 0


class Trouble(Exception):  # noqa: N818 -- what a product says when it will not
    """A product refuses; `kind` is one of sign-in, rights, unknown, order, fee, content."""

    def __init__(self, kind: str, detail: str, fields: Mapping[str, str] = {}) -> None:
        """Keep the sentence, and field by field what is wrong with it."""
        super().__init__(detail)
        self.kind, self.detail, self.fields = kind, detail, fields
