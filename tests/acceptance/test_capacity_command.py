"""`tinhmau capacity` as a command, on the toy province."""

from __future__ import annotations

import json

from command_line import Workplace


def test_a_probe_that_is_given_up_leaves_nothing_for_the_next(workplace: Workplace) -> None:
    """Documents wait at the hub when a day ends in its morning; offices fetch them before the next load comes."""
    objectives = workplace.root / "objectives.toml"
    objectives.write_text('[thresholds]\n"latency" = "p(60)<0.001"\n', encoding="utf-8")

    finished = workplace.run(
        "capacity", "toy", "--runs", workplace.runs, "--objectives", objectives, "--first", "4", "--probes", "2"
    )

    assert finished.code in {1, 2}, finished
    run = workplace.newest()
    for number in ("01", "02"):
        assert "given-up" in (run / "probes" / number / "journal" / "driver.ndjson").read_text("utf-8")
    probes = json.loads((run / "capacity.json").read_text("utf-8"))["probes"]
    assert [one["left"] for one in probes] == [0, 0]
