"""`audit-row-removed`: the LGSP no longer has the audit row of a call that it passed on and answered."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "audit-row-removed"
_ANSWERED = """
    SELECT call, consumer, provider, operation FROM call_begun JOIN call_ended USING (call)
    WHERE outcome = 'answered' ORDER BY started_at, call
"""


async def damage(stack: Stack) -> Damage:
    """Delete the middle answered call by time."""
    async with transaction(stack, "lgsp") as lgsp:
        row = found(await middle(lgsp, _ANSWERED), "lời gọi nào trong nhật ký LGSP", "call in the LGSP's audit")
        for table in ("call_ended", "call_begun"):
            await lgsp.execute(f"DELETE FROM {table} WHERE call = $1", row["call"])  # noqa: S608 -- names from above
    call, name = str(row["call"]), f"{row['consumer']} → {row['provider']}.{row['operation']}"
    return Damage(
        name=NAME,
        subject=call,
        what=Text(
            f"Đã xóa nhật ký của lời gọi {call} ({name}).", f"The audit row of call {call} ({name}) was deleted."
        ),
    )
