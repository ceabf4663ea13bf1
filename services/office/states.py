"""Which act may follow which on a document, who does it, and what the sender is told: all legal steps."""

from __future__ import annotations

import msgspec


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one official on a document."""

    event: str  #: its name in the book of events
    roles: tuple[str, ...]  #: who may do it, in the document's own agency
    before: tuple[str, ...]  #: states in which it is legal
    after: str  #: state it leads to
    status: str = ""  #: status that the hub is told (incoming documents)


#: Outgoing: draft (-> reviewed) -> signed -> issued, or by paper draft (-> reviewed) -> printed -> scanned -> issued. A
#: reviewer may give a draft back, and its author then revises it. Who drafts does not review (NĐ 30/2020/NĐ-CP has
#: drafts checked before they are signed; by whom exactly is from memory [M]).
REVIEW = Act(event="reviewed", roles=("specialist", "leader"), before=("draft",), after="reviewed")
GIVE_BACK = Act(event="given_back", roles=("specialist", "leader"), before=("draft", "reviewed"), after="returned")
REVISE = Act(event="revised", roles=("specialist",), before=("returned",), after="draft")
SIGN = Act(event="signed", roles=("leader",), before=("draft", "reviewed"), after="signed")
PRINT = Act(event="printed", roles=("document_clerk",), before=("draft", "reviewed"), after="printed")
SCAN = Act(event="scanned", roles=("document_clerk",), before=("printed",), after="scanned")
ISSUE = Act(event="issued", roles=("document_clerk",), before=("signed", "scanned"), after="issued")
OUTGOING = {
    "review": REVIEW, "return": GIVE_BACK, "revision": REVISE,
    "signature": SIGN, "print": PRINT, "scan": SCAN, "issue": ISSUE,
}  # fmt: skip

#: Incoming: arrived -> refused, or arrived -> registered (-> assigned) -> finished.
INCOMING = {
    "registration": Act(
        event="registered", roles=("document_clerk",), before=("arrived",), after="registered", status="03"
    ),
    "assignment": Act(
        event="assigned", roles=("leader", "document_clerk"), before=("registered",), after="assigned", status="04"
    ),
    "completion": Act(
        event="finished", roles=("specialist",), before=("registered", "assigned"), after="finished", status="06"
    ),
    "refusal": Act(event="refused", roles=("document_clerk",), before=("arrived",), after="refused", status="02"),
}

#: For people.
STATE_NAMES = {
    "draft": "chờ ký",
    "reviewed": "đã thẩm tra, chờ ký",
    "returned": "bị trả lại, chờ sửa",
    "signed": "đã ký số, chờ phát hành",
    "printed": "đã in và ký tay, chờ quét",
    "scanned": "đã quét, chờ phát hành",
    "issued": "đã phát hành",
    "arrived": "mới đến, chờ đăng ký",
    "registered": "đã vào sổ, chờ phân công",
    "assigned": "đang xử lý",
    "finished": "đã xử lý xong",
    "refused": "đã trả lại",
    "withdrawn": "đã trả về theo yêu cầu của nơi gửi",
    "asked": "nơi gửi yêu cầu lấy lại hoặc thay đổi, chờ trả lời",
}
EVENT_NAMES = {
    "drafted": "Soạn thảo",
    "reviewed": "Thẩm tra",
    "given_back": "Trả lại để sửa",
    "revised": "Sửa dự thảo",
    "signed": "Ký số",
    "printed": "In, ký tay",
    "scanned": "Quét, nhập lại",
    "issued": "Phát hành",
    "registered": "Vào sổ đến",
    "assigned": "Phân công",
    "finished": "Hoàn thành",
    "refused": "Trả lại",
    "agreed": "Đồng ý yêu cầu của nơi gửi",
    "declined": "Từ chối yêu cầu của nơi gửi",
}
#: What a message does to earlier documents, for people.
DOC_TYPE_NAMES = {"new": "văn bản mới", "recall": "thu hồi", "update": "cập nhật", "replace": "thay thế"}
