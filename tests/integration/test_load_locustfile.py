"""Locust by hand: `locust -f loadtests/locustfile.py` without anybody who drives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from load_stand_in import StandIn, journey, plan_of, stack_of

from loadtests import where
from simulation import journal as journals

LOCUSTFILE = Path(where.__file__).with_name("locustfile.py")


def locust(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Locust alone (master and worker in one) in a folder."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TINHMAU_", "LOCUST_"))}
    return subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary", *options],
        cwd=folder,
        env={**clean, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_locust_alone_walks_the_plan_and_ends_by_itself(tmp_path: Path) -> None:
    """Named by the environment, the plan is walked whole; Locust's own statistics know the operations."""
    walk = [journey(f"browse-{number}", (number / 20, "portal.home", {})) for number in range(20)]
    with StandIn() as province:
        ended = locust(
            tmp_path,
            "--csv",
            "statistics",
            **{
                where.PLAN: str(plan_of(walk, tmp_path, seconds=1.0)),
                where.STACK: str(stack_of(province.origin, tmp_path)),
                where.JOURNAL: str(tmp_path / "journal"),
            },
        )
    assert ended.returncode == 0, ended.stderr
    journal = journals.read(tmp_path / "journal")
    assert sorted(seen.journey for seen in journal.observations) == sorted(each.id for each in walk)
    assert [event.event for event in journal.events] == ["begin", "end"]
    assert "GET,portal.home,20,0," in (tmp_path / "statistics_stats.csv").read_text()


def test_locust_without_a_plan_says_how_to_get_one(tmp_path: Path) -> None:
    """Nothing named and nothing running: exit 64, both ways out, no traceback."""
    ended = locust(tmp_path)
    assert ended.returncode == 64
    assert "tinhmau simulate" in ended.stderr
    assert "tinhmau up" in ended.stderr
    assert "Traceback" not in ended.stderr
