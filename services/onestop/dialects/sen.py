"""Sen's dialect: JSON in an envelope, states as numbers, money with dots, moments in milliseconds, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from services.onestop.dialects.base import Deed, Done, Link, ProductError, Refusal, Told, send

_STATES = ("submitted", "received", "awaiting_supplement", "examined", "approved", "rejected", "posted", "returned")
_DELIVERIES: Mapping[str, str] = {"counter": "TAI_QUAY", "online": "TRUC_TUYEN", "post": "BUU_CHINH"}
_OUTCOMES: Mapping[str, str] = {"approve": "DONG_Y", "reject": "TU_CHOI"}
_KINDS: Mapping[int, str] = {401: "sign-in", 402: "fee", 403: "rights", 404: "unknown", 409: "order", 422: "content"}


class _Answer(msgspec.Struct, rename="camel"):
    ma_loi: int
    thong_diep: str = ""
    du_lieu: Any = None


class _Dossier(msgspec.Struct, rename="camel"):
    ma_ho_so: str
    trang_thai: int
    ma_buu_gui: str | None = None


class Sen:
    """A product that speaks Sen."""

    def __init__(self, link: Link) -> None:
        """Signs officials in when they first do something."""
        self._link = link
        self._sessions: dict[str, str] = {}

    async def do(self, account: str, deed: Deed, *, key: str) -> Done:
        """One act is one address."""
        path, body = _words(deed)
        return await self._as_official(account, "POST", path, body, key)

    async def look(self, account: str, code: str) -> Done:
        """Show one dossier."""
        return await self._as_official(account, "GET", f"/api/ho-so/{code}", {}, "")

    async def tell(self, told: Told) -> None:
        """Each kind of news has its address."""
        match told.what:
            case "submitted":
                at = round(told.at.timestamp() * 1000) if told.at else 0
                body: dict[str, Any] = {
                    "maHoSo": told.code, "maThuTuc": told.procedure, "maCoQuan": told.agency, "maSoThue": told.company,
                    "lePhi": _money(told.fee), "nguoiNop": {"soDinhDanh": told.number, "hoTen": told.name},
                    "cachTra": _DELIVERIES[told.delivery], "nopLuc": at,
                }  # fmt: skip
                path = "ho-so"
            case "supplemented":
                path, body = "bo-sung", {"maHoSo": told.code, "noiDung": told.note}
            case "paid":
                path = "thanh-toan"
                body = {"maHoSo": told.code, "maLenh": told.order, "soTien": _money(told.amount)}
            case _:
                path, body = "buu-gui", {"maBuuGui": told.parcel}
        await self._post("POST", f"/lien-thong/{path}", body, {"X-Khoa-Lien-Thong": self._link.key})

    async def _as_official(self, account: str, method: str, path: str, body: Mapping[str, Any], key: str) -> Done:
        fresh = account not in self._sessions
        while True:
            if fresh:
                words = {"tenDangNhap": account, "matKhau": self._link.passcode(account)}
                self._sessions[account] = (await self._post("POST", "/api/dang-nhap", words, {}))["maPhien"]
            headers = {"X-Ma-Phien": self._sessions[account], "X-Ma-Yeu-Cau": key}
            try:
                dossier = msgspec.convert(await self._post(method, path, body, headers), _Dossier)
            except Refusal as refusal:
                if fresh or refusal.kind != "sign-in":
                    raise
                fresh = True  # its session has ended: once more with a new one
            except msgspec.MsgspecError as error:
                message = f"{method} {path}: {error}"
                raise ProductError(message) from error
            else:
                known = 0 <= dossier.trang_thai < len(_STATES)
                state = _STATES[dossier.trang_thai] if known else str(dossier.trang_thai)
                return Done(dossier.ma_ho_so, state, dossier.ma_buu_gui)

    async def _post(self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        raw = await send(self._link, method, path, msgspec.json.encode(body), dict(headers))
        try:
            answer = msgspec.json.decode(raw, type=_Answer)
        except msgspec.MsgspecError as error:
            message = f"{method} {path}: {error}"
            raise ProductError(message) from error
        if answer.ma_loi:
            raise Refusal(_KINDS.get(answer.ma_loi, "unclear"), answer.thong_diep)
        return answer.du_lieu


def _words(deed: Deed) -> tuple[str, dict[str, Any]]:
    if deed.act == "received":
        return "/api/ho-so", {
            "maThuTuc": deed.procedure, "nguoiNop": {"soDinhDanh": deed.number, "hoTen": deed.name},
            "maSoThue": deed.company, "tienMat": _money(deed.cash), "cachTra": _DELIVERIES[deed.delivery],
        }  # fmt: skip
    outcome = _OUTCOMES.get(deed.outcome, "")
    acts: dict[str, tuple[str, dict[str, Any]]] = {
        "accepted": ("tiep-nhan", {}),
        "supplement_asked": ("yeu-cau-bo-sung", {"noiDung": deed.note}),
        "supplemented": ("bo-sung", {"noiDung": deed.note}),
        "examined": ("tham-dinh", {"yKien": outcome}),
        "decided": ("phe-duyet", {"quyetDinh": outcome}),
        "handed_back": ("tra-ket-qua", {"cachTra": _DELIVERIES.get(deed.delivery, ""), "tienMat": _money(deed.cash)}),
    }
    path, body = acts[deed.act]
    return f"/api/ho-so/{deed.code}/{path}", body


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")
