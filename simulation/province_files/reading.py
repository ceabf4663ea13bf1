"""Reads TOML and CSV files in which people make mistakes, and collects every mistake with its place.

A value that cannot be used is reported once and replaced by a neutral one ("" or 0), so that reading goes on; checks
that compare values skip neutral ones, so that one mistake does not show up twice.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text

#: tomllib says where it stumbled only in words.
_TOML_LINE = re.compile(r"line [0-9]+")

_MOMENT = Text("ngày giờ", "a date and time")
_WRITE_A_MOMENT = Text(
    "Viết kèm múi giờ, ví dụ 2026-11-25T22:00:00+07:00.", "Write it with an offset, e.g. 2026-11-25T22:00:00+07:00."
)
FILL_IN = Text("Hãy điền giá trị này.", "Fill it in.")


class Findings:
    """The mistakes found so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self.mistakes: list[Mistake] = []

    def add(self, file: str, key: str, found: Text, way_out: Text) -> None:
        """Note one mistake."""
        self.mistakes.append(Mistake(file=file, key=key, found=found, way_out=way_out))

    def unknown(self, file: str, key: str, name: str, known: Iterable[str]) -> None:
        """Note a name that refers to nothing, and the nearest one that exists."""
        self.add(file, key, Text(f"không có “{name}”.", f"there is no “{name}”."), did_you_mean(name, known))

    def raise_if_any(self) -> None:
        """Raise BadInputError with everything found; say nothing where nothing was."""
        if self.mistakes:
            raise BadInputError(self.mistakes)


