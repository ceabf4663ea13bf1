"""Run folders: one for every run, with the requirements it is judged by, and found again."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from simulation.mistakes import BadInputError
from simulation.trouble import TroubleError
from tinhmau import run_folder
from verification import requirement_tables


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    """Runs begun at once do not share a folder, and `latest` is the newest."""
    runs = [run_folder.create(tmp_path / "runs", "toy") for _ in range(3)]

    assert len(set(runs)) == 3
    assert (tmp_path / "runs" / "latest").resolve() == runs[-1]


def test_a_run_carries_the_requirements_it_is_judged_by(tmp_path: Path) -> None:
    """Every requirement table of today is copied into the run, byte for byte."""
    run = run_folder.create(tmp_path, "toy")

    copied = {path.name: path.read_bytes() for path in (run / "requirements").iterdir()}
    assert copied == {path.name: path.read_bytes() for path in requirement_tables.FOLDER.glob("*.toml")}
    assert len(copied) > 3


def test_no_run_is_begun_on_a_disk_that_is_nearly_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with too little room for a run is refused before anything is written there."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 -- what shutil returns
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1 << 30, 1 << 30, 5 << 20))

    with pytest.raises(TroubleError, match="only 5 MB free"):
        run_folder.create(tmp_path, "toy")

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_refused_with_those_that_are(tmp_path: Path) -> None:
    """Whoever names a wrong folder is told which runs there are."""
    run = run_folder.create(tmp_path, "toy")
    (run / "plan").mkdir()
    (run / "plan" / "plan.json").touch()

    assert run_folder.find(None, tmp_path) == run
    with pytest.raises(BadInputError, match=run.name):
        run_folder.find(tmp_path / "nothing", tmp_path)


def test_only_what_still_stands_is_listed(tmp_path: Path) -> None:
    """A run has a stack as long as its stack.json is there; `latest` is not counted twice."""
    runs = [run_folder.create(tmp_path, name) for name in ("one", "other")]
    (runs[1] / "stack.json").touch()

    assert list(run_folder.with_stack(tmp_path)) == [runs[1]]
