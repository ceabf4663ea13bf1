"""What a province must do on every change: an ordinary day holds, and loses nothing."""

from __future__ import annotations

import os

import pytest

from tinhmau.pytest_plugin import Run

#: Set to a name of `tinhmau verify --sabotage list` to see these tests fail.
SABOTAGE = os.environ.get("SABOTAGE", "")


@pytest.mark.tinhmau(scenario="toy", objectives="objectives.toml", sabotage=SABOTAGE)
def test_an_ordinary_day_holds(tinhmau_run: Run) -> None:
    """Laws, requirements and this project's own objectives are kept."""
    tinhmau_run.must_be_kept()


@pytest.mark.tinhmau(scenario="toy", sabotage=SABOTAGE)
def test_every_accepted_dossier_exists_once(tinhmau_run: Run) -> None:
    """The first law by itself, out of the same run."""
    first = tinhmau_run.verdict["laws"][0]
    assert first["answer"] == "KEPT", first
