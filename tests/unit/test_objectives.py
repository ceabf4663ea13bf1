"""Objectives in k6's words, held against run folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from lxml import etree
from objective_runs import COUNT, run_folder, slower

from simulation.journal import Event, Observation, Writer
from simulation.mistakes import BadInputError
from tinhmau.commands.objectives import command
from verification import evidence
from verification.objectives import files
from verification.objectives.expression import parse
from verification.objectives.judging import ObjectiveResult, judge
from verification.objectives.metric import METRICS


def written(folder: Path, text: str) -> Path:
    """A file of objectives."""
    path = folder / "objectives.toml"
    path.write_text(text)
    return path


def judged(folder: Path, text: str, run: Path, *, baseline: Path | None = None) -> list[ObjectiveResult]:
    """Results of the objectives in the text."""
    before = evidence.gather(baseline) if baseline else None
    return judge(files.load(written(folder, text)), evidence.gather(run), baseline=before)


@pytest.mark.parametrize(
    ("text", "value"),
    [("p(95)<800", 95.05), ("p(99.9) < 800", 99.901), ("avg<=200", 50.5), ("med>1", 50.5), ("max<5000", 100)],
)
def test_an_expression_is_read_as_k6_reads_it(text: str, value: float) -> None:
    """Its aggregate over 1 … 100; percentiles are interpolated, as k6's are."""
    expression = parse(text)
    assert expression is not None
    assert expression.of(np.arange(1.0, 101.0)) == pytest.approx(value)


@pytest.mark.parametrize("text", ["p95<800", "p(101)<1", "avg", "avg<", "avg<x", "mean<3", "p(95)<800 or avg<3"])
def test_what_is_no_expression_is_not_guessed_at(text: str) -> None:
    """It is told as a mistake instead."""
    assert parse(text) is None


def test_objectives_are_kept_and_broken_by_what_was_seen(tmp_path: Path) -> None:
    """Latency, errors and counts; by operation, actor and kind; processor, memory and restarts. k6's names work."""
    run = run_folder(
        tmp_path / "run", slower(1.0, where=lambda s: s.operation == "portal.submit" and s.actor == "citizen")
    )
    results = judged(
        tmp_path,
        """
        [thresholds]
        "latency{operation:portal.search}" = ["p(95)<200", "max<150"]
        "http_req_duration{operation:*.submit,actor:citizen}" = ["p(95)<800"]
        "latency{kind:dossier-*}" = ["med<1000"]
        "errors" = ["rate<0.01"]
        "http_reqs{actor:company_agent}" = ["count==100"]
        "dropped_iterations" = ["count<1"]
        "cpu" = ["avg<50"]
        "memory{service:portal}" = ["max<110"]
        "restarts" = ["count<1"]
        """,
        run,
    )
    answers = [f"{one.objective.metric} {one.objective.expression.text} {one.answer}" for one in results]
    assert answers == [
        "latency p(95)<200 KEPT",
        "latency max<150 BROKEN",
        "latency p(95)<800 BROKEN",
        "latency med<1000 KEPT",
        "errors rate<0.01 KEPT",
        "requests count==100 KEPT",
        "dropped count<1 KEPT",
        "cpu avg<50 BROKEN",
        "memory max<110 KEPT",
        "restarts count<1 KEPT",
    ]
    assert next(one.value for one in results if one.objective.metric == "cpu") == pytest.approx(60)


def test_signs_are_those_of_k6(tmp_path: Path) -> None:
    """Equal in both of its writings, and unequal."""
    run = run_folder(tmp_path / "run")
    text = '[thresholds]\n"restarts" = ["count===0", "count==0", "count!=0", "count!=3"]'
    assert [one.answer for one in judged(tmp_path, text, run)] == ["KEPT", "KEPT", "BROKEN", "KEPT"]


def test_requests_have_a_rate_a_second(tmp_path: Path) -> None:
    """400 in 100 s are 4 a second, of one kind of actor a quarter of that; a phase counts its own seconds."""
    run = run_folder(tmp_path / "run")
    results = judged(
        tmp_path,
        """
        [phases]
        rush = "08:00 09:00"
        [thresholds]
        "http_reqs" = ["rate>3.9", "count==400"]
        "requests{actor:company_agent}" = ["rate<1.1"]
        "requests{phase:rush}" = ["rate>=4", "count==40"]
        """,
        run,
    )
    assert [one.value for one in results] == pytest.approx([4.0, 400, 1.0, 4.0, 40])
    assert {one.answer for one in results} == {"KEPT"}


