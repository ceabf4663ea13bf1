"""The year's rhythm and its outages: days are not alike, and systems fail in working hours."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from simulation import province_files, scenario_files
from simulation.calendar import calendar_of
from simulation.engine import opening
from simulation.year import outages
from simulation.year.conduct import conduct_of
from simulation.year.rhythm import weights_of

YEAR = [date(2018, 1, 1) + timedelta(days=number) for number in range(365)]


def test_mondays_bring_more_than_thursdays_and_the_week_before_tet_less() -> None:
    """Tết 2018 began on 16 February; offices were closed from the 14th on."""
    calendar = calendar_of("2018")
    weights = dict(zip(YEAR, weights_of(YEAR, calendar), strict=True))

    assert weights[date(2018, 8, 20)] > weights[date(2018, 8, 23)]
    assert weights[date(2018, 2, 12)] < weights[date(2018, 3, 12)]
    assert weights[date(2018, 2, 8)] < weights[date(2018, 2, 1)]
    assert min(weights.values()) > 0


def test_outages_take_as_many_hours_from_the_portal_as_they_are_said_to() -> None:
    """Fifty-two a year of six hours on average, less what overlaps; the desks lose only working hours."""
    scenario = scenario_files.load("toy")
    conduct = conduct_of(province_files.load("toy"), scenario).changed(outages_a_year=52.0, outage_hours=6.0)
    office = opening(calendar_of("2018"), since=date(2018, 1, 1), until=date(2019, 1, 1))
    lost, lost_desk = [], []
    for seed in range(40):
        desk, portal = outages.drawn(office, conduct, np.random.default_rng(seed))
        lost.append((float(office.closes[-1]) - float((portal.closes - portal.opens).sum())) / 3600.0)
        lost_desk.append(float((office.closes - office.opens).sum() - (desk.closes - desk.opens).sum()) / 3600.0)

    assert np.mean(lost) == pytest.approx(52 * 6, rel=0.1)
    assert 0 < np.mean(lost_desk) < np.mean(lost)


def test_without_outages_nothing_is_lost() -> None:
    """The office's own hours, and a portal that never closes."""
    scenario = scenario_files.load("toy")
    conduct = conduct_of(province_files.load("toy"), scenario).changed(outages_a_year=0.0)
    office = opening(calendar_of("2018"), since=date(2018, 1, 1), until=date(2019, 1, 1))

    desk, portal = outages.drawn(office, conduct, np.random.default_rng(1))

    assert desk is office
    assert len(portal.opens) == 1
