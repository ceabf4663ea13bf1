"""What drawings say beside their lines."""

from __future__ import annotations

import pytest

from simulation.text import Text
from verification.report.drawing import label, load, round_steps


@pytest.mark.parametrize(
    ("most", "places"),
    [
        (17.3, [0, 5, 10, 15]),
        (121, [0, 20, 40, 60, 80, 100, 120]),
        (7, [0, 1, 2, 3, 4, 5, 6, 7]),
        (0.3, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]),
    ],
)
def test_an_axis_is_labelled_at_round_numbers(most: float, places: list[float]) -> None:
    """One, two or five apart with noughts, from nought, none beyond the axis."""
    assert round_steps(most) == pytest.approx(places)


def test_a_label_is_in_the_language_that_is_read() -> None:
    """A number with a comma for one, with a point for the other; what is the same in both is written once."""
    assert label(load(1.5)) == '<tspan lang="vi">×1,50</tspan><tspan lang="en">×1.50</tspan>'
    assert label(Text("<p95>", "<p95>")) == "&lt;p95&gt;"
