"""A province in somebody's pytest: `pytest_plugins = ["tinhmau.pytest_plugin"]` in their conftest.py.

@pytest.mark.tinhmau(scenario="toy", faults=["kill:portal@10:30"], objectives="objectives.toml")
def test_the_day_holds(tinhmau_run):
    tinhmau_run.must_be_kept()

Every different mark is one run of `tinhmau verify`, in a process of its own, made once for all tests that ask for it
(with pytest-xdist: once a worker). Run pytest with `-p no:locust`: Locust's own plugin patches the whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra import stack as stacks
from infra.stack import Stack
from simulation.text import Language, Text
from tinhmau import change_request, exits
from verification import evidence
from verification.answer import Answer
from verification.objectives import files
from verification.objectives.gates import needs_watching
from verification.objectives.judging import ObjectiveResult, judge, overall

_ANSWERED = (exits.KEPT, exits.BROKEN, exits.UNKNOWN)
_SHOWN = 8
_MARK = "tinhmau(*, scenario='toy', seed=20180822, faults=(), sabotage='', objectives=''): the day a test is about"


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a mark asks for. Two tests whose marks ask for the same run get the same."""

    scenario: str = "toy"
    seed: int = 20180822
    faults: tuple[str, ...] = ()
    sabotage: str = ""
    objectives: str = ""  #: file beside the test


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A day that was driven and judged."""

    folder: Path  #: docs/run-folder.md
    verdict: Mapping[str, Any]  #: verdict.json
    objectives: tuple[ObjectiveResult, ...] = ()

    @property
    def answer(self) -> Answer:
        """KEPT, BROKEN or UNKNOWN: laws, requirements and objectives together, the worst of them."""
        answers = {self.verdict["answer"], *([overall(self.objectives)] if self.objectives else [])}
        return "BROKEN" if "BROKEN" in answers else "UNKNOWN" if "UNKNOWN" in answers else "KEPT"

    def must_be_kept(self) -> None:
        """Fail the test with every reason, unless the answer is KEPT: UNKNOWN is no pass."""
        if self.answer != "KEPT":
            pytest.fail(f"{self.answer}\n{self._reasons()}\n{self.folder / 'report.html'}", pytrace=False)

    def _reasons(self) -> str:
        told = [f" • {reason}" for reason in self.verdict["reasons"][:_SHOWN]]
        told += [
            f" • Mục tiêu {one.objective.title}: {one.reason.vi}" for one in self.objectives if one.answer != "KEPT"
        ]
        return "\n".join(dict.fromkeys(told))  # the verdict of a run made with --objectives tells them, too


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where the runs are kept, for CI to keep as artefacts."""
    parser.addoption("--tinhmau-runs", default="", help="folder for tinhmau's run folders; a temporary one by default")
    parser.addoption("--tinhmau-summary", default="", help="Markdown file to write, for a change request")
    parser.addoption("--tinhmau-baseline", default="", help="earlier run folder that objectives are compared with")


