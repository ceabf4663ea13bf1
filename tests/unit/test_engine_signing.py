"""The mechanism of digital signatures against FIG-SIGN-VP and FIG-SIGN-HD."""

from __future__ import annotations

import pytest

from simulation import province_files, scenario_files
from simulation.year.signing import CASES, HABIT, Case, signed_share


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_calibrated_roll_out_meets_the_published_share(case: Case) -> None:
    """The published share lies in the 95 % interval of three replications, and that is less than ±15 points wide."""
    scenario = scenario_files.load("ben_tre_2018")
    province = province_files.load(scenario.province)

    seen = signed_share(province, scenario, roll_out_days=case.roll_out_days.value, seed=11, replications=3)

    assert seen.low <= case.published <= seen.high
    assert seen.high - seen.mean < 0.15
    assert case.roll_out_days.source.startswith("calibrated")


def test_sending_deputies_to_the_training_costs_their_share_of_signatures() -> None:
    """With nobody sending a deputy and training done at once, all leaders sign as often as those who learned do."""
    scenario = scenario_files.load("toy")
    province = province_files.load(scenario.province)

    everybody = signed_share(province, scenario, roll_out_days=0.0, seed=2, replications=3, deputies=0.0)
    nobody = signed_share(province, scenario, roll_out_days=0.0, seed=2, replications=3, deputies=1.0)

    assert everybody.mean == pytest.approx(HABIT.value, abs=0.02)
    assert nobody.mean == 0.0
