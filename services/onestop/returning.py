"""Giving the result back: at the counter, online, or by post; with the rest of the fee, if any, in cash."""

from __future__ import annotations

import secrets
from typing import Any, Literal

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem
from services.kit.transaction import Transaction
from services.onestop import dossiers, news
from services.onestop.dossiers import Dossier
from services.onestop.states import HAND_BACK

_KEEP_PARCEL = "INSERT INTO parcel (parcel, code, sent_at, product_number) VALUES ($1, $2, $3, $4)"
_TAKE_CASH = "INSERT INTO payment (code, kind, amount, request_key, at) VALUES ($1, 'cash', $2, $3, $4)"


class Return(msgspec.Struct, frozen=True):
    """How the result goes to the applicant, and the cash taken with it."""

    by: Literal["counter", "online", "post"]
    fee_cash: int = 0  #: đồng


class Returning:
    """The reception clerk's last act."""

    def __init__(self, kit: Kit) -> None:
        """Use the service's catalogue and agencies."""
        self._reference = kit.reference

    async def hand_back(self, request: Request, body: Return, tx: Transaction, _prepared: Any) -> Reply:
        """Give the result back. What is granted is given only once its fee is paid."""
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, HAND_BACK)
        _check_fee(dossier, body.fee_cash)
        if body.fee_cash:
            await tx.execute(_TAKE_CASH, dossier.code, body.fee_cash, tx.key, tx.now)
        moved = await dossiers.move(
            tx, dossier, HAND_BACK, "posted" if body.by == "post" else "returned", actor=who.account,
            request_key=tx.key, note=body.by, paid=dossier.paid + body.fee_cash,
        )  # fmt: skip
        await news.tell(tx, moved, self._reference, act=HAND_BACK, actor=who.account)
        if body.by != "post":
            return reply(dossiers.answer(moved))
        parcel = f"BG{secrets.token_hex(8).upper()}VN"  # whoever knows the number may confirm the delivery
        await tx.execute(_KEEP_PARCEL, parcel, moved.code, tx.now, tx.parcel_of_product)
        handed = {"parcel": parcel, "code": moved.code, "agency": moved.agency, "sent_at": tx.now}
        await tx.send("national", "post.parcels", handed, subject=moved.code)
        return reply(dossiers.answer(moved, parcel=parcel))


def _check_fee(dossier: Dossier, fee_cash: int) -> None:
    owed = max(dossier.fee - dossier.paid, 0)
    mistakes = Mistakes()
    if not 0 <= fee_cash <= owed:
        mistakes.add(
            "fee_cash",
            Text(f"{fee_cash} đồng", f"{fee_cash} đồng"),
            Text(
                f"Hồ sơ còn phải nộp {owed} đồng; thu từ 0 đến số đó.",
                f"{owed} đồng are still to be paid; take 0 up to that.",
            ),
        )
    mistakes.stop()
    if dossier.state == "approved" and fee_cash < owed:
        raise Problem(
            409,
            "fee-unpaid",
            Text(
                f"Hồ sơ {dossier.code} còn phải nộp {owed} đồng; thu tiền mặt hoặc chờ khoản nộp trực tuyến đến.",
                f"{owed} đồng are still to be paid for {dossier.code}; take cash or wait for the online payment.",
            ),
            state=dossier.state,
            owed=owed - fee_cash,
        )
