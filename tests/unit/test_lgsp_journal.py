"""Calls that are not in the database yet: what the file knows of them after any end of the process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.lgsp.chain import Begun, Ended
from services.lgsp.journal import Entry, Journal

_AT = datetime(2018, 8, 22, 2, tzinfo=UTC)
_FILE = "calls-under-way.ndjson"


def _call(number: int) -> Begun:
    return Begun(f"00000000-0000-4000-8000-{number:012}", "portal", "national", "population.verify", "", "", "", _AT)


def _answered(number: int) -> Ended:
    return Ended(_call(number).call, "answered", 200, 5)


def _left(folder: Path) -> set[str]:
    """Ids that the next life finds."""
    return {one.begun.call for one in Journal(folder).left}


def _end(journal: Journal, *numbers: int, noted: bool = True) -> None:
    asyncio.run(journal.end([(_call(number), _answered(number)) for number in numbers], noted=noted))


def test_what_was_noted_is_found_by_the_next_life(tmp_path: Path) -> None:
    """Nobody said goodbye: the process was killed."""
    calls = Journal(tmp_path)
    for number in (1, 2):
        assert calls.claim(_call(number))
    calls.note([_call(1), _call(2)])
    assert Journal(tmp_path).left == [Entry(_call(1), None), Entry(_call(2), None)]


def test_what_was_answered_is_found_with_its_end(tmp_path: Path) -> None:
    """Whether its beginning had been noted before or comes with it, as that of a refused call."""
    calls = Journal(tmp_path)
    for number in (1, 2, 3):
        assert calls.claim(_call(number))
    calls.note([_call(1), _call(2)])
    _end(calls, 1)
    _end(calls, 3, noted=False)
    assert Journal(tmp_path).left == [
        Entry(_call(1), _answered(1)),
        Entry(_call(2), None),
        Entry(_call(3), _answered(3)),
    ]


def test_an_end_is_told_once_the_disk_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that was written is flushed, the beginning with it, before whoever waits goes on."""
    flushed: list[bytes] = []
    flush: Callable[[int], None] = os.fdatasync

    def watched(fd: int) -> None:
        flush(fd)
        flushed.append((tmp_path / _FILE).read_bytes())

    monkeypatch.setattr(os, "fdatasync", watched)
    calls = Journal(tmp_path)
    assert calls.claim(_call(1))
    calls.note([_call(1)])
    assert not flushed
    _end(calls, 1)
    assert flushed == [(tmp_path / _FILE).read_bytes()]
    assert flushed[0].count(b"\n") == 2


