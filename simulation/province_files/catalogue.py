"""The catalogue of procedures: `fixtures/procedures/<name>.toml`, shared by every province of an era.

The catalogue names departments by kind ("so-tu-phap"); a province says in `agencies.csv` which of its agencies handles
which kind, and may state its own demand (table `demand`), which then replaces the catalogue's shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from simulation.identifiers import procedure_code
from simulation.province import Procedure, Tier
from simulation.province_files.agencies import TIERS
from simulation.province_files.era import EraFacts
from simulation.province_files.reading import Findings, Row, no_twice, read_toml
from simulation.text import Text

#: Numbers of a procedure that need a source.
SOURCED = ("code", "level", "fee", "deadline_hours", "share_of_demand")
#: A source that is not in the table `sources` has to begin with one of these.
OWN_WORDS = ("assumed: ", "calibrated: ")
#: Shares are written with a few decimals; their sum may be this far from 1.
SHARE_TOLERANCE = 1e-6
_LEVELS: Mapping[int, Literal[1, 2, 3, 4]] = {1: 1, 2: 2, 3: 3, 4: 4}
#: The longest legal deadline that is not a slip of the pen: two working years.
_LONGEST_DEADLINE_HOURS = 4000.0
_HOURS_A_DAY = 8.0
#: Part of the legal limit that linked agencies have together where the catalogue does not say: assumed.
_LINKED_SHARE = 0.5


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Procedures as catalogued; `department` and `linked_agencies` still name kinds of department."""

    file: str
    departments: Mapping[str, str]  #: kind → Vietnamese name
    procedures: tuple[Procedure, ...]


def read_catalogue(path: Path, *, file: str, era: EraFacts, findings: Findings) -> Catalogue:
    """Read a catalogue and check every procedure, its sources, and that the shares of demand add up to 1."""
    row = read_toml(path, file=file, findings=findings)
    if row is None:
        return Catalogue(file=file, departments={}, procedures=())
    row.choice("era", (era.id,))
    departments = _texts(row.row("departments"))
    sources = _texts(row.row("sources"))
    rows = list(row.rows("procedure"))
    if not rows:
        row.wrong("procedure", Text("không có thủ tục nào.", "has no procedures."), Text("Thêm thủ tục.", "Add some."))
    tiers = tuple(tier for tier in TIERS if era.districts or tier != "district")
    procedures = tuple(_procedure(entry, tiers=tiers, departments=departments, sources=sources) for entry in rows)
    no_twice((entry, "code", procedure.code) for entry, procedure in zip(rows, procedures, strict=True))
    row.no_more()
    check_shares(row, "procedure", [procedure.share_of_demand for procedure in procedures])
    return Catalogue(file=file, departments=departments, procedures=procedures)


def with_demand(catalogue: Catalogue, profile: Row) -> Catalogue:
    """Replace the shares of demand by the province's own, where it states any; what it leaves out is not offered."""
    if not profile.has("demand"):
        return catalogue
    demand = profile.row("demand")
    source = demand.text("source")
    table = demand.row("shares")
    by_code = {procedure.code: procedure for procedure in catalogue.procedures}
    chosen = []
    for code in table.names():
        share = table.number(code, low=0.0, high=1.0)
        if code in by_code:
            found = by_code[code]
            sources = {**found.sources, "share_of_demand": source}
            chosen.append(msgspec.structs.replace(found, share_of_demand=share, sources=sources))
        elif by_code:
            table.unknown(code, code, by_code)
    demand.no_more()
    check_shares(demand, "shares", [procedure.share_of_demand for procedure in chosen])
    return msgspec.structs.replace(catalogue, procedures=tuple(chosen))


def settle(
    catalogue: Catalogue, agencies: Mapping[str, str], *, file: str, findings: Findings
) -> tuple[Procedure, ...]:
    """Put the province's agencies in the place of kinds of department; note a kind that nobody handles."""
    settled = []
    missing: dict[str, str] = {}
    for procedure in catalogue.procedures:
        kinds = [kind for kind in (procedure.department, *procedure.linked_agencies) if kind in catalogue.departments]
        missing.update({kind: procedure.name for kind in kinds if kind not in agencies})
        settled.append(
            msgspec.structs.replace(
                procedure,
                department=agencies.get(procedure.department, procedure.department),
                linked_agencies=tuple(agencies.get(linked, linked) for linked in procedure.linked_agencies),
            )
        )
    for kind, example in missing.items():
        found = Text(
            f"không cơ quan nào phụ trách “{kind}” ({catalogue.departments[kind]}), ví dụ cho thủ tục “{example}”.",
            f"no agency handles “{kind}” ({catalogue.departments[kind]}), needed for “{example}”.",
        )
        way_out = Text(
            f"Ghi “{kind}” vào cột handles của một cơ quan.", f"Write “{kind}” into the column handles of an agency."
        )
        findings.add(file, "handles", found, way_out)
    return tuple(settled)


def check_shares(row: Row, name: str, shares: list[float]) -> None:
    """Note shares that do not add up to 1."""
    total = sum(shares)
    if shares and abs(total - 1.0) > SHARE_TOLERANCE:
        row.wrong(
            name,
            Text(f"các tỷ lệ cộng lại là {total:.6f}.", f"the shares add up to {total:.6f}."),
            Text("Sửa để tổng bằng 1.", "Correct them so that they add up to 1."),
        )


