"""Whether other programs took so much of the machine during a probe that its failure says nothing of the stack."""

from __future__ import annotations

from simulation.text import Text
from verification.answer import Answer
from verification.capacity.bottleneck import cpu_by_service
from verification.capacity.sights import Sights
from verification.wording import number

#: Share of the machine's processors that others may use while clients wait longest. Assumed; on a quiet machine of two,
#: 2 to 6 % go to what is nobody's in particular (kernel, supervisor, the command that asks), and with a test or a
#: compiler beside the stack 17 to 45 % (decision 36).
OTHERS_SHARE = 0.15


def disturbance(sights: Sights) -> Text | None:
    """Say how much others used, where it was too much; None where it was not, or where nothing was looked at."""
    if not sights.looks or not sights.samples:
        return None
    processors = sights.looks[0].processors
    used = sum(look.busy for look in sights.looks) / len(sights.looks)
    others = used - sum(cpu_by_service(sights).values()) / 100
    if others < OTHERS_SHARE * processors:
        return None
    told = number(others, places=1)
    return Text(
        f"chương trình khác chiếm {told.vi} trong {processors} bộ xử lý; đo lại khi máy rảnh",
        f"other programs used {told.en} of {processors} processors; measure again when the machine is idle",
    )


def believed(answer: Answer, disturbed: Text | None) -> Answer:
    """Objectives that were kept beside other programs are kept; those that were missed there may be kept without."""
    return "UNKNOWN" if answer == "BROKEN" and disturbed else answer
