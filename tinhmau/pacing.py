"""The owner's rate and window, for everything that goes to a product on trial."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from loadtests.guard import Leave, Pace
from simulation.text import Text
from simulation.trouble import TroubleError


class Paced:
    """What every request waits for: the owner's rate, over all threads; nothing goes once the window is over."""

    def __init__(
        self, left: Leave, *, now: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Keep to `left`; `now` tells Unix time."""
        self._rate = Pace(left, workers=1, now=now, sleep=sleep, closes=left.ends)
        self._now, self._ends, self._lock = now, left.ends, threading.Lock()

    @property
    def waited(self) -> float:
        """Seconds, all requests together."""
        return self._rate.waited

    def __call__(self) -> None:
        """Return when the next request may go. Raises TroubleError where none may any more."""
        with self._lock:
            may = self._rate.wait()
        if not may or self._now() >= self._ends:
            raise TroubleError(
                Text(
                    "Hết khung giờ mà chủ hệ thống cho phép, dừng kiểm tra. Xin khung dài hơn; với hồ sơ dự thầu, có "
                    "thể giảm --seconds, --probes.",
                    "The owner's window is over, and the trial with it. Ask for a longer one; for a bid, fewer "
                    "--seconds and --probes take less of it.",
                )
            )
