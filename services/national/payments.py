"""The payment platform: an order for a dossier's fee, paid once by a person, told to whoever asked for it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.operations import Consumer, Refused
from services.kit.pages import Pages
from services.kit.problems import decode, not_found
from services.kit.transaction import Transaction


class _Create(msgspec.Struct):
    key: str
    code: str
    amount: int
    notify: str = ""
    return_url: str = ""  #: where the payer's browser goes afterwards


class Refund(msgspec.Struct):
    """A payee returns what was paid."""

    order: str
    code: str
    amount: int
    reason: str


def checksum(secret: str, order: str, code: str, amount: int) -> str:
    """What proves to the portal that a notice comes from the platform."""
    return hmac.new(secret.encode(), f"{order}|{code}|{amount}".encode(), hashlib.sha256).hexdigest()


class Payments:
    """Orders, their page, and their payment."""

    def __init__(self, kit: Kit, pages: Pages) -> None:
        """Keep orders in the service's database."""
        self._kit, self._pages = kit, pages

    async def create(self, request: Request, consumer: Consumer) -> Any:
        """Make an order; the same key gives the same order."""
        wanted: _Create = decode(await request.body(), _Create)
        key = f"{consumer.system}:{wanted.key}"
        async with self._kit.begin(key) as tx:
            payee = self._kit.reference.province.agency_code
            fresh = f"{payee}-{tx.now:%y%m%d}{secrets.randbelow(10**12):012d}"
            await tx.execute(
                'INSERT INTO payment_order ("order", key, payee, code, amount, created_at, return_url) '
                "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING",
                fresh,
                key,
                consumer.system,
                wanted.code,
                wanted.amount,
                tx.now,
                wanted.return_url,
            )
            order = await tx.value('SELECT "order" FROM payment_order WHERE key = $1', key)
        return {"order": order, "pay_url": f"{self._kit.settings.public_url}/pay/{order}"}

    async def refund(self, item: Refund, tx: Transaction) -> None:
        """Return money to its payer: all that was paid under the order, and once."""
        row = await tx.row('SELECT code, amount, status FROM payment_order WHERE "order" = $1 FOR UPDATE', item.order)
        if row is None or row["code"] != item.code or row["status"] != "paid":
            raise Refused(f"order {item.order} was not paid for dossier {item.code}")
        if item.amount != row["amount"]:
            raise Refused(f"order {item.order} is over {row['amount']} đồng, not {item.amount}")
        await tx.execute(
            "INSERT INTO payment_refund VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            item.order, item.amount, item.reason, tx.now,
        )  # fmt: skip

    async def list(self, _request: Request, consumer: Consumer) -> Any:
        """The platform's book of one payee, for reconciliation."""
        rows = await self._kit.pool.fetch(
            'SELECT "order", code, payment_order.amount, status, coalesce(payment_refund.amount, 0) AS refunded '
            'FROM payment_order LEFT JOIN payment_refund USING ("order") WHERE payee = $1 ORDER BY "order"',
            consumer.system,
        )
        return {"orders": [dict(row) for row in rows]}

    async def pay(self, request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
        """A person pays an order (any way the platform takes); paying twice changes nothing."""
        order = request.path_params["order"]
        row = await tx.row('SELECT code, amount, status, payee FROM payment_order WHERE "order" = $1 FOR UPDATE', order)
        if row is None:
            raise not_found(Text(f"khoản thanh toán {order}", f"payment order {order}"))
        if row["status"] == "pending":
            await tx.execute(
                "UPDATE payment_order SET status = 'paid', paid_at = $2, request_key = $3 WHERE \"order\" = $1",
                order,
                tx.now,
                tx.key,
            )
            proof = checksum(self._kit.settings.payment_secret, order, row["code"], row["amount"])
            notice = {"order": order, "code": row["code"], "amount": row["amount"], "checksum": proof}
            await tx.send(row["payee"], "payments.notify", notice, subject=row["code"], key=f"paid:{order}")
        return reply({"order": order, "code": row["code"], "amount": row["amount"], "status": "paid"})

    async def show(self, request: Request) -> Response:
        """The platform's page for one order."""
        order = request.path_params["order"]
        row = await self._kit.pool.fetchrow(
            'SELECT "order", code, amount, status, return_url FROM payment_order WHERE "order" = $1', order
        )
        if row is None:
            raise not_found(Text(f"khoản thanh toán {order}", f"payment order {order}"))
        return self._pages.page("pay.html", request=request, order=row, leads_to=_origin(row["return_url"]))

    async def pay_by_form(self, request: Request) -> Response:
        """The button of that page: pay, or give up; either way back to where one came from, with a signed word."""
        order = request.path_params["order"]
        async with request.form(max_files=0, max_fields=5) as fields:
            gave_up = fields.get("act") == "give_up"
        if not gave_up:
            await self._kit.once(request, self.pay, None, key=f"page:{order}")
        row = await self._kit.pool.fetchrow(
            'SELECT "order", code, amount, status, return_url FROM payment_order WHERE "order" = $1', order
        )
        if row is None:
            raise not_found(Text(f"khoản thanh toán {order}", f"payment order {order}"))
        if not row["return_url"]:
            return RedirectResponse(f"/pay/{order}", 303)
        told = {
            "order": order,
            "code": row["code"],
            "amount": str(row["amount"]),
            "error_code": "SUCCESSFUL" if row["status"] == "paid" else "CANCELLED",
        }
        proof = "|".join(("return", *told.values()))
        secret = self._kit.settings.payment_secret.encode()
        told["checksum"] = hmac.new(secret, proof.encode(), hashlib.sha256).hexdigest()
        return RedirectResponse(f"{row['return_url']}?{urlencode(told)}", 303)


def _origin(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
