"""`dossier-lost`: a dossier and all that belongs to it are gone from the one-stop."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "dossier-lost"
_BELONGING = ("event", "payment", "paper", "parcel", "referral", "result_paper", "archived")


async def damage(stack: Stack) -> Damage:
    """Delete the middle dossier by code."""
    async with transaction(stack, "onestop") as onestop:
        row = await middle(onestop, "SELECT code FROM dossier WHERE state <> 'submitted' ORDER BY code")
        code = found(row, "hồ sơ nào ở một cửa", "dossier at the one-stop")["code"]
        for table in _BELONGING:
            await onestop.execute(f"DELETE FROM {table} WHERE code = $1", code)  # noqa: S608 -- names from above
        await onestop.execute("DELETE FROM dossier WHERE code = $1", code)
    what = Text(f"Đã xóa hồ sơ {code} ở một cửa.", f"Dossier {code} was deleted at the one-stop.")
    return Damage(name=NAME, subject=code, what=what)
