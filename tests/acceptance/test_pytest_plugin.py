"""The example project for CI: its steps run as the workflows write them; it passes, and sabotaged it fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT
from lxml import etree

_EXAMPLE = Path("docs/examples/ci")
_INSTALLS = "make .venv/.ready-dev"  # what this very process runs from


def _steps(workflow: str) -> list[str]:
    """The quick tier's commands as a workflow file has them."""
    text = (ROOT / _EXAMPLE / workflow).read_text("utf-8")
    return re.findall(r"(?:run: |^ +- |sh ')(PYTHON=[^'\n]+|make [^'\n]+)", text, re.MULTILINE)


@pytest.mark.parametrize("workflow", ["github.yml", "gitlab.yml", "Jenkinsfile"])
def test_every_workflow_installs_and_then_runs_the_same_script(workflow: str) -> None:
    """One script, so that a step that works locally works on each of them."""
    steps = _steps(workflow)
    assert steps[0] == _INSTALLS
    assert 'PYTHON="$PWD/.venv/bin/python" docs/examples/ci/tinhmau.sh quick' in steps


@pytest.mark.nightly
@pytest.mark.parametrize(("sabotage", "fails"), [("", 0), ("dossier-lost", 2)])
def test_the_example_project_passes_and_sabotaged_fails_with_the_reason(
    tmp_path: Path, sabotage: str, fails: int
) -> None:
    """The step as it is written, in a copy of the example."""
    place = tmp_path / _EXAMPLE
    shutil.copytree(ROOT / _EXAMPLE, place, ignore=shutil.ignore_patterns("out"))
    step = next(step for step in _steps("github.yml") if step.endswith("quick"))
    step = step.replace("$PWD/.venv/bin/python", sys.executable)
    environment = {**os.environ, "SABOTAGE": sabotage, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", step], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    suite = etree.parse(place / "out" / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", str(fails), "0"), done.stdout
    assert (done.returncode == 0) == (fails == 0)
    if fails:
        assert "BROKEN" in done.stdout
