"""`tinhmau report`: where the report is, written anew if it is missing."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from tinhmau import judging, run_folder, screen
from tinhmau.commands import options
from tinhmau.language import t


@click.command(
    name="report",
    help=t(
        "In đường dẫn báo cáo của một lần chạy; --open mở trình duyệt.",
        "Print where a run's report is; --open shows it.",
    ),
)
@options.run
@options.runs
@click.option("--open", "show", is_flag=True, help=t("Mở bằng trình duyệt.", "Open it in a browser."))
def command(*, run: Path | None, runs: Path, show: bool) -> None:
    """Print (and open) the report."""
    folder = run_folder.find(run, runs)
    path = folder / "report.html"
    if not path.exists():
        judging.verdict_of(folder)
    screen.line(str(path))
    if show and not webbrowser.open(path.as_uri()):
        screen.complain(
            t("Không mở được trình duyệt; hãy mở tệp trên.", "No browser could be opened; open the file above.")
        )
