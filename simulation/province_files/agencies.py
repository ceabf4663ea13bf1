"""Agencies of a province and how many people sit at their desks, from `agencies.csv`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import msgspec

from simulation.agency_code import AgencyCode, BadAgencyCodeError, form_of, parse
from simulation.province import Agency, Commune, District, Role, Tier
from simulation.province_files.era import EraFacts
from simulation.province_files.reading import Findings, Row, no_twice, read_csv
from simulation.text import Text

INSTALLATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
TIERS: tuple[Tier, ...] = get_args(Tier)
ROLES: tuple[Role, ...] = get_args(Role)
#: Column of `agencies.csv` that counts the people of a role.
DESK_COLUMNS: Mapping[Role, str] = {role: f"{role}s" for role in ROLES}
COLUMNS = ("code", "name", "tier", "parent", "unit", "installation", "handles", *DESK_COLUMNS.values())


class AgencyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file: the agency, which fields of work it handles, and its desks."""

    agency: Agency
    handles: tuple[str, ...]  #: kinds of department of the catalogue, e.g. ("so-tu-phap",)
    desks: Mapping[Role, int]  #: how many people there are of each role


class Territory(msgspec.Struct, frozen=True, kw_only=True):
    """What agencies have to fit to: the province they belong to and its units."""

    root: str  #: the province's own code at level 1, e.g. "H07"
    era: EraFacts
    districts: tuple[District, ...]
    communes: tuple[Commune, ...]
    kinds: Mapping[str, str]  #: kinds of department that the catalogue knows, with their names


def read_agencies(folder: Path, *, territory: Territory, findings: Findings) -> tuple[AgencyLine, ...]:
    """Read the agencies; check codes, parents, units, and that every unit is governed exactly once."""
    file = f"{folder.name}/agencies.csv"
    rows = read_csv(folder / "agencies.csv", file=file, columns=COLUMNS, findings=findings)
    lines = [_line(row, territory) for row in rows]
    pairs = list(zip(rows, lines, strict=True))
    no_twice((row, "code", line.agency.code) for row, line in pairs)
    no_twice((row, "unit", line.agency.unit) for row, line in pairs)
    no_twice((row, "handles", kind) for row, line in pairs for kind in line.handles)
    codes = {line.agency.code for line in lines}
    for row, line in pairs:
        _check_parent(row, line.agency, codes)
    if lines:
        _check_complete(file, lines, territory, findings)
    return tuple(lines)


def by_kind(lines: tuple[AgencyLine, ...]) -> dict[str, str]:
    """Kind of department → code of the agency that handles it."""
    return {kind: line.agency.code for line in lines for kind in line.handles}


def _line(row: Row, territory: Territory) -> AgencyLine:
    tier = next(tier for tier in TIERS if tier == row.choice("tier", TIERS))
    code = row.text("code")
    if code:
        _check_code(row, code, tier, territory)
    unit = row.text("unit", may_be_empty=True)
    _check_unit(row, unit, tier, territory)
    installation = row.text("installation")
    if installation and not INSTALLATION.fullmatch(installation):
        found = Text(f"“{installation}” không dùng làm tên được.", f"“{installation}” is no usable name.")
        way_out = Text("Chỉ dùng a–z, 0–9 và dấu gạch nối.", "Use a–z, 0–9 and hyphens.")
        row.wrong("installation", found, way_out)
    handles = tuple(row.text("handles", may_be_empty=True).split())
    for kind in handles:
        if territory.kinds and kind not in territory.kinds:
            row.unknown("handles", kind, territory.kinds)
    agency = Agency(
        code=code,
        name=row.text("name"),
        tier=tier,
        parent=row.text("parent", may_be_empty=True),
        unit=unit,
        installation=installation,
    )
    desks = {role: row.integer(column, low=1, high=200) for role, column in DESK_COLUMNS.items()}
    return AgencyLine(agency=agency, handles=handles, desks=desks)