class Row:
    """One table of a TOML file or one line of a CSV file, which knows where it stands."""

    def __init__(
        self, values: Mapping[str, Any], *, file: str, where: str, findings: Findings, textual: bool = False
    ) -> None:
        """Wrap the values; `textual` says that numbers are written as text, as in CSV."""
        self.file = file
        self.findings = findings
        self._values = values
        self._where = where
        self._textual = textual
        self._asked: set[str] = set()

    def key(self, name: str) -> str:
        """Return the place of a value, e.g. `figures.online_share.value`, or `line 12, population` in a CSV file."""
        if not self._where:
            return name
        return f"{self._where}, {name}" if self._textual else f"{self._where}.{name}"

    def wrong(self, name: str, found: Text, way_out: Text) -> None:
        """Note a mistake in one value of this row."""
        self.findings.add(self.file, self.key(name), found, way_out)

    def unknown(self, name: str, value: str, known: Iterable[str]) -> None:
        """Note that the value refers to nothing known."""
        self.findings.unknown(self.file, self.key(name), value, known)

    def has(self, name: str) -> bool:
        """Whether the value is there at all."""
        self._asked.add(name)
        return name in self._values

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        """Return a text; empty where it is missing or of another type."""
        value = self._take(name, (str,), Text("một chuỗi", "a text"))
        if value is None:
            return ""
        text = str(value).strip()
        if not text and not may_be_empty:
            self.wrong(name, Text("để trống.", "is empty."), FILL_IN)
        return text

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words; the first of them where it is something else."""
        value = self.text(name)
        if value and value not in allowed:
            self.unknown(name, value, allowed)
        return value if value in allowed else allowed[0]

    def number(self, name: str, *, low: float, high: float) -> float:
        """Return a number within bounds (both allowed); 0 where there is none."""
        value = self._take(name, (int, float), Text("một số", "a number"))
        if value is None:
            return 0.0
        if not low <= value <= high:
            self.wrong(
                name,
                Text(f"{value} nằm ngoài khoảng cho phép.", f"{value} is out of range."),
                Text(f"Chọn giá trị từ {low} đến {high}.", f"Choose a value from {low} to {high}."),
            )
        return float(value)

    def integer(self, name: str, *, low: int, high: int) -> int:
        """Return a whole number within bounds (both allowed); 0 where there is none."""
        value = self._take(name, (int,), Text("một số nguyên", "a whole number"))
        if value is None:
            return 0
        return int(self.number(name, low=low, high=high))

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return true or false; `default` where it may be left out."""
        if default is not None and not self.has(name):
            return default
        return bool(self._take(name, (bool,), Text("true hoặc false", "true or false")))

    def moment(self, name: str) -> float:
        """Return a date and time with its offset as Unix time; 0 where there is none."""
        value = self._take(name, (datetime,), _MOMENT)
        if value is not None and value.tzinfo is None:
            self.wrong(name, Text(f"{value} không có múi giờ.", f"{value} has no offset."), _WRITE_A_MOMENT)
            return 0.0
        return float(value.timestamp()) if value is not None else 0.0

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, which may be left out."""
        if not self.has(name):
            return ()
        values = self._take(name, (list,), Text("một danh sách chuỗi", "a list of texts")) or []
        if not all(isinstance(value, str) for value in values):
            self.wrong(name, Text("có phần tử không phải là chuỗi.", "has an entry that is no text."), FILL_IN)
        return tuple(value for value in values if isinstance(value, str))

    def numbers(self, name: str, *, low: float, high: float) -> tuple[float, ...]:
        """Return a list of numbers within bounds (both allowed), which may be left out."""
        if not self.has(name):
            return ()
        values = self._take(name, (list,), Text("một danh sách số", "a list of numbers")) or []
        found = tuple(float(value) for value in values if isinstance(value, int | float) and low <= value <= high)
        if len(found) != len(values):
            self.wrong(
                name,
                Text(f"có phần tử không phải là số từ {low} đến {high}.", f"has an entry beyond {low} to {high}."),
                FILL_IN,
            )
        return found

    def row(self, name: str) -> Row:
        """Return a table inside this one; an empty one where it is missing (which is noted)."""
        value = self._take(name, (dict,), Text("một bảng", "a table"))
        return Row(value or {}, file=self.file, where=self.key(name), findings=self.findings)

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the tables of a list of tables, which may be left out."""
        if not self.has(name):
            return
        for index, value in enumerate(self._take(name, (list,), Text("một danh sách bảng", "a list of tables")) or []):
            where = f"{self.key(name)}[{index}]"
            if isinstance(value, dict):
                yield Row(value, file=self.file, where=where, findings=self.findings)
            else:
                found = Text(f"phải là một bảng, nhưng là {value!r}.", f"has to be a table, found {value!r}.")
                self.findings.add(self.file, where, found, FILL_IN)

    def names(self) -> tuple[str, ...]:
        """Return the keys as they stand in the file."""
        return tuple(self._values)

    def values(self) -> Mapping[str, Any]:
        """Return the whole table as it stands in the file; all of it counts as asked for."""
        self._asked.update(self._values)
        return self._values

    def no_more(self) -> None:
        """Note every key that nothing asked for: a misspelt name would otherwise be silently ignored."""
        for name in self._values:
            if name not in self._asked:
                found = Text(f"không có mục nào tên là “{name}”.", f"there is no entry called “{name}”.")
                self.wrong(name, found, did_you_mean(name, self._asked))

    def _take(self, name: str, types: tuple[type, ...], wanted: Text) -> Any:
        self._asked.add(name)
        if name not in self._values:
            self.wrong(name, Text("còn thiếu.", "is missing."), FILL_IN)
            return None
        value = self._values[name]
        if self._textual and str not in types:
            value = _from_text(value, types)
        # In Python true is an int; in a file of numbers it is a mistake.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            shown = self._values[name]
            self.wrong(
                name,
                Text(f"phải là {wanted.vi}, nhưng là {shown!r}.", f"has to be {wanted.en}, found {shown!r}."),
                Text("Sửa lại giá trị này.", "Correct the value."),
            )
            return None
        return value


def _from_text(text: str, types: tuple[type, ...]) -> Any:
    try:
        return int(text) if float not in types else float(text)
    except ValueError:
        return text


