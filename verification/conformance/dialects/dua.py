"""Dừa's dialect: CSV files in a folder, Vietnamese words for states, dd/mm/yyyy HH:MM, account and passcode a row."""

from __future__ import annotations

import csv
import io
import os
import stat
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from verification.conformance import waiting
from verification.conformance.access import Access
from verification.conformance.dialects import common
from verification.conformance.listener import Listener
from verification.conformance.product import (
    Accept,
    Act,
    Answer,
    AskSupplement,
    Decide,
    Examine,
    Field,
    HandBack,
    News,
    OutOfReach,
    Receive,
    Refusal,
    Sight,
    Step,
    Submission,
    Supplement,
    Told,
    Unreadable,
    Who,
    Why,
)
from verification.conformance.wire import LONGEST_ANSWER, Pace

Row = Mapping[str, str]
_FORM = "%d/%m/%Y %H:%M"
_COLUMNS = (
    "SO_YC", "VIEC", "CAN_BO", "MA_BI_MAT", "MA_HO_SO", "MA_TTHC", "CO_QUAN", "SO_GIAY_TO", "HO_TEN", "LE_PHI", "TIEN",
    "CACH_TRA", "NOI_DUNG", "Y_KIEN", "NGAY",
)  # fmt: skip
_STATES: Mapping[str, str] = {
    "Mới nộp": "submitted", "Đang thụ lý": "received", "Chờ bổ sung": "awaiting_supplement",
    "Trình lãnh đạo": "examined", "Đồng ý": "approved", "Không đồng ý": "rejected", "Gửi bưu điện": "posted",
    "Đã trả": "returned",
}  # fmt: skip
_WHY: Mapping[str, Why] = {
    "SAI_MA": "sign-in", "KHONG_QUYEN": "rights", "KHONG_CO": "unknown", "SAI_BUOC": "order", "THIEU_TIEN": "fee",
    "LOI": "content",
}  # fmt: skip
_FIELDS: Mapping[str, Field] = {
    "MA_TTHC": "procedure", "SO_GIAY_TO": "number", "HO_TEN": "name", "TIEN": "cash", "CACH_TRA": "delivery",
    "NOI_DUNG": "what",
}  # fmt: skip
_DELIVERIES = {"counter": "quầy", "online": "mạng", "post": "bưu điện"}
_OUTCOMES = {"approve": "đồng ý", "reject": "không"}
_SYSTEM = "LIEN_THONG"
_STEP_FIELDS = 5


