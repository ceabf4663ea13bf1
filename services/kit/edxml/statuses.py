"""The legal order of the statuses that one addressee reports of one document (docs/wire.md, "Documents").

01 arrived, 02 refused, 03 registered, 04 assigned, 05 in process, 06 done; 13 the sender has asked to take it back or
to change it, 15 agreed, 16 refused. A request stands beside the work: once it is answered, work goes on from where it
was, unless the document was given back.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.kit.languages import Text

#: For people.
NAMES = {
    "01": Text("đã đến", "arrived"),
    "02": Text("từ chối tiếp nhận", "refused"),
    "03": Text("đã tiếp nhận", "registered"),
    "04": Text("đã phân công", "assigned"),
    "05": Text("đang xử lý", "being handled"),
    "06": Text("đã hoàn thành", "finished"),
    "13": Text("nơi gửi yêu cầu lấy lại hoặc thay đổi", "the sender asks for it back or for a change"),
    "15": Text("đồng ý với yêu cầu", "the request is agreed to"),
    "16": Text("từ chối yêu cầu", "the request is declined"),
}
ARRIVED, ASKED, AGREED, DECLINED = "01", "13", "15", "16"
ANSWERS = frozenset({AGREED, DECLINED})
#: Last status of the work itself -> those of the work that may follow; "" is a document that has not arrived yet.
WORK = {
    "": frozenset({"01"}),
    "01": frozenset({"02", "03"}),
    "02": frozenset[str](),
    "03": frozenset({"04", "05", "06"}),
    "04": frozenset({"05", "06"}),
    "05": frozenset({"04", "06"}),
    "06": frozenset[str](),
}
#: Work in which there is nothing to ask back: it has not arrived, or has gone back already.
_NOTHING_TO_ASK = frozenset({"", "02"})


def may_follow(*, work: str, last: str) -> frozenset[str]:
    """What may be reported next, given the last status of the work and the last status of all."""
    if last == ASKED:
        return ANSWERS
    return WORK[work] | (frozenset() if work in _NOTHING_TO_ASK else frozenset({ASKED}))


def work_of(statuses: Iterable[str]) -> str:
    """Last status of the work in a history, oldest first."""
    work = ""
    for status in statuses:
        if status in WORK:
            work = status
    return work
