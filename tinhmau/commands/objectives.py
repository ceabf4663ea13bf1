"""`tinhmau objectives`: a run against a file of objectives, and beside an earlier run."""

from __future__ import annotations

from pathlib import Path

import click

from tinhmau import exits, language, run_folder, screen
from tinhmau.commands import options
from tinhmau.language import t
from verification import evidence
from verification.objectives import files, writing
from verification.objectives.judging import judge, overall

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command(
    name="objectives",
    help=t(
        "So một lần chạy với tệp mục tiêu (ngưỡng viết như k6), và với một lần chạy trước (--baseline).",
        "Hold a run against a file of objectives (thresholds in k6's words), and beside an earlier run (--baseline).",
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar=options.FILE)
@options.run
@options.runs
@click.option(
    "--baseline",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar=options.FOLDER,
    help=t("Lần chạy gốc; kém hơn rõ rệt là không đạt.", "Earlier run; clearly worse than that is broken."),
)
@click.option("--junit", type=_OUT, metavar=options.FILE, help=t("Ghi thêm JUnit XML.", "Write JUnit XML, too."))
@click.option(
    "--markdown", type=_OUT, metavar=options.FILE, help=t("Ghi thêm bảng Markdown.", "Write a Markdown table, too.")
)
def command(
    *, file: Path, run: Path | None, runs: Path, baseline: Path | None, junit: Path | None, markdown: Path | None
) -> int:
    """Judge a run by objectives."""
    objectives = files.load(file)
    folder = run_folder.find(run, runs)
    seen = evidence.gather(folder)
    results = judge(objectives, seen, baseline=evidence.gather(baseline) if baseline else None)
    title = f"{seen.plan.scenario} ({folder.name})"
    summary = writing.markdown(results, title=title, language=language.current())
    screen.line(summary)
    if junit:
        junit.write_bytes(writing.junit(results, name=f"objectives.{seen.plan.scenario}"))
    if markdown:
        markdown.write_text(summary, encoding="utf-8")
    return exits.OF_ANSWER[overall(results)]
