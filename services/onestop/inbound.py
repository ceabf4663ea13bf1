"""What other systems tell the one-stop over the LGSP: dossiers, supplements, payments, the post's news."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from services.kit.kit import Kit
from services.kit.operations import Again, Refused
from services.kit.transaction import Transaction
from services.onestop import automatic, dossiers, handling, news
from services.onestop.dossiers import Dossier
from services.onestop.reception import Applicant
from services.onestop.states import DELIVER, SUBMIT, SUPPLEMENT, WITHDRAW
from services.onestop.working_time import WorkingTime

_SUBMIT = """
    WITH fresh AS (
        INSERT INTO dossier (code, procedure, agency, channel, delivery, applicant_number, applicant_name, company,
                             fee, state, seq, submitted_at)
        VALUES ($1, $2, $3, $12, $4, $5, $6, $7, $8, 'submitted', 0, $9)
        ON CONFLICT (code) DO NOTHING RETURNING code
    ), event AS (
        INSERT INTO event (code, seq, event, state, actor, at, request_key)
        SELECT code, 0, 'submitted', 'submitted', 'applicant', $9, $10 FROM fresh
    ), paper AS (
        INSERT INTO paper (code, kind, content, at) SELECT code, 'form', $11, $9 FROM fresh
    )
    SELECT code FROM fresh
"""
_SUPPLEMENT_PAPER = "INSERT INTO paper (code, kind, content, at) VALUES ($1, 'supplement', $2, $3)"
_PAY = """
    WITH payment AS (
        INSERT INTO payment (code, kind, amount, "order", request_key, at)
        VALUES ($1, 'online', $2, $3, $4, $5) ON CONFLICT ("order") DO NOTHING RETURNING code, amount
    )
    UPDATE dossier SET paid = paid + payment.amount FROM payment WHERE dossier.code = payment.code
"""


class Company(msgspec.Struct, frozen=True):
    """A company as the national register knows it."""

    tax_code: str
    name: str = ""


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A dossier submitted at the portal, or at a post office."""

    code: str
    procedure: str
    agency: str
    applicant: Applicant
    delivery: str
    submitted_at: datetime
    fee: int
    company: Company | None = None
    form: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))
    request_key: str | None = None  #: the citizen's own Idempotency-Key
    channel: Literal["online", "post"] = "online"


class _File(msgspec.Struct):
    name: str


class _Form(msgspec.Struct):
    files: list[_File] = []


