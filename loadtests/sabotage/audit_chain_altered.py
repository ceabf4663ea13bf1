"""`audit-chain-altered`: in the LGSP's audit a call has another purpose than was written down."""

from __future__ import annotations

from infra.stack import Stack
from loadtests.sabotage.damage import Damage, found, middle, transaction
from simulation.text import Text

NAME = "audit-chain-altered"
_BEGUN = "SELECT call, consumer, provider, operation FROM call_begun ORDER BY started_at, call"


async def damage(stack: Stack) -> Damage:
    """Rewrite the purpose of the middle call by time: neither caller nor callee could tell."""
    async with transaction(stack, "lgsp") as lgsp:
        row = found(await middle(lgsp, _BEGUN), "lời gọi nào trong nhật ký LGSP", "call in the LGSP's audit")
        await lgsp.execute("UPDATE call_begun SET purpose = purpose || '-2' WHERE call = $1", row["call"])
    call, name = str(row["call"]), f"{row['consumer']} → {row['provider']}.{row['operation']}"
    return Damage(
        name=NAME,
        subject=call,
        what=Text(
            f"Đã sửa mục đích của lời gọi {call} ({name}) trong nhật ký.",
            f"The purpose of call {call} ({name}) was rewritten in the audit.",
        ),
    )
