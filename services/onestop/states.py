"""The state machine of a dossier as a table: which act is done by whom, from which state, to which.

States are those of docs/wire.md. The receiving one-stop is the only one that moves a dossier on.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from services.kit.languages import Text

#: State -> what people read.
NAMES: Mapping[str, str] = {
    "submitted": Text("Chờ tiếp nhận", "Waiting to be accepted"),
    "received": Text("Đã tiếp nhận", "Received"),
    "awaiting_supplement": Text("Chờ bổ sung", "Waiting for the applicant"),
    "referred": Text("Đang ở cơ quan liên thông", "With another agency"),
    "examined": Text("Đã thẩm định", "Examined"),
    "approved": Text("Đã duyệt", "Approved"),
    "rejected": Text("Bị từ chối", "Rejected"),
    "posted": Text("Đang gửi bưu điện", "On its way by post"),
    "returned": Text("Đã trả kết quả", "Result returned"),
    "withdrawn": Text("Người nộp đã rút", "Withdrawn"),
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something done to a dossier. Who may: an official in one of the roles, of the agency that has it now."""

    event: str  #: as the book of events names it
    label: str  #: for people
    before: tuple[str, ...]  #: states in which it may be done; none: it makes the dossier
    after: tuple[str, ...]  #: states it may lead to
    roles: tuple[str, ...]  #: empty: only another system's message does it


SUBMIT = Act(
    event="submitted", label=Text("Nộp trực tuyến", "Handed in online"), before=(), after=("submitted",), roles=()
)
RECEIVE = Act(
    event="received",
    label=Text("Tiếp nhận tại quầy", "Received at the counter"),
    before=(),
    after=("received",),
    roles=("reception_clerk",),
)
ACCEPT = Act(
    event="accepted",
    label=Text("Tiếp nhận hồ sơ trực tuyến", "Accept the online dossier"),
    before=("submitted",),
    after=("received",),
    roles=("reception_clerk",),
)
ASK_SUPPLEMENT = Act(
    event="supplement_asked",
    label=Text("Yêu cầu bổ sung", "Ask for more"),
    before=("received",),
    after=("awaiting_supplement",),
    roles=("reception_clerk", "specialist"),
)
SUPPLEMENT = Act(
    event="supplemented",
    label=Text("Nhận bổ sung", "Take in what was added"),
    before=("awaiting_supplement",),
    after=("received",),
    roles=("reception_clerk",),
)
REFER = Act(
    event="referred",
    label=Text("Chuyển liên thông", "Refer to another agency"),
    before=("received",),
    after=("referred",),
    roles=("specialist",),
)
#: By an official of the agency that was asked; leads to the next agency of the route, or back.
GIVE_OPINION = Act(
    event="opinion_given",
    label=Text("Cơ quan liên thông trả lời", "Answer of the agency asked"),
    before=("referred",),
    after=("referred", "received"),
    roles=("specialist",),
)
EXAMINE = Act(
    event="examined",
    label=Text("Thẩm định", "Examination"),
    before=("received",),
    after=("examined",),
    roles=("specialist",),
)
DECIDE = Act(
    event="decided",
    label=Text("Quyết định", "Decision"),
    before=("examined",),
    after=("approved", "rejected"),
    roles=("leader", "specialist"),  # a specialist only where the procedure needs no leader
)
HAND_BACK = Act(
    event="handed_back",
    label=Text("Trả kết quả", "Hand back the result"),
    before=("approved", "rejected"),
    after=("posted", "returned"),
    roles=("reception_clerk",),
)
DELIVER = Act(
    event="delivered",
    label=Text("Bưu điện đã phát", "Delivered by post"),
    before=("posted",),
    after=("returned",),
    roles=(),
)
WITHDRAW = Act(
    event="withdrawn",
    label=Text("Người nộp rút hồ sơ", "Withdrawn by the applicant"),
    before=("submitted", "received", "awaiting_supplement", "referred"),
    after=("withdrawn",),
    roles=(),
)

#: All acts by event.
ACTS: Mapping[str, Act] = {
    act.event: act
    for act in (
        SUBMIT,
        RECEIVE,
        ACCEPT,
        ASK_SUPPLEMENT,
        SUPPLEMENT,
        REFER,
        GIVE_OPINION,
        EXAMINE,
        DECIDE,
        HAND_BACK,
        DELIVER,
        WITHDRAW,
    )
}
#: Every state from which nothing follows.
CLOSED = frozenset(NAMES) - {state for act in ACTS.values() for state in act.before}


def next_states(state: str) -> frozenset[str]:
    """Return the states that may follow `state`."""
    return frozenset(after for act in ACTS.values() if state in act.before for after in act.after)
