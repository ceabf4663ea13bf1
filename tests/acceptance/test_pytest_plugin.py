"""The example project for CI: its steps run as the workflows write them; it passes, and sabotaged it fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command_line import ROOT, Workplace
from lxml import etree

_EXAMPLE = Path("docs/examples/ci")
_INSTALLS = "make .venv/.ready-dev"  # what this very process runs from
_TIERS = ("quick", "nightly", "soak")


def _of_github() -> list[str]:
    jobs = yaml.safe_load((ROOT / _EXAMPLE / "github.yml").read_text("utf-8"))["jobs"]
    return [step["run"] for step in jobs["province"]["steps"] if "run" in step]


def _of_gitlab() -> list[str]:
    jobs = yaml.safe_load((ROOT / _EXAMPLE / "gitlab.yml").read_text("utf-8"))
    return [line for job in jobs.values() for line in job["script"]]


def _of_jenkins() -> list[str]:
    return re.findall(r"\bsh '([^']+)'", (ROOT / _EXAMPLE / "Jenkinsfile").read_text("utf-8"))


STEPS = {"github.yml": _of_github(), "gitlab.yml": _of_gitlab(), "Jenkinsfile": _of_jenkins()}


class Project:
    """A copy of the example in a checkout whose `.venv` is this process's own; steps run there as they are written."""

    def __init__(self, folder: Path) -> None:
        """Copy."""
        self.folder, self.out = folder, folder / _EXAMPLE / "out"
        shutil.copytree(ROOT / _EXAMPLE, folder / _EXAMPLE, ignore=shutil.ignore_patterns("out"))
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    def step(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one step, as runners do: by a shell that stops at the first error."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        return subprocess.run(
            ["bash", "-e", "-c", text], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def counts(self, tier: str) -> tuple[str | None, ...]:
        """Tests, failures and errors, as CI reads them."""
        suite = etree.parse(self.out / f"junit-{tier}.xml").getroot().find("testsuite")
        assert suite is not None
        return suite.get("tests"), suite.get("failures"), suite.get("errors")


def _the_step(tier: str) -> str:
    """The one text by which all three start a tier."""
    (text,) = {step for steps in STEPS.values() for step in steps if step.endswith(f"tinhmau.sh {tier}")}
    return text


@pytest.mark.parametrize("workflow", STEPS)
def test_every_workflow_installs_and_runs_every_tier_by_the_same_script(workflow: str) -> None:
    """One script, so that a step that works locally works on each of them; nothing else is run but the summary."""
    steps = STEPS[workflow]
    assert steps[0] == _INSTALLS
    known = {_INSTALLS, *map(_the_step, _TIERS), 'cat docs/examples/ci/out/summary-*.md >> "$GITHUB_STEP_SUMMARY"'}
    assert set(map(_the_step, _TIERS)) <= set(steps) <= known


def test_the_installing_step_is_a_target_of_the_makefile() -> None:
    """Only looked at: this process runs from what it makes."""
    done = subprocess.run(["make", "-n", *_INSTALLS.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_tier_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """Exit 64, and the names that there are."""
    done = Project(tmp_path).step(_the_step("quick").replace("quick", "quik"))
    assert (done.returncode, done.stdout.strip()) == (64, "tinhmau.sh quick | nightly | soak")


@pytest.mark.nightly
@pytest.mark.parametrize(("sabotage", "fails"), [("", 0), ("dossier-lost", 2)])
def test_the_quick_tier_passes_and_sabotaged_fails_with_the_reason(tmp_path: Path, sabotage: str, fails: int) -> None:
    """The step as it is written; JUnit, and a summary that GitHub's own step takes over, both say what broke."""
    project = Project(tmp_path)
    done = project.step(_the_step("quick"), SABOTAGE=sabotage)

    assert project.counts("quick") == ("2", str(fails), "0"), done.stdout
    assert (done.returncode == 0) == (fails == 0)
    assert ("BROKEN" in done.stdout) == bool(fails)
    taken = tmp_path / "github-summary.md"
    (take,) = [step for step in STEPS["github.yml"] if "GITHUB_STEP_SUMMARY" in step]
    assert project.step(take, GITHUB_STEP_SUMMARY=str(taken)).returncode == 0
    told = taken.read_text("utf-8")
    assert ("### ❌ toy: Không đạt (BROKEN)" if fails else "### ✅ toy: Đạt (KEPT)") in told
    assert "`latency{operation:portal.*}`" in told


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_the_other_tiers_run_as_they_are_written(tmp_path: Path) -> None:
    """The soak on a day of seconds instead of half an hour; the search whole, whose answer depends on the machine."""
    project = Project(tmp_path)

    soaked = project.step(_the_step("soak"), SOAK_SCENARIO="toy")
    searched = project.step(_the_step("nightly"))

    assert (soaked.returncode, project.counts("soak")) == (0, ("1", "0", "0")), soaked.stdout
    assert searched.returncode in {0, 1, 2}, searched.stdout + searched.stderr
    assert (project.out / "summary-nightly.md").read_text("utf-8").startswith("### ")


def test_a_standing_stack_and_a_slip_in_a_mark(workplace: Workplace, tmp_path: Path) -> None:
    """`tinhmau_stack` stands for the session and is gone after it; an unusable mark is told with the right form."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "conftest.py").write_text('pytest_plugins = ["tinhmau.pytest_plugin"]\n')
    (project / "test_it.py").write_text(
        "import urllib.request\n"
        "import pytest\n"
        "def test_a_stack_answers(tinhmau_stack):\n"
        "    with urllib.request.urlopen(tinhmau_stack.endpoints['portal'] + '/') as answer:\n"
        "        assert answer.status == 200\n"
        "@pytest.mark.tinhmau(scenari='toy')\n"
        "def test_a_slip(tinhmau_run):\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:locust", "--tinhmau-runs", str(workplace.runs),
               "--tinhmau-summary", "summary.md", "."]  # fmt: skip
    done = subprocess.run(
        command, cwd=project, env=workplace.environment() | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout
    assert "1 error" in done.stdout
    assert "scenari" in done.stdout
    assert (project / "summary.md").read_text() == ""
    assert workplace.left_behind() == []
