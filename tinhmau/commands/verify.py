"""`tinhmau verify`: the main job, end to end."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import click
import numpy as np

from infra import stack_outputs
from infra.stack import Stack
from loadtests import faults as fault_kinds
from loadtests import guard
from loadtests import sabotage as sabotages
from loadtests.drive import Enough, Generator
from loadtests.faults.fault import Fault
from loadtests.watch import Watch
from simulation.mistakes import BadInputError, Mistake
from simulation.province import Province
from simulation.text import Text
from tinhmau import exits, judging, phases, run_folder, screen, summary, targets
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.following import follow
from tinhmau.language import t
from verification.objectives import files
from verification.objectives.ending import Ending
from verification.objectives.files import Objectives
from verification.objectives.gates import needs_watching


@click.command(
    name="verify",
    help=t(
        "Dựng tỉnh, cho dân và cán bộ làm việc một ngày, đối soát, kết luận; báo cáo ở runs/latest/report.html.",
        "Build a province, let its people work for a day, reconcile, judge; the report is runs/latest/report.html.",
    ),
)
@options.scenario
@options.target
@options.seed
@options.runs
@options.workers
@options.generator
@options.ports
@options.fault
@options.standby
@click.option(
    "--sabotage",
    default="",
    metavar=options.NAME,
    help=t(
        "Cố ý làm hỏng một thứ sau khi chạy, để thấy kết luận bắt được; “list” in các tên.",
        "Damage one thing after traffic, to see that the verdict catches it; “list” prints the names.",
    ),
)
@click.option(
    "--stack",
    "standing",
    default="",
    metavar=options.NAME,
    help=t(
        "Dùng hệ thống đang chạy thay vì dựng mới: tên stack của Pulumi, hoặc tệp stack.json; để yên khi xong.",
        "Use what is running instead of placing anything: name of a Pulumi stack, or a stack.json; it is left alone.",
    ),
)
@options.permission
@click.option(
    "--objectives",
    "objectives_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    metavar=options.FILE,
    help=t(
        "Tệp mục tiêu cũng được kết luận; mục tiêu có abortOnFail kết thúc tải ngay khi hỏng.",
        "File of objectives that is judged, too; one with abortOnFail ends the load as soon as it is broken.",
    ),
)
@click.option(
    "--keep",
    is_flag=True,
    help=t("Giữ lại cơ sở dữ liệu và nhật ký của các dịch vụ.", "Keep the services' databases and logs."),
)
@click.option(
    "--drill",
    is_flag=True,
    help=t(
        "Diễn tập mất trung tâm dữ liệu: hết ngày thì mất tất cả, phục hồi từ bản sao lưu, rồi mới đối soát.",
        "Disaster drill: after the day everything is lost and restored from the backup, and only then judged.",
    ),
)
def command(  # noqa: PLR0913 -- one argument an option
    *,
    scenario: str,
    target: str,
    seed: int,
    runs: Path,
    workers: int,
    generator: Generator,
    port_base: int | None,
    faults: tuple[str, ...],
    standby: bool,
    sabotage: str,
    standing: str,
    permission: Path | None,
    objectives_file: Path | None,
    keep: bool,
    drill: bool,
) -> int:
    """Run the main job."""
    if sabotage == "list":
        for name in sabotages.names():
            screen.line(name)
        return exits.KEPT
    with Attempts() as attempt:
        checked = attempt(phases.read, scenario)
        if checked:
            faults = (*checked[0].faults, *faults)  # what the scenario brings, and what is asked for besides
        struck = [fault for spec in faults if (fault := attempt(fault_kinds.parse, spec))]
        if sabotage:
            attempt(sabotages.check, sabotage)
        attempt(targets.check, target)
        _check_abilities(attempt, struck, "--stack" if standing else target, standby=standby, drill=drill)
        if checked:
            attempt(fault_kinds.check, struck, checked[0].timeline)
        objectives = attempt(_read_objectives, objectives_file)
        stack = attempt(stack_outputs.find, standing) if standing else None
        if stack and checked:
            attempt(_check_province, stack, checked[1])
            attempt(guard.ask_leave, stack.endpoints, permission, now=time.time())

    run = run_folder.create(runs, scenario)
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    _keep_objectives(objectives_file, run)
    run_folder.write_environment(
        run,
        scenario=scenario,
        seed=seed,
        target=stack.target if stack else target,
        faults=list(faults),
        workers=workers,
        generator=generator,
    )
    with ExitStack() as cleanup:
        backup_to = cleanup.enter_context(phases.backup_folder(wanted=drill))
        place_on = targets.make(target, run, port_base=port_base, keep=keep, backup_to=backup_to, standby=standby)
        traffic = cleanup.enter_context(phases.Traffic(run, workers=workers, generator=generator))
        world = phases.draw(scenario, seed=seed, folder=run / "plan")
        using = phases.borrowed(stack, run) if stack else phases.placed(world, run, target=place_on)
        stack = cleanup.enter_context(using)
        leave = guard.ask_leave(stack.endpoints, permission, now=time.time())
        with _watched(objectives, stack, run, seed=seed, leave=leave):
            driven = traffic.drive(
                stack,
                stack_file=run / "stack.json",
                permission=permission,
                faults=struck,
                enough=_ended_by(objectives, world, run),
            )
        if driven.given_up:  # the laws are about whole days: nothing to restore, to settle or to take books of
            screen.line(t(f"Kết thúc tải sớm: {driven.given_up}", f"The load was ended early: {driven.given_up}"))
        else:
            if drill:
                stack = cleanup.enter_context(phases.drilled(stack, run, target=place_on))
            phases.books(stack, run, damage=sabotage, leave=leave)
    if keep:
        screen.line(
            t(f"Giữ lại để xem, xoá khi xong: {stack.state}", f"Kept to look into, delete when done: {stack.state}")
        )
    answer = judging.verdict_of(run)
    summary.show(answer, run)
    return answer.exit_code


def _read_objectives(file: Path | None) -> Objectives | None:
    return files.load(file) if file else None


def _keep_objectives(file: Path | None, run: Path) -> None:
    """Put them where judging, now and later, finds them."""
    if file:
        shutil.copyfile(file, run / files.FILE)


def _ended_by(objectives: Objectives | None, world: phases.World, run: Path) -> Enough:
    """What the drive asks again and again: whether an objective ends it."""
    if objectives is None:
        return lambda _began: ""
    plan = world.plan
    return follow(Ending(objectives, timeline=plan.timeline, steps=plan.counts["steps"]), run)


def _watched(
    objectives: Objectives | None, stack: Stack, run: Path, *, seed: int, leave: guard.Leave
) -> AbstractContextManager[object]:
    """Look at pools and disks while the day goes on, where an objective is about them; at somebody else's never."""
    if objectives is None or leave != guard.Leave() or not any(map(needs_watching, objectives.objectives)):
        return nullcontext()
    metrics = run / "metrics"
    metrics.mkdir(exist_ok=True)
    return Watch(stack, metrics, chance=np.random.default_rng(seed))


def _check_abilities(attempt: Attempts, struck: Sequence[Fault], where: str, *, standby: bool, drill: bool) -> None:
    """What is asked for has to be something that this target can do."""
    attempt(lambda: fault_kinds.only_on_docker(struck, docker=where == "docker"))
    if standby:
        attempt(lambda: targets.check_standby(where))
    else:
        attempt(lambda: fault_kinds.only_with_standby(struck))
    if drill:
        attempt(lambda: targets.check_backup(where, option="--drill"))


def _check_province(stack: Stack, province: Province) -> None:
    if stack.province != province.id:
        found = Text(
            f"chạy tỉnh “{stack.province}”, kịch bản là của “{province.id}”.",
            f"runs the province “{stack.province}”, the scenario is of “{province.id}”.",
        )
        way_out = Text("Chọn kịch bản của tỉnh ấy bằng --scenario.", "Choose one of its scenarios with --scenario.")
        raise BadInputError([Mistake(file="--stack", key=stack.name, found=found, way_out=way_out)])
