"""What the pytest plugin makes of a run folder, and what it tells a change request."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from objective_runs import run_folder, slower

from tinhmau import change_request, pytest_plugin

LAW = {"id": "LAW-1", "title": "Mỗi hồ sơ một lần", "title_en": "Each dossier once", "answer": "KEPT", "checked": 7,
       "violations": []}  # fmt: skip


def judged(folder: Path, answer: str = "KEPT") -> Path:
    """Put a verdict into a run folder."""
    reasons = [] if answer == "KEPT" else ["hồ sơ X mất"] * 10
    verdict = {
        "answer": answer, "scenario": "toy", "seed": 1, "reasons": reasons, "reasons_en": ["dossier X is lost"] * 10,
        "laws": [LAW | {"answer": answer, "violations": [{}] * len(reasons)}],
        "requirements": [{"answer": "KEPT"}, {"answer": answer}],
    }  # fmt: skip
    (folder / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    return folder


def test_a_run_that_is_clearly_worse_than_its_baseline_fails_though_bounds_are_kept(tmp_path: Path) -> None:
    """Half a second more: without the earlier run it passes, beside it it does not, and the reason has both figures."""
    before, now = judged(run_folder(tmp_path / "before")), judged(run_folder(tmp_path / "now", slower(0.5)))
    file = tmp_path / "objectives.toml"
    file.write_text('[thresholds]\n"latency" = ["p(95)<5000"]\n')

    assert pytest_plugin.read(now, objectives=file).answer == "KEPT"
    run = pytest_plugin.read(now, objectives=file, baseline=before)

    assert run.answer == "BROKEN"
    with pytest.raises(pytest.fail.Exception, match="kém hơn lần chạy gốc"):
        run.must_be_kept()


def test_what_nobody_can_tell_is_no_pass(tmp_path: Path) -> None:
    """UNKNOWN fails a test as BROKEN does."""
    run = pytest_plugin.read(judged(run_folder(tmp_path / "run"), "UNKNOWN"))
    with pytest.raises(pytest.fail.Exception, match="UNKNOWN"):
        run.must_be_kept()


def test_a_change_request_is_told_answer_reasons_laws_and_objectives(tmp_path: Path) -> None:
    """The answer of all together first; of many reasons eight, and how many more; in both languages."""
    file = tmp_path / "objectives.toml"
    file.write_text('[thresholds]\n"latency" = ["p(95)<5000"]\n')
    run = pytest_plugin.read(judged(run_folder(tmp_path / "run"), "BROKEN"), objectives=file)

    told = change_request.document(run.folder, run.answer, run.verdict, run.objectives, language="vi")
    english = change_request.document(run.folder, run.answer, run.verdict, run.objectives, language="en")

    assert told.startswith("### ❌ toy: Không đạt (BROKEN)\n\n- hồ sơ X mất\n")
    assert told.count("- hồ sơ X mất") == 8
    assert "- … 2 lý do nữa" in told
    assert "| ❌ | LAW-1 Mỗi hồ sơ một lần | 7 | 10 |" in told
    assert "Yêu cầu đạt: 1 trên 2." in told
    assert "| ✅ | `latency` | `p(95)<5000` |" in told
    assert "- dossier X is lost" in english
    assert "Each dossier once" in english


def test_objectives_alone_can_break_a_kept_day_in_the_summary(tmp_path: Path) -> None:
    """The heading is the answer that fails the test, not the verdict's."""
    file = tmp_path / "objectives.toml"
    file.write_text('[thresholds]\n"latency" = ["p(95)<5"]\n')
    run = pytest_plugin.read(judged(run_folder(tmp_path / "run")), objectives=file)

    told = change_request.document(run.folder, run.answer, run.verdict, run.objectives, language="en")

    assert told.startswith("### ❌ toy: Broken (BROKEN)")
    assert "wanted < 5" in told


@pytest.mark.parametrize(
    "text", ['"errors" = [{ threshold = "rate<0.01", abortOnFail = true }]', '"pool" = ["max<90"]']
)
def test_only_objectives_that_the_run_has_to_know_are_given_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """One that can end the day, one that it is watched for; others are judged afterwards and share a run."""
    said: list[str] = []
    runs = tmp_path / "runs"
    runs.mkdir()

    def driven(*words: str) -> None:
        said.extend(words)
        judged(run_folder(runs / "now"))
        (runs / "latest").symlink_to("now")

    monkeypatch.setattr(pytest_plugin, "_tinhmau", driven)
    file = tmp_path / "objectives.toml"
    file.write_text('[thresholds]\n"errors" = ["rate<0.01"]\n')
    assert pytest_plugin.for_the_run(pytest_plugin.Wanted(objectives=file.name), file).objectives == ""
    file.write_text(f"[thresholds]\n{text}\n")

    pytest_plugin.drive(pytest_plugin.for_the_run(pytest_plugin.Wanted(objectives=file.name), file), runs)

    assert said[-2:] == ["--objectives", str(file)]


@pytest.mark.parametrize("there_before", [True, False])
def test_a_command_that_makes_no_run_fails_and_an_earlier_verdict_does_not_stand_in(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there_before: bool,  # noqa: FBT001 -- a table's column
) -> None:
    """`sabotage="list"` only prints names and ends with 0: yesterday's KEPT is not its answer."""
    if there_before:
        judged(run_folder(tmp_path / "yesterday"))
        (tmp_path / "latest").symlink_to("yesterday")
    monkeypatch.setattr(pytest_plugin, "_tinhmau", lambda *_: None)

    with pytest.raises(pytest.fail.Exception, match="made no run"):
        pytest_plugin.drive(pytest_plugin.Wanted(sabotage="list"), tmp_path)


def test_workers_that_drive_at_the_same_time_keep_their_runs_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else one's `latest` could be the other's run, and a broken day pass for a kept one."""
    told = {"--tinhmau-runs": str(tmp_path)}
    request = SimpleNamespace(config=SimpleNamespace(getoption=told.get))
    of_worker = []
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        of_worker.append(pytest_plugin.tinhmau_runs.__wrapped__(request, None))  # type: ignore[attr-defined]

    assert of_worker == [tmp_path / "gw0", tmp_path / "gw1"]
