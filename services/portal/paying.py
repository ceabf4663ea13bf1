"""Fees paid online (SYS-PAY), which makes level 4: an order, the platform's signed notice, on to the one-stop."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit import proof
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.operations import Again, Refused
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.portal import levels, refunds
from services.portal.catalogue import Catalogue
from services.portal.citizens import check_own

SUCCESSFUL = "SUCCESSFUL"  #: error_code of PayGov when all is well (public sample)
_NOTIFY = "portal.payments.notify"
TOO_LATE = ("rejected", "posted", "returned", "withdrawn")  #: states in which no fee is taken any more
_BEFORE = """
    SELECT applicant, procedure, state, fee, "order", payment.request_key FROM dossier LEFT JOIN payment USING (code)
    WHERE code = $1
"""
_START = """
    WITH payment AS (
        INSERT INTO payment ("order", code, amount, status, request_key, created_at, pay_url)
        VALUES ($1, $2, $3, 'pending', $4, $5, $6) ON CONFLICT DO NOTHING RETURNING code
    )
    INSERT INTO event (code, event, at, request_key) SELECT code, 'payment_started', $5, $4 FROM payment RETURNING code
"""


class Order(msgspec.Struct, frozen=True):
    """What the payment platform made for us."""

    order: str
    pay_url: str


class Notice(msgspec.Struct, frozen=True):
    """The platform says that an order was paid."""

    order: str
    code: str
    amount: int
    checksum: str


class Returned(msgspec.Struct, frozen=True):
    """What the payment platform says when it sends somebody back. An empty code: nothing that can be believed."""

    code: str
    order: str
    successful: bool


class _Due(msgspec.Struct, frozen=True):
    order: Order
    amount: int


def checksum(secret: str, *, order: str, code: str, amount: int) -> str:
    """HMAC-SHA256 over "order|code|amount": what only the payment platform can know besides us."""
    return hmac.new(secret.encode(), f"{order}|{code}|{amount}".encode(), hashlib.sha256).hexdigest()


def return_checksum(secret: str, *, order: str, code: str, amount: str, error: str) -> str:
    """HMAC-SHA256 over what stands in a return address, so that nobody can write one.

    Shape: PayGov's redirect with error_code and checksum (public sample); which hash it uses is not known, assumed.
    """
    return hmac.new(secret.encode(), f"return|{order}|{code}|{amount}|{error}".encode(), hashlib.sha256).hexdigest()


class Paying:
    """Orders and notices."""

    def __init__(self, kit: Kit, catalogue: Catalogue) -> None:
        """Ask the payment platform through the service's LGSP client."""
        self._kit, self._catalogue = kit, catalogue

    async def prepare(self, request: Request, _body: Any) -> _Due | None:
        """Check that this fee can be paid online now, and have the platform make an order.

        The platform gives the same order for the same key, so a request that is repeated makes no second one.
        """
        code, key = request.path_params["code"], request.state.key
        row = await self._kit.pool.fetchrow(_BEFORE, code)
        if row is None:
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        check_own(code, row["applicant"], request.state.who)
        levels.require(
            self._catalogue.find(row["procedure"]), levels.PAYMENT, Text("nộp lệ phí trực tuyến", "paying online")
        )
        if row["request_key"] == key:
            return None  # repeated: the stored reply answers it
        if row["order"]:
            raise _already(code, row["order"])
        if not row["fee"]:
            raise Problem(
                409,
                "nothing-to-pay",
                Text(f"Hồ sơ {code} không phải nộp lệ phí.", f"There is no fee to pay for dossier {code}."),
            )
        if row["state"] in TOO_LATE:
            raise wrong_state(
                Text(f"Hồ sơ {code}", f"Dossier {code}"), row["state"], Text("chưa trả kết quả", "no result yet")
            )
        wanted = {
            "key": key, "code": code, "amount": row["fee"], "notify": _NOTIFY,
            "return_url": f"{self._kit.settings.public_url}/payments/return",
        }  # fmt: skip
        answer = await self._kit.lgsp.ask("national", "payment.create", body=wanted, purpose="pay-fee")
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Nền tảng thanh toán chưa tạo được lệnh; xin thử lại.",
                    "The payment platform could not make an order; please try again.",
                ),
            )
        return _Due(answer.json(Order), row["fee"])

    async def start(self, request: Request, _body: Any, tx: Transaction, due: _Due | None) -> Reply:
        """Write the pending payment down and say where to pay."""
        assert due  # noqa: S101 -- a repeated request never comes this far
        code = request.path_params["code"]
        if not await tx.value(_START, due.order.order, code, due.amount, tx.key, tx.now, due.order.pay_url):
            raise _already(code, "")  # a twin with another key was faster
        return reply({"order": due.order.order, "amount": due.amount, "pay_url": due.order.pay_url}, 201)

    async def open_order(self, code: str) -> Order | None:
        """Order of a dossier that waits to be paid, with its address at the platform."""
        row = await self._kit.pool.fetchrow(
            "SELECT \"order\", pay_url FROM payment WHERE code = $1 AND status = 'pending' AND pay_url IS NOT NULL",
            code,
        )
        return Order(row["order"], row["pay_url"]) if row else None

    async def returned(self, told: Mapping[str, str]) -> Returned:
        """Judge what somebody brings back from the platform: only what it has signed counts.

        The money is entered by the platform's own notice, which comes over the LGSP and may be a moment later.
        """
        order, code, amount = told.get("order", ""), told.get("code", ""), told.get("amount", "")
        error = told.get("error_code", "")
        wanted = return_checksum(self._kit.settings.payment_secret, order=order, code=code, amount=amount, error=error)
        if not proof.same(told.get("checksum", ""), wanted):
            return Returned("", "", successful=False)
        return Returned(code, order, successful=error == SUCCESSFUL)

    async def notify(self, notice: Notice, tx: Transaction) -> None:
        """Enter that an order was paid, and tell the one-stop."""
        wanted = checksum(self._kit.settings.payment_secret, order=notice.order, code=notice.code, amount=notice.amount)
        if not proof.same(notice.checksum, wanted):
            raise Refused(f"checksum of order {notice.order} is wrong")
        row = await tx.row(
            'SELECT code, amount, status, request_key FROM payment WHERE "order" = $1 FOR UPDATE', notice.order
        )
        if row is None:
            raise Again(f"order {notice.order} is not known yet")
        if (row["code"], row["amount"]) != (notice.code, notice.amount):
            raise Refused(f"order {notice.order} is for {row['amount']} đồng of dossier {row['code']}")
        if row["status"] == "paid":
            return
        await tx.execute("UPDATE payment SET status = 'paid', paid_at = $2 WHERE \"order\" = $1", notice.order, tx.now)
        paid = {
            "code": notice.code,
            "order": notice.order,
            "amount": notice.amount,
            "at": tx.now,
            "request_key": row["request_key"],
        }
        await tx.send("onestop", "payments.add", paid, subject=notice.code)
        if await tx.value("SELECT state = 'withdrawn' FROM dossier WHERE code = $1", notice.code):
            await refunds.give_back(tx, notice.code, reason="withdrawn")


def _already(code: str, order: str) -> Problem:
    detail = Text(
        f"Hồ sơ {code} đã có lệnh thanh toán {order}".rstrip() + ".",
        f"Dossier {code} has a payment order already {order}".rstrip() + ".",
    )
    return Problem(409, "payment-exists", detail, order=order)