def test_what_was_dropped_may_have_been_what_breaks(tmp_path: Path) -> None:
    """Bounds that those who came have kept are unknown, one that they broke is broken; machines are as they were."""
    run = run_folder(tmp_path / "run")
    book = Writer(run / "journal" / "worker-1.ndjson")
    book.write(Event(at=5.0, event="dropped", subject="browse-1"))
    book.close()
    text = '[thresholds]\n"latency" = ["p(95)<800", "p(95)<10"]\n"dropped" = ["count<2"]\n"restarts" = ["count<1"]'

    results = judged(tmp_path, text, run)

    assert [one.answer for one in results] == ["UNKNOWN", "BROKEN", "KEPT", "KEPT"]
    assert "dropped 1 arrivals" in results[0].reason.en


def test_a_phase_is_official_time(tmp_path: Path) -> None:
    """Between eight and nine, a tenth of the day's operations were slow; the phase sees nothing else."""
    at_eight = slower(1.0, where=lambda seen: 20.0 <= seen.intended < 30.0)
    run = run_folder(tmp_path / "run", at_eight)
    rush, rest = judged(
        tmp_path,
        """
        [phases]
        rush = "08:00 09:00"
        rest = "09:00 16:00"
        [thresholds]
        "latency{phase:rush}" = ["min>1000"]
        "latency{phase:rest}" = ["max<500"]
        """,
        run,
    )
    assert (rush.answer, rush.count) == ("KEPT", COUNT / 10)
    assert (rest.answer, rest.count) == ("KEPT", 7 * COUNT / 10)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda run: (run / "journal" / "worker-0.ndjson").write_bytes(b""), "no observation"),
        (
            lambda run: Writer(run / "journal" / "driver.ndjson").write(Event(at=1.0, event="worker-lost")),
            "lost 1 worker",
        ),
    ],
    ids=["nothing seen", "worker lost"],
)
def test_what_was_not_measured_is_unknown(damage: Callable[[Path], object], why: str, tmp_path: Path) -> None:
    """An objective is never kept by an empty or a broken journal."""
    run = run_folder(tmp_path / "run")
    damage(run)
    (result,) = judged(tmp_path, '[thresholds]\n"latency" = ["p(95)<800"]', run)
    assert result.answer == "UNKNOWN"
    assert why in result.reason.en


def test_a_generator_that_was_late_has_measured_itself(tmp_path: Path) -> None:
    """With more than 1 % of late starts latencies are UNKNOWN; the lateness itself can still be asked for."""

    def late(number: int, seen: Observation) -> Observation:
        fields = {name: getattr(seen, name) for name in seen.__struct_fields__}
        return Observation(**fields | {"start": seen.intended + (0.05 if number % 20 == 0 else 0.0)})

    run = run_folder(tmp_path / "run", late)
    text = '[thresholds]\n"latency" = ["p(95)<800"]\n"late" = ["rate<0.01"]'
    assert [one.answer for one in judged(tmp_path, text, run)] == ["UNKNOWN", "BROKEN"]


def test_every_mistake_in_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Unknown metrics, tags, phases and aggregates, and expressions that are none, each with the nearest right one."""
    text = """
    [phases]
    rush = "9 to 5"
    [thresholds]
    "latencies" = ["p(95)<800"]
    "latency{operations:portal.*}" = ["p(95)<800"]
    "latency{phase:rash}" = ["p(95)<800"]
    "errors" = ["p(95)<1", "rate<1%"]
    """
    with pytest.raises(BadInputError) as refused:
        files.load(written(tmp_path, text))
    told = [mistake.into("en") for mistake in refused.value.mistakes]
    assert len(told) == 6
    assert any("Did you mean “rush”?" in line for line in told)
    assert any("errors has no “p(95)”. Write it as k6 does, e.g. rate<0.01" in line for line in told)
    assert any("Did you mean “latency”?" in line for line in told)
    assert any("Did you mean “operation”?" in line for line in told)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"memory" = ["max<900MB"]', "e.g. max<900 (memory in MB; no unit is written; there is avg, min, med"),
        ('"restarts" = ["max<1"]', "restarts has no “max”. Write it as k6 does, e.g. count<1"),
        ('"mem" = ["max<900"]', "there is no “mem”. Did you mean “memory”?"),
        ('"memory{services:portal}" = ["max<900"]', "Did you mean “service”?"),
        ('"latency{operation:portal.sumbit}" = ["max<9"]', "Did you mean “portal.submit”?"),
        ('"latency{kind:dossier-onlin*}" = ["max<9"]\n"latency{kind:dossir-*}" = ["max<9"]', "there is no “dossir-*”."),
        ('"cpu{phase:rush}" = ["max<9"]', 'Add a table [phases], e.g. rush = "08:00 09:30".'),
        ('"pool" = 3', "has to be a list of texts, found 3."),
    ],
)
def test_a_mistake_says_how_it_is_written(tmp_path: Path, text: str, says: str) -> None:
    """One line a mistake, with the metric's own unit, aggregates and example, or the nearest name."""
    with pytest.raises(BadInputError) as refused:
        files.load(written(tmp_path, f"[thresholds]\n{text}\n"))
    (told,) = [mistake.into("en") for mistake in refused.value.mistakes]
    assert says in told


