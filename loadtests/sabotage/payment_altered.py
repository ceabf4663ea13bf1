"""`payment-altered`: one payment in the one-stop's book is one đồng more than what was paid."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "payment-altered"


async def damage(stack: Stack) -> Damage:
    """Add one đồng to the middle online payment by order, or to the middle cash payment where none came online."""
    async with transaction(stack, "onestop") as onestop:
        row = await middle(
            onestop, 'SELECT id, code, "order" AS named, amount FROM payment WHERE kind = \'online\' ORDER BY "order"'
        ) or await middle(onestop, "SELECT id, code, code AS named, amount FROM payment ORDER BY code, id")
        found(row, "khoản thu nào ở một cửa", "payment at the one-stop")
        await onestop.execute("UPDATE payment SET amount = amount + 1 WHERE id = $1", row["id"])
    named, code, before = row["named"], row["code"], row["amount"]
    return Damage(
        name=NAME,
        subject=named,
        what=Text(
            f"Khoản thu {named} của hồ sơ {code} ở một cửa đổi từ {before} thành {before + 1} đồng.",
            f"Payment {named} for dossier {code} at the one-stop was changed from {before} to {before + 1} đồng.",
        ),
    )