class Supplement(msgspec.Struct, frozen=True, kw_only=True):
    """What an applicant has handed in at the portal after being asked."""

    code: str
    seq: int  #: of the request for it, as the portal knew it
    form: msgspec.Raw
    at: datetime
    request_key: str | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A fee that the payment platform has taken."""

    code: str
    order: str
    amount: int
    at: datetime
    request_key: str | None = None


class ParcelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a parcel is."""

    parcel: str
    status: str


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant at the portal takes the application back."""

    code: str
    at: datetime
    request_key: str | None = None


class Inbound:
    """Handlers of the operations. Each checks everything before it writes."""

    def __init__(self, kit: Kit) -> None:
        """Use the service's catalogue and agencies."""
        self._reference, self._time = kit.reference, WorkingTime(kit.reference.calendar)

    async def submit(self, item: Submission, tx: Transaction) -> None:
        """Enter a dossier that waits for the clerk."""
        if item.procedure not in self._reference.procedures:
            raise Refused(f"no procedure {item.procedure} in the province's catalogue")
        if item.agency not in self._reference.agencies:
            raise Refused(f"no agency {item.agency} in the province")
        company = item.company.tax_code if item.company else None
        values = (
            item.code, item.procedure, item.agency, item.delivery, item.applicant.personal_number,
            item.applicant.full_name, company, item.fee, item.submitted_at, item.request_key, bytes(item.form),
            item.channel,
        )  # fmt: skip
        if not self._reference.procedures[item.procedure].automatic or item.channel != "online":
            tx.later(_SUBMIT, *values)  # told before, under another key, it changes nothing
        elif await tx.value(_SUBMIT, *values) is None:
            return
        if tx.product:
            await tx.product.submit(
                code=item.code, procedure=item.procedure, agency=item.agency, number=item.applicant.personal_number,
                name=item.applicant.full_name, company=company or "", fee=item.fee, delivery=item.delivery,
            )  # fmt: skip
        dossier = Dossier(
            code=item.code,
            procedure=item.procedure,
            agency=item.agency,
            channel=item.channel,
            delivery=item.delivery,
            applicant_number=item.applicant.personal_number,
            applicant_name=item.applicant.full_name,
            company=company,
            fee=item.fee,
            paid=0,
            state=SUBMIT.after[0],
            seq=0,
            submitted_at=item.submitted_at,
            received_at=None,
            due_at=None,
            paused_at=None,
            proposal=None,
            result=None,
            digest=None,
        )
        await news.announce(tx, dossier, self._reference, papers=_attached(bytes(item.form)))
        if not tx.product and item.channel == "online":  # a product knows no act without an official, nor does paper
            await automatic.grant(tx, dossier, self._reference, self._time)

    async def add_supplement(self, item: Supplement, tx: Transaction) -> None:
        """Put a supplement to its dossier, which goes back to work."""
        dossier = await dossiers.lock(tx, item.code)
        if dossier is None or dossier.seq < item.seq:
            raise Again(f"dossier {item.code} has not come as far as the request that this supplement answers")
        await tx.execute(_SUPPLEMENT_PAPER, item.code, bytes(item.form), item.at)
        if dossier.state not in SUPPLEMENT.before or dossier.seq != item.seq:
            return  # answered at the counter meanwhile: what was handed in online is kept beside it
        moved = await handling.supplement(tx, dossier, self._time, actor="applicant", request_key=item.request_key)
        await news.tell(tx, moved, self._reference, act=SUPPLEMENT, actor="applicant")

    async def add_payment(self, item: Payment, tx: Transaction) -> None:
        """Enter a fee that was paid online."""
        if item.amount <= 0:
            raise Refused(f"payment {item.order} of {item.amount} đồng")
        if await dossiers.lock(tx, item.code) is None:
            raise Again(f"dossier {item.code} has not arrived yet")
        await tx.execute(_PAY, item.code, item.amount, item.order, item.request_key, item.at)
        if tx.product:
            await tx.product.pay(item.code, item.order, item.amount)

    async def withdraw(self, item: Withdrawal, tx: Transaction) -> None:
        """Close a dossier whose applicant takes it back; one that has been examined meanwhile goes on."""
        dossier = await dossiers.lock(tx, item.code)
        if dossier is None:
            raise Again(f"dossier {item.code} has not arrived yet")
        if dossier.state not in WITHDRAW.before:
            return
        moved = await dossiers.move(
            tx, dossier, WITHDRAW, "withdrawn", actor="applicant", request_key=item.request_key, paused_at=None
        )
        await news.tell(tx, moved, self._reference, act=WITHDRAW, actor="applicant")

    async def follow_parcel(self, item: ParcelStatus, tx: Transaction) -> None:
        """Close the dossier once its parcel is delivered."""
        sent = await tx.row("SELECT code, product_number FROM parcel WHERE parcel = $1", item.parcel)
        if sent is None:
            raise Refused(f"parcel {item.parcel} was not sent from here")
        dossier = await dossiers.lock(tx, sent["code"])
        if item.status != "delivered" or dossier is None or dossier.state not in DELIVER.before:
            return
        await tx.execute("UPDATE parcel SET delivered_at = $2 WHERE parcel = $1", item.parcel, tx.now)
        moved = await dossiers.move(tx, dossier, DELIVER, "returned", actor="post", request_key=None)
        await news.tell(tx, moved, self._reference, act=DELIVER, actor="post")
        if tx.product and sent["product_number"]:
            await tx.product.follow_parcel(sent["product_number"])


def _attached(form: bytes) -> list[str]:
    """Names of the files that a form says were attached to it; a program's form may be anything."""
    try:
        return [file.name for file in msgspec.json.decode(form, type=_Form).files]
    except msgspec.MsgspecError:
        return []


def operations(kit: Kit) -> dict[str, Any]:
    """Return handler and item type of each operation."""
    inbound = Inbound(kit)
    return {
        "dossiers.submit": (inbound.submit, Submission),
        "supplements.add": (inbound.add_supplement, Supplement),
        "payments.add": (inbound.add_payment, Payment),
        "dossiers.withdraw": (inbound.withdraw, Withdrawal),
        "parcels.status": (inbound.follow_parcel, ParcelStatus),
    }
