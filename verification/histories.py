"""What may follow what: the states of a dossier and the statuses of a document (docs/wire.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simulation.text import Text

#: State of a dossier -> states that may come next.
NEXT_STATES: Mapping[str, frozenset[str]] = {
    "submitted": frozenset({"received", "withdrawn"}),
    "received": frozenset({"awaiting_supplement", "referred", "examined", "withdrawn"}),
    "awaiting_supplement": frozenset({"received", "withdrawn"}),
    "referred": frozenset({"referred", "received", "withdrawn"}),
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
    "referred": "đang ở cơ quan liên thông",
    "examined": "đã thẩm định",
    "approved": "đã duyệt",
    "rejected": "đã từ chối",
    "posted": "đã gửi bưu điện",
    "returned": "đã trả kết quả",
    "withdrawn": "người nộp đã rút",
}

#: Last status of the work on a document at an addressee -> statuses of the work that may come next; "" is one that has
#: not arrived (docs/wire.md, "Documents"). Written down here again: judge and hub check each other.
_NEXT_WORK: Mapping[str, frozenset[str]] = {
    "": frozenset({"01"}),
    "01": frozenset({"02", "03"}),
    "02": frozenset(),
    "03": frozenset({"04", "05", "06"}),
    "04": frozenset({"05", "06"}),
    "05": frozenset({"04", "06"}),
    "06": frozenset(),
}
_ASKED, _AGREED, _DECLINED = "13", "15", "16"
_REQUESTS = frozenset({_ASKED, _AGREED, _DECLINED})


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
    """First status that came out of order, oldest first; None when the order is legal.

    A request of the sender (13) stands beside the work: it comes once the document is there, is answered (15 or 16)
    before anything else, and work then goes on from where it was.
    """
    work, before = "", ""
    for status in statuses:
        if status not in _NEXT_WORK.keys() - {""} | _REQUESTS:
            return Text(f"trạng thái lạ {status}", f"unknown status {status}")
        if status == before:
            return Text(f"trạng thái {status} đến hai lần liền", f"status {status} came twice running")
        if before == _ASKED or status in {_AGREED, _DECLINED}:
            legal = before == _ASKED and status in {_AGREED, _DECLINED}
        elif status == _ASKED:
            legal = work not in {"", "02"}
        else:
            legal = status in _NEXT_WORK[work]
        if not legal:
            vi = f"sau {before}" if before else "khi văn bản chưa đến"
            en = f"after {before}" if before else "before the document had arrived"
            return Text(f"trạng thái {status} đến {vi}", f"status {status} came {en}")
        before = status
        work = work if status in _REQUESTS else status
    return None
