"""The main job in its phases, in the order of the flow: province, plan, stack, traffic, ledger.

Each phase is one function named by its nouns; the commands only put them in order.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Self

import msgspec

from infra import demand, reference
from infra import stack as stacks
from infra.blueprint import draw_up
from infra.local import control
from infra.stack import Stack
from infra.target import Restorable, Target
from loadtests import ledger, sabotage
from loadtests.drive import Drive, Enough, Generator
from loadtests.faults.fault import Fault
from loadtests.guard import Leave
from loadtests.traffic import DriveResult
from simulation import plan as plans
from simulation import planner, population, province_files, scenario_files
from simulation.journeys.world import misformed_agencies
from simulation.plan import Plan
from simulation.population import Population
from simulation.province import Province
from simulation.scenario import Scenario
from simulation.text import Text
from tinhmau import interrupts, recoveries, run_folder, screen

_FREE = Leave()
_SETTLE_SECONDS = 30  # for what is on its way between systems when traffic ends
_RELEASE_SECONDS = 600  # for upgrades and roll-backs that a day has begun
_STOPPING = Text("Dừng trung tâm dữ liệu", "Stopping the data centre")
_PLACING = Text("Dựng trung tâm dữ liệu", "Placing the data centre")


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario with its province, its people and its plan."""

    scenario: Scenario
    province: Province
    people: Population
    plan: Plan


def read(name: str) -> tuple[Scenario, Province]:
    """Scenario and province, checked whole. Raises BadInputError with every mistake."""
    scenario = scenario_files.load(name)
    province = province_files.load(scenario.province)
    scenario_files.check_against(scenario, province)
    return scenario, province


def draw(name: str, *, seed: int, folder: Path) -> World:
    """People and plan of a scenario, written into `folder`."""
    scenario, province = read(name)
    with screen.progress(Text("Sinh dân cư", "Drawing the people")) as tell:
        people = population.draw(province, seed=seed, progress=tell)
    with screen.progress(Text("Lập kế hoạch một ngày", "Planning the day")) as tell:
        plan = planner.plan(scenario, province, people, seed=seed, progress=tell)
        plans.save(plan, folder)
        (folder / "people.parquet").write_bytes(people.files["people"])
    return World(scenario=scenario, province=province, people=people, plan=plan)


@contextmanager
def reference_data(world: World) -> Iterator[Path]:
    """What the services are given, in a folder that goes away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tinhmau-reference-"))
    try:
        with screen.progress(Text("Soạn dữ liệu, chứng thư số", "Data and certificates")):
            scenario = world.scenario
            misformed = misformed_agencies(scenario, world.province)
            reference.write(
                world.province,
                folder,
                day=date.fromisoformat(world.plan.timeline.day),
                misformed=misformed,
                edxml_mode=scenario.edxml_mode,
                certificates_asked=scenario.certificates_asked,
            )
            world.people.write_reference(folder)
            reference.write_product(folder, name=scenario.onestop, planted=scenario.onestop_mismatches)
        yield folder
    finally:
        with interrupts.held():
            shutil.rmtree(folder, ignore_errors=True)


def place(world: World, run: Path, *, target: Target) -> Stack:
    """Draw up the data centre and place it; `stack.json` in the run folder tells where it is while it runs.

    Whatever interrupts this, nothing stays behind.
    """
    blueprint = draw_up(world.province, demand.demand_of_plan(world.plan))
    stack: Stack | None = None
    try:
        with reference_data(world) as reference_folder, screen.progress(_PLACING) as tell:
            stack = target.place(
                blueprint,
                reference=reference_folder,
                province=world.province,
                timeline=world.plan.timeline,
                progress=tell,
            )
        stacks.save(stack, run / "stack.json")
        (run / "certificate-authority.pem").write_text(stack.certificate_authority)
        (run / "blueprint.json").write_bytes(
            msgspec.json.format(msgspec.json.encode(blueprint, order="sorted"), indent=2)
        )
        run_folder.write_environment(run, stack={"target": stack.target, "name": stack.name, **stack.machine})
    except BaseException:
        if stack is not None:
            remove(stack, run, target=target)
        raise
    return stack


def remove(stack: Stack, run: Path, *, target: Target, title: Text = _STOPPING) -> None:
    """Stop a stack and forget where it was; an interrupt waits until that is done."""
    with interrupts.held(), screen.progress(title):
        target.remove(stack)
        (run / "stack.json").unlink(missing_ok=True)


@contextmanager
def placed(world: World, run: Path, *, target: Target) -> Iterator[Stack]:
    """A stack that lives as long as the block."""
    stack = place(world, run, target=target)
    try:
        yield stack
    finally:
        remove(stack, run, target=target)


@contextmanager
def borrowed(stack: Stack, run: Path) -> Iterator[Stack]:
    """Somebody's running stack, which is left alone afterwards; `stack.json` is there as long as the block."""
    stacks.save(stack, run / "stack.json")
    (run / "certificate-authority.pem").write_text(stack.certificate_authority)
    run_folder.write_environment(run, stack={"target": stack.target, "name": stack.name, **stack.machine})
    try:
        yield stack
    finally:
        (run / "stack.json").unlink(missing_ok=True)


