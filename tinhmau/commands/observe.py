"""`tinhmau observe`: files for Prometheus and Grafana to watch a running province."""

from __future__ import annotations

from pathlib import Path

import click

from infra import observing
from infra import stack as stacks
from simulation.text import Text
from simulation.trouble import TroubleError
from tinhmau import language, run_folder, screen
from tinhmau.commands import options
from tinhmau.language import t


@click.command(
    name="observe",
    help=t(
        "Viết tệp cấu hình Prometheus, cảnh báo và bảng theo dõi Grafana cho tỉnh đang chạy.",
        "Write Prometheus's configuration, alerts and a Grafana dashboard for the running province.",
    ),
)
@options.runs
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("observing"),
    show_default=True,
    help=t("Thư mục để viết vào.", "Folder to write into."),
)
def command(*, runs: Path, out: Path) -> None:
    """Write the files for the newest running province."""
    standing = run_folder.with_stack(runs)
    if not standing:
        raise TroubleError(
            Text("Không có tỉnh nào đang chạy. Dựng bằng: tinhmau up", "No province is running. Place one: tinhmau up")
        )
    stack = stacks.load(standing[-1] / "stack.json")
    for path in observing.write(stack, out, language=language.current()):
        screen.line(str(path))
