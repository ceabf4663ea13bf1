"""Calls under way at the LGSP: what the file knows of them after any end of the process."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.lgsp.chain import Begun
from services.lgsp.underway import UnderWay

_AT = datetime(2018, 8, 22, 2, tzinfo=UTC)


def _call(number: int) -> Begun:
    return Begun(f"00000000-0000-4000-8000-{number:012}", "portal", "national", "population.verify", "", "", "", _AT)


def _left(folder: Path) -> set[str]:
    """Ids that the next life finds."""
    return {begun.call for begun in UnderWay(folder).left}


def test_what_was_noted_is_found_by_the_next_life(tmp_path: Path) -> None:
    """Nobody said goodbye: the process was killed."""
    calls = UnderWay(tmp_path)
    for number in (1, 2):
        assert calls.claim(_call(number))
    calls.note([_call(1), _call(2)])
    assert UnderWay(tmp_path).left == [_call(1), _call(2)]


def test_an_id_is_claimed_once_until_it_is_dropped(tmp_path: Path) -> None:
    """Two calls at once cannot have the same id."""
    calls = UnderWay(tmp_path)
    assert calls.claim(_call(1))
    assert not calls.claim(_call(1))
    calls.drop(_call(1).call)
    assert calls.claim(_call(1))


def test_a_line_cut_off_at_the_end_is_no_call(tmp_path: Path) -> None:
    """The disk was full: the call was not passed on."""
    calls = UnderWay(tmp_path)
    calls.note([_call(1), _call(2)])
    file = tmp_path / "calls-under-way.ndjson"
    file.write_bytes(file.read_bytes()[:-20])
    assert _left(tmp_path) == {_call(1).call}


def test_the_file_stays_small_and_keeps_what_is_under_way(tmp_path: Path) -> None:
    """Past its bound it is written anew without the calls that have ended."""
    calls = UnderWay(tmp_path, largest_bytes=2000)
    assert calls.claim(_call(0))
    calls.note([_call(0)])
    for number in range(1, 200):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
        calls.drop(_call(number).call)
    assert (tmp_path / "calls-under-way.ndjson").stat().st_size <= 2000
    assert _call(0).call in _left(tmp_path)


def test_an_idle_lgsp_empties_a_large_file(tmp_path: Path) -> None:
    """So that after a long life nothing old is looked up again."""
    calls = UnderWay(tmp_path)
    for number in range(1000):
        assert calls.claim(_call(number))
        calls.note([_call(number)])
    for number in range(1000):
        calls.drop(_call(number).call)
    assert _left(tmp_path) == set()


def test_calls_of_the_earlier_life_stay_until_they_are_on_the_books(tmp_path: Path) -> None:
    """Killed again before they are written down, they are still there; afterwards they are gone."""
    UnderWay(tmp_path).note([_call(1)])
    second = UnderWay(tmp_path)
    assert second.claim(_call(2))
    second.note([_call(2)])
    third = UnderWay(tmp_path)
    assert {begun.call for begun in third.left} == {_call(1).call, _call(2).call}
    third.forget_left()
    assert _left(tmp_path) == set()


def test_a_disk_that_does_not_take_the_note_stops_the_call(tmp_path: Path) -> None:
    """What cannot be noted must not be passed on."""
    calls = UnderWay(tmp_path)
    calls.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        calls.note([_call(1)])
