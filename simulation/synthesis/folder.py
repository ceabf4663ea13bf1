"""Writes a synthesised province as the folder of files that a person would write."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

from simulation.agency_code import Form
from simulation.synthesis.agencies import AgencyRow, agencies_of, in_a_sentence
from simulation.synthesis.listing import Listed, find
from simulation.synthesis.rules import Home, PersonaRule, Rules, figures_like, rules_of
from simulation.synthesis.sites import SiteRow, health_of, schools_of
from simulation.synthesis.units import Unit, Units, units_of

_DISTRICTS = ("code", "name")
_COMMUNES = ("code", "name", "district", "population", "unit_source", "population_source")
_AGENCIES = (
    *("code", "name", "tier", "parent", "unit", "installation", "handles"),
    *("reception_clerks", "specialists", "leaders", "document_clerks"),
)
_SITES = ("code", "name", "kind", "commune")
#: Form that agencies' codes of an era are written in (fixtures/eras).
_FORM: dict[str, Form] = {"2018": "old", "2026": "new"}


def write(name: str, folder: Path) -> None:
    """Write a province's files into a folder (made where missing). Raises ValueError for a name that is not listed."""
    province = find(name)
    if province is None:
        raise ValueError(f"no province of either era is called {name!r}")
    rules, units = rules_of(province.era), units_of(province)
    agencies = agencies_of(province, rules, units)
    schools, health = schools_of(rules, units), health_of(rules, units)
    folder.mkdir(parents=True, exist_ok=True)
    if units.districts:
        _csv(folder / "districts.csv", _DISTRICTS, ((unit.code, unit.name) for unit in units.districts))
    source = f"units-{'2021' if units.districts else '2026'}.csv"
    _csv(
        folder / "communes.csv",
        _COMMUNES,
        ((unit.code, unit.name, unit.parent, unit.people, source, units.people_source) for unit in units.communes),
    )
    _csv(folder / "agencies.csv", _AGENCIES, (_agency(row, _FORM[province.era]) for row in agencies))
    _csv(folder / "schools.csv", _SITES, map(_site, schools))
    _csv(folder / "health.csv", _SITES, map(_site, health))
    counts = {"people": units.people, "agencies": len(agencies), "schools": len(schools), "health": len(health)}
    profile = "\n".join(_profile(province, rules, units, counts))
    (folder / "province.toml").write_text(profile, encoding="utf-8")


def _agency(row: AgencyRow, form: Form) -> tuple[str | int, ...]:
    parent = row.place.parent
    above = parent.spell(form) if parent else ""
    return row.place.spell(form), row.name, row.tier, above, row.unit, row.installation, row.handles, *row.desks


def _site(row: SiteRow) -> tuple[str, ...]:
    return row.code, row.name, row.kind, row.commune


def _csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _profile(province: Listed, rules: Rules, units: Units, counts: dict[str, int]) -> Iterable[str]:
    """Lines of province.toml."""
    yield f"# {province.name}, {province.era}: made by `tinhmau province` from fixtures/{{admin-units,synthesis}}."
    yield "# Change what you know better; docs/howto/add-a-province.md says how."
    for key in ("name", "code", "agency_code", "era"):
        yield f"{key} = {_quoted(getattr(province, key))}"
    yield f"catalogue = {_quoted(rules.catalogue)}"
    yield from ("", "[population]", f"total = {units.people}", f"source = {_quoted(units.total_source)}")
    rural = units.people - units.urban_people
    companies = round((rules.companies.rural * rural + rules.companies.urban * units.urban_people) / 1000)
    yield from ("", "[companies]", f"value = {companies}", f"source = {_quoted(rules.companies.source)}")
    for name, figure in figures_like(rules.like).items():
        yield from ("", f"[figures.{name}]")
        value, source = figure["value"], f"assumed: as in {rules.like}: {figure['source']}"
        if name in rules.volumes:
            volume = rules.volumes[name]
            value, source = max(round(volume.value * counts[volume.per]), 1), volume.source
        elif name in rules.figures:
            value, source = rules.figures[name].value, rules.figures[name].source
        yield from (f"value = {value}", f"unit = {_quoted(str(figure['unit']))}", f"source = {_quoted(source)}")
    for persona in rules.personas:
        yield from _persona(persona, units, date.fromisoformat(rules.day))


def _persona(persona: PersonaRule, units: Units, day: date) -> Iterable[str]:
    home = _home(persona.lives, units)
    years, months, days = persona.before
    month = day.year * 12 + day.month - 1 - 12 * years - months
    born = date(month // 12, month % 12 + 1, min(day.day, 28)) - timedelta(days=days)
    yield from ("", "[[personas]]", f"id = {_quoted(persona.id)}", f"name = {_quoted(persona.name)}")
    yield from (
        f"sex = {_quoted(persona.sex)}",
        f"born = {_quoted(born.isoformat())}",
        f"commune = {_quoted(home.code)}",
    )
    yield f"story = {_quoted(persona.story.format(commune=in_a_sentence(home.name)))}"


def _home(home: Home, units: Units) -> Unit:
    """The commune of a rank; where a province has too few of the area, the smallest of all that count."""
    ordered = sorted(units.communes, key=lambda unit: (-unit.people, unit.code))
    here = [unit for unit in ordered if unit.urban == (home.area == "town")] or ordered
    return here[min(home.rank, len(here) - 1)]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
