"""`tinhmau rollout`: the roll-out of LGSPs to the nation's 93 bodies, played on a running province (FIG-LGSP)."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from infra import bodies
from infra import stack as stacks
from infra.trouble import TargetError
from loadtests import rollout
from loadtests.control import ControlError
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from tinhmau import exits, run_folder, screen
from tinhmau.commands import options
from tinhmau.language import number, t


@click.command(
    name="rollout",
    help=t(
        "Diễn lại việc mở LGSP tới 93 bộ, tỉnh trên hệ thống đang chạy: từng ngày, hỏi mọi nơi qua LGSP, và so với số "
        "báo chí.",
        "Play the roll-out of LGSPs to 93 ministries and provinces on a running stack: day by day, ask everybody "
        "through the LGSP, and compare with what the press said.",
    ),
)
@options.runs
@click.option(
    "--steps",
    type=click.IntRange(2, 60),
    default=7,
    show_default=True,
    help=t("Số ngày được diễn.", "How many days are played."),
)
def command(*, runs: Path, steps: int) -> int:
    """Play it; KEPT when every published day comes out as published."""
    standing = run_folder.with_stack(runs)
    if not standing:
        found = Text("không có tỉnh nào đang chạy.", "no province is running.")
        way_out = Text("Chạy “tinhmau up” trước.", "Run “tinhmau up” first.")
        raise BadInputError([Mistake(file=str(runs), key="stack.json", found=found, way_out=way_out)])
    published = {one.day: one for one in bodies.rollout().published}
    first, last = min(published), max(published)
    days = sorted({*published, *(first + (last - first) * step / (steps - 1) for step in range(steps))})
    table = Table(
        t("ngày", "day"), t("đã nối", "reached"), t("tỷ lệ", "share"), t("báo chí", "press"), t("khác", "difference")
    )
    code = exits.KEPT
    try:
        for seen in rollout.play(stacks.load(standing[-1] / "stack.json"), days):
            told = published.get(seen.day)
            difference = seen.share_percent - told.share_percent if told else None
            if seen.failed or (difference is not None and abs(difference) >= 0.05):  # noqa: PLR2004 -- as printed
                code = exits.BROKEN
            table.add_row(
                f"{seen.day:%d/%m/%Y}",
                f"{seen.answered}/{seen.asked}",
                f"{number(seen.share_percent, places=1)} %",
                f"{number(told.share_percent, places=1)} %" if told else "",
                number(difference, places=1) if difference is not None else "",
            )
    except ControlError as error:
        raise TargetError(Text(f"Không diễn được: {error}", f"It cannot be played: {error}")) from error
    screen.out.print(table)
    told_by = bodies.rollout()
    screen.line(t(f"Nguồn: {told_by.source.vi}.", f"Source: {told_by.source.en}."))
    screen.line(t(f"Giả định: {told_by.assumed.vi}.", f"Assumed: {told_by.assumed.en}."))
    return code
