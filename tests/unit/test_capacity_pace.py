"""The machine's own pace: what a probe's pieces of work say, and what others it is held against."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from loadtests.yardstick import Yardstick
from tinhmau.earlier_paces import since_boot
from verification.capacity.pace import read, slowness


def write(folder: Path, took: Sequence[float], *, torn: bool = False) -> Path:
    """Write pieces of work, a tenth of a second apart."""
    folder.mkdir(parents=True)
    lines = [msgspec.json.encode({"at": 1000 + place / 10, "seconds": one}) + b"\n" for place, one in enumerate(took)]
    (folder / "yardstick.ndjson").write_bytes(b"".join(lines) + (b'{"at":10' if torn else b""))
    return folder


def test_a_slower_probe_is_told_by_how_much_beside_the_quickest_piece_of_all_probes(tmp_path: Path) -> None:
    """Half of the pieces met a neighbour and took half as long again; the other probe had the machine to itself."""
    quiet = read(write(tmp_path / "1", [0.0004] * 100, torn=True))
    shared = read(write(tmp_path / "2", [0.0004, 0.0006] * 50))
    always = read(write(tmp_path / "3", [0.0006] * 100))
    paces = [quiet, shared, always]

    assert [slowness(one, paces) for one in paces] == pytest.approx([1.0, 1.25, 1.5])


def test_a_piece_that_was_interrupted_is_no_pace(tmp_path: Path) -> None:
    """Two pieces of 40 ms among a hundred would make the machine three times as slow."""
    pace = read(write(tmp_path / "1", [0.0004] * 100 + [0.04] * 2))

    assert slowness(pace, [pace]) == pytest.approx(1.0)


def test_a_neighbour_counts_by_how_busy_the_machine_was(tmp_path: Path) -> None:
    """Half as long again in the night, when a tenth of a processor is in use: 5 % slow, and not 25."""
    metrics = write(tmp_path / "1", [0.0006] * 100 + [0.0004] * 100)
    looks = [
        {"at": 1000 + second / 2, "processors": 2, "busy": 0.2 if second < 20 else 1.8, "processes": {}}
        for second in range(40)
    ]
    (metrics / "watch.ndjson").write_bytes(b"".join(msgspec.json.encode(look) + b"\n" for look in looks))
    pace = read(metrics)

    assert slowness(pace, [pace]) == pytest.approx(1.05, abs=0.01)


def test_too_little_was_seen_to_say_anything(tmp_path: Path) -> None:
    """Neither for a stack that nobody measured nor for a day of a second; such a probe counts as it is."""
    few = read(write(tmp_path / "1", [0.0004] * 10))
    quiet = read(write(tmp_path / "2", [0.0004] * 100))

    assert few is None
    assert read(tmp_path) is None
    assert slowness(few, [few, quiet]) == 1.0


def test_a_piece_is_timed_by_the_thread_s_own_processor_time_until_the_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others take of the processor is no pace. Nothing is written once the block has ended."""
    seen, readings = threading.Event(), itertools.count()

    def processor_time() -> float:
        reading = next(readings)
        if reading == 2 * 3:
            seen.set()
        return reading * 0.0004

    monkeypatch.setattr(time, "thread_time", processor_time)
    with Yardstick(tmp_path):
        assert seen.wait(60), "three pieces in a minute"
    written = (tmp_path / "yardstick.ndjson").read_bytes()

    pieces = [msgspec.json.decode(line) for line in written.splitlines()]
    assert len(pieces) >= 3
    assert [one["seconds"] for one in pieces] == pytest.approx([0.0004] * len(pieces))
    assert not [thread for thread in threading.enumerate() if thread.name.endswith("(_measure)")]


def search(run: Path, *, boot: str, quick: float) -> Path:
    """Leave a search as `tinhmau capacity` does, with one probe that was paced and one that was not."""
    run.mkdir(parents=True)
    (run / "environment.json").write_bytes(msgspec.json.encode({"machine": {"processors": 2, "boot": boot}}))
    probes = [{"number": 1, "pace": {"usual": 2 * quick, "quick": quick}}, {"number": 2, "pace": None}]
    (run / "capacity.json").write_bytes(msgspec.json.encode({"answer": "KEPT", "probes": probes}))
    return run


def test_a_machine_slow_through_a_whole_search_is_held_against_earlier_ones_since_it_was_started(
    tmp_path: Path,
) -> None:
    """Before its start it may have been another machine; a torn file or a run of another kind says nothing."""
    search(tmp_path / "1", boot="a", quick=0.0004)
    search(tmp_path / "2", boot="before", quick=0.0002)
    (search(tmp_path / "3", boot="a", quick=0.0001) / "capacity.json").write_bytes(b'{"answer":"KE')
    (tmp_path / "4").mkdir()
    now = search(tmp_path / "5", boot="a", quick=0.0005)
    (now / "capacity.json").unlink()
    slow = read(write(now / "metrics", [0.0006] * 100))

    earlier = since_boot(now)

    assert [one.quick for one in earlier] == [0.0004]
    assert slowness(slow, [*earlier, slow]) == pytest.approx(1.5)
    assert slowness(slow, [slow]) == pytest.approx(1.0)


def test_where_a_machine_does_not_say_when_it_was_started_nothing_earlier_counts(tmp_path: Path) -> None:
    """Two machines without a name for their start are not one."""
    search(tmp_path / "1", boot="", quick=0.0004)
    assert since_boot(search(tmp_path / "2", boot="", quick=0.0005)) == []
