"""`--fault kill:SERVICE@TIME`: whoever is killed in working hours comes back, and the laws hold all the same."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

import pytest
from command_line import Run, Workplace, laws, verdict, verify

from loadtests.faults import VICTIMS

#: One after another from 07:30 to 15:30; the toy's working day has eleven run seconds, so they come fast.
MINUTES = {victim: 7 * 60 + 30 + 480 * number // (len(VICTIMS) - 1) for number, victim in enumerate(VICTIMS)}
FAULTS = {victim: f"kill:{victim}@{minutes // 60:02d}:{minutes % 60:02d}" for victim, minutes in MINUTES.items()}


@pytest.fixture(scope="module")
def struck() -> Iterator[Run]:
    """A day on which every service, and the database under them, is killed once."""
    workplace = Workplace()
    yield verify(workplace, *(part for fault in FAULTS.values() for part in ("--fault", fault)))
    workplace.close()


def test_the_laws_hold(struck: Run) -> None:
    """With every process killed once, all five laws are kept; at worst a bound of capacity is broken or unknown.

    Eight deaths within eight seconds may also outlast the patience of some clients (INT-06): late, but nothing is lost.
    """
    told = verdict(struck.folder)

    assert set(laws(told).values()) == {"KEPT"}, struck.finished.out
    broken = [one["id"] for one in told["requirements"] if one["answer"] == "BROKEN"]
    assert [one for one in broken if not one.startswith(("CAP-", "INT-06"))] == [], struck.finished.out
    assert struck.left == ()


@pytest.mark.parametrize("victim", VICTIMS)
def test_whoever_was_killed_came_back(struck: Run, victim: str) -> None:
    """The journal has the kill, the samples have the restart and a process that is ready afterwards."""
    entries = (struck.folder / "journal" / "driver.ndjson").read_text("utf-8").splitlines()
    kills = [entry["subject"] for entry in map(json.loads, entries) if entry["event"] == "fault"]
    states = defaultdict(list)
    for line in (struck.folder / "metrics" / "processes.ndjson").read_text("utf-8").splitlines():
        sample = json.loads(line)
        states[sample["service"]].append((sample["restarts"], sample["state"]))

    assert FAULTS[victim] in kills
    assert (1, "ready") in states[victim]
    assert max(restarts for restarts, _ in states[victim]) == 1


def test_the_report_tells_of_the_faults(struck: Run) -> None:
    """Every kill stands among the events of the report, by the name it was given on the command line."""
    page = (struck.folder / "report.html").read_text("utf-8")

    assert [fault for fault in FAULTS.values() if fault not in page] == []
