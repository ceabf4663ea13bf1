"""However a command fails, it says so in a sentence with a way out, and ends with the exit code for that."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.trouble import TroubleError
from tinhmau import ways_out
from tinhmau.attempts import Attempts

Fail = Callable[[BaseException], int]


class _Failing:
    """A command that ends with this error."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def main(self, **_: object) -> None:
        raise self._error


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Run a command that ends with this error; returns the exit code."""

    def run(error: BaseException) -> int:
        monkeypatch.setattr(ways_out, "group", lambda: _Failing(error))
        return ways_out.run([])

    return run


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/somewhere")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "Hết chỗ trên đĩa (/somewhere)"),
        (errno.EFBIG, "Hết chỗ trên đĩa"),
        (errno.EACCES, "Không ghi được vào “/somewhere”"),
        (errno.EROFS, "Không ghi được"),
        (errno.ENOTDIR, "một tệp chắn đường"),
    ],
)
def test_trouble_with_the_disk_has_a_way_out(
    fail: Fail, capsys: pytest.CaptureFixture[str], number: int, words: str
) -> None:
    """A full, read-only or closed disk is told with the place and what to do."""
    assert fail(_os_error(number)) == 70
    told = capsys.readouterr().err
    assert words in told
    assert "chọn" in told


def test_a_disk_that_fills_up_while_a_folder_is_copied_is_told(fail: Fail, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors that were gathered while copying a folder are recognised too."""
    assert fail(shutil.Error([("a", "b", str(_os_error(errno.ENOSPC)))])) == 70
    assert "Hết chỗ trên đĩa" in capsys.readouterr().err


def test_a_surprise_is_kept_for_the_report(
    fail: Fail, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What nobody has thought of is a fault of tinhmau's own; its traceback goes to a file, not to the screen."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert fail(ZeroDivisionError("by nothing")) == 70

    told = capsys.readouterr().err
    (kept,) = tmp_path.iterdir()
    assert "Lỗi của chính tinhmau" in told
    assert str(kept) in told
    assert "Traceback" not in told
    assert "Traceback" in kept.read_text("utf-8")


def test_trouble_is_told_in_its_own_words(fail: Fail, capsys: pytest.CaptureFixture[str]) -> None:
    """Trouble that knows its way out is told as it is, brackets and all."""
    assert fail(TroubleError(Text("Cổng [8080] bận; chọn cổng khác.", "Port [8080] is busy; choose another."))) == 70
    assert "Cổng [8080] bận; chọn cổng khác." in capsys.readouterr().err


def test_an_interrupt_is_no_fault(fail: Fail, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends with 130, the code that shells know it by."""
    assert fail(KeyboardInterrupt()) == 130
    assert "Đã dừng theo yêu cầu" in capsys.readouterr().err


def test_mistakes_of_several_kinds_are_told_together(fail: Fail, capsys: pytest.CaptureFixture[str]) -> None:
    """What several checks find wrong is raised once, at the end, and told line by line."""

    def wrong(what: str) -> None:
        raise BadInputError([Mistake(file=what, key="k", found=Text("sai.", "wrong."), way_out=Text("Sửa.", "Mend."))])

    def check() -> None:
        with Attempts() as attempt:
            assert attempt(len, "good") == 4
            assert attempt(wrong, "one") is None
            attempt(wrong, "two")

    with pytest.raises(BadInputError) as caught:
        check()

    assert fail(caught.value) == 64
    told = capsys.readouterr().err
    assert "2 lỗi" in told
    assert "one: k: sai. Sửa." in told
    assert "two: k: sai. Sửa." in told
