"""Which act may follow which on a document, who does it, and what the sender is told: all legal steps."""

from __future__ import annotations

import msgspec

from services.kit.languages import Text


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
#: What the axis has refused for the form of its seal is sealed and sent again (TRB-SIGNFORMAT).
SEAL_AGAIN = Act(event="sealed_again", roles=("document_clerk",), before=("issued",), after="issued")
OUTGOING = {
    "review": REVIEW, "return": GIVE_BACK, "revision": REVISE,
    "signature": SIGN, "print": PRINT, "scan": SCAN, "issue": ISSUE, "seal": SEAL_AGAIN,
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
    "draft": Text("chờ ký", "to be signed"),
    "reviewed": Text("đã thẩm tra, chờ ký", "reviewed, to be signed"),
    "returned": Text("bị trả lại, chờ sửa", "given back, to be revised"),
    "signed": Text("đã ký số, chờ phát hành", "signed, to be issued"),
    "printed": Text("đã in và ký tay, chờ quét", "printed and signed, to be scanned"),
    "scanned": Text("đã quét, chờ phát hành", "scanned, to be issued"),
    "issued": Text("đã phát hành", "issued"),
    "arrived": Text("mới đến, chờ đăng ký", "arrived, to be registered"),
    "registered": Text("đã vào sổ, chờ phân công", "registered, to be assigned"),
    "assigned": Text("đang xử lý", "being handled"),
    "finished": Text("đã xử lý xong", "finished"),
    "refused": Text("đã trả lại", "returned"),
    "withdrawn": Text("đã trả về theo yêu cầu của nơi gửi", "given back at the sender's request"),
    "asked": Text(
        "nơi gửi yêu cầu lấy lại hoặc thay đổi, chờ trả lời",
        "the sender asks for it back or for a change, to be answered",
    ),
}
EVENT_NAMES = {
    "drafted": Text("Soạn thảo", "Drafted"),
    "reviewed": Text("Thẩm tra", "Reviewed"),
    "given_back": Text("Trả lại để sửa", "Give back for revision"),
    "revised": Text("Sửa dự thảo", "Revised"),
    "signed": Text("Ký số", "Sign digitally"),
    "printed": Text("In, ký tay", "Printed, signed by hand"),
    "scanned": Text("Quét, nhập lại", "Scanned and imported"),
    "issued": Text("Phát hành", "Issued"),
    "sealed_again": Text("Ký lại, gửi lại", "Sealed and sent again"),
    "registered": Text("Vào sổ đến", "Register"),
    "assigned": Text("Phân công", "Assigned"),
    "finished": Text("Hoàn thành", "Finish"),
    "refused": Text("Trả lại", "Returned"),
    "agreed": Text("Đồng ý yêu cầu của nơi gửi", "The sender's request agreed to"),
    "declined": Text("Từ chối yêu cầu của nơi gửi", "The sender's request declined"),
}
#: How a document was signed, for people.
SIGNED_NAMES = {
    "digital": Text("ký số", "digitally"),
    "paper": Text("ký tay, quét", "by hand, scanned"),
    "unknown": Text("không rõ", "unknown"),
}
#: What a message does to earlier documents, for people.
DOC_TYPE_NAMES = {
    "new": Text("văn bản mới", "new document"),
    "recall": Text("thu hồi", "recall"),
    "update": Text("cập nhật", "update"),
    "replace": Text("thay thế", "replace"),
}
