"""What can be said of a PDF's signatures, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.kit.clock import VIETNAM
from services.kit.languages import Text

Verdict = Literal[
    "valid", "altered", "added-to", "partial", "untrusted", "not-yet-valid", "expired", "revoked", "weak", "form",
    "unreadable", "unchecked",
]  # fmt: skip
Stamp = Literal["none", "good", "not-believed"]
Covers = Literal["whole", "signed-further", "added-to", "part", "unknown"]
Problem = Literal["", "unreadable", "too-big", "too-many", "unfinished"]
Held = Literal["", "valid", "invalid", "unknown"]


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature in a PDF."""

    verdict: Verdict
    form: str = ""  #: its SubFilter
    signer: str = ""  #: the certificate's holder
    agency: str = ""  #: of whom, where the certificate says so
    code: str = ""  #: the holder's code or account, likewise
    signed_at: datetime | None = None  #: by the time stamp where that is good, else as the signer claims
    stamp: Stamp = "none"
    judged_as_of: datetime | None = None  #: the moment proven: the stamp's, else the document's arrival
    covers: Covers = "unknown"
    weak: bool = False  #: by an algorithm that should no longer be used
    since: datetime | None = None  #: of a revocation, or of the end or the beginning of a certificate's time


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One PDF."""

    pages: int = 0  #: 0 where it cannot be told
    signatures: tuple[Signature, ...] = ()
    problem: Problem = ""  #: why nothing can be said of its signatures


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """PDFs, and what their signatures are held against."""

    pdfs: tuple[bytes, ...]
    at: datetime  #: when they came
    authority: bytes  #: trust anchors, PEM
    rsa_sha1: bool  #: whether the era takes it
    revoked: dict[str, datetime] = {}  #: serial number, hexadecimal -> since
    listed: bool = False  #: whether that is a list which is good for `at`; false: there was none to be had


VERDICT_NAMES: dict[Verdict, Text] = {
    "valid": Text("hợp lệ", "valid"),
    "altered": Text("KHÔNG hợp lệ: nội dung đã bị sửa sau khi ký", "NOT valid: altered after it was signed"),
    "added-to": Text(
        "KHÔNG hợp lệ: nội dung tệp bị thay đổi bằng phần thêm vào sau khi ký",
        "NOT valid: what the file shows was changed by an addition after it was signed",
    ),
    "partial": Text("KHÔNG hợp lệ: chữ ký chỉ bao trùm một phần tệp", "NOT valid: it covers only a part of the file"),
    "untrusted": Text(
        "KHÔNG hợp lệ: chứng thư số không do cơ quan chứng thực được tin cậy cấp để ký văn bản",
        "NOT valid: the certificate was not issued by a trusted authority for signing documents",
    ),
    "not-yet-valid": Text("KHÔNG hợp lệ: chứng thư số chưa có hiệu lực", "NOT valid: certificate not yet in force"),
    "expired": Text("KHÔNG hợp lệ: chứng thư số đã hết hạn", "NOT valid: certificate expired"),
    "revoked": Text("KHÔNG hợp lệ: chứng thư số đã bị thu hồi", "NOT valid: certificate revoked"),
    "weak": Text(
        "KHÔNG hợp lệ: thuật toán quá yếu, không được chấp nhận", "NOT valid: algorithm too weak to be accepted"
    ),
    "form": Text(
        "KHÔNG hợp lệ: không đúng định dạng, cần PAdES hoặc CMS tách rời (adbe.pkcs7.detached)",
        "NOT valid: not in the required form, which is PAdES or detached CMS (adbe.pkcs7.detached)",
    ),
    "unreadable": Text("KHÔNG đọc được chữ ký", "the signature is UNREADABLE"),
    "unchecked": Text(
        "CHƯA khẳng định được: chữ ký khớp, nhưng không có danh sách thu hồi còn hiệu lực của cơ quan chứng thực",
        "UNDECIDED: it holds, but there is no revocation list of the authority that is still good",
    ),
}
COVERS_NAMES: dict[Covers, Text] = {
    "whole": Text("toàn bộ tệp", "the whole file"),
    "signed-further": Text(
        "toàn bộ tệp lúc ký; phần thêm về sau chỉ động đến chữ ký, dữ liệu xác thực hoặc ô biểu mẫu",
        "the whole file as it was then; what was added later touches only signatures, validation data or form fields",
    ),
    "added-to": Text("tệp lúc ký; về sau có thay đổi", "the file as it was then; it was changed later"),
    "part": Text("một phần tệp", "a part of the file"),
    "unknown": Text("không rõ", "unknown"),
}
STAMP_NAMES: dict[Stamp, Text] = {
    "none": Text("theo người ký khai, không có dấu thời gian", "as the signer claims, no time stamp"),
    "good": Text("theo dấu thời gian", "by the time stamp"),
    "not-believed": Text(
        "theo người ký khai; dấu thời gian KHÔNG hợp lệ", "as the signer claims; the time stamp is NOT valid"
    ),
}
PROBLEM_NAMES: dict[Problem, Text] = {
    "unreadable": Text("KHÔNG đọc được tệp PDF này", "this PDF CANNOT be read"),
    "too-big": Text("KHÔNG mở: tệp bung ra quá lớn", "NOT opened: it unpacks to too much"),
    "too-many": Text(
        "KHÔNG kiểm tra: tệp có quá nhiều chữ ký hoặc lần sửa", "NOT checked: too many signatures or revisions"
    ),
    "unfinished": Text("CHƯA kiểm tra xong trong giới hạn cho phép", "NOT checked within the limits"),
}
#: Whether the signatures of a filed document held, for people.
HELD_NAMES: dict[Held, Text] = {
    "": Text("—", "—"),
    "valid": Text("đã kiểm tra, hợp lệ", "checked, valid"),
    "invalid": Text("đã kiểm tra, KHÔNG hợp lệ", "checked, NOT valid"),
    "unknown": Text("chưa khẳng định được", "undecided"),
}


def told(one: Signature) -> Text:
    """Verdict and reason in one sentence."""
    said = VERDICT_NAMES[one.verdict]
    if one.since:
        when = f"{one.since.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        said = Text(f"{said} ({when})", f"{said.english} ({when})")
    if one.weak:
        said = Text(f"{said}; thuật toán YẾU (RSA-SHA1)", f"{said.english}; WEAK algorithm (RSA-SHA1)")
    return said


def held(pdf: Judged) -> Held:
    """Whether all signatures of a PDF hold; empty where it has none."""
    verdicts = {one.verdict for one in pdf.signatures}
    if verdicts - {"valid", "unchecked", "unreadable"}:
        return "invalid"
    if pdf.problem or verdicts - {"valid"}:
        return "unknown"
    return "valid" if verdicts else ""


def together(some: Iterable[Held]) -> Held:
    """One signature that does not hold is enough for a no, one undecided for no yes."""
    found = set(some)
    return next((one for one in ("invalid", "unknown", "valid") if one in found), "")
