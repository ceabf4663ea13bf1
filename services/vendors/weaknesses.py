"""What makes a bid bad although every field matches: weaknesses that only load, an upgrade or a hand-over shows.

Beside the mismatches (`quirks.py`), by the same switch. Each is invented and said of no real product.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

#: Seconds that each act holds a slow product's only lock: about sixteen acts a second, whatever the machine.
SLOW_SECONDS = 0.06
#: A forgetful product writes behind: every request takes so long, and with so many at once the last act is dropped.
WRITING_SECONDS, WRITERS = 0.02, 4
#: A product that mixes people up does so with what comes so soon after what was before.
MIXED_WITHIN_SECONDS = 1.0

_HTTP = ("sen", "truc")
_ALL = ("sen", "truc", "dua")


class Weakness(msgspec.Struct, frozen=True):
    """One planted weakness."""

    products: tuple[str, ...]
    does: str  #: in Vietnamese, for whoever switches it on


WEAKNESSES: Mapping[str, Weakness] = {
    "slow": Weakness(_ALL, "mỗi việc giữ khoá chung 60 ms, nên chỉ được khoảng 16 việc một giây"),
    "loses-under-load": Weakness(_HTTP, "từ bốn yêu cầu cùng lúc trở lên thì báo đã trả kết quả nhưng hồ sơ mất"),
    "forgets-on-upgrade": Weakness(_ALL, "nâng cấp xong thì mất hồ sơ đang chờ bổ sung"),
    "exports-closed-only": Weakness(_ALL, "tệp bàn giao chỉ có hồ sơ đã trả kết quả"),
    "keeps-after-deletion": Weakness(_ALL, "báo đã xoá dữ liệu nhưng vẫn giữ"),
    "exports-without-key": Weakness(_ALL, "ai hỏi cũng bàn giao và xoá toàn bộ dữ liệu, không cần khoá"),
    "exports-garbled": Weakness(_ALL, "tệp bàn giao mất dấu tiếng Việt trong họ tên"),
    "exports-after-deletion": Weakness(_ALL, "xoá rồi thì không xem được, nhưng vẫn bàn giao được như cũ"),
    "version-by-itself": Weakness(_ALL, "số phiên bản tự tăng mỗi lần hỏi, nâng cấp thì không làm gì"),
    "mixes-people": Weakness(_ALL, "nhận hai hồ sơ liền nhau thì hồ sơ sau mang họ tên của hồ sơ trước"),
    "sessions-guessable": Weakness(_HTTP, "mã phiên là số đếm"),
}


def of_product(product: str) -> list[str]:
    """Names of the weaknesses that one product can be given."""
    return [name for name, weakness in WEAKNESSES.items() if product in weakness.products]
