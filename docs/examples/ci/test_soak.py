"""What a province must stand for longer than a day in a hurry."""

from __future__ import annotations

import os

import pytest

from tinhmau.pytest_plugin import Run

#: `tinhmau verify --scenario NAME`: one of yours where half an hour of the toy province says too little.
SCENARIO = os.environ.get("SOAK_SCENARIO", "toy_soak")


@pytest.mark.soak
@pytest.mark.tinhmau(scenario=SCENARIO, objectives="soak.toml")
def test_a_long_even_load_leaves_everything_as_it_was(tinhmau_run: Run) -> None:
    """Nothing leaks, fills up or gets slow, and nothing is lost on the way."""
    tinhmau_run.must_be_kept()
