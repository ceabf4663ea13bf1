"""What a fault cost, from what the target and the clients say."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from simulation.journal import Event, Observation, Outcome, Writer
from simulation.timeline import VIETNAM
from tinhmau import recoveries

_BEGAN = datetime(2026, 1, 5, 8, 0, tzinfo=VIETNAM)


def _request(end: float, outcome: Outcome) -> Observation:
    return Observation(
        journey="j", step=1, operation="portal.submit", actor="a", planned=0, intended=0, start=0, end=end,
        outcome=outcome,
    )  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with five requests, at 9, 10.5, 11, 12.5 and 14 seconds."""
    (tmp_path / "journal").mkdir()
    book = Writer(tmp_path / "journal" / "master.ndjson")
    book.write(Event(at=0.0, event="begin", subject="r", detail=f"{_BEGAN.isoformat()}, 2 workers"))
    for end, outcome in ((9.0, "failed"), (10.5, "lost"), (11.0, "ok"), (12.5, "failed"), (14.0, "failed")):
        book.write(_request(end, outcome))  # type: ignore[arg-type]
    book.close()
    return tmp_path


def test_only_requests_that_ended_before_the_service_was_back_count(run: Path) -> None:
    """Killed at 10 s and back after 3: of the three requests in between one got no answer and one failed."""
    recoveries.note(run, [{"act": "kill", "service": "postgresql", "began": _BEGAN.timestamp() + 10.0, "seconds": 3.0}])

    told = msgspec.json.decode((run / "environment.json").read_bytes())["recovery"]
    assert told == {"1. kill postgresql": {"seconds": 3.0, "requests": 3, "failed": 2}}


def test_what_did_not_come_back_has_no_number(run: Path) -> None:
    """Rather than a wrong one."""
    recoveries.note(run, [{"act": "kill", "service": "lgsp", "began": _BEGAN.timestamp(), "seconds": None}])

    told = msgspec.json.decode((run / "environment.json").read_bytes())["recovery"]
    assert told == {"1. kill lgsp": {"seconds": None, "requests": None, "failed": None}}


def test_a_run_without_faults_says_nothing_of_recovery(run: Path) -> None:
    """No empty heading in the report."""
    recoveries.note(run, [])

    assert not (run / "environment.json").exists()
