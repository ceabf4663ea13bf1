"""`tinhmau judge`: the verdict again, from the run folder alone."""

from __future__ import annotations

from pathlib import Path

import click

from tinhmau import judging, run_folder, summary
from tinhmau.commands import options
from tinhmau.language import t


@click.command(
    name="judge",
    help=t(
        "Kết luận lại một lần chạy chỉ từ thư mục của nó (mặc định: lần mới nhất).",
        "Judge a run again from its folder alone (the newest by default).",
    ),
)
@options.run
@options.runs
def command(*, run: Path | None, runs: Path) -> int:
    """Judge a run."""
    folder = run_folder.find(run, runs)
    answer = judging.verdict_of(folder)
    summary.show(answer, folder)
    return answer.exit_code
