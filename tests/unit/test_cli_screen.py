"""What is printed: numbers as people here write them, and no harm done when nobody reads on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from simulation.text import Text
from tinhmau import language, screen


@pytest.fixture
def nobody_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """A standard output whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield stream


@pytest.fixture
def english() -> Iterator[None]:
    """A process that speaks English."""
    language.set_language("en")
    yield
    language.set_language("vi")


def test_numbers_are_written_the_vietnamese_way() -> None:
    """A point between thousands, a comma before decimals."""
    assert language.number(1234567) == "1.234.567"
    assert language.number(1234.5, places=1) == "1.234,5"


@pytest.mark.usefixtures("english")
def test_numbers_are_written_the_english_way() -> None:
    """A comma between thousands, a point before decimals."""
    assert language.number(1234567.25, places=2) == "1,234,567.25"


def test_work_goes_on_when_nobody_reads(nobody_reads: IO[str]) -> None:
    """`tinhmau verify | head` does not lose the run: what is left to say is dropped, the work is done."""
    done = []
    for number in range(3):
        with screen.progress(Text("Việc", "Work")) as tell:
            tell(0.5, Text("nửa", "half"))
            done.append(number)
    nobody_reads.flush()
    assert done == [0, 1, 2]


def test_plain_lines_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody watches, work is two plain lines: what begins, and that it is done with its seconds."""
    with screen.progress(Text("Việc [nặng]", "Hard [work]")):
        pass
    begun, done = capsys.readouterr().out.splitlines()
    assert begun == "… Việc [nặng]"
    assert done.startswith("  ✓ Việc [nặng] (0,0 s)")


def test_a_path_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """A line with a path or an address stays one line, however long: it is there to be copied."""
    path = "/a" * 200
    screen.line(path)
    screen.complain(path)
    told = capsys.readouterr()
    assert path in told.out
    assert path in told.err
