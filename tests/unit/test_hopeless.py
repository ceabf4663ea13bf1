"""A probe is given up only when nothing that is still to come could save it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from objective_runs import COUNT, TIMELINE, run_folder, slower

from simulation.journal import Event, Observation, Writer
from tinhmau.following import Following, follow
from verification import evidence
from verification.objectives import files
from verification.objectives.hopeless import Hope
from verification.objectives.judging import judge
from verification.objectives.news import News


def objectives(folder: Path, text: str) -> files.Objectives:
    """Read objectives from a text."""
    path = folder / "objectives.toml"
    path.write_text(f"[thresholds]\n{text}\n", encoding="utf-8")
    return files.load(path)


def news(*observations: Observation) -> News:
    """What clients have met."""
    return News(began=0.0, observations=observations)


def observed(number: int, *, latency: float = 0.1, outcome: str = "ok") -> Observation:
    """One operation."""
    return Observation(
        journey=f"j-{number}", step=1, operation="portal.search", actor="citizen", planned=number, intended=number,
        start=number, end=number + latency, outcome=outcome,  # type: ignore[arg-type]
    )  # fmt: skip


def test_hope_ends_with_one_more_than_the_whole_day_may_have(tmp_path: Path) -> None:
    """1 % of a thousand: ten may fail, with the eleventh it is over, however the other 989 end."""
    hope = Hope(objectives(tmp_path, '"errors" = ["rate<0.01"]'), timeline=TIMELINE, steps=1000)

    hope.see(news(*(observed(number, outcome="failed") for number in range(10))))
    assert hope.lost() == []
    hope.see(news(observed(10, outcome="failed")))

    (lost,) = hope.results()
    assert (lost.answer, lost.count) == ("BROKEN", 11)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_given_up_would_have_been_broken(tmp_path: Path, seed: int) -> None:
    """Days drawn at random, judged whole: none that is kept in the end was ever without hope."""
    dice = np.random.default_rng(seed)
    share = float(dice.uniform(0, 0.1))
    slow = dice.random(COUNT) < share
    run = run_folder(
        tmp_path / "run", lambda n, seen: slower(1.0)(n, seen) if slow[n] else seen,
    )  # fmt: skip
    wanted = objectives(tmp_path, '"latency" = ["p(95)<800"]')
    seen = evidence.gather(run)
    hope = Hope(wanted, timeline=TIMELINE, steps=COUNT)

    hope.see(news(*seen.journal.observations))

    answers = {one.answer for one in judge(wanted, seen)}
    assert not hope.lost() or answers == {"BROKEN"}
    if share > 0.08:
        assert hope.lost(), "far beyond, and seen to be"


@pytest.mark.parametrize(
    "text", ['"errors{operation:portal.*}" = ["rate<0.01"]', '"latency" = ["avg<1"]', '"cpu" = ["max<1"]']
)
def test_what_cannot_be_said_beforehand_is_left_to_the_end(tmp_path: Path, text: str) -> None:
    """Tags, means, and machines that nobody has measured."""
    hope = Hope(objectives(tmp_path, text), timeline=TIMELINE, steps=10)
    hope.see(news(*(observed(number, latency=9.0, outcome="failed") for number in range(10))))

    assert hope.lost() == []


@pytest.mark.parametrize("latency", [1.1, 0.9])
def test_a_maximum_is_lost_with_the_first_that_passes_it(tmp_path: Path, latency: float) -> None:
    """One operation of 1.1 s where none may take longer than 1 s; not one of 0.9 s."""
    hope = Hope(objectives(tmp_path, '"latency" = ["max<1000"]'), timeline=TIMELINE, steps=1000)
    hope.see(news(observed(1, latency=latency)))
    assert bool(hope.lost()) == (latency > 1)


def test_a_journal_is_followed_line_by_line(tmp_path: Path) -> None:
    """Half a line waits for its other half; events are passed over; nothing is read twice."""
    journal = tmp_path / "journal"
    journal.mkdir()
    writer = Writer(journal / "worker-0.ndjson")
    writer.write(Event(at=0.0, event="begin"))
    writer.write(observed(1))
    following = Following(tmp_path)

    def journeys() -> list[str]:
        return [seen.journey for seen in following.more(began=0.0).observations]

    assert journeys() == ["j-1"]
    line = msgspec.json.encode(observed(2)) + b"\n"
    with (journal / "worker-0.ndjson").open("ab", buffering=0) as file:
        file.write(line[:20])
        assert journeys() == []
        file.write(line[20:])
    assert journeys() == ["j-2"]
    writer.close()


def test_a_drive_is_told_once_a_second_at_most(tmp_path: Path) -> None:
    """The reason names the objective."""
    clock = [0.0]
    hope = Hope(objectives(tmp_path, '"errors" = ["rate<0.01"]'), timeline=TIMELINE, steps=10)
    ask = follow(hope, tmp_path, now=lambda: clock[0])
    assert ask(0.0) == ""
    (tmp_path / "journal").mkdir()
    writer = Writer(tmp_path / "journal" / "worker-0.ndjson")
    writer.write(observed(1, outcome="failed"))
    writer.close()
    assert ask(0.0) == ""
    clock[0] = 1.5
    assert ask(0.0) == "errors rate<0.01"
