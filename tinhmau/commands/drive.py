"""`tinhmau drive`: traffic against a stack that is running already."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click
import msgspec

from infra import stack as stacks
from infra.local import control
from infra.stack import Stack
from loadtests import faults as fault_kinds
from loadtests import guard
from loadtests.drive import Generator
from simulation import plan as plans
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from tinhmau import phases, run_folder, screen
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.language import t


@click.command(
    name="drive",
    help=t(
        "Cho kế hoạch của một lần chạy diễn ra trên hệ thống của nó (sau tinhmau up) rồi thu sổ. Với --stack: trên một "
        "hệ thống khác, trong một lần chạy mới.",
        "Act a run's plan out against its stack (after tinhmau up) and collect the books. With --stack: against "
        "another one, in a new run.",
    ),
)
@options.run
@options.runs
@options.workers
@options.generator
@options.fault
@click.option(
    "--stack",
    "stack_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=options.FILE,
    help=t("Tệp mô tả hệ thống; mặc định stack.json của lần chạy.", "File of the stack; the run's own by default."),
)
@options.permission
def command(
    *,
    run: Path | None,
    runs: Path,
    workers: int,
    generator: Generator,
    faults: tuple[str, ...],
    stack_file: Path | None,
    permission: Path | None,
) -> None:
    """Drive a plan."""
    standing = run_folder.with_stack(runs)
    folder = run_folder.find(run or (standing[-1] if standing and not stack_file else None), runs)
    with Attempts() as attempt:
        stack = attempt(_read_stack, stack_file or folder / "stack.json")
        leave = None
        if stack and not stack_file:
            attempt(_check_journal, folder)
        if stack:
            leave = attempt(guard.ask_leave, stack.endpoints, permission, now=time.time())
        struck = [fault for spec in faults if (fault := attempt(fault_kinds.parse, spec))]
        attempt(fault_kinds.check, struck, plans.load_head(folder / "plan").timeline)
    assert stack is not None and leave is not None  # noqa: S101, PT018 -- or the block has raised
    if stack.control:
        control.ask(stack.control, {"act": "status"})  # raises when nothing runs there any more
    if stack_file:
        folder = _new_run(folder, runs, stack)

    run_folder.write_environment(folder, target=stack.target, faults=list(faults), workers=workers, generator=generator)
    with phases.Traffic(folder, workers=workers, generator=generator) as traffic:
        file = stack_file or folder / "stack.json"
        traffic.drive(stack, stack_file=file, permission=permission, faults=struck)
    phases.books(stack, folder, leave=leave)
    judge = f"{screen.program()} judge {folder}"
    screen.line(t(f"Xong. Kết luận: {judge}", f"Done. For the verdict: {judge}"))


def _new_run(folder: Path, runs: Path, stack: Stack) -> Path:
    """A run of its own for a plan that is acted out against somebody's stack."""
    plan = plans.load_head(folder / "plan")
    run = run_folder.create(runs, f"{plan.scenario}-driven")
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    shutil.copytree(folder / "plan", run / "plan")
    run_folder.write_environment(run, scenario=plan.scenario, seed=plan.seed, stack={"name": stack.name})
    if stack.control:
        control.ask(stack.control, {"act": "metrics", "folder": str((run / "metrics").resolve())})
    return run


def _check_journal(folder: Path) -> None:
    if any((folder / "journal").glob("*.ndjson")):
        found = Text("ngày của lần chạy này đã diễn ra rồi.", "the day of this run has been acted out already.")
        way_out = Text(
            "Một kế hoạch chỉ chạy một lần trên một hệ thống: hãy dựng lại bằng “tinhmau up”, hoặc xem kết luận bằng "
            "“tinhmau judge”.",
            "A plan runs once against a stack: place a new one with “tinhmau up”, or see “tinhmau judge”.",
        )
        raise BadInputError([Mistake(file=str(folder), key="journal", found=found, way_out=way_out)])


def _read_stack(file: Path) -> Stack:
    try:
        return stacks.load(file)
    except FileNotFoundError:
        found = Text("chưa có hệ thống nào đang chạy cho lần chạy này.", "no stack is running for this run.")
        way_out = Text(
            "Chạy “tinhmau up” trước, hoặc chỉ ra bằng --stack TỆP.",
            "Run “tinhmau up” first, or name one with --stack FILE.",
        )
    except msgspec.MsgspecError as error:
        found = Text(f"không đọc được: {error}.", f"cannot be read: {error}.")
        way_out = Text(
            "Tệp có dạng stack.json mà “tinhmau up” ghi.",
            "It has to look like the stack.json that “tinhmau up” writes.",
        )
    raise BadInputError([Mistake(file=str(file.parent), key=file.name, found=found, way_out=way_out)])
