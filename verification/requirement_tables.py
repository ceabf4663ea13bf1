"""Reads tables of requirements from `fixtures/requirements/<name>.toml`; every mistake is told at once.

A run folder may carry its own copies in `requirements/`, which go before: so a verdict comes out the same after the
tables of the project have changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, cast

import msgspec

from simulation.mistakes import did_you_mean
from simulation.province_files.reading import Findings, Row, no_twice, read_toml
from simulation.text import Text
from verification.laws import LAWS
from verification.operations import OPERATIONS
from verification.yardsticks import YARDSTICKS

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "requirements"
COMPARATORS = ("<", "<=", "=", ">=", ">")

Kind = Literal["any", "read", "write"]
Over = Literal["each", "all"]

_LARGEST = 1e12


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One clause with a bound."""

    id: str
    clause: Text
    source: Text
    measure: str  #: a name of verification/yardsticks.py
    operations: tuple[str, ...] = ()  #: patterns of operations, or ids of laws
    kind: Kind = "any"  #: of the operations, only reads or only writes
    over: Over = "each"  #: the worst operation counts, or all taken together
    comparator: str
    bound: float
    unit: str
    on_miss: Literal["BROKEN", "UNKNOWN"] = "BROKEN"  #: what it means when the bound is not met


class RequirementTable(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that belong together."""

    name: str
    title: Text
    source: Text
    unverified: bool = False  #: nobody has seen the text that the numbers come from
    depends_on: tuple[str, ...] = ()  #: ids without which results of this table are UNKNOWN
    requirements: tuple[Requirement, ...]


def available(folders: Sequence[Path] = (FOLDER,)) -> tuple[str, ...]:
    """Names of the tables there are, in alphabetical order."""
    return tuple(sorted({path.stem for folder in folders for path in folder.glob("*.toml")}))


def load(names: Iterable[str], *, folders: Sequence[Path] = (FOLDER,)) -> tuple[RequirementTable, ...]:
    """Read the named tables and those they depend on, in this order.

    Raises BadInputError with every mistake in all tables there are: a mistake in one may hide what another needs.
    """
    findings = Findings()
    known = available(folders)
    rows: list[tuple[Row, str, str]] = []
    tables = {}
    for name in known:
        table = _read_table(name, folders, findings, rows)
        if table:
            tables[name] = table
    no_twice(rows)
    owner = {requirement.id: name for name, table in tables.items() for requirement in table.requirements}
    for name, table in tables.items():
        for needed in table.depends_on:
            if needed not in owner:
                findings.unknown(f"{name}.toml", "depends_on", needed, owner)
    wanted: list[str] = []
    for name in names:
        if name not in known:
            found = Text(f"không có bảng yêu cầu “{name}”.", f"there is no requirement table “{name}”.")
            findings.add("plan.json", "requirements", found, did_you_mean(name, known))
        elif name not in wanted:
            wanted.append(name)
    findings.raise_if_any()
    for name in wanted:  # grows while it is walked: a table that was needed may need others
        wanted += sorted({owner[needed] for needed in tables[name].depends_on} - set(wanted))
    return tuple(tables[name] for name in wanted)


def _read_table(
    name: str, folders: Sequence[Path], findings: Findings, rows: list[tuple[Row, str, str]]
) -> RequirementTable | None:
    path = next(folder / f"{name}.toml" for folder in folders if (folder / f"{name}.toml").is_file())
    row = read_toml(path, file=path.name, findings=findings)
    if row is None:
        return None
    before = len(findings.mistakes)
    requirements = []
    for entry in row.rows("requirement"):
        requirement = _read_requirement(entry)
        rows.append((entry, "id", requirement.id))
        requirements.append(requirement)
    table = RequirementTable(
        name=name,
        title=_both(row, "title"),
        source=_both(row, "source"),
        unverified=row.flag("unverified", default=False),
        depends_on=row.texts("depends_on"),
        requirements=tuple(requirements),
    )
    row.no_more()
    if not requirements and len(findings.mistakes) == before:
        row.wrong(
            "requirement",
            Text("bảng không có yêu cầu nào.", "the table holds no requirement."),
            Text("Thêm ít nhất một mục [[requirement]].", "Add at least one [[requirement]]."),
        )
    return table


def _read_requirement(row: Row) -> Requirement:
    measure = row.text("measure")
    yardstick = YARDSTICKS.get(measure)
    if measure and yardstick is None:
        row.unknown("measure", measure, YARDSTICKS)
    unit = row.text("unit")
    if yardstick and unit and unit not in yardstick.units:
        row.unknown("unit", unit, yardstick.units)
    requirement = Requirement(
        id=row.text("id"),
        clause=_both(row, "clause"),
        source=_both(row, "source"),
        measure=measure,
        operations=_selector(row, yardstick.selects if yardstick else "nothing"),
        kind=cast("Kind", row.choice("kind", ("any", "read", "write")) if row.has("kind") else "any"),
        over=cast("Over", row.choice("over", ("each", "all")) if row.has("over") else "each"),
        comparator=row.choice("comparator", COMPARATORS),
        bound=row.number("bound", low=-_LARGEST, high=_LARGEST),
        unit=unit,
        on_miss="UNKNOWN"
        if row.has("on_miss") and row.choice("on_miss", ("broken", "unknown")) == "unknown"
        else "BROKEN",
    )
    row.no_more()
    return requirement


def _both(row: Row, name: str) -> Text:
    """Read `{ vi = "...", en = "..." }`."""
    inner = row.row(name)
    text = Text(inner.text("vi"), inner.text("en"))
    inner.no_more()
    return text


def _selector(row: Row, selects: Literal["operations", "laws", "nothing"]) -> tuple[str, ...]:
    patterns = row.texts("operations")
    if selects == "nothing":
        return patterns
    known: Iterable[str] = LAWS if selects == "laws" else OPERATIONS
    if not patterns:
        row.wrong(
            "operations",
            Text("còn thiếu.", "is missing."),
            Text('Nêu tên, hoặc ["*"] cho tất cả.', 'Name them, or ["*"] for all.'),
        )
    for index, pattern in enumerate(patterns):
        if not any(fnmatchcase(name, pattern) for name in known):
            row.unknown(f"operations[{index}]", pattern, known)
    return patterns
