"""Ctrl-C, SIGTERM and a closed terminal ask for an orderly end: once is enough, twice is answered, thrice is obeyed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from tinhmau.language import t

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 2  # so often one is asked for patience

_asked = 0  # how often the end was asked for
_holding = 0  # blocks that must not be interrupted
_put_off = False  # an interrupt that waits for the end of such a block


def listen() -> None:
    """Turn these signals into KeyboardInterrupt from now on; what the caller's shell ignores stays ignored (nohup)."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ask)


@contextmanager
def held() -> Iterator[None]:
    """Let a block come to its end first: what is half put away is left behind."""
    global _holding, _put_off  # noqa: PLW0603 -- a process has one set of signals
    _holding += 1
    try:
        yield
    finally:
        _holding -= 1
        if _put_off and not _holding:
            _put_off = False
            raise KeyboardInterrupt


def _ask(_number: int, _frame: FrameType | None) -> None:
    global _asked, _put_off  # noqa: PLW0603 -- same
    _asked += 1
    if _asked == 1 and not _holding:
        _say(t("Đang dừng và dọn dẹp…", "Stopping and putting things away…"))
        raise KeyboardInterrupt
    if _asked > _PATIENCE:
        raise KeyboardInterrupt
    _put_off = _put_off or _asked == 1
    _say(
        t(
            "Đang dọn dẹp, chỉ vài giây nữa. Ctrl-C lần nữa thì bỏ dở.",
            "Putting things away, a few seconds more. Another Ctrl-C gives that up.",
        )
    )


def _say(sentence: str) -> None:
    with suppress(OSError):  # the terminal may be gone; buffered streams may be in the middle of a write
        os.write(2, f"\n{sentence}\n".encode())
