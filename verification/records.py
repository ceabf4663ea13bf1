"""The records of the systems' own books, one class per export of docs/wire.md ("Books").

Only what the laws look at is asked for; a service may say more. What it may leave out has a default.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

Number = int | str  #: numbers of drafts; an office may count or name them


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A line of an export."""

    EXPORT: ClassVar[str] = ""


class Keyed(Record, frozen=True, kw_only=True, gc=False):
    """A record that remembers the Idempotency-Key of the client's request that made it."""

    request_key: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All names by which a client may know the subject of this record."""
        return ()


class PortalDossier(Keyed, frozen=True, kw_only=True, gc=False):
    """A dossier as the portal knows it."""

    EXPORT: ClassVar[str] = "portal.dossiers"
    code: str
    procedure: str
    agency: str
    channel: str
    state: str
    seq: int
    fee: int | None = None
    submitted_at: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """By its code."""
        return (self.code,)


class PortalEvent(Keyed, frozen=True, kw_only=True, gc=False):
    """Something a citizen did to a dossier."""

    EXPORT: ClassVar[str] = "portal.events"
    code: str
    event: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the dossier."""
        return (self.code,)


class PortalPayment(Keyed, frozen=True, kw_only=True, gc=False):
    """An online payment as the portal knows it."""

    EXPORT: ClassVar[str] = "portal.payments"
    order: str
    code: str
    amount: int
    status: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the order or by the dossier."""
        return (self.order, self.code)


class PortalRating(Keyed, frozen=True, kw_only=True, gc=False):
    """What an applicant thought of the service."""

    EXPORT: ClassVar[str] = "portal.ratings"
    code: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the dossier."""
        return (self.code,)


class SavedFields(Record, frozen=True, kw_only=True, gc=False):
    """How much of a form was filled in by registers."""

    EXPORT: ClassVar[str] = "portal.saved_fields"
    code: str
    fields_saved: int
    fields_typed: int


class Drift(Record, frozen=True, kw_only=True, gc=False):
    """Where the province's catalogue differs from the nation's."""

    EXPORT: ClassVar[str] = "portal.drift"
    procedure: str
    what: str


class OnestopDossier(Record, frozen=True, kw_only=True, gc=False):
    """A dossier as the one-stop handles it."""

    EXPORT: ClassVar[str] = "onestop.dossiers"
    code: str
    procedure: str
    agency: str
    channel: str
    state: str
    seq: int
    received_at: str | None = None


class OnestopEvent(Keyed, frozen=True, kw_only=True, gc=False):
    """One act on a dossier, and the state it led to."""

    EXPORT: ClassVar[str] = "onestop.events"
    code: str
    seq: int
    event: str
    state: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the dossier."""
        return (self.code,)


class OnestopPayment(Keyed, frozen=True, kw_only=True, gc=False):
    """Money of a dossier in the one-stop's book."""

    EXPORT: ClassVar[str] = "onestop.payments"
    code: str
    kind: str
    amount: int
    order: str | None = None


class NationalDossier(Record, frozen=True, kw_only=True, gc=False):
    """What the National Public Service Portal was told of a dossier."""

    EXPORT: ClassVar[str] = "national.dossiers"
    code: str
    procedure: str
    state: str
    seq: int


class NationalOrder(Keyed, frozen=True, kw_only=True, gc=False):
    """An order at the payment platform."""

    EXPORT: ClassVar[str] = "national.orders"
    order: str
    code: str
    amount: int
    status: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the order or by the dossier."""
        return (self.order, self.code)


class NationalParcel(Keyed, frozen=True, kw_only=True, gc=False):
    """A result that goes by post."""

    EXPORT: ClassVar[str] = "national.parcels"
    parcel: str
    code: str
    status: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the parcel or by the dossier."""
        return (self.parcel, self.code)


class Audit(Record, frozen=True, kw_only=True, gc=False):
    """The LGSP's row for one call."""

    EXPORT: ClassVar[str] = "lgsp.audit"
    call: str
    consumer: str
    provider: str
    operation: str
    outcome: str
    status: int | None = None
    purpose: str = ""
    request_digest: str = ""
    trace: str = ""
    started_at: str = ""
    synthetic: bool = False
    duration_ms: float = 0.0
    writer: str = ""
    begun_block: int = 0
    begun_digest: str = ""
    ended_block: int | None = None  #: none where the call was cut off
    ended_digest: str | None = None


class AuditBlock(Record, frozen=True, kw_only=True, gc=False):
    """One link of the audit's hash chain: what was written in one go. A pruned one stands for all up to it."""

    EXPORT: ClassVar[str] = "lgsp.audit_chain"
    writer: str
    number: int
    previous: str | None
    digest: str
    rows: int
    pruned: bool = False


class AuditHead(Record, frozen=True, kw_only=True, gc=False):
    """The newest block as a file beside the LGSP's database has it."""

    EXPORT: ClassVar[str] = "lgsp.audit_heads"
    writer: str
    number: int
    digest: str