def _check_code(row: Row, code: str, tier: Tier, territory: Territory) -> None:
    try:
        parsed, form = parse(code), form_of(code)
    except BadAgencyCodeError as error:
        way_out = Text("Sửa lại mã.", "Correct the code.")
        row.wrong("code", error.found, way_out)
        return
    if form != territory.era.agency_code_form:
        found = Text(f"“{code}” không theo dạng mã của giai đoạn.", f"“{code}” is not in the form of the era.")
        row.wrong("code", found, _spelling(parsed, territory.era))
    if parsed.root != territory.root:
        found = Text(f"“{code}” thuộc về {parsed.root}.", f"“{code}” belongs to {parsed.root}.")
        way_out = Text(f"Mã phải thuộc {territory.root}.", f"The code has to belong to {territory.root}.")
        row.wrong("code", found, way_out)
    wanted = {"province": 1, "department": 2, "district": 2, "commune": 3 if territory.era.districts else 2}[tier]
    if parsed.level != wanted:
        row.wrong(
            "code",
            Text(
                f"“{code}” ở cấp {parsed.level}, nhưng cơ quan thuộc tier “{tier}”.",
                f"“{code}” is at level {parsed.level}, but the agency's tier is “{tier}”.",
            ),
            Text(f"Dùng mã cấp {wanted}.", f"Use a code of level {wanted}."),
        )


def _spelling(code: AgencyCode, era: EraFacts) -> Text:
    try:
        right = code.spell(era.agency_code_form)
    except BadAgencyCodeError as error:
        return error.found
    return Text(f"Viết là “{right}”.", f"Write it as “{right}”.")


def _check_unit(row: Row, unit: str, tier: Tier, territory: Territory) -> None:
    units = {
        "district": {district.code: district.name for district in territory.districts},
        "commune": {commune.code: commune.name for commune in territory.communes},
    }.get(tier, {})
    if units and unit not in units:
        row.unknown("unit", unit, units)
    if unit and tier in {"province", "department"}:
        found = Text(f"“{unit}” thừa: cơ quan này không quản một đơn vị.", f"“{unit}”: this agency governs no unit.")
        row.wrong("unit", found, Text("Để trống ô này.", "Leave the cell empty."))


def _check_parent(row: Row, agency: Agency, codes: set[str]) -> None:
    try:
        above = parse(agency.code).parent
        wanted = above.spell(form_of(agency.code)) if above else ""
    except BadAgencyCodeError:
        return  # reported with the code itself
    if agency.parent == wanted and (not wanted or wanted in codes):
        return
    if agency.parent and agency.parent not in codes:
        row.unknown("parent", agency.parent, codes)
        return
    found = Text(
        f"cơ quan cấp trên ghi là “{agency.parent}”, nhưng mã “{agency.code}” nằm dưới “{wanted}”.",
        f"the agency above is “{agency.parent}”, but the code “{agency.code}” lies below “{wanted}”.",
    )
    row.wrong("parent", found, Text("Sửa mã hoặc cơ quan cấp trên.", "Correct the code or the agency above."))


def _check_complete(file: str, lines: list[AgencyLine], territory: Territory, findings: Findings) -> None:
    governed = {line.agency.unit for line in lines}
    units: list[District | Commune] = [*territory.districts, *territory.communes]
    for unit in units:
        if unit.code not in governed:
            found = Text(
                f"{unit.name} ({unit.code}) chưa có Ủy ban nhân dân.",
                f"{unit.name} ({unit.code}) has no People's Committee.",
            )
            findings.add(file, "unit", found, Text("Thêm một dòng cho đơn vị này.", "Add a line for this unit."))
    heads = [line for line in lines if line.agency.tier == "province"]
    if len(heads) != 1:
        found = Text(f"có {len(heads)} cơ quan cấp tỉnh.", f"has {len(heads)} agencies of tier “province”.")
        findings.add(file, "tier", found, Text("Phải có đúng một.", "There has to be exactly one."))
