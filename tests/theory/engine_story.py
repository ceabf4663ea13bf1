"""What happened, as lines that two simulators can be compared by."""

from __future__ import annotations

import pytest

from simulation.engine import Outcome, kernel

Line = tuple[float, str, int, str]  #: when, what happened, to which job, at which team

KINDS = {kernel.ENTERED: "entered", kernel.BEGAN: "began", kernel.FINISHED: "finished", kernel.GAVE_UP: "gave up"}


def lines(outcome: Outcome) -> list[Line]:
    """What the engine's trace says, in SimPy's words."""
    trace = outcome.trace
    columns = (trace.time.tolist(), trace.kind.tolist(), trace.job.tolist(), trace.team.tolist())
    return [
        (time, KINDS[kind], job, outcome.teams[team])
        for time, kind, job, team in zip(*columns, strict=True)
        if kind in KINDS
    ]


def same_story(ours: list[Line], theirs: list[Line], *, within: float = 1e-6) -> None:
    """The same things happened to the same jobs at the same teams, in the same order and at the same moments."""
    # Things of one instant (a server passes from one to the next) may be told in either order.
    ours, theirs = (sorted(story, key=lambda line: (round(line[0], 3), *line[1:])) for story in (ours, theirs))
    assert [line[1:] for line in ours] == [line[1:] for line in theirs]
    assert [line[0] for line in ours] == pytest.approx([line[0] for line in theirs], abs=within)
