"""A generator that started late spoils a probe only where the lateness could change its answer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from objective_runs import run_folder

from simulation.journal import Observation
from verification import evidence
from verification.answer import Answer
from verification.capacity.lateness import judge_either_way
from verification.objectives import files
from verification.objectives.judging import judge, overall


@pytest.mark.parametrize(
    ("late", "served", "answer"),
    [
        pytest.param(0.1, 0.15, "KEPT", id="even with the lateness in it, p95 is below the bound"),
        pytest.param(0.1, 2.0, "BROKEN", id="even without the lateness, p95 is above it"),
        pytest.param(0.5, 0.15, "UNKNOWN", id="the generator's half second decides: nothing is known of the system"),
        pytest.param(0.0, 0.15, "KEPT", id="a punctual generator is believed as ever"),
    ],
)
def test_an_answer_stands_where_counting_the_lateness_either_way_gives_the_same(
    tmp_path: Path, late: float, served: float, answer: Answer
) -> None:
    """On a full machine the generator waits, too; only what depends on that is unknown."""

    def change(_number: int, seen: Observation) -> Observation:
        return msgspec.structs.replace(seen, start=seen.intended + late, end=seen.intended + late + served)

    bound = tmp_path / "objectives.toml"
    bound.write_text('[thresholds]\n"latency" = ["p(95)<500"]\n')
    objectives, seen = files.load(bound), evidence.gather(run_folder(tmp_path / "run", change))
    assert overall(judge(objectives, seen)) == (answer if late == 0 else "UNKNOWN")
    assert overall(judge_either_way(objectives, seen)) == answer
