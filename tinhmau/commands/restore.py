"""`tinhmau restore`: a lost data centre again, from its backup alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from infra import stack as stacks
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.timeline import VIETNAM
from tinhmau import run_folder, screen, targets
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.commands.stack import LEFT_RUNNING
from tinhmau.language import t


@click.command(
    name="restore",
    help=t(
        "Phục hồi trung tâm dữ liệu đã mất từ thư mục sao lưu (tinhmau up --target docker --backup THƯ_MỤC), toàn bộ "
        "hoặc tới một thời điểm, và để chạy.",
        "Restore a lost data centre from its backup's folder (tinhmau up --target docker --backup FOLDER), whole or as "
        "it was at a point in time, and leave it running.",
    ),
)
@click.argument("backup", type=click.Path(path_type=Path, file_okay=False), metavar=t("THƯ_MỤC", "FOLDER"))
@click.option(
    "--until",
    default="",
    metavar=t("THỜI_ĐIỂM", "TIME"),
    help=t(
        "Dừng cơ sở dữ liệu ở thời điểm này, ví dụ 2026-01-05T10:30:00 (giờ Việt Nam); mặc định là tới hết.",
        "Stop the database at this time, e.g. 2026-01-05T10:30:00 (Việt Nam's time); to the end by default.",
    ),
)
@options.runs
def command(*, backup: Path, until: str, runs: Path) -> None:
    """Bring it up and say where it is."""
    with Attempts() as attempt:
        attempt(targets.check, "docker")
        point = attempt(point_of, until)
    from infra.docker_target.target import DockerTarget, Options  # noqa: PLC0415 -- its libraries are an extra

    run = run_folder.create(runs, "restored")
    run_folder.write_environment(run, target="docker", **{LEFT_RUNNING: True})
    with screen.progress(Text("Phục hồi từ bản sao lưu", "Restoring from the backup")):
        stack = DockerTarget(Options(attached=False)).restore(backup.resolve(), until=point or "")
    stacks.save(stack, run / "stack.json")
    for name, address in stack.endpoints.items():
        screen.line(f"  {name:<9} {address}")
    screen.line(t("Dừng: tinhmau down", "Stop: tinhmau down") + ("" if runs == Path("runs") else f" --runs {runs}"))


def point_of(until: str) -> str:
    """The time with its zone; Việt Nam's where none is given. Raises BadInputError for what is no time."""
    if not until:
        return ""
    try:
        point = datetime.fromisoformat(until)
    except ValueError:
        found = Text("không phải thời điểm.", "is no time.")
        way_out = Text("Viết như 2026-01-05T10:30:00.", "Write it like 2026-01-05T10:30:00.")
        raise BadInputError([Mistake(file="--until", key=until, found=found, way_out=way_out)]) from None
    return (point if point.tzinfo else point.replace(tzinfo=VIETNAM)).isoformat()
