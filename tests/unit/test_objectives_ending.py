"""Objectives that end a run before its day is over: k6's abortOnFail and delayAbortEval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import etree
from objective_runs import TIMELINE
from verification_world import World

from simulation.journal import Event, Observation
from simulation.mistakes import BadInputError
from tinhmau import change_request
from verification import evidence, verdict
from verification.objectives import files
from verification.objectives.ending import Ending
from verification.objectives.judging import judge
from verification.objectives.news import News
from verification.report import render

_SLOW = "latency p(95)<1"
_WANTED = """
"latency" = [{ threshold = "p(95)<1", abortOnFail = true, delayAbortEval = "10s" }, "max<5000"]
"errors" = ["rate<0.5"]
"""


def wanted(folder: Path, text: str) -> files.Objectives:
    """Objectives of a text."""
    path = folder / files.FILE
    path.write_text(f"[phases]\nrush = '08:00 09:00'\n[thresholds]\n{text}\n", encoding="utf-8")
    return files.load(path)


def marked(threshold: str, delay: str) -> str:
    """One entry in k6's long form."""
    return f'[{{ threshold = "{threshold}", abortOnFail = true, delayAbortEval = "{delay}" }}]'


def observed(at: float, *, latency: float = 0.1, outcome: str = "ok", late: float = 0.0) -> Observation:
    """One operation."""
    return Observation(
        journey="j-1", step=1, operation="portal.search", actor="citizen", planned=at, intended=at, start=at + late,
        end=at + late + latency, outcome=outcome,  # type: ignore[arg-type]
    )  # fmt: skip


def met(*observations: Observation) -> News:
    """What clients have met."""
    return News(began=0.0, observations=observations)


def ending(folder: Path, text: str, *, steps: int = 1000) -> Ending:
    """What follows a run with these objectives."""
    return Ending(wanted(folder, text), timeline=TIMELINE, steps=steps)


def test_the_long_form_of_k6_is_read(tmp_path: Path) -> None:
    """Ending with its delay; without a delay from the first second; false, and the short form, never."""
    read = wanted(
        tmp_path,
        '"latency" = ["p(95)<800", { threshold = "p(99)<900", abortOnFail = true, delayAbortEval = "1m30s" }]\n'
        '"errors" = [{ threshold = "rate<0.1", abortOnFail = true }, { threshold = "rate<0.2", abortOnFail = false }]',
    )
    assert [one.ends_after for one in read.objectives] == [None, 90.0, 0.0, None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"dropped" = ' + marked("count<1", "1s"), "dropped"),
        ('"requests" = ' + marked("count>900", "1s"), "requests"),
        ('"errors" = ' + marked("rate<0.1", "soon"), "soon"),
        ('"errors" = [{ threshold = "rate<0.1", abort = true }]', "abort"),
        ('"errors" = [{ abortOnFail = true }]', "threshold"),
        ('"errors" = [{ threshold = "rate<0.1", abortOnFail = "yes" }]', "yes"),
    ],
)
def test_what_cannot_end_a_run_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """What is no observation, what is broken until enough have come, and what is misspelt."""
    with pytest.raises(BadInputError, match=says):
        wanted(tmp_path, text)


def test_a_broken_objective_ends_the_load_from_its_delay_on(tmp_path: Path) -> None:
    """Slow from the beginning, as after a cold start: forgiven until the tenth second."""
    follows = ending(tmp_path, '"latency" = ' + marked("p(95)<800", "10s"))
    follows.see(met(observed(1.0, latency=2.0)))
    assert follows.lost() == []

    follows.see(met(observed(10.0, latency=2.0)))

    assert [one.title for one in follows.lost()] == ["latency p(95)<800"]


def test_what_has_recovered_by_its_delay_goes_on(tmp_path: Path) -> None:
    """One slow start among a hundred good ones is what the delay is for."""
    follows = ending(tmp_path, '"latency" = ' + marked("p(95)<800", "10s"))
    follows.see(met(observed(0.0, latency=2.0), *(observed(n / 10) for n in range(150))))
    assert follows.lost() == []


def test_what_is_certain_ends_the_load_at_once(tmp_path: Path) -> None:
    """Eleven errors of a thousand operations, long before the delay is over."""
    follows = ending(tmp_path, '"errors" = ' + marked("rate<0.01", "10m"))
    follows.see(met(*(observed(n / 10, outcome="failed") for n in range(10))))
    assert follows.lost() == []
    follows.see(met(observed(1.0, outcome="failed")))
    assert [one.title for one in follows.lost()] == ["errors rate<0.01"]


