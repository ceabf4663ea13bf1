"""Where a Locust that nobody drives finds its plan, its stack and a place for its journal."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from loadtests import guard
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text

#: Where runs are kept, from the folder that the command is given in.
RUNS = Path("runs")
PLAN, STACK, JOURNAL = "TINHMAU_PLAN", "TINHMAU_STACK", "TINHMAU_JOURNAL"


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of traffic reads and writes."""

    plan: Path  #: folder of a plan (simulation/plan.py)
    stack: Path  #: file of a stack (infra/stack.py)
    journal: Path  #: folder of the journal; exists and is empty
    permission: Path | None = None  #: file by which the stack's owner allows it (loadtests/guard.py)


def find(runs: Path = RUNS, environ: Mapping[str, str] = os.environ) -> Places:
    """Follow the environment; without it the latest run's plan and the stack that runs here. Raises BadInputError."""
    plan, stack = look(runs, environ)
    journal = fresh_journal(runs, environ)
    return Places(plan=plan, stack=stack, journal=journal, permission=guard.named_in(environ))


def look(runs: Path = RUNS, environ: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Find plan and stack. Raises BadInputError that tells all that is missing, and how to get it."""
    plan = Path(environ.get(PLAN) or runs / "latest" / "plan")
    stack = Path(environ.get(STACK) or runs / "latest" / "stack.json")
    mistakes = []
    if not (plan / "plan.json").is_file():
        mistakes.append(_missing(PLAN, plan / "plan.json", "tinhmau simulate"))
    if not stack.is_file():
        mistakes.append(_missing(STACK, stack, "tinhmau up"))
    if mistakes:
        raise BadInputError(mistakes)
    return plan, stack


def fresh_journal(runs: Path, environ: Mapping[str, str]) -> Path:
    """Make the journal's folder: the wished one while it is empty, else one beside it, never one with entries."""
    wished = Path(environ.get(JOURNAL) or runs / f"{time.strftime('%Y%m%d-%H%M%S')}-locust" / "journal")
    folder, number = wished, 1
    while folder.is_dir() and any(folder.glob("*.ndjson")):
        number += 1
        folder = wished.with_name(f"{wished.name}-{number}")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _missing(variable: str, path: Path, command: str) -> Mistake:
    return Mistake(
        file=variable,
        key=str(path),
        found=Text("không có tệp này.", "there is no such file."),
        way_out=Text(
            f"Chạy “{command}” trước, hoặc đặt biến môi trường {variable} trỏ đến tệp có sẵn.",
            f"Run “{command}” first, or let the environment variable {variable} name one.",
        ),
    )
