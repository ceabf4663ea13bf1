"""`tinhmau simulate`: the same day in virtual time, with the same measures."""

from __future__ import annotations

from pathlib import Path

import click

from simulation import journal as journals
from simulation import twin
from simulation.text import Text
from tinhmau import measured, phases, run_folder, screen
from tinhmau.commands import options, year
from tinhmau.language import t
from verification import measures


@click.command(
    name="simulate",
    help=t(
        "Chạy cùng kế hoạch trong thời gian ảo (không cần hệ thống thật) và in các số đo.",
        "Play the same plan in virtual time (no real systems) and print its measures.",
    ),
)
@options.scenario
@options.seed
@options.runs
@click.option(
    "--against",
    metavar="WHAT-IF",
    default=None,
    help=t(
        "So với phương án hay kịch bản này, qua cả năm: như “tinhmau year --against”.",
        "Compare with this what-if or scenario, over a whole year: the same as “tinhmau year --against”.",
    ),
)
@click.pass_context
def command(context: click.Context, *, scenario: str, seed: int, runs: Path, against: str | None) -> None:
    """Simulate a scenario."""
    if against is not None:
        # One day has one luck; what differs between two habits shows over years that are played again and again.
        context.invoke(year.command, scenario=scenario, seed=seed, against=against)
        return
    phases.read(scenario)
    run = run_folder.create(runs, f"{scenario}-simulated")
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    run_folder.write_environment(run, scenario=scenario, seed=seed, target="simulated", faults=[], workers=0)
    world = phases.draw(scenario, seed=seed, folder=run / "plan")
    (run / "journal").mkdir()
    with screen.progress(Text("Mô phỏng một ngày", "Simulating the day")) as tell:
        twin.simulate(world.plan, run / "journal", seed=seed, progress=tell)
    screen.out.print()
    screen.out.print(measured.table(measures.measure(journals.read(run / "journal")).operations))
    screen.line(t(f"Nhật ký: {run / 'journal'}", f"Journal: {run / 'journal'}"))