_SUMMARIES = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and begin a fresh summary: an old one must not pass for this session's."""
    config.addinivalue_line("markers", _MARK)
    config.stash[_SUMMARIES] = {}
    _summarise(config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the summary."""
    _summarise(session.config)


def _summarise(config: pytest.Config) -> None:
    target = config.getoption("--tinhmau-summary")
    if target:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).write_text("\n".join(config.stash[_SUMMARIES].values()), encoding="utf-8")


@pytest.fixture(scope="session")
def tinhmau_runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where run folders are put."""
    given = request.config.getoption("--tinhmau-runs")
    if not given:
        return tmp_path_factory.mktemp("tinhmau")
    # Workers of pytest-xdist drive at the same time: in one folder, one's `latest` could be another's run.
    return Path(given).resolve() / os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture(scope="session")
def _tinhmau_driven() -> dict[Wanted, Path]:
    """Runs that have been made."""
    return {}


@pytest.fixture
def tinhmau_run(request: pytest.FixtureRequest, tinhmau_runs: Path, _tinhmau_driven: dict[Wanted, Path]) -> Run:
    """The marked day, driven and judged. Fails where tinhmau could not do what the mark asks."""
    wanted = _wanted(request)
    objectives = request.path.parent / wanted.objectives if wanted.objectives else None
    key = for_the_run(wanted, objectives)
    if key not in _tinhmau_driven:
        _tinhmau_driven[key] = drive(key, tinhmau_runs)
    folder = _tinhmau_driven[key]
    earlier = request.config.getoption("--tinhmau-baseline")
    run = read(
        folder,
        objectives=objectives,
        baseline=Path(earlier) if earlier else None,
    )
    told = request.config.stash[_SUMMARIES]
    if run.objectives or folder.name not in told:
        spoken: Language = "en" if os.environ.get("TINHMAU_LANG") == "en" else "vi"
        told[folder.name] = change_request.document(folder, run.answer, run.verdict, run.objectives, language=spoken)
    return run


def read(folder: Path, *, objectives: Path | None = None, baseline: Path | None = None) -> Run:
    """A run that was made and judged before, held against objectives and beside an earlier run."""
    results: Sequence[ObjectiveResult] = ()
    if objectives:
        earlier = evidence.gather(baseline) if baseline else None
        results = judge(files.load(objectives), evidence.gather(folder), baseline=earlier)
    verdict = msgspec.json.decode((folder / "verdict.json").read_bytes())
    return Run(folder=folder, verdict=verdict, objectives=tuple(results))


@pytest.fixture(scope="session")
def tinhmau_stack(tinhmau_runs: Path) -> Iterator[Stack]:
    """A toy province that runs as long as the session: addresses to send one's own requests to."""
    runs = tinhmau_runs / "standing"
    _tinhmau("up", "--scenario", "toy", "--runs", str(runs))
    try:
        yield stacks.load(runs / "latest" / "stack.json")
    finally:
        _tinhmau("down", "--runs", str(runs))


def _wanted(request: pytest.FixtureRequest) -> Wanted:
    mark = request.node.get_closest_marker("tinhmau")
    if mark is not None and mark.args:
        pytest.fail(f"@pytest.mark.tinhmau: {mark.args}: keywords only. Viết / write: {_MARK}", pytrace=False)
    try:
        return msgspec.convert(dict(mark.kwargs) if mark else {}, Wanted)
    except msgspec.ValidationError as error:
        pytest.fail(f"@pytest.mark.tinhmau: {error}. Viết / write: {_MARK}", pytrace=False)


def for_the_run(wanted: Wanted, objectives: Path | None) -> Wanted:
    """What the run itself needs to know: it is shared by tests with different objectives, unless these can end it.

    Or unless it has to be watched for them.
    """
    wanted_of_it = files.load(objectives).objectives if objectives else ()
    if not any(one.ends_after is not None or needs_watching(one) for one in wanted_of_it):
        return msgspec.structs.replace(wanted, objectives="")
    return msgspec.structs.replace(wanted, objectives=str(objectives))


def drive(wanted: Wanted, runs: Path) -> Path:
    """One `tinhmau verify`; returns its run folder."""
    arguments = ["--scenario", wanted.scenario, "--seed", str(wanted.seed), "--runs", str(runs)]
    for fault in wanted.faults:
        arguments += ["--fault", fault]
    if wanted.objectives:
        arguments += ["--objectives", wanted.objectives]
    if wanted.sabotage:
        arguments += ["--sabotage", wanted.sabotage]
    before = {folder.resolve() for folder in runs.glob("*")}
    _tinhmau("verify", *arguments)
    folder = (runs / "latest").resolve()
    if folder in before or not (folder / "verdict.json").is_file():  # e.g. sabotage="list", which only prints names
        told = f"“tinhmau verify {' '.join(arguments)}”"
        pytest.fail(
            f"{told} không tạo lần chạy nào; kết luận của lần trước không dùng lại. / {told} made no run; an earlier "
            "one's verdict does not stand in for it.",
            pytrace=False,
        )
    return folder


def _tinhmau(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinhmau", *arguments], capture_output=True, text=True, check=False, env=os.environ
    )
    if done.returncode not in _ANSWERED:
        said = Text(
            f"“tinhmau {' '.join(arguments)}” kết thúc với mã {done.returncode}",
            f"“tinhmau {' '.join(arguments)}” ended with {done.returncode}",
        )
        pytest.fail(f"{said.vi} / {said.en}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}", pytrace=False)
