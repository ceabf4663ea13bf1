"""Dừa's dialect: a CSV file of requests dropped in `vao`, its answer in `ra` under the same name.

It also writes news into `tin`; the service's own outbox tells portal and nation, so nobody reads them.
"""

from __future__ import annotations

import asyncio
import csv
import io
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from services.onestop.dialects.base import Deed, Done, Link, OutOfReachError, ProductError, Refusal, Told

_COLUMNS = (
    "SO_YC", "VIEC", "CAN_BO", "MA_BI_MAT", "MA_HO_SO", "MA_TTHC", "CO_QUAN", "SO_GIAY_TO", "HO_TEN", "MA_SO_THUE",
    "LE_PHI", "TIEN", "CACH_TRA", "NOI_DUNG", "Y_KIEN", "NGAY",
)  # fmt: skip
_STATES: Mapping[str, str] = {
    "Mới nộp": "submitted", "Đang thụ lý": "received", "Chờ bổ sung": "awaiting_supplement",
    "Trình lãnh đạo": "examined", "Đồng ý": "approved", "Không đồng ý": "rejected", "Gửi bưu điện": "posted",
    "Đã trả": "returned",
}  # fmt: skip
_DONE = "OK"
_KINDS: Mapping[str, str] = {
    "SAI_MA": "sign-in", "KHONG_QUYEN": "rights", "KHONG_CO": "unknown", "SAI_BUOC": "order", "THIEU_TIEN": "fee",
    "LOI": "content",
}  # fmt: skip
_DELIVERIES: Mapping[str, str] = {"counter": "quầy", "online": "mạng", "post": "bưu điện"}
_OUTCOMES: Mapping[str, str] = {"approve": "đồng ý", "reject": "không"}
_ACTS: Mapping[str, str] = {
    "received": "TIEP_NHAN", "accepted": "TIEP_NHAN_MANG", "supplement_asked": "YEU_CAU_BO_SUNG",
    "supplemented": "BO_SUNG", "examined": "THAM_DINH", "decided": "QUYET_DINH", "handed_back": "TRA",
}  # fmt: skip
_SYSTEM = "LIEN_THONG"  # account of the province's other systems
_LOOK_EVERY_SECONDS = 0.002  # a folder tells nobody that something has come
_PATIENCE_SECONDS = 10.0  # as long as products over HTTP are waited for


class Dua:
    """A product that speaks Dừa. It has no sessions: each row carries account and passcode."""

    def __init__(self, link: Link) -> None:
        """Its address is a folder."""
        self._link = link

    async def do(self, account: str, deed: Deed, *, key: str) -> Done:
        """One act is one row."""
        return await self._as_official(
            account, key, VIEC=_ACTS[deed.act], MA_HO_SO=deed.code, MA_TTHC=deed.procedure, SO_GIAY_TO=deed.number,
            HO_TEN=deed.name, MA_SO_THUE=deed.company, TIEN=str(deed.cash), NOI_DUNG=deed.note,
            CACH_TRA=_DELIVERIES.get(deed.delivery, ""), Y_KIEN=_OUTCOMES.get(deed.outcome, ""),
        )  # fmt: skip

    async def look(self, account: str, code: str) -> Done:
        """Show one dossier."""
        return await self._as_official(account, "", VIEC="XEM", MA_HO_SO=code)

    async def tell(self, told: Told) -> None:
        """Each kind of news is a row of its own kind."""
        match told.what:
            case "submitted":
                row = {
                    "VIEC": "HO_SO_MANG", "MA_TTHC": told.procedure, "CO_QUAN": told.agency, "SO_GIAY_TO": told.number,
                    "HO_TEN": told.name, "MA_SO_THUE": told.company, "CACH_TRA": _DELIVERIES[told.delivery],
                    "LE_PHI": str(told.fee), "NGAY": f"{told.at:%d/%m/%Y %H:%M}",
                }  # fmt: skip
            case "supplemented":
                row = {"VIEC": "BO_SUNG", "NOI_DUNG": told.note}
            case "paid":
                row = {"VIEC": "THANH_TOAN", "NOI_DUNG": told.order, "TIEN": str(told.amount)}
            case _:
                row = {"VIEC": "BUU_GUI", "NOI_DUNG": told.parcel}
        await self._ask({"CAN_BO": _SYSTEM, "MA_BI_MAT": self._link.key, "MA_HO_SO": told.code, **row})

    async def _as_official(self, account: str, key: str, **fields: str) -> Done:
        who = {"SO_YC": key, "CAN_BO": account, "MA_BI_MAT": self._link.passcode(account)}
        row = await self._ask(who | fields)
        try:
            state = row["TRANG_THAI"]
            return Done(row["MA_HO_SO"], _STATES.get(state, state), row["BUU_GUI"] or None)
        except KeyError as error:
            message = f"{fields['VIEC']}: no column {error}"
            raise ProductError(message) from error

    async def _ask(self, row: Mapping[str, str]) -> Mapping[str, str]:
        name = f"YC_{uuid.uuid4().hex}.csv"
        asked, answered = (self._link.exchange / folder / name for folder in ("vao", "ra"))
        _drop(asked, row)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (answer := _take(answered)):
            if time.monotonic() > deadline:
                asked.unlink(missing_ok=True)
                raise OutOfReachError(OutOfReachError.__doc__)
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return _read(answer, row["VIEC"])


def _drop(path: Path, row: Mapping[str, str]) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(row)
    fresh = path.with_suffix(".tam")  # a file counts once it has its name
    try:
        fresh.write_bytes(out.getvalue().encode("utf-8-sig"))
        fresh.replace(path)
    except OSError as error:
        raise OutOfReachError(OutOfReachError.__doc__) from error


def _take(path: Path) -> bytes:
    """Take a file out of its folder; nothing while it is not there."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return b""
    path.unlink()
    return raw


def _read(raw: bytes, act: str) -> Mapping[str, str]:
    try:
        (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";")
        result, why = row["KET_QUA"], row["LY_DO"]
    except (UnicodeDecodeError, ValueError, KeyError) as error:
        message = f"{act}: {error}"
        raise ProductError(message) from error
    if result != _DONE:
        raise Refusal(_KINDS.get(result, "unclear"), f"{result}: {why}")
    return row