class Dua:
    """A product that speaks Dừa."""

    name = "Dừa"
    resolution = timedelta(minutes=1)

    def __init__(self, access: Access, _listener: Listener, _pace: Pace | None = None) -> None:
        """Its address is a folder of this machine: nothing goes over a wire."""
        self._folder, self._access = Path(urlsplit(access.url).path), access
        self.last = ""

    def sign_in(self, account: str, passcode: str) -> Who:
        """Try account and passcode; there are no sessions, every row carries both."""
        who = Who(account, passcode)
        self._ask([_row(who, "KIEM_TRA")])
        return who

    def do(self, who: Who, act: Act, *, key: str) -> Answer:
        """Do one act."""
        match act:
            case Receive():
                row = _reception(who, act, key)
            case Accept():
                row = _row(who, "TIEP_NHAN_MANG", key, MA_HO_SO=act.code)
            case AskSupplement():
                row = _row(who, "YEU_CAU_BO_SUNG", key, MA_HO_SO=act.code, NOI_DUNG=act.what)
            case Supplement():
                row = _row(who, "BO_SUNG", key, MA_HO_SO=act.code, NOI_DUNG=act.what)
            case Examine():
                row = _row(who, "THAM_DINH", key, MA_HO_SO=act.code, Y_KIEN=_OUTCOMES[act.proposal])
            case Decide():
                row = _row(who, "QUYET_DINH", key, MA_HO_SO=act.code, Y_KIEN=_OUTCOMES[act.decision])
            case HandBack():
                row = _row(who, "TRA", key, MA_HO_SO=act.code, CACH_TRA=_DELIVERIES[act.by], TIEN=str(act.cash))
        return _answer(self._ask([row])[0])

    def receive_together(self, who: Who, acts: Sequence[Receive]) -> list[Answer]:
        """Receive several in one file."""
        return [_answer(row) for row in self._ask([_reception(who, act, str(uuid.uuid4())) for act in acts])]

    def look(self, who: Who, code: str) -> Sight:
        """Show one dossier."""
        return _sight(self._ask([_row(who, "XEM", MA_HO_SO=code)])[0])

    def desk(self, who: Who) -> list[str]:
        """List open dossiers."""
        return [_text(row, "MA_HO_SO") for row in self._ask([_row(who, "DANH_SACH")]) if row.get("TRANG_THAI")]

    def submit(self, submission: Submission, *, key: str) -> None:
        """Pass a dossier on."""
        self._pass_on(
            "HO_SO_MANG", key, MA_HO_SO=submission.code, MA_TTHC=submission.procedure, CO_QUAN=submission.agency,
            SO_GIAY_TO=submission.number, HO_TEN=submission.name, LE_PHI=str(submission.fee), CACH_TRA="quầy",
            NGAY=submission.submitted_at.strftime(_FORM),
        )  # fmt: skip

    def pay(self, code: str, order: str, amount: int, *, key: str) -> None:
        """Tell of a payment."""
        self._pass_on("THANH_TOAN", key, MA_HO_SO=code, NOI_DUNG=order, TIEN=str(amount))

    def deliver(self, parcel: str) -> None:
        """Tell of a delivery."""
        self._pass_on("BUU_GUI", parcel, NOI_DUNG=parcel)

    def told(self, code: str) -> Told:
        """Read the files of news; portal and national portal read the same."""
        found = []
        for path in sorted((self._folder / "tin").glob("TIN_*.csv")):
            self.last = f"tin/{path.name}"
            text = _text_of(path)
            found += [(row, text) for row in _rows(text)]
        news = tuple(
            News(
                seq=common.whole(_text(row, "THU_TU"), "THU_TU"),
                state=common.translated(_text(row, "TRANG_THAI"), _STATES, "TRANG_THAI"),
                national=_text(row, "MA_QG"), whole=whole,
            )
            for row, whole in found
            if _text(row, "MA_HO_SO") == code
        )  # fmt: skip
        return Told(news, news)

    def close(self) -> None:
        """Nothing is kept open."""

    def _pass_on(self, act: str, key: str, **fields: str) -> None:
        self._ask([_row(Who(_SYSTEM, self._access.integration_key), act, key, **fields)])

    def _ask(self, rows: Sequence[Row]) -> list[Row]:
        """Drop one file and wait for the answer; raises what the first refused row says."""
        name = f"YC_{uuid.uuid4().hex}.csv"
        self.last = f"vao/{name} {rows[0]['VIEC']}"
        out = io.StringIO()
        writer = csv.DictWriter(out, _COLUMNS, restval="", delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        fresh = self._folder / "vao" / f"{name}.tam"
        answered = self._folder / "ra" / name
        try:
            fresh.write_bytes(out.getvalue().encode("utf-8-sig"))
            fresh.replace(fresh.with_suffix(""))
        except OSError as error:
            message = f"{self._folder}/vao: {error}"
            raise OutOfReach(message) from error
        if not waiting.until(answered.exists):
            message = f"không có tệp trả lời ra/{name}"
            raise OutOfReach(message)
        answers = _rows(_text_of(answered))
        if len(answers) < len(rows):
            message = f"ra/{name}: {len(answers)} dòng cho {len(rows)} yêu cầu"
            raise Unreadable(message)
        for row in answers:
            result = _text(row, "KET_QUA")
            if result != "OK":
                fields = [_FIELDS.get(name.strip(), "other") for name in row.get("COT_LOI", "").split(",") if name]
                raise Refusal(_WHY.get(result, "unclear"), f"{result}: {row.get('LY_DO', '')}", fields)
        return answers


def _text_of(path: Path) -> str:
    """Read a file that the product wrote. A pipe or a device in its place is not waited for, a link is not followed.

    Raises Unreadable.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unreadable(f"{path.parent.name}/{path.name}: không phải tệp thường")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                raw = file.read(LONGEST_ANSWER + 1)
        finally:  # also where it is a folder, of which no file can be made
            os.close(descriptor)
    except OSError as error:
        raise Unreadable(f"{path.parent.name}/{path.name}: {error.strerror}") from error
    if len(raw) > LONGEST_ANSWER:
        raise Unreadable(f"{path.parent.name}/{path.name}: dài quá {LONGEST_ANSWER} byte")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.parent.name}/{path.name}: {error}") from error


def _rows(text: str) -> list[Row]:
    """Rows of a file; what a row has beyond its columns is left out. Raises Unreadable."""
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";", restkey=""))
    except csv.Error as error:
        raise Unreadable(f"CSV: {error}") from error
    return [{name: value or "" for name, value in row.items() if name} for row in rows]


def _row(who: Who, act: str, key: str = "", **fields: str) -> Row:
    return {"SO_YC": key, "VIEC": act, "CAN_BO": who.account, "MA_BI_MAT": who.session} | fields


def _reception(who: Who, act: Receive, key: str) -> Row:
    return _row(
        who, "TIEP_NHAN", key, MA_TTHC=act.procedure, SO_GIAY_TO=act.number, HO_TEN=act.name, TIEN=str(act.cash),
        CACH_TRA=_DELIVERIES.get(act.delivery, act.delivery),
    )  # fmt: skip


def _answer(row: Row) -> Answer:
    sight = _sight(row)
    return Answer(sight.code, sight.state, sight.due_at, row.get("BUU_GUI", ""))


def _sight(row: Row) -> Sight:
    return Sight(
        code=_text(row, "MA_HO_SO"),
        procedure=_text(row, "MA_TTHC"),
        agency=_text(row, "CO_QUAN"),
        state=common.translated(_text(row, "TRANG_THAI"), _STATES, "TRANG_THAI"),
        name=_text(row, "HO_TEN"),
        number=_text(row, "SO_GIAY_TO"),
        fee=common.whole(_text(row, "LE_PHI"), "LE_PHI"),
        paid=common.whole(_text(row, "DA_NOP"), "DA_NOP"),
        received_at=common.moment(_text(row, "TIEP_NHAN"), _FORM, "TIEP_NHAN"),
        due_at=common.moment(_text(row, "HEN_TRA"), _FORM, "HEN_TRA"),
        steps=tuple(_step(text) for text in _text(row, "QUA_TRINH").split("|") if text),
    )


def _step(text: str) -> Step:
    parts = text.split(",")
    if len(parts) != _STEP_FIELDS:
        message = f"QUA_TRINH: “{text}” không có {_STEP_FIELDS} phần"
        raise Unreadable(message)
    seq, _, state, actor, at = parts
    return Step(
        common.whole(seq, "QUA_TRINH"), common.translated(state, _STATES, "QUA_TRINH"), actor,
        common.needed(common.moment(at, _FORM, "QUA_TRINH"), "QUA_TRINH"),
    )  # fmt: skip


def _text(row: Row, name: str) -> str:
    if name not in row:
        message = f"thiếu cột {name}; có: {', '.join(row)}"
        raise Unreadable(message)
    return row[name]
