"""Runs the subjects that were asked for, prints a table, and writes bench/latest.json."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks import kit
from tests.benchmarks.kit import Row, WrongAnswerError

#: A module of this package each, with `run() -> list of Row` (or of dicts with the same keys); cheapest first.
SUBJECTS = (
    "generator",
    "signature",
    "engine",
    "population",
    "search",
    "lgsp",
    "dossier",
    "document",
    "hub",
    "payload",
    "page",
)
LATEST = Path(__file__).resolve().parents[2] / "bench" / "latest.json"
Run = Callable[[], Sequence[Any]]
_WRONG, _UNKNOWN_NAME = 1, 64


def main(names: Sequence[str], *, latest: Path = LATEST) -> int:
    """Run the named subjects, or all. Returns 1 when one gave no right answer, 64 for an unknown name, 0 otherwise."""
    unknown = sorted(set(names) - set(SUBJECTS))
    if unknown:
        kit.say(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(SUBJECTS)}")
        return _UNKNOWN_NAME
    rows = collect({name: partial(_run, name) for name in names or SUBJECTS})
    write(rows, latest)
    Console().print(table(rows))
    return _WRONG if any(row.value is None for row in rows) else 0


def collect(subjects: dict[str, Run]) -> list[Row]:
    """Run subjects one after the other. One that gives no right answer gets a row that says so."""
    rows: list[Row] = []
    for name, run in subjects.items():
        kit.say(f"== {name}")
        began = time.perf_counter()
        try:
            rows += msgspec.convert([msgspec.to_builtins(row) for row in run()], list[Row])
        except WrongAnswerError as error:
            kit.say(f"{name}: WRONG ANSWER: {error}")
            rows.append(kit.no_answer(name, bound="the answer is right", why=str(error)))
        except Exception as error:  # noqa: BLE001 -- the other subjects can still be measured
            kit.say(f"{name}: did not run: {error!r}")
            rows.append(kit.no_answer(name, bound="it runs", why=repr(error)))
        kit.say(f"{name}: {time.perf_counter() - began:.0f} s")
    return rows


def write(rows: Sequence[Row], latest: Path) -> None:
    """Write the rows; those of other subjects in an older file are kept."""
    latest.parent.mkdir(parents=True, exist_ok=True)
    fresh = {row.name.partition(".")[0] for row in rows}
    old: list[Row] = []
    if latest.exists():
        try:
            old = msgspec.json.decode(latest.read_bytes(), type=list[Row])
        except msgspec.DecodeError:
            kit.say(f"{latest} could not be read and is written anew")
    kept = [row for row in old if row.name.partition(".")[0] not in fresh]
    latest.write_bytes(msgspec.json.format(msgspec.json.encode([*kept, *rows]), indent=1) + b"\n")


def table(rows: Sequence[Row]) -> Table:
    """Show the rows for people."""
    shown = Table("benchmark", "ours", "peer", "ratio", "bound", "kept", box=None)
    for row in rows:
        shown.add_row(
            row.name,
            "no answer" if row.value is None else f"{kit.shown(row.value)} {row.unit}",
            "" if row.peer_value is None else f"{kit.shown(row.peer_value)} ({row.peer})",
            "" if row.ratio is None else f"{row.ratio:.3g}",
            row.bound,
            "yes" if row.ok else "NO",
        )
    return shown


def _run(name: str) -> Sequence[Any]:
    run: Run = importlib.import_module(f"tests.benchmarks.{name}").run
    return run()