def read_toml(path: Path, *, file: str, findings: Findings) -> Row | None:
    """Read a TOML file; None where it is missing or cannot be read (which is noted)."""
    text = _read_text(path, file=file, findings=findings)
    if text is None:
        return None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _TOML_LINE.search(str(error))
        findings.add(
            file,
            line.group() if line else "end",
            Text(f"sai cú pháp TOML: {error}.", f"is no valid TOML: {error}."),
            Text("Sửa dòng này hoặc dòng ngay trước.", "Correct this line or the one before it."),
        )
        return None
    except (RecursionError, ValueError) as error:  # brackets in brackets without end, a number of thousands of digits
        found = Text(f"không đọc được: {error}.", f"cannot be read: {error}.")
        findings.add(file, "file", found, Text("Viết lại tệp cho đơn giản.", "Write the file more simply."))
        return None
    return Row(values, file=file, where="", findings=findings)


def read_csv(path: Path, *, file: str, columns: Sequence[str], findings: Findings) -> list[Row]:
    """Read a CSV file with exactly these columns, in any order; empty where it cannot be read (which is noted)."""
    text = _read_text(path, file=file, findings=findings)
    if text is None:
        return []
    return _rows_of(text, file=file, columns=columns, findings=findings)


def read_commented_csv(
    path: Path, *, file: str, first: Sequence[str], findings: Findings
) -> tuple[tuple[str, ...], list[Row]]:
    """Read a CSV file that may begin with lines of # and has the columns `first`, in order, before any others.

    Returns its columns and its lines; both empty where it cannot be read (which is noted).
    """
    text = _read_text(path, file=file, findings=findings)
    if text is None:
        return (), []
    lines = text.splitlines(keepends=True)
    skipped = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header = next(csv.reader(lines[skipped : skipped + 1]), [])
    columns = (*first, *header[len(first) :])
    return columns, _rows_of("".join(lines[skipped:]), file=file, columns=columns, findings=findings, skipped=skipped)


def _rows_of(text: str, *, file: str, columns: Sequence[str], findings: Findings, skipped: int = 0) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = reader.fieldnames or []
    before = len(findings.mistakes)
    for column in columns:
        if column not in header:
            found = Text(f"thiếu cột “{column}”.", f"has no column “{column}”.")
            columns_text = ",".join(columns)
            way_out = Text(f"Dòng đầu phải là: {columns_text}", f"The first line has to be: {columns_text}")
            findings.add(file, f"line {skipped + 1}", found, way_out)
    for column in header:
        if column not in columns:
            findings.unknown(file, f"line {skipped + 1}", column, columns)
    if len(findings.mistakes) > before:
        return []
    rows = []
    for values in reader:
        where = f"line {skipped + reader.line_num}"
        if None in values or None in values.values():
            found = Text("có số ô khác với dòng đầu.", "has not as many cells as the first line.")
            way_out = Text(
                "Kiểm tra dấu phẩy; ô có dấu phẩy phải đặt trong ngoặc kép.",
                "Check the commas; a cell with a comma in it stands in quotes.",
            )
            findings.add(file, where, found, way_out)
            continue
        rows.append(Row(values, file=file, where=where, findings=findings, textual=True))
    return rows


def no_twice(rows: Iterable[tuple[Row, str, str]]) -> None:
    """Note every (row, name, value) whose value already stood in an earlier row."""
    seen: set[str] = set()
    for row, name, value in rows:
        if value and value in seen:
            found = Text(f"“{value}” đã có ở trên.", f"“{value}” already stands above.")
            row.wrong(name, found, Text("Mỗi mã chỉ dùng một lần.", "Use every code once."))
        seen.add(value)


def _read_text(path: Path, *, file: str, findings: Findings) -> str | None:
    try:
        # A spreadsheet writes a byte order mark, and a Mac decomposed letters: both are taken as they are meant.
        return unicodedata.normalize("NFC", path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        found = Text("không có tệp này.", "does not exist.")
        findings.add(file, "file", found, Text("Hãy thêm tệp.", "Add the file."))
    except UnicodeDecodeError as error:
        found = Text(f"không phải UTF-8 (byte thứ {error.start}).", f"is not UTF-8 (byte {error.start}).")
        findings.add(file, "file", found, Text("Lưu lại tệp với mã UTF-8.", "Save the file as UTF-8."))
    except OSError as error:
        found = Text(f"không đọc được ({error.strerror}).", f"cannot be read ({error.strerror}).")
        findings.add(file, "file", found, Text("Chỉ vào một tệp đọc được.", "Name a file that can be read."))
    return None
