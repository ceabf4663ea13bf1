"""How quick the machine is while a stack is loaded: processor time of a fixed piece of work, many times a second.

Rented processors are shared. With a neighbour on the other thread of its core, or one that fills the cache they share,
the same work takes up to half as long again: no fault of the stack, and in no utilisation (docs/adr/0050). A thread's
own processor time is taken, so it does not matter how many want the processor on this side.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Self

import msgspec
import numpy as np

EVERY_SECONDS = 0.04  #: from one piece to the next; a piece takes 0.4 ms, so all of them 1 % of one processor
_NUMBERS = 4 << 20  # of eight bytes: more than the caches of one core hold
_READS = 20_000  # assumed: long enough for the clock, short enough not to be felt


class Yardstick:
    """Measures in a thread of its own as long as the block lasts; one line of `yardstick.ndjson` for each piece.

    A piece is reads from all over 32 MiB: of what was tried its time goes most as the stack's own does.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` must exist."""
        self._file = folder / "yardstick.ndjson"
        self._numbers = np.ones(_NUMBERS)
        self._places = np.random.default_rng(1).integers(0, _NUMBERS, _READS)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, after the piece that is being measured."""
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        with self._file.open("ab", buffering=0) as out:
            while not self._over.wait(EVERY_SECONDS):
                before = time.thread_time()
                self._numbers[self._places].sum()
                took = time.thread_time() - before
                out.write(msgspec.json.encode({"at": round(time.time(), 3), "seconds": round(took, 7)}) + b"\n")
