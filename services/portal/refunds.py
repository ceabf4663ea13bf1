"""Fees given back (SYS-PAY): who takes an application back before it is examined gets the whole fee back, once."""

from __future__ import annotations

from services.kit.transaction import Transaction

_REFUND = """
    INSERT INTO refund ("order", code, amount, reason, at)
    SELECT "order", code, amount, $2, $3 FROM payment WHERE code = $1 AND status = 'paid'
    ON CONFLICT DO NOTHING RETURNING "order", amount
"""


async def give_back(tx: Transaction, code: str, *, reason: str) -> None:
    """Give the fee of a dossier back, where one was paid online; the platform returns the money to the payer."""
    row = await tx.row(_REFUND, code, reason, tx.now)
    if row:
        told = {"order": row["order"], "code": code, "amount": row["amount"], "reason": reason}
        await tx.send("national", "payment.refund", told, subject=code, key=f"refund:{row['order']}")