class Traffic:
    """The load generator, started early because it takes seconds to be ready."""

    def __init__(self, run: Path, *, workers: int, generator: Generator = "swift") -> None:
        """Journal into the run folder."""
        self.pids: dict[str, int] = {}
        self._run = run
        self._drive = Drive(journal=run / "journal", workers=workers, generator=generator, on_processes=self._note)

    def __enter__(self) -> Self:
        """Start the processes."""
        self._drive.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._drive.close()

    def _note(self, pids: Mapping[str, int]) -> None:
        self.pids.update(pids)

    def drive(
        self,
        stack: Stack,
        *,
        stack_file: Path,
        permission: Path | None = None,
        faults: Sequence[Fault] = (),
        enough: Enough = lambda _began: "",
    ) -> DriveResult:
        """Let the day happen; returns when it is over, or `enough` is said.

        Where the stack has a supervisor, it samples the generator.
        """
        if stack.control:
            for name, pid in self.pids.items():
                control.ask(stack.control, {"act": "sample", "name": name, "pid": pid})
        with screen.progress(Text("Một ngày của tỉnh", "A day in the province")) as tell:
            return self._drive.begin(
                plan=self._run / "plan",
                stack=stack_file,
                permission=permission,
                faults=faults,
                progress=tell,
                enough=enough,
            )


@contextmanager
def backup_folder(*, wanted: bool) -> Iterator[Path | None]:
    """A folder for a backup, which holds secrets and goes away afterwards."""
    if not wanted:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="tinhmau-backup-"))
    try:
        yield folder
    finally:
        with interrupts.held():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def drilled(stack: Stack, run: Path, *, target: Target) -> Iterator[Stack]:
    """Lose the whole stack once nothing is on its way any more, restore it from its backup, and go on with that one.

    What it took stands in environment.json as `restore_drill`. Raises TargetError when it does not come back.
    """
    assert isinstance(target, Restorable)  # noqa: S101 -- targets.check_backup has seen to it
    with screen.progress(Text("Chờ chuyển hết", "Settling")) as tell:
        _finish(stack, run)
        ledger.settle(stack, seconds=_SETTLE_SECONDS, installations=installations(run), progress=tell)
    with screen.progress(Text("Mất tất cả, phục hồi từ bản sao lưu", "Losing everything, restoring from the backup")):
        restored, drill = target.lose_and_restore(stack)
    try:
        stacks.save(restored, run / "stack.json")
        run_folder.write_environment(run, restore_drill=msgspec.to_builtins(drill))
        yield restored
    finally:
        remove(restored, run, target=target)


def books(stack: Stack, run: Path, *, damage: str = "", leave: Leave = _FREE) -> None:
    """Wait until nothing is on its way any more, damage one thing where asked to, and take every system's books.

    What the stack is asked for that keeps to `leave`, as the load did.
    """
    _finish(stack, run)
    with screen.progress(Text("Chờ chuyển hết, thu sổ", "Settling, taking the books")) as tell:
        ledger.settle(stack, seconds=_SETTLE_SECONDS, installations=installations(run), progress=tell, leave=leave)
        if damage:
            done = sabotage.apply(damage, stack)
            run_folder.write_environment(
                run,
                sabotage={"name": done.name, "subject": done.subject, "what": done.what.vi, "what_en": done.what.en},
            )
        ledger.collect(stack, run, progress=tell, leave=leave)


def _finish(stack: Stack, run: Path) -> None:
    if stack.target == "docker" and stack.control:  # an upgrade that was begun in the day may still be under way
        finished = control.ask(stack.control, {"act": "finish"}, timeout_seconds=_RELEASE_SECONDS)
        recoveries.note(run, finished["recoveries"])


def installations(run: Path) -> list[str]:
    """Name who asks the hub in the plan of a run or probe."""
    acts = (step for journey in plans.journeys(run / "plan") for step in journey.steps)
    return sorted({str(step.detail["installation"]) for step in acts if step.operation == "office.poll"})
