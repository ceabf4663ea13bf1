"""Official time: what the clocks in the province say. The machine's time, unless a clock file sets another."""

from __future__ import annotations

import time
from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import msgspec

VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_LOOK_EVERY = 0.25  # seconds between two looks at the file


class _ClockFile(msgspec.Struct):
    day: str
    points: list[tuple[float, float]]
    began: float


class Clock:
    """Tells official time. The file is read again when it changes, so a run can set the day after services are up."""

    def __init__(self, path: Path | None) -> None:
        """Follow `path`; None or a file that does not exist yet means the machine's clock."""
        self._path = path
        self._looked = float("-inf")
        self._mtime = -1
        self._file: _ClockFile | None = None
        self._midnight = 0.0

    def now(self) -> datetime:
        """Official moment, in Việt Nam's time zone."""
        self._look()
        if self._file is None:
            return datetime.now(VIETNAM)
        run = time.time() - self._file.began
        return datetime.fromtimestamp(self._midnight + _official(run, self._file.points), VIETNAM)

    def _look(self) -> None:
        if self._path is None or time.monotonic() - self._looked < _LOOK_EVERY:
            return
        self._looked = time.monotonic()
        try:
            mtime = self._path.stat().st_mtime_ns
            if mtime != self._mtime:
                self._file = msgspec.json.decode(self._path.read_bytes(), type=_ClockFile)
                day = date.fromisoformat(self._file.day)
                self._midnight = datetime.combine(day, datetime.min.time(), tzinfo=VIETNAM).timestamp()
                self._mtime = mtime
        except FileNotFoundError:
            self._file = None


def _official(run: float, points: list[tuple[float, float]]) -> float:
    first, last = points[0], points[-1]
    if run <= first[1]:
        return first[0]
    if run >= last[1]:
        return last[0] + (run - last[1])
    index = bisect_right([point[1] for point in points], run) - 1
    left, right = points[index], points[index + 1]
    return left[0] + (run - left[1]) * (right[0] - left[0]) / (right[1] - left[1])
