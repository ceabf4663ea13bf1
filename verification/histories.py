"""What may follow what: the states of a dossier and the statuses of a document (docs/wire.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simulation.text import Text

#: State of a dossier -> states that may come next.
NEXT_STATES: Mapping[str, frozenset[str]] = {
    "submitted": frozenset({"received", "withdrawn"}),
    "received": frozenset({"awaiting_supplement", "examined", "withdrawn"}),
    "awaiting_supplement": frozenset({"received", "withdrawn"}),
    "examined": frozenset({"approved", "rejected"}),
    "approved": frozenset({"posted", "returned"}),
    "rejected": frozenset({"posted", "returned"}),
    "posted": frozenset({"returned"}),
    "returned": frozenset(),
    "withdrawn": frozenset(),
}
#: A dossier enters the one-stop's history online or at the counter.
FIRST_STATES = frozenset({"submitted", "received"})

STATE_WORDS: Mapping[str, str] = {
    "submitted": "đã nộp",
    "received": "đã tiếp nhận",
    "awaiting_supplement": "chờ bổ sung",
    "examined": "đã thẩm định",
    "approved": "đã duyệt",
    "rejected": "đã từ chối",
    "posted": "đã gửi bưu điện",
    "returned": "đã trả kết quả",
    "withdrawn": "người nộp đã rút",
}

#: Status of a document at an addressee -> statuses of which one must have come before.
_NEEDS_STATUS: Mapping[str, frozenset[str]] = {
    "01": frozenset(),
    "02": frozenset({"01"}),
    "03": frozenset({"01"}),
    "04": frozenset({"03"}),
    "05": frozenset({"03"}),
    "06": frozenset({"03"}),
}
_LAST_STATUSES = frozenset({"02", "06"})


def state_words(state: str) -> Text:
    """Name a state for people; unknown ones by their code."""
    return Text(f"“{STATE_WORDS.get(state, state)}”", f"“{state}”")


def may_follow(state: str, later: str) -> bool:
    """Tell whether a dossier that was in `state` may, some acts later, stand in `later` (or still in `state`)."""
    seen: set[str] = set()
    waiting = {state}
    while waiting:
        current = waiting.pop()
        if current == later:
            return True
        seen.add(current)
        waiting |= NEXT_STATES.get(current, frozenset()) - seen
    return False


def wrong_step(states: Iterable[str]) -> Text | None:
    """First illegal step in a dossier's states, oldest first; None when all are legal.

    A step that keeps the state is legal: some acts (a payment that arrives) change nothing.
    """
    before = ""
    for state in states:
        if before == state:
            continue
        if before == "" and state not in FIRST_STATES:
            name = state_words(state)
            return Text(f"lịch sử bắt đầu bằng {name.vi}", f"its history begins with {name.en}")
        if before and state not in NEXT_STATES.get(before, frozenset()):
            old, new = state_words(before), state_words(state)
            return Text(f"chuyển trái quy định từ {old.vi} sang {new.vi}", f"illegal step from {old.en} to {new.en}")
        before = state
    return None


def wrong_status(statuses: Sequence[str]) -> Text | None:
    """First status that came out of order, oldest first; None when the order is legal."""
    seen: list[str] = []
    for status in statuses:
        if status not in _NEEDS_STATUS:
            return Text(f"trạng thái lạ {status}", f"unknown status {status}")
        if status in seen:
            return Text(f"trạng thái {status} đến hai lần", f"status {status} came twice")
        if seen and seen[-1] in _LAST_STATUSES:
            return Text(f"trạng thái {status} đến sau {seen[-1]}", f"status {status} came after {seen[-1]}")
        if _NEEDS_STATUS[status] and not _NEEDS_STATUS[status] & set(seen):
            needed = min(_NEEDS_STATUS[status])
            return Text(f"trạng thái {status} đến khi chưa có {needed}", f"status {status} came before {needed}")
        if status == "02" and "03" in seen:
            return Text("trạng thái 02 (từ chối) đến sau 03", "status 02 (refusal) came after 03")
        seen.append(status)
    return None
