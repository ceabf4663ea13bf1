"""Sen's dialect: JSON in an envelope, states as numbers, moments in milliseconds, money with dots, webhooks."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from simulation.timeline import VIETNAM
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
from verification.conformance.wire import Pace, Wire

_STATES: Mapping[int, str] = dict(
    enumerate(
        ("submitted", "received", "awaiting_supplement", "examined", "approved", "rejected", "posted", "returned")
    )
)
_WHY: Mapping[int, Why] = {
    401: "sign-in", 402: "fee", 403: "rights", 404: "unknown", 409: "order", 422: "content", 500: "unclear",
}  # fmt: skip
_FIELDS: Mapping[str, Field] = {
    "maThuTuc": "procedure", "nguoiNop.soDinhDanh": "number", "nguoiNop.hoTen": "name", "tienMat": "cash",
    "cachTra": "delivery", "noiDung": "what",
}  # fmt: skip
_DELIVERIES = {"counter": "TAI_QUAY", "online": "TRUC_TUYEN", "post": "BUU_CHINH"}
_OUTCOMES = {"approve": "DONG_Y", "reject": "TU_CHOI"}


class Sen:
    """A product that speaks Sen."""

    name = "Sen"
    resolution = timedelta(milliseconds=1)

    def __init__(self, access: Access, listener: Listener, pace: Pace | None = None) -> None:
        """Its webhook must point at the listener."""
        self._wire, self._access = Wire(access.url, pace), access
        self.last = ""
        self._heard: list[Any] = []
        self._lock = threading.Lock()
        listener.hear = self._hear

    def sign_in(self, account: str, passcode: str) -> Who:
        """Let an official in."""
        told = self._ask("POST", "/api/dang-nhap", {"tenDangNhap": account, "matKhau": passcode})
        return Who(account, _text(told, "maPhien"))

    def do(self, who: Who, act: Act, *, key: str) -> Answer:  # noqa: PLR0911 -- one way out for each act
        """Do one act."""
        match act:
            case Receive():
                body = {
                    "maThuTuc": act.procedure, "nguoiNop": {"soDinhDanh": act.number, "hoTen": act.name},
                    "tienMat": _money(act.cash), "cachTra": _DELIVERIES.get(act.delivery, act.delivery),
                }  # fmt: skip
                return self._act(who, "", body, key)
            case Accept():
                return self._act(who, f"/{act.code}/tiep-nhan", {}, key)
            case AskSupplement():
                return self._act(who, f"/{act.code}/yeu-cau-bo-sung", {"noiDung": act.what}, key)
            case Supplement():
                return self._act(who, f"/{act.code}/bo-sung", {"noiDung": act.what}, key)
            case Examine():
                return self._act(who, f"/{act.code}/tham-dinh", {"yKien": _OUTCOMES[act.proposal]}, key)
            case Decide():
                return self._act(who, f"/{act.code}/phe-duyet", {"quyetDinh": _OUTCOMES[act.decision]}, key)
            case HandBack():
                body = {"cachTra": _DELIVERIES[act.by], "tienMat": _money(act.cash)}
                return self._act(who, f"/{act.code}/tra-ket-qua", body, key)

    def receive_together(self, who: Who, acts: Sequence[Receive]) -> list[Answer]:
        """Receive several at once."""
        return common.in_threads(self, who, acts)

    def look(self, who: Who, code: str) -> Sight:
        """Show one dossier."""
        return _sight(self._ask("GET", f"/api/ho-so/{code}", who=who))

    def desk(self, who: Who) -> list[str]:
        """List open dossiers."""
        return [_text(row, "maHoSo") for row in self._ask("GET", "/api/ho-so", who=who)]

    def submit(self, submission: Submission, *, key: str) -> None:
        """Pass a dossier on."""
        body = {
            "maHoSo": submission.code, "maThuTuc": submission.procedure, "maCoQuan": submission.agency,
            "nguoiNop": {"soDinhDanh": submission.number, "hoTen": submission.name}, "cachTra": "TAI_QUAY",
            "lePhi": _money(submission.fee), "nopLuc": round(submission.submitted_at.timestamp() * 1000),
        }  # fmt: skip
        self._pass_on("ho-so", body, key)

    def pay(self, code: str, order: str, amount: int, *, key: str) -> None:
        """Tell of a payment."""
        self._pass_on("thanh-toan", {"maHoSo": code, "maLenh": order, "soTien": _money(amount)}, key)

    def deliver(self, parcel: str) -> None:
        """Tell of a delivery."""
        self._pass_on("buu-gui", {"maBuuGui": parcel}, parcel)

    def told(self, code: str) -> Told:
        """Wait until its queue is empty; portal and national portal read the same webhook."""
        waiting.until(lambda: self._ask("GET", "/api/hang-doi").get("conLai") == 0)
        with self._lock:
            mine = [item for item in self._heard if item.get("maHoSo") == code]
        news = tuple(
            News(
                seq=item["thuTu"], state=common.translated(item["trangThai"], _STATES, "trangThai"),
                national=_text(item, "trangThaiQuocGia"), whole=msgspec.json.encode(item).decode(),
            )
            for item in mine
        )  # fmt: skip
        return Told(news, news)

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def _hear(self, _path: str, body: Any) -> Any:
        with self._lock:
            self._heard.append(body)
        return {}

    def _act(self, who: Who, path: str, body: dict[str, Any], key: str) -> Answer:
        told = self._ask("POST", f"/api/ho-so{path}", body, who=who, key=key)
        sight = _sight(told)
        return Answer(sight.code, sight.state, sight.due_at, told.get("maBuuGui") or "")

    def _pass_on(self, what: str, body: dict[str, Any], key: str) -> None:
        self._ask("POST", f"/lien-thong/{what}", body, key=key)

    def _ask(self, method: str, path: str, body: Any = None, *, who: Who | None = None, key: str = "") -> Any:
        headers = {"Content-Type": "application/json", "X-Ma-Phien": who.session if who else ""}
        headers |= {"X-Ma-Yeu-Cau": key, "X-Khoa-Lien-Thong": self._access.integration_key}
        self.last = f"{method} {path}"
        reply = self._wire.request(method, path, b"" if body is None else msgspec.json.encode(body), headers)
        try:
            told = msgspec.json.decode(reply.body)
            error, data = told["maLoi"], told.get("duLieu")
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as trouble:
            message = f"{method} {path}: không có maLoi ({trouble})"
            raise Unreadable(message) from trouble
        if error == 0:
            return data
        fields = [_FIELDS.get(wrong.get("truong", ""), "other") for wrong in told.get("loi", [])]
        raise Refusal(_WHY.get(error, "unclear"), f"{error} {told.get('thongDiep', '')}", fields)


def _sight(told: Any) -> Sight:
    person = told.get("nguoiNop") or {}
    return Sight(
        code=_text(told, "maHoSo"),
        procedure=_text(told, "maThuTuc"),
        agency=_text(told, "maCoQuan"),
        state=common.translated(told.get("trangThai"), _STATES, "trangThai"),
        name=_text(person, "hoTen"),
        number=_text(person, "soDinhDanh"),
        fee=_amount(told, "lePhi"),
        paid=_amount(told, "daNop"),
        received_at=_moment(told.get("ngayTiepNhan")),
        due_at=_moment(told.get("ngayHenTra")),
        steps=tuple(
            Step(
                step["thuTu"], common.translated(step["trangThai"], _STATES, "lichSu.trangThai"), step["nguoiLam"],
                common.needed(_moment(step["luc"]), "lichSu.luc"),
            )
            for step in told.get("lichSu", [])
        ),
    )  # fmt: skip


def _moment(told: Any) -> datetime | None:
    return datetime.fromtimestamp(told / 1000, VIETNAM) if told else None


def _text(row: Any, name: str) -> str:
    if not isinstance(row, dict) or not isinstance(row.get(name), str):
        message = f"thiếu trường {name}"
        raise Unreadable(message)
    return str(row[name])


def _amount(row: Any, name: str) -> int:
    return common.whole(_text(row, name).replace(".", ""), name)


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")
