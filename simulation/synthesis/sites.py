"""Schools and health facilities of a synthesised province, by the assumed ratios of its era."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulation.synthesis.rules import Rules
from simulation.synthesis.units import Unit, Units


class SiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of schools.csv or health.csv."""

    code: str
    name: str
    kind: str
    commune: str


def schools_of(rules: Rules, units: Units) -> list[SiteRow]:
    """Kindergartens in towns, primary schools everywhere, the higher ones in the larger communes."""
    return [*_kindergartens(units), *_primary(rules, units), *_lower(rules, units), *_upper(rules, units)]


def health_of(rules: Rules, units: Units) -> list[SiteRow]:
    """Hospitals in the largest communes, centres of districts (or what districts were), a station in every commune."""
    many = max(units.people // rules.health.hospital_per, 1)
    hospitals = [
        SiteRow(code=f"BV-{number:02d}", name=f"Bệnh viện Đa khoa {_short(c)}", kind="benh_vien", commune=c.code)
        for number, c in enumerate(_largest(units)[:many], start=1)
    ]
    stations = [
        SiteRow(
            code=f"TYT-{c.code}", name=f"Trạm Y tế {c.name[0].lower()}{c.name[1:]}", kind="tram_y_te", commune=c.code
        )
        for c in units.communes
        if c.people >= rules.health.station_from
    ]
    return [*hospitals, *_centres(rules, units), *stations]


def _centres(rules: Rules, units: Units) -> Iterator[SiteRow]:
    if rules.health.centre_per:
        many = max(units.people // rules.health.centre_per, 1)
        for number, commune in enumerate(_largest(units)[:many], start=1):
            name = f"Trung tâm Y tế khu vực {_short(commune)}"
            yield SiteRow(code=f"TTYT-{number:02d}", name=name, kind="trung_tam", commune=commune.code)
        return
    largest = _largest(units)
    for district in units.districts:
        seat = next(commune for commune in largest if commune.parent == district.code)
        name = f"Trung tâm Y tế {district.name[0].lower()}{district.name[1:]}"
        yield SiteRow(code=f"TTYT-{district.code}", name=name, kind="trung_tam", commune=seat.code)


def _kindergartens(units: Units) -> Iterator[SiteRow]:
    for c in units.communes:
        if c.urban:
            yield SiteRow(code=f"MN-{c.code}", name=f"Trường Mầm non {_short(c)}", kind="mam_non", commune=c.code)


def _primary(rules: Rules, units: Units) -> Iterator[SiteRow]:
    for c in units.communes:
        for number in range(1, max(c.people // rules.schools.primary_per, 1) + 1):
            name = f"Trường Tiểu học {_short(c)}" + (f" {number}" if number > 1 else "")
            yield SiteRow(code=f"TH-{c.code}-{number}", name=name, kind="tieu_hoc", commune=c.code)


def _lower(rules: Rules, units: Units) -> Iterator[SiteRow]:
    for c in units.communes:
        if c.people >= rules.schools.lower_from:
            name = f"Trường Trung học cơ sở {_short(c)}"
            yield SiteRow(code=f"THCS-{c.code}", name=name, kind="thcs", commune=c.code)


def _upper(rules: Rules, units: Units) -> Iterator[SiteRow]:
    many = max(units.people // rules.schools.upper_per, 1)
    for c in _largest(units)[:many]:
        name = f"Trường Trung học phổ thông {_short(c)}"
        yield SiteRow(code=f"THPT-{c.code}", name=name, kind="thpt", commune=c.code)


def _largest(units: Units) -> list[Unit]:
    return sorted(units.communes, key=lambda commune: (-commune.people, commune.code))


def _short(commune: Unit) -> str:
    """Return a commune's name without its kind; numbered wards keep it ("Phường 8")."""
    for kind in ("Phường ", "Thị trấn ", "Xã ", "Đặc khu "):
        if commune.name.startswith(kind) and not commune.name.removeprefix(kind).isdecimal():
            return commune.name.removeprefix(kind)
    return commune.name
