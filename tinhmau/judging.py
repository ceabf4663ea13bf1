"""The last phase of the main job: verdict and report, which need nothing but the run folder."""

from __future__ import annotations

from pathlib import Path

from simulation.text import Text
from tinhmau import screen
from verification import verdict
from verification.report import render
from verification.verdict import Verdict


def verdict_of(run: Path) -> Verdict:
    """Judge a run from its folder, write the verdict and the report."""
    with screen.progress(Text("Đối soát và kết luận", "Reconciling and judging")) as tell:
        answer = verdict.judge(run, progress=tell)
        verdict.write(answer, run)
    with screen.progress(Text("Viết báo cáo", "Writing the report")):
        render(run, answer)
    return answer