def test_a_single_bound_needs_no_list(tmp_path: Path) -> None:
    """Short and long form."""
    text = '[thresholds]\n"memory" = "max<900"\n"restarts" = { threshold = "count<1", abortOnFail = true }\n'
    read = files.load(written(tmp_path, text)).objectives
    assert [(one.title, one.ends_after) for one in read] == [("memory max<900", None), ("restarts count<1", 0.0)]


def test_every_metric_s_example_is_a_bound_that_it_can_have(tmp_path: Path) -> None:
    """What a message shows can be copied."""
    text = "[thresholds]\n" + "".join(f'"{name}" = "{one.example}"\n' for name, one in METRICS.items())
    assert len(files.load(written(tmp_path, text)).objectives) == len(METRICS)


def test_a_worse_run_breaks_beside_its_baseline_and_the_same_one_does_not(tmp_path: Path) -> None:
    """Half a second more at p95 is told with its interval, though the bound is kept; the same run again is none."""
    before = run_folder(tmp_path / "before")
    slow = run_folder(tmp_path / "slow", slower(0.5))
    text = '[thresholds]\n"latency" = ["p(95)<5000"]'
    (worse,) = judged(tmp_path, text, slow, baseline=before)
    (same,) = judged(tmp_path, text, before, baseline=before)
    assert (worse.answer, same.answer) == ("BROKEN", "KEPT")
    assert worse.comparison is not None
    assert worse.comparison.low < 500 < worse.comparison.high
    assert same.comparison is not None
    assert same.comparison.change == "none shown"


def test_the_command_writes_junit_and_markdown_and_exits_by_the_answer(tmp_path: Path) -> None:
    """Exit 1 for a broken objective; CI reads the failure, people read the table."""
    run = run_folder(tmp_path / "run")
    file = written(tmp_path, '[thresholds]\n"latency" = ["p(95)<50", "p(95)<800"]')
    junit, markdown = tmp_path / "junit.xml", tmp_path / "summary.md"
    done = CliRunner().invoke(
        command, [str(file), str(run), "--junit", str(junit), "--markdown", str(markdown)], standalone_mode=False
    )
    assert (done.return_value, done.exception) == (1, None)
    suite = etree.fromstring(junit.read_bytes())
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    (failure,) = suite.iter("failure")
    assert "yêu cầu < 50" in str(failure.get("message"))
    assert "wanted < 50" in str(failure.text)
    assert "| ❌ | `latency` | `p(95)<50` |" in markdown.read_text()
    assert "| ✅ | `latency` | `p(95)<800` |" in markdown.read_text()


def test_pools_and_disks_are_gates_where_a_run_was_watched(tmp_path: Path) -> None:
    """The fullest pool of each look; sessions that wait for a disk of those that work; unknown where nobody looked."""
    run = run_folder(tmp_path / "run")
    text = '[thresholds]\n"pool" = ["max<90", "med<60"]\n"pool{service:lgsp}" = ["max<20"]\n"disk" = ["avg<30"]\n'
    assert {one.answer for one in judged(tmp_path, text, run)} == {"UNKNOWN"}
    sessions = [("IO:WalSync", "active"), ("", "active"), ("Client:ClientRead", "idle in transaction"), ("", "active")]
    backends = [
        {"database": "portal", "state": state, "wait": wait, "seconds": 0.01, "statement": "SELECT 1"}
        for wait, state in sessions
    ]
    lines = [
        {
            "at": 1000.0 + look, "processors": 2, "busy": 1.0, "backends": backends,
            "services": {
                "portal": {"database_connections_most": 16.0, "database_connections_busy": 16.0 if look == 3 else 8.0},
                "lgsp": {"database_connections_most": 10.0, "database_connections_busy": 1.0},
            },
        }
        for look in range(10)
    ]  # fmt: skip
    watched = "".join(json.dumps(line) + "\n" for line in lines)
    (run / "metrics" / "watch.ndjson").write_text(watched, encoding="utf-8")

    results = judged(tmp_path, text, run)

    assert [(round(one.value or 0), one.answer) for one in results] == [
        (100, "BROKEN"), (50, "KEPT"), (10, "KEPT"), (33, "BROKEN"),
    ]  # fmt: skip