class RegistryChange(Record, frozen=True, kw_only=True, gc=False):
    """What an administrator changed at the LGSP."""

    EXPORT: ClassVar[str] = "lgsp.registry_changes"
    number: int
    what: str
    detail: dict[str, Any] = {}

    @property
    def linked(self) -> frozenset[str]:
        """Systems that an onboarding has linked, or given contracts to."""
        if self.what != "onboarding":
            return frozenset()
        consumers = (str(one).partition(" -> ")[0] for one in self.detail.get("added", ()))
        return frozenset((*map(str, self.detail.get("systems", ())), *consumers))


class Envelope(Record, frozen=True, kw_only=True, gc=False):
    """A document that the hub accepted."""

    EXPORT: ClassVar[str] = "dochub.envelopes"
    document: str
    sender: str
    addressees: tuple[str, ...]
    digest: str
    xml: str
    doc_type: str = "new"


class Delivery(Record, frozen=True, kw_only=True, gc=False):
    """An addressee's office took a document over."""

    EXPORT: ClassVar[str] = "dochub.deliveries"
    document: str
    addressee: str


class Status(Record, frozen=True, kw_only=True, gc=False):
    """One status that an addressee reported."""

    EXPORT: ClassVar[str] = "dochub.statuses"
    document: str
    agency: str
    status: str
    seq: int


class OfficeDocument(Record, frozen=True, kw_only=True, gc=False):
    """An outgoing document in an agency's office; `document` is empty until it is issued."""

    EXPORT: ClassVar[str] = "office.documents"
    draft: Number
    agency: str
    document: str | None = None
    state: str = ""
    addressees: tuple[str, ...] = ()
    issued_at: str | None = None


class OfficeEvent(Keyed, frozen=True, kw_only=True, gc=False):
    """One act in an office, on an outgoing or an incoming document."""

    EXPORT: ClassVar[str] = "office.events"
    draft: Number | None = None
    document: str | None = None
    agency: str = ""
    event: str = ""
    actor: str = ""  #: account of whoever did it
    at: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """By the document or by the number of the draft."""
        return (str(self.draft or ""), self.document or "")


class Filing(Keyed, frozen=True, kw_only=True, gc=False):
    """A document in an agency's archive."""

    EXPORT: ClassVar[str] = "office.filings"
    document: str
    agency: str = ""
    paper: bool = False  #: also on paper
    signed: str = ""  #: digital, paper or unknown

    @property
    def names(self) -> tuple[str, ...]:
        """By the document."""
        return (self.document,)


class Delegation(Keyed, frozen=True, kw_only=True, gc=False):
    """A leader let a colleague act in his stead."""

    EXPORT: ClassVar[str] = "office.delegations"
    agency: str
    leader: str
    deputy: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the deputy."""
        return (self.deputy,)


class Incoming(Record, frozen=True, kw_only=True, gc=False):
    """A document in an addressee's incoming register; `status` is the last one it reported."""

    EXPORT: ClassVar[str] = "office.incoming"
    document: str
    agency: str
    state: str
    status: str


class Poll(Keyed, frozen=True, kw_only=True, gc=False):
    """An installation asked the hub."""

    EXPORT: ClassVar[str] = "office.polls"
    installation: str

    @property
    def names(self) -> tuple[str, ...]:
        """By the installation."""
        return (self.installation,)


class Enrolment(Keyed, frozen=True, kw_only=True, gc=False):
    """A pupil was enrolled."""

    EXPORT: ClassVar[str] = "sector.enrolments"
    id: Number

    @property
    def names(self) -> tuple[str, ...]:
        """By its id."""
        return (str(self.id),)


class Appointment(Keyed, frozen=True, kw_only=True, gc=False):
    """An official was appointed."""

    EXPORT: ClassVar[str] = "sector.appointments"
    id: Number

    @property
    def names(self) -> tuple[str, ...]:
        """By its id."""
        return (str(self.id),)


class Declaration(Keyed, frozen=True, kw_only=True, gc=False):
    """A site declared its people for a month."""

    EXPORT: ClassVar[str] = "sector.declarations"
    id: Number

    @property
    def names(self) -> tuple[str, ...]:
        """By its id."""
        return (str(self.id),)


class Visit(Keyed, frozen=True, kw_only=True, gc=False):
    """A patient was seen."""

    EXPORT: ClassVar[str] = "sector.visits"
    id: Number

    @property
    def names(self) -> tuple[str, ...]:
        """By its id."""
        return (str(self.id),)


class Call(Record, frozen=True, kw_only=True, gc=False):
    """What a caller or a callee wrote down about one call: `sent`, `done` or `served`."""

    call: str
    side: str
    peer: str
    operation: str
    status: int | None = None
    outcome: str | None = None
    at: str = ""  #: by the machine's clock


class DeadLetter(Record, frozen=True, kw_only=True, gc=False):
    """An item that its destination refused for good."""

    key: str
    destination: str
    operation: str = ""
    subject: str | None = None
    detail: str | None = None


#: Services that keep a book of calls; the LGSP's audit is the third, independent source.
CALLERS = ("dochub", "national", "office", "onestop", "portal", "sector")
#: Services that deliver from an outbox and so may have dead letters (docs/wire.md, "Calls between systems").
SENDERS = ("dochub", "national", "office", "onestop", "portal", "sector")