def _texts(table: Row) -> dict[str, str]:
    return {name: table.text(name) for name in table.names()}


def _procedure(
    row: Row, *, tiers: tuple[Tier, ...], departments: Mapping[str, str], sources: Mapping[str, str]
) -> Procedure:
    code = row.text("code")
    if code and procedure_code.problems(code):
        found = Text(f"“{code}” không phải mã thủ tục.", f"“{code}” is no code of a procedure.")
        row.wrong("code", found, Text("Mã có dạng “1.001193”.", "A code looks like “1.001193”."))
    tier = next(tier for tier in tiers if tier == row.choice("tier", tiers))
    applicant = row.choice("applicant", ("person", "company"))
    procedure = Procedure(
        code=code,
        name=row.text("name"),
        field=row.text("field"),
        level=_LEVELS.get(row.integer("level", low=1, high=4), 1),
        tier=tier,
        department=_department(row, tier, departments),
        applicant="company" if applicant == "company" else "person",
        fee=row.integer("fee", low=0, high=1_000_000_000),
        deadline_hours=row.number("deadline_hours", low=0.0, high=_LONGEST_DEADLINE_HOURS),
        same_day=row.flag("same_day"),
        needs_leader=row.flag("needs_leader"),
        linked_agencies=row.texts("linked_agencies"),
        linked_hours=row.numbers("linked_hours", low=1.0, high=_LONGEST_DEADLINE_HOURS),
        certified_copies=row.flag("certified_copies", default=False),
        visit=row.flag("visit", default=False),
        waived_online=row.flag("waived_online", default=False),
        automatic=row.flag("automatic", default=False),
        share_of_demand=row.number("share_of_demand", low=0.0, high=1.0),
        sources=_sources(row.row("sources"), sources),
    )
    for linked in procedure.linked_agencies:
        if linked not in tiers and linked not in departments:
            row.unknown("linked_agencies", linked, (*tiers, *departments))
    if procedure.same_day != (procedure.deadline_hours < _HOURS_A_DAY):
        found = Text(
            f"same_day và hạn {procedure.deadline_hours:g} giờ làm việc không khớp nhau.",
            f"same_day does not go with a deadline of {procedure.deadline_hours:g} working hours.",
        )
        way_out = Text("Trả trong ngày khi hạn dưới 8 giờ.", "The same day is a deadline below 8 hours.")
        row.wrong("same_day", found, way_out)
    row.no_more()
    _check_automatic(procedure, row)
    return _with_linked_hours(procedure, row)


def _check_automatic(procedure: Procedure, row: Row) -> None:
    """Note a procedure that is to be granted without anybody, and yet asks for somebody."""
    in_the_way = [
        name
        for name, stands in (
            ("level", procedure.level < 4),  # noqa: PLR2004 - service level 4 (SYS-LEVELS)
            ("fee", procedure.online_fee > 0),
            ("needs_leader", procedure.needs_leader),
            ("linked_agencies", bool(procedure.linked_agencies)),
            ("certified_copies", procedure.certified_copies),
            ("visit", procedure.visit),
        )
        if stands
    ]
    if procedure.automatic and in_the_way:
        names = ", ".join(in_the_way)
        found = Text(f"không tự động được vì còn {names}.", f"cannot be automatic because of {names}.")
        row.wrong("automatic", found, Text("Bỏ automatic hoặc sửa các mục đó.", "Remove automatic or correct those."))


def _with_linked_hours(procedure: Procedure, row: Row) -> Procedure:
    """Give each linked agency its time: what the catalogue says, or equal parts of half the limit (assumed)."""
    count = len(procedure.linked_agencies)
    stated = procedure.linked_hours
    if not stated and count:
        equal = (procedure.deadline_hours * _LINKED_SHARE / count,) * count
        return msgspec.structs.replace(procedure, linked_hours=equal)
    if len(stated) != count or sum(stated) > procedure.deadline_hours:
        found = Text(
            f"{len(stated)} hạn ({sum(stated):g} giờ) cho {count} cơ quan, hạn chung {procedure.deadline_hours:g} giờ.",
            f"{len(stated)} limits ({sum(stated):g} hours) for {count} agencies, {procedure.deadline_hours:g} in all.",
        )
        way_out = Text(
            "Ghi một hạn cho mỗi cơ quan, tổng không quá hạn chung.",
            "Write one limit for each agency, together no more than the whole.",
        )
        row.wrong("linked_hours", found, way_out)
    return procedure


def _department(row: Row, tier: Tier, departments: Mapping[str, str]) -> str:
    if tier != "department":
        if row.has("department"):
            found = Text(f"thừa với tier “{tier}”.", f"does not go with tier “{tier}”.")
            row.wrong("department", found, Text("Bỏ dòng này.", "Remove the line."))
        return ""
    department = row.text("department")
    if department and department not in departments:
        row.unknown("department", department, departments)
    return department


def _sources(table: Row, known: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in SOURCED:
        source = table.text(name)
        if source and source not in known and not source.startswith(OWN_WORDS):
            table.unknown(name, source, known)
        found[name] = known.get(source, source)
    table.no_more()
    return found
