"""Packs: what the press published, beside the numbers from which the project's own figure comes.

A pack is a file of `fixtures/figures`: rows with the published value and whether ours is an input, calibrated or
predicted, and the parameters of the mechanism that the file is named after. It is checked whole before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import msgspec

from simulation.mistakes import BadInputError
from simulation.province import Figure
from simulation.province_files.reading import Findings, Row, no_twice, read_toml
from simulation.text import Text

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "figures"

Kind = Literal["input", "calibrated", "predicted"]
#: How the published value is to be read.
Relation = Literal["equal", "above", "target", "words"]
_KINDS = ("input", "calibrated", "predicted")
_RELATIONS = ("equal", "above", "target", "words")
_LARGEST = 1e12
_MOST_WORLDS = 100_000


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the comparison."""

    id: str  #: a FIG id of the brief, or one with a suffix for what goes with it
    title: Text
    value: float | None  #: as published; None where the press gave no number
    relation: Relation  #: "above": more than that; "target": what was aimed at; "words": no number was given
    unit: str
    source: str
    kind: Kind
    basis: Text  #: what our value rests on


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a mechanism; a calibrated one names the row that it was tuned to meet, and where to look for it."""

    value: float
    unit: str
    source: str
    meets: str = ""
    low: float = 0.0
    high: float = 0.0


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: str
    title: Text
    worlds: int  #: how often the mechanism is played
    rows: tuple[Published, ...]
    parameters: Mapping[str, Parameter]

    def __getitem__(self, name: str) -> float:
        """Value of a parameter. Raises KeyError for one that the pack does not have."""
        return self.parameters[name].value

    def changed(self, **values: float) -> Pack:
        """Return the same with some parameters set otherwise. Raises KeyError for a name that does not exist."""
        changed = {name: msgspec.structs.replace(self.parameters[name], value=value) for name, value in values.items()}
        return msgspec.structs.replace(self, parameters={**self.parameters, **changed})

    def figure(self, name: str) -> Figure:
        """Return a parameter as a figure."""
        one = self.parameters[name]
        return Figure(value=one.value, unit=one.unit, source=one.source)


def available(folder: Path = FOLDER) -> tuple[str, ...]:
    """Names of the packs."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def load(
    asks: Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[float, float]]]], folder: Path = FOLDER
) -> tuple[Pack, ...]:
    """Read all packs. `asks`: for each mechanism the rows it fills and its parameters with their bounds.

    Raises BadInputError with every mistake of every file.
    """
    findings = Findings()
    packs = []
    for name in available(folder):
        if name not in asks:
            findings.unknown(f"{name}.toml", "file", name, asks)
            continue
        row = read_toml(folder / f"{name}.toml", file=f"figures/{name}.toml", findings=findings)
        if row is not None:
            packs.append(_read(row, name, *asks[name]))
    for name in sorted(set(asks) - set(available(folder))):
        found = Text("không có tệp này.", "does not exist.")
        findings.add(f"figures/{name}.toml", "file", found, Text("Hãy thêm tệp.", "Add the file."))
    if findings.mistakes:
        raise BadInputError(findings.mistakes)
    return tuple(packs)


def _read(row: Row, name: str, fills: tuple[str, ...], wants: Mapping[str, tuple[float, float]]) -> Pack:
    title, worlds = _text(row, "title"), row.integer("worlds", low=2, high=_MOST_WORLDS)
    entries = list(row.rows("rows"))
    rows = tuple(_published(entry) for entry in entries)
    no_twice((entry, "id", one.id) for entry, one in zip(entries, rows, strict=True))
    for entry, one in zip(entries, rows, strict=True):
        if one.id and one.id not in fills:
            entry.unknown("id", one.id, fills)
    for missing in sorted(set(fills) - {one.id for one in rows}):
        found = Text(f"thiếu dòng {missing}.", f"has no row {missing}.")
        row.wrong("rows", found, Text("Thêm một [[rows]] với id này.", "Add a [[rows]] with that id."))
    parameters = _parameters(row, wants, fills)
    row.no_more()
    return Pack(name=name, title=title, worlds=worlds, rows=rows, parameters=parameters)


def _text(row: Row, name: str) -> Text:
    words = row.row(name)
    text = Text(words.text("vi"), words.text("en")) if words.names() else Text("", "")
    words.no_more()
    return text


def _published(row: Row) -> Published:
    relation = cast("Relation", row.choice("relation", _RELATIONS) if row.has("relation") else "equal")
    read = Published(
        id=row.text("id"),
        title=_text(row, "title"),
        value=row.number("published", low=0.0, high=_LARGEST) if row.has("published") else None,
        relation=relation,
        unit=row.text("unit"),
        source=row.text("source"),
        kind=cast("Kind", row.choice("kind", _KINDS)),
        basis=_text(row, "basis"),
    )
    row.no_more()
    return read


def _parameters(row: Row, wants: Mapping[str, tuple[float, float]], fills: tuple[str, ...]) -> Mapping[str, Parameter]:
    if not wants and not row.has("parameters"):
        return {}
    table = row.row("parameters")
    read = {}
    for name, (low, high) in wants.items():
        if not table.has(name):
            table.wrong(name, Text("còn thiếu.", "is missing."), Text("Thêm số này và ghi nguồn.", "Add it, sourced."))
            continue
        entry = table.row(name)
        meets = entry.text("meets") if entry.has("meets") else ""
        read[name] = Parameter(
            value=entry.number("value", low=low, high=high),
            unit=entry.text("unit"),
            source=entry.text("source"),
            meets=meets,
            low=low,
            high=high,
        )
        if meets and meets not in fills:
            entry.unknown("meets", meets, fills)
        if bool(meets) != read[name].source.startswith("calibrated"):
            entry.wrong(
                "source",
                Text("“calibrated” và “meets” phải đi cùng nhau.", "“calibrated” and “meets” go together."),
                Text("Ghi cả hai hoặc không ghi gì.", "Say both or neither."),
            )
        entry.no_more()
    table.no_more()
    return read
