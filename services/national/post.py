"""The post: takes parcels with results, and tells their sender when they are delivered (SYS-POST)."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Reply, reply
from services.kit.problems import not_found
from services.kit.transaction import Transaction


class Parcel(msgspec.Struct):
    """A parcel handed over by the one-stop."""

    parcel: str
    code: str


async def accept(item: Parcel, tx: Transaction) -> None:
    """Take a parcel over."""
    await tx.execute(
        "INSERT INTO parcel (parcel, code, accepted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        item.parcel,
        item.code,
        tx.now,
    )


async def deliver(request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
    """The postman hands a parcel over; its sender is told."""
    parcel = request.path_params["parcel"]
    row = await tx.row("SELECT code, status FROM parcel WHERE parcel = $1 FOR UPDATE", parcel)
    if row is None:
        raise not_found(f"bưu gửi {parcel}")
    if row["status"] == "accepted":
        await tx.execute(
            "UPDATE parcel SET status = 'delivered', delivered_at = $2, request_key = $3 WHERE parcel = $1",
            parcel,
            tx.now,
            tx.key,
        )
        news = {"parcel": parcel, "code": row["code"], "status": "delivered"}
        await tx.send("onestop", "parcels.status", news, subject=row["code"], key=f"delivered:{parcel}")
    return reply({"parcel": parcel, "code": row["code"], "status": "delivered"})
