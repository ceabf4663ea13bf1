"""The state machine of a dossier as a table: which act is done by whom, from which state, to which.

States are those of docs/wire.md. The receiving one-stop is the only one that moves a dossier on.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: State -> what people read.
NAMES: Mapping[str, str] = {
    "submitted": "Chờ tiếp nhận",
    "received": "Đã tiếp nhận",
    "awaiting_supplement": "Chờ bổ sung",
    "referred": "Đang ở cơ quan liên thông",
    "examined": "Đã thẩm định",
    "approved": "Đã duyệt",
    "rejected": "Bị từ chối",
    "posted": "Đang gửi bưu điện",
    "returned": "Đã trả kết quả",
    "withdrawn": "Người nộp đã rút",
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something done to a dossier. Who may: an official in one of the roles, of the agency that has it now."""

    event: str  #: as the book of events names it
    label: str  #: for people
    before: tuple[str, ...]  #: states in which it may be done; none: it makes the dossier
    after: tuple[str, ...]  #: states it may lead to
    roles: tuple[str, ...]  #: empty: only another system's message does it


SUBMIT = Act(event="submitted", label="Nộp trực tuyến", before=(), after=("submitted",), roles=())
RECEIVE = Act(event="received", label="Tiếp nhận tại quầy", before=(), after=("received",), roles=("reception_clerk",))
ACCEPT = Act(
    event="accepted",
    label="Tiếp nhận hồ sơ trực tuyến",
    before=("submitted",),
    after=("received",),
    roles=("reception_clerk",),
)
ASK_SUPPLEMENT = Act(
    event="supplement_asked",
    label="Yêu cầu bổ sung",
    before=("received",),
    after=("awaiting_supplement",),
    roles=("reception_clerk", "specialist"),
)
SUPPLEMENT = Act(
    event="supplemented",
    label="Nhận bổ sung",
    before=("awaiting_supplement",),
    after=("received",),
    roles=("reception_clerk",),
)
REFER = Act(
    event="referred", label="Chuyển liên thông", before=("received",), after=("referred",), roles=("specialist",)
)
#: By an official of the agency that was asked; leads to the next agency of the route, or back.
GIVE_OPINION = Act(
    event="opinion_given",
    label="Cơ quan liên thông trả lời",
    before=("referred",),
    after=("referred", "received"),
    roles=("specialist",),
)
EXAMINE = Act(event="examined", label="Thẩm định", before=("received",), after=("examined",), roles=("specialist",))
DECIDE = Act(
    event="decided",
    label="Quyết định",
    before=("examined",),
    after=("approved", "rejected"),
    roles=("leader", "specialist"),  # a specialist only where the procedure needs no leader
)
HAND_BACK = Act(
    event="handed_back",
    label="Trả kết quả",
    before=("approved", "rejected"),
    after=("posted", "returned"),
    roles=("reception_clerk",),
)
DELIVER = Act(event="delivered", label="Bưu điện đã phát", before=("posted",), after=("returned",), roles=())
WITHDRAW = Act(
    event="withdrawn",
    label="Người nộp rút hồ sơ",
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
