"""DocumentId: `agency code,YYYY/MM/DD,number/notation`, the one name of a document everywhere."""

from __future__ import annotations

import re
from datetime import date

import msgspec

_FORM = re.compile(r"([^,\s]{1,64}),(\d{4})/(\d{2})/(\d{2}),([1-9]\d{0,8})/([^,\s]{1,60})")


class DocumentId(msgspec.Struct, frozen=True):
    """Who issued a document, on which official day, under which number of its outgoing register."""

    agency: str
    day: date
    number: int
    notation: str  #: e.g. "UBND-VP"

    def __str__(self) -> str:
        """`000.00.12.H07,2018/08/22,15/SNV-VP`."""
        return f"{self.agency},{self.day:%Y/%m/%d},{self.number}/{self.notation}"

    @classmethod
    def parse(cls, text: str) -> DocumentId:
        """Read a DocumentId. Raises ValueError that shows the form wanted."""
        match = _FORM.fullmatch(text)
        if not match:
            raise ValueError(f"DocumentId “{text[:120]}” không đúng dạng mã-cơ-quan,YYYY/MM/DD,số/ký-hiệu")
        agency, year, month, day, number, notation = match.groups()
        try:
            return cls(agency, date(int(year), int(month), int(day)), int(number), notation)
        except ValueError as error:
            raise ValueError(f"DocumentId “{text[:120]}” có ngày không tồn tại") from error
