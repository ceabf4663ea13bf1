"""Provinces on Dask workers: real processes, the same bytes, and an end to what a process may take."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path

import pytest

from simulation import nation
from simulation.trouble import TroubleError
from tinhmau.workers import Peak, Workers, each

SHARDS = nation.shards(("lai_chau_2026",), 2)


def test_two_workers_give_the_same_bytes_as_none(tmp_path: Path) -> None:
    """Two replications of a year, played here one after another or by two processes at once: the same files."""
    peaks = {}
    for many in (0, 2):
        peak, work = Peak(), partial(nation.play, seed=5)
        parts = [part for _, part in each(work, SHARDS, workers=Workers(many, memory_mb=1500), peak=peak)]
        nation.write(nation.joined(parts), tmp_path / str(many))
        peaks[many] = peak.mb

    files = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert files == ["lai_chau_2026.json", "nation.json"]
    for name in files:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    assert peaks[2] < 1500


def test_a_worker_that_takes_too_much_is_stopped_and_named() -> None:
    """The province that does not fit is told by name, with the way out, and nothing hangs."""

    def hungry(name: str) -> str:
        held, over = list[bytes](), threading.Event()
        for _ in range(40):
            held.append(b"x" * 50_000_000)
            over.wait(0.05)  # a machine with little memory is not to be filled before anybody looks
        over.wait(60)  # until the process is stopped
        return name + chr(held[0][0])

    with pytest.raises(TroubleError, match=r"over “ha_noi_2018”.*--memory-mb"):
        list(each(hungry, ["ha_noi_2018"], workers=Workers(1, memory_mb=700)))
