"""What a swift worker tells Locust's master."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from loadtests.generator_summary import FILE, write_summary
from loadtests.swift.tallies import Tallies, rounded
from simulation.histogram import Histogram
from simulation.journal import Event, Observation, Outcome


def seen(end: float, *, intended: float = 1.0, outcome: Outcome = "ok", **more: object) -> Observation:
    """An attempt."""
    given = {"journey": "j", "step": 1, "operation": "portal.home", "actor": "citizen", "size": 10, **more}
    return Observation(planned=intended, intended=intended, start=intended + 0.002, end=end, outcome=outcome, **given)


@pytest.mark.parametrize(
    ("milliseconds", "shown"), [(0.4, 0), (99.2, 99), (147, 150), (994, 990), (3432, 3400), (58760, 59000)]
)
def test_response_times_are_rounded_as_in_locusts_own_table(milliseconds: float, shown: int) -> None:
    """Its documentation gives 147, 3432 and 58760 as examples; so both kinds of worker share one table."""
    assert rounded(milliseconds) == shown


def test_a_report_holds_what_is_new_and_the_histogram_everything() -> None:
    """Locust's master adds reports up; the conductor gets the whole run once."""
    tallies = Tallies(1000.0)
    tallies.count([seen(1.100)])
    first = tallies.report()
    tallies.count([seen(1.300, outcome="refused", why="wrong-state")])
    second = tallies.report()
    assert [report["stats"][0]["num_requests"] for report in (first, second)] == [1, 1]
    assert (first["errors"], second["stats"][0]["num_failures"]) == ({}, 1)
    (error,) = second["errors"].values()
    assert (error["error"], error["occurrences"]) == ("refused: wrong-state", 1)
    assert second["stats_total"]["response_times"] == {300: 1}
    assert first["stats"][0]["num_reqs_per_sec"] == {1001: 1}
    whole = Histogram.from_dict(tallies.histograms()["portal.home"])
    assert (whole.count, whole.largest) == (2, 300_000)
    assert tallies.report()["stats"] == []


def test_the_end_of_a_run_has_what_no_report_has_told_yet() -> None:
    """Attempts are counted many at once; the last of them, and what is not an attempt, cost nobody anything."""
    tallies = Tallies(0.0)
    tallies.count([Event(at=1.0, event="dropped"), *(seen(1.100) for _ in range(5000))])
    tallies.count([seen(1.200)])
    whole = Histogram.from_dict(tallies.histograms()["portal.home"])
    assert (whole.count, whole.largest) == (5001, pytest.approx(200_000, abs=1))
    assert tallies.lateness.count == 5001
    assert tallies.report()["stats_total"]["num_requests"] == 5001


def test_waiting_for_a_subject_is_no_failure_and_has_a_line_of_its_own() -> None:
    """An attempt that came too early costs its own time only; the final one the whole wait."""
    tallies = Tallies(0.0)
    tallies.count([seen(1.050, outcome="not_yet", final=False)])
    tallies.count([seen(1.500, attempt=2)])
    lines = {one["name"]: one for one in tallies.report()["stats"]}
    assert lines["portal.home (not yet)"]["max_response_time"] == pytest.approx(48, abs=1)
    assert lines["portal.home"]["max_response_time"] == 500
    assert sum(one["num_failures"] for one in lines.values()) == 0


def test_lateness_is_that_of_first_attempts() -> None:
    """A later attempt's start is the client's patience, not the generator's slowness."""
    tallies = Tallies(0.0)
    tallies.count([seen(1.050, outcome="lost", final=False)])
    tallies.count([seen(9.0, attempt=2)])
    assert (tallies.lateness.count, tallies.lateness.largest) == (1, 2000)


def test_what_the_generator_says_of_itself_is_kept(tmp_path: Path) -> None:
    """Use of the processor and lateness of each worker, in the order of their numbers; drops of all together."""
    late = Histogram()
    for milliseconds in (*[1] * 98, 40, 40):
        late.record(milliseconds / 1000)
    said = [
        {"worker": number, "histograms": {}, "lateness": late.to_dict(), "dropped": number, "most_under_way": 7,
         "connections": 3, "cpu_share": 0.25 * number}
        for number in (2, 1)
    ]  # fmt: skip

    write_summary(tmp_path, said)

    told = msgspec.json.decode((tmp_path / FILE).read_bytes())
    assert [(one["worker"], one["cpu_share"]) for one in told["workers"]] == [(1, 0.25), (2, 0.5)]
    assert [one["lateness_p99"] for one in told["workers"]] == pytest.approx([0.04, 0.04], rel=0.01)
    assert (told["dropped"], told["lateness"]["count"]) == (3, 200)
