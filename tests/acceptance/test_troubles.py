"""Troubles of portal, one-stop, offices and nation, switched on in a running stack: each breaks its row, none a law."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from command_line import Run, Workplace, laws, verdict, verify


@pytest.fixture(scope="module")
def troubled() -> Iterator[Run]:
    """The toy's day with all of them."""
    workplace = Workplace()
    yield verify(workplace, scenario="toy_troubled")
    workplace.close()


@pytest.fixture(scope="module")
def untroubled() -> Iterator[Run]:
    """The same day without."""
    workplace = Workplace()
    yield verify(workplace, scenario="toy_untroubled")
    workplace.close()


def _answers(run: Run) -> dict[str, str]:
    return {one["id"]: one["answer"] for one in verdict(run.folder)["requirements"]}


def test_every_trouble_shows_in_its_measure(troubled: Run) -> None:
    """Every row is broken, each with a value and a reason; the verdict is BROKEN."""
    told = verdict(troubled.folder)

    assert set(_answers(troubled).values()) == {"BROKEN"}, troubled.finished.out
    assert all(one["value"] is not None and one["reason"] for one in told["requirements"])
    assert troubled.finished.code == 1


def test_no_trouble_breaks_a_law(troubled: Run) -> None:
    """Slow, hollow, unbound, struck, signed in the wrong form: nothing that was acknowledged is lost."""
    assert set(laws(verdict(troubled.folder)).values()) == {"KEPT"}, troubled.finished.out


def test_without_them_the_same_rows_are_kept(untroubled: Run) -> None:
    """The rows do not break by themselves. How fast signing in is depends on the machine, and is not asked here."""
    answers = _answers(untroubled)
    answers.pop("TRB-SLOW-MINISTRY")

    assert set(answers.values()) == {"KEPT"}, untroubled.finished.out