def test_an_end_that_the_disk_does_not_take_is_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its caller is not answered."""

    def broken(_fd: int) -> None:
        raise OSError(5, "Input/output error")

    calls = Journal(tmp_path)
    assert calls.claim(_call(1))
    calls.note([_call(1)])
    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        _end(calls, 1)


def test_an_id_is_claimed_once_until_it_is_dropped(tmp_path: Path) -> None:
    """Two calls at once cannot have the same id."""
    calls = Journal(tmp_path)
    assert calls.claim(_call(1))
    assert not calls.claim(_call(1))
    calls.drop(_call(1).call)
    assert calls.claim(_call(1))


@pytest.mark.parametrize("cut", range(1, 160, 7))
def test_a_line_cut_off_at_the_end_is_none(tmp_path: Path, cut: int) -> None:
    """The power failed: that call was not passed on, or not answered; those before it are whole."""
    calls = Journal(tmp_path)
    for number in (1, 2):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
    _end(calls, 1)
    file = tmp_path / _FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    lines = sum(one == other for one, other in zip(whole.splitlines(), whole[:-cut].splitlines(), strict=False))
    wanted: list[Entry] = [
        Entry(_call(1), _answered(1) if lines == 3 else None),
        Entry(_call(2), None),
    ][: min(lines, 2)]
    assert Journal(tmp_path).left == wanted


def test_the_file_stays_small_and_keeps_what_is_not_in_the_database(tmp_path: Path) -> None:
    """Past its bound it is written anew without the calls that are; an end that comes just then is kept, too."""
    calls = Journal(tmp_path, largest_bytes=2000)
    for number in (0, 1):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
    _end(calls, 1)
    for number in range(2, 200):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
        _end(calls, number)
        assert Entry(_call(number), _answered(number)) in Journal(tmp_path).left
        calls.drop(_call(number).call)
    assert (tmp_path / _FILE).stat().st_size <= 2500
    left = Journal(tmp_path).left
    assert Entry(_call(0), None) in left
    assert Entry(_call(1), _answered(1)) in left


def test_an_idle_lgsp_empties_a_large_file(tmp_path: Path) -> None:
    """So that after a long life nothing old is looked up again."""
    calls = Journal(tmp_path)
    for number in range(1000):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
    for number in range(1000):
        calls.drop(_call(number).call)
    assert _left(tmp_path) == set()


def test_calls_of_the_earlier_life_stay_until_they_are_on_the_books(tmp_path: Path) -> None:
    """Killed again before they are written down, they are still there; afterwards they are gone."""
    Journal(tmp_path).note([_call(1)])
    second = Journal(tmp_path, largest_bytes=0)
    assert second.claim(_call(2))
    second.note([_call(2)])
    _end(second, 2)  # writes the file anew
    third = Journal(tmp_path)
    assert {one.begun.call for one in third.left} == {_call(1).call, _call(2).call}
    third.forget_left()
    assert _left(tmp_path) == set()


def test_a_disk_that_does_not_take_the_note_stops_the_call(tmp_path: Path) -> None:
    """What cannot be noted must not be passed on."""
    calls = Journal(tmp_path)
    calls.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        calls.note([_call(1)])


def test_a_torn_line_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk took half a line and was then freed: what comes after it is read."""
    calls = Journal(tmp_path)
    write: Callable[[int, bytes], int] = os.write
    monkeypatch.setattr(os, "write", lambda fd, lines: write(fd, lines[:20]) if len(lines) > 1 else write(fd, lines))
    assert calls.claim(_call(1))
    with pytest.raises(OSError, match="only 20 of"):
        calls.note([_call(1)])
    monkeypatch.undo()
    calls.drop(_call(1).call)
    assert calls.claim(_call(2))
    calls.note([_call(2)])
    assert _left(tmp_path) == {_call(2).call}


def test_a_torn_line_spoils_no_other_where_the_disk_was_full_to_the_last_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the end of the torn line could be written; then there was room again."""
    calls = Journal(tmp_path)
    write: Callable[[int, bytes], int] = os.write
    room = [20]

    def nearly_full(fd: int, lines: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(fd, lines[: room.pop()])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", nearly_full)
        with pytest.raises(OSError, match=r"only 20 of|No space"):
            calls.note([_call(1)])
    calls.note([_call(2)])
    assert _left(tmp_path) == {_call(2).call}


def test_what_a_failed_flush_may_have_lost_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system tells of a lost page once, and of the next flush that it went well: nobody is answered on that word.

    The beginning of the second call was on the page that was lost with the first one's end.
    """
    calls = Journal(tmp_path)
    for number in (1, 2):
        assert calls.claim(_call(number))
        calls.note([_call(number)])

    def loses(fd: int) -> None:
        os.ftruncate(fd, 0)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", loses)
        with pytest.raises(OSError, match="Input/output error"):
            _end(calls, 1)
    _end(calls, 2)
    assert Entry(_call(2), _answered(2)) in Journal(tmp_path).left


def test_a_name_that_the_disk_did_not_take_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the new file's name is on the disk no end is trusted to it."""
    calls = Journal(tmp_path, largest_bytes=1000)
    for number in range(1, 11):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
    for number in range(3, 11):
        calls.drop(_call(number).call)
    named = list[int]()

    def broken(fd: int) -> None:
        named.append(fd)
        if len(named) == 1:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        _end(calls, 1)
    _end(calls, 2)
    assert len(named) == 2


def test_what_the_database_owes_does_not_make_every_end_write_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the bound with calls that all have to be kept, the file grows to twice of them before it is written anew."""
    calls, named = Journal(tmp_path, largest_bytes=2000), list[int]()
    monkeypatch.setattr(os, "fsync", named.append)
    for number in range(200):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
        _end(calls, number)
    assert 1 <= len(named) <= 8
    assert (tmp_path / _FILE).stat().st_size > 2000
    for number in range(200):
        calls.drop(_call(number).call)
    for number in range(200, 400):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
        _end(calls, number)
        calls.drop(_call(number).call)
    assert (tmp_path / _FILE).stat().st_size < 66_000
