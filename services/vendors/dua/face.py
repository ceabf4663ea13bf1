"""Dừa's exchange: looks into `vao`, does what each row asks, writes a file of the same name into `ra`.

A file counts once it has its name: whoever writes one writes it under another ending first. Each row carries account
and passcode; rows of the province's other systems carry the integration key instead.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from services.vendors.dua import words
from services.vendors.engine.agreement import Official
from services.vendors.engine.dossier import Dossier, Handed, News, Trouble
from services.vendors.engine.hours import VIETNAM
from services.vendors.engine.office import Office

Row = dict[str, str]
_LOOK_EVERY_SECONDS, _IDLE_SECONDS = 0.001, 0.02  # at work, and when nothing has come for a second
_IDLE_AFTER_SECONDS = 1.0
_RENAMED = {"TRANG_THAI": "TINH_TRANG"}
_SYSTEM = "LIEN_THONG"  # account of the province's other systems


class Face:
    """The product's face."""

    def __init__(self, office: Office, folder: Path, *, integration_key: str) -> None:
        """Make the three folders."""
        self._office, self._key = office, integration_key
        self._in, self._out, self._news = (folder / name for name in ("vao", "ra", "tin"))
        for made in (self._in, self._out, self._news):
            made.mkdir(parents=True, exist_ok=True)
        for news in office.untold():
            self._tell(news)
        office.listeners.append(self._tell)

    def start_over(self) -> None:
        """Remove what lies in the folders."""
        for folder in (self._in, self._out, self._news):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)

    def run(self) -> None:
        """Work for ever."""
        worked = time.monotonic()
        while True:
            if self.look():
                worked = time.monotonic()
            idle = time.monotonic() - worked > _IDLE_AFTER_SECONDS
            time.sleep(_IDLE_SECONDS if idle else _LOOK_EVERY_SECONDS)

    def look(self) -> int:
        """Work on the files that are there; returns how many."""
        files = sorted(self._in.glob("*.csv"))
        for path in files:
            with self._office.working():
                try:
                    raw = path.read_bytes()
                except FileNotFoundError:
                    continue  # somebody started over meanwhile
                answer = self._answer(raw)
            _put(self._out / path.name, answer)  # what it answers for is kept; if it ends here, it answers again
            path.unlink(missing_ok=True)
        return len(files)

    def _answer(self, raw: bytes) -> bytes:
        answers: list[Row] = []
        before: Dossier | None = None
        for row in words.read(raw):
            number = row.get("SO_YC", "")
            try:
                if row.get("VIEC") == "TIEP_NHAN":
                    took = self._once(number, partial(self._receive, row, before))
                    before = self._office.dossiers.get(took[0]["MA_HO_SO"])
                else:
                    took = self._once(number, partial(self._do, row))
                answers += [{"SO_YC": number, "KET_QUA": words.DONE, **answer} for answer in took]
            except Trouble as trouble:
                wrong = ", ".join(words.FIELDS[name] for name in trouble.fields)
                result = words.RESULTS[trouble.kind]
                answers.append({"SO_YC": number, "KET_QUA": result, "LY_DO": trouble.detail, "COT_LOI": wrong})
        return words.write(words.ANSWER, answers)

    def _once(self, number: str, work: Callable[[], list[Row]]) -> list[Row]:
        return msgspec.json.decode(self._office.once(number, lambda: msgspec.json.encode(work())), type=list[Row])

    def _receive(self, row: Row, before: Dossier | None) -> list[Row]:
        return [self._write(self._office.receive(self._who(row), _handed(row), number_of=before))]

    def _do(self, row: Row) -> list[Row]:
        act, code = row.get("VIEC", ""), row.get("MA_HO_SO", "")
        if row.get("CAN_BO") == _SYSTEM:
            return self._told(row, act, code)
        office, who = self._office, self._who(row)
        outcome = words.OUTCOMES.get(row.get("Y_KIEN", ""), "")
        by = words.DELIVERIES.get(row.get("CACH_TRA", ""), "")
        acts: dict[str, Callable[[], list[Dossier]]] = {
            "KIEM_TRA": list,
            "DANH_SACH": lambda: office.desk(who),
            "XEM": lambda: [office.look(who, code)],
            "TIEP_NHAN_MANG": lambda: [office.accept(who, code)],
            "YEU_CAU_BO_SUNG": lambda: [office.ask_supplement(who, code, row.get("NOI_DUNG", ""))],
            "BO_SUNG": lambda: [office.supplement(who, code, row.get("NOI_DUNG", ""))],
            "THAM_DINH": lambda: [office.examine(who, code, outcome)],
            "QUYET_DINH": lambda: [office.decide(who, code, outcome)],
            "TRA": lambda: [office.hand_back(who, code, by, _amount(row))],
        }
        if act not in acts:
            raise Trouble("unknown", f"Không có việc {act}.")
        return [self._write(dossier) for dossier in acts[act]()] or [{}]

    def _told(self, row: Row, act: str, code: str) -> list[Row]:
        if not hmac.compare_digest(row.get("MA_BI_MAT", "").encode(), self._key.encode()):
            raise Trouble("sign-in", "Sai khoá liên thông.")
        match act:
            case "HO_SO_MANG":
                at = _moment(row.get("NGAY", ""))
                self._office.submit(code, row.get("CO_QUAN", ""), _handed(row), fee=_amount(row, "LE_PHI"), at=at)
            case "BO_SUNG":
                self._office.supplement(None, code, row.get("NOI_DUNG", ""))
            case "THANH_TOAN":
                self._office.pay(code, row.get("NOI_DUNG", ""), _amount(row))
            case "BUU_GUI":
                self._office.follow_parcel(row.get("NOI_DUNG", ""))
            case _:
                raise Trouble("unknown", f"Không có việc {act}.")
        return [{}]

    def _who(self, row: Row) -> Official:
        return self._office.sign_in(row.get("CAN_BO", ""), row.get("MA_BI_MAT", ""))

    def _tell(self, news: News) -> None:
        if not self._office.knows(news):
            return
        columns, row = words.NEWS, words.news(news, quirky=self._office.quirky)
        if self._office.quirky("header-renamed"):
            columns = tuple(_RENAMED.get(name, name) for name in columns)
            row = {_RENAMED.get(name, name): text for name, text in row.items()}
        _put(self._news / f"TIN_{news.number:06d}.csv", words.write(columns, [row]))
        self._office.told(news)

    def _write(self, dossier: Dossier) -> Row:
        return words.dossier(dossier, quirky=self._office.quirky)


def _handed(row: Row) -> Handed:
    return Handed(
        procedure=row.get("MA_TTHC", ""), number=row.get("SO_GIAY_TO", ""), name=row.get("HO_TEN", ""),
        company=row.get("MA_SO_THUE", ""), delivery=words.DELIVERIES.get(row.get("CACH_TRA", ""), ""),
        cash=_amount(row),
    )  # fmt: skip


def _amount(row: Row, column: str = "TIEN") -> int:
    text = row.get(column, "") or "0"
    return int(text) if text.isdecimal() else -1


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=VIETNAM)
    except ValueError:
        raise Trouble("content", "NGAY không đúng dạng dd/mm/yyyy HH:MM.") from None


def _put(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".tam")
    fresh.write_bytes(content)
    fresh.replace(path)
