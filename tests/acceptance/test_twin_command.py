"""`tinhmau twin` as commands, on the toy province: measured on one stack, fitted, held against a load unseen."""

from __future__ import annotations

from command_line import Workplace

from simulation.twin.fitting import MACHINE
from tinhmau.twin_runs import load_twin
from verification.capacity import pace


def test_one_round_of_days_is_enough_to_fit_and_too_little_to_judge_by(workplace: Workplace) -> None:
    """Three loads fitted, one held back. One day does not say what its p95 usually is, so it is cannot tell (2)."""
    measured = workplace.run(
        "twin", "measure", "toy", "--loads", "1,4,2,3", "--rounds", "1", "--runs", workplace.runs, "--lang", "en"
    )
    assert measured.code == 0, measured
    run = workplace.newest()

    fitted = workplace.run("twin", "fit", run, "--on", "1,2,4", "--lang", "en", COLUMNS="200")

    assert fitted.code == 2, fitted
    assert "p95 known after 1 rounds" in measured.out
    (row,) = [line for line in fitted.out.splitlines() if line.startswith("×3.00")]
    assert "cannot tell" in row.lower()
    twin = load_twin(run / "twin.json")
    assert twin.stations[0].name == MACHINE
    assert {"portal", "postgresql"} <= {one.name for one in twin.stations if one.demand > 0}
    assert twin.slow >= 1
    assert all(pace.read(run / "probes" / f"{number:02}" / "metrics") for number in (1, 2, 3, 4))
    assert (run / "twin.html").exists()