def test_only_what_is_marked_and_meant_ends_the_load(tmp_path: Path) -> None:
    """Broken for ever but not marked; marked, but of another hour."""
    follows = ending(
        tmp_path, '"errors" = ["rate<0.01"]\n"latency{phase:rush}" = ' + marked("max<1", "0s"), steps=10
    )  # fmt: skip
    follows.see(met(*(observed(n / 10, latency=2.0, outcome="failed") for n in range(100))))
    assert follows.lost() == []


def test_a_late_generator_ends_nothing_for_its_own_fault(tmp_path: Path) -> None:
    """Latencies that the generator made itself speak of nobody else."""
    follows = ending(tmp_path, '"latency" = ' + marked("p(95)<800", "0s"))
    follows.see(met(*(observed(n / 10, late=2.0) for n in range(100))))
    assert follows.lost() == []


@pytest.fixture
def ended(tmp_path: Path) -> Path:
    """A day whose load an objective ended after six seconds; nobody took the books."""
    world = World()
    world.events = [world.events[0], Event(at=6.0, event="given-up", detail=_SLOW)]
    world.books.clear()
    run = world.write(tmp_path / "run")
    wanted(run, _WANTED)
    return run


def test_a_run_that_was_ended_is_broken_by_that_objective_alone(ended: Path) -> None:
    """Exit 1; the objective and when it was; no law and no requirement is called kept, or broken."""
    told = verdict.judge(ended)

    assert (told.answer, told.exit_code) == ("BROKEN", 1)
    assert told.reasons[0].en.startswith(f"Objective {_SLOW}: ended the load early at ")
    assert "(run second 6)" in told.reasons[0].en
    assert told.reasons[0].en.endswith("To see the whole day, leave abortOnFail out.")
    assert len(told.reasons) == 2
    assert "not judged" in told.reasons[1].en
    assert {law.answer for law in told.laws} == {one.answer for one in told.requirements} == {"UNKNOWN"}
    assert all(law.checked == 0 and law.reason and _SLOW in law.reason.vi for law in told.laws)
    assert [one.answer for one in told.objectives] == ["BROKEN", "UNKNOWN", "UNKNOWN"]


def test_laws_are_not_judged_even_where_the_books_were_taken(tmp_path: Path) -> None:
    """What was under way when the load ended would look like a loss; what looks whole would be called kept."""
    world = World()
    world.events.append(Event(at=6.0, event="given-up", detail=_SLOW))
    run = world.write(tmp_path)
    told = verdict.judge(run)
    assert {law.answer for law in told.laws} == {"UNKNOWN"}
    assert told.answer == "UNKNOWN", "nobody's objectives are in the folder: given up, but not broken"


def test_everything_that_is_written_says_why_the_run_was_ended(ended: Path) -> None:
    """verdict.json, JUnit, the report and the summary for a change request."""
    told = verdict.judge(ended)
    verdict.write(told, ended)
    report = render(ended, told).read_text("utf-8")
    written = json.loads((ended / "verdict.json").read_text("utf-8"))
    suite = etree.parse(ended / "junit.xml").getroot()
    results = judge(files.load(ended / files.FILE), evidence.gather(ended))
    summary = change_request.document(ended, told.answer, written, results, language="vi")

    assert written["objectives"][0]["answer"] == "BROKEN"
    assert "kết thúc tải sớm" in written["objectives"][0]["reason"]
    (failure,) = suite.findall(".//failure")
    assert "kết thúc tải sớm" in failure.get("message", "")
    assert (suite.get("failures"), suite.get("tests")) == ("1", str(len(suite)))
    assert 'data-objective="latency p(95)&lt;1" data-answer="BROKEN"' in report
    assert "Mục tiêu kết thúc tải" in report or "mục tiêu kết thúc tải" in report
    assert "kết thúc tải sớm" in summary
    assert "❔ | LAW-1" in summary
    assert "✅" not in summary


def test_objectives_of_a_whole_day_are_part_of_its_verdict(tmp_path: Path) -> None:
    """A day that keeps every law is broken by an objective that is not kept, and kept without it."""
    run = World().write(tmp_path)
    assert verdict.judge(run).answer == "KEPT"
    wanted(run, '"latency" = ["max<0.001"]')
    told = verdict.judge(run)
    assert told.answer == "BROKEN"
    assert told.reasons[0].en.startswith("Objective latency max<0.001: ")
