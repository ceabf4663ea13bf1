"""Reads scenarios from `fixtures/scenarios/<name>.toml` and checks them whole: every mistake is told at once.

A file may stand on another one (`based_on = "working_day"`): tables are merged key by key, anything else is replaced.
A file that names no province is only there to be stood upon. The name of a province that has no file of its own stands
for its ordinary working day (`any_province_2018.toml`, `any_province_2026.toml`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

from simulation import province_files, shape_files, synthesis
from simulation.arrivals import Profile, profile_of
from simulation.calendar import second_of_day
from simulation.client_lines import ClientLine
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.province import Era, Figure, Province
from simulation.province_files.reading import Findings, Row
from simulation.scenario import HABITS, KINDS, PROFILES, DocumentKind, Scenario
from simulation.shape import bend, changes_nothing
from simulation.text import Text
from simulation.timeline import Timeline

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

_ERAS = ("2018", "2026")
_EDXML_MODES = ("strict", "lenient")
_CERTIFICATES_ASKED = ("crl", "ocsp")
_PRODUCTS = ("", "sen", "truc", "dua")  # with an adapter at the one-stop (services/onestop/dialects)
#: Largest value of a habit or a factor: generous, but a slip of the keyboard does not pass.
_LARGEST = 1_000_000.0
_MOST_LOST = 0.5  #: a line that loses more of its pieces is none; assumed
_BENDS_NOTHING = Text("không đổi gì: lúc đó không ai đến.", "changes nothing: nobody comes at that time.")
_SOMEBODY_COMES = Text("Chọn from, until lúc có người đến.", "Choose from and until when somebody comes.")


def available(*, fixtures: Path = FIXTURES) -> tuple[str, ...]:
    """Names of the scenarios that can be run, in alphabetical order."""
    return tuple(sorted(path.stem for path in (fixtures / "scenarios").glob("*.toml") if _names_a_province(path)))


def _names_a_province(path: Path) -> bool:
    try:
        return "province" in tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError:
        return True  # a damaged scenario is still one: loading it will say what is wrong


def load(name: str, *, fixtures: Path = FIXTURES) -> Scenario:
    """Read one scenario. Raises BadInputError with every mistake, or with the nearest name for an unknown one."""
    names = available(fixtures=fixtures)
    listed = synthesis.find(name)
    if listed is not None and listed.id not in names:
        return _ordinary_day(listed, fixtures)
    name = name if listed is None else listed.id
    if name not in names:
        unknown = Text(f"không có kịch bản “{name}”.", f"there is no scenario “{name}”.")
        way_out = did_you_mean(name, {*names, *synthesis.names()})
        raise BadInputError([Mistake(file=name, key="--scenario", found=unknown, way_out=way_out)])
    findings = Findings()
    file = f"{name}.toml"
    merged = _merged(name, fixtures / "scenarios", above=())
    scenario = _read(Row(merged, file=file, where="", findings=findings), name=name, fixtures=fixtures)
    findings.raise_if_any()
    return cast("Scenario", scenario)


def _ordinary_day(province: synthesis.Listed, fixtures: Path) -> Scenario:
    base = f"any_province_{province.era}"
    own = {
        "province": province.id,
        "title": {
            "vi": f"Một ngày làm việc của {province.title}, giai đoạn {province.era}",
            "en": f"A working day of {province.name}, era {province.era}",
        },
    }
    findings = Findings()
    merged = _laid_over(_merged(base, fixtures / "scenarios", above=()), own)
    scenario = _read(Row(merged, file=f"{base}.toml", where="", findings=findings), name=province.id, fixtures=fixtures)
    findings.raise_if_any()
    return cast("Scenario", scenario)


def check_against(scenario: Scenario, province: Province) -> None:
    """Refuse a scenario that does not fit its province: another era, or a figure that neither province nor year has.

    Raises BadInputError with every mistake.
    """
    findings = Findings()
    file = f"{scenario.name}.toml"
    if scenario.era != province.era:
        found = Text(
            f"kịch bản thuộc giai đoạn {scenario.era}, tỉnh {province.id} thuộc giai đoạn {province.era}.",
            f"the scenario is of era {scenario.era}, province {province.id} of era {province.era}.",
        )
        findings.add(file, "era", found, Text("Chọn cùng một giai đoạn.", "Choose the same era for both."))
    _check_figures(scenario, province, findings, file)
    findings.raise_if_any()


def _check_figures(scenario: Scenario, province: Province, findings: Findings, file: str) -> None:
    """Look at figures that the scenario sets: those of the province, and those that only a year needs."""
    others = {name: figure for name, figure in scenario.figures.items() if name not in province.figures}
    if not others:
        return
    from simulation.year.conduct import OF_A_YEAR  # noqa: PLC0415 -- brings the compiler along, which a day does not need

    for name, figure in others.items():
        if name not in OF_A_YEAR:
            findings.unknown(file, f"figures.{name}", name, [*province.figures, *OF_A_YEAR])
        elif OF_A_YEAR[name].unit.startswith(("share", "0 or 1")) and figure.value > 1.0:
            found = Text(f"{figure.value} lớn hơn 1.", f"{figure.value} is more than 1.")
            findings.add(file, f"figures.{name}.value", found, Text("Chọn từ 0 đến 1.", "Choose from 0 to 1."))


def _merged(name: str, folder: Path, *, above: tuple[str, ...]) -> dict[str, Any]:
    """Read a file and all it stands on."""
    file = f"{name}.toml"
    try:
        raw = tomllib.loads((folder / file).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        found = Text(f"sai cú pháp TOML: {error}.", f"is no valid TOML: {error}.")
        way_out = Text("Sửa dòng nêu trên.", "Correct the line it names.")
        raise BadInputError([Mistake(file=file, key="", found=found, way_out=way_out)]) from error
    base = raw.get("based_on")
    if base is None:
        return raw
    known = {path.stem for path in folder.glob("*.toml")} - {name, *above}
    if base not in known:
        found = Text(f"không thể dựa trên “{base}”.", f"cannot stand on “{base}”.")
        raise BadInputError([Mistake(file=file, key="based_on", found=found, way_out=did_you_mean(str(base), known))])
    return _laid_over(_merged(str(base), folder, above=(*above, name)), raw)


def _laid_over(below: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in over.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if both_tables else value
    return merged


def _read(row: Row, *, name: str, fixtures: Path) -> Scenario | None:
    """Read a merged file as far as that is possible; what is wrong stands in the row's findings."""
    title = row.row("title")
    timeline = _timeline(row)
    name_of_title = Text(title.text("vi"), title.text("en"))
    province = _province(row, fixtures)
    era = row.choice("era", _ERAS)
    requirements = _requirements(row, fixtures / "requirements")
    journeys, profiles = _journeys(row), _profiles(row)
    if row.has("shape"):
        shape = shape_files.read(row.row("shape"), folder=fixtures / "scenarios")
        if shape is not None:
            usual = profiles
            profiles, growth = bend(shape, profiles)
            if profiles and all(changes_nothing(usual[name], bent) for name, bent in profiles.items()):
                row.wrong("shape", _BENDS_NOTHING, _SOMEBODY_COMES)
            journeys = {kind: factor * growth.get(kind, 1.0) for kind, factor in journeys.items()}
    habits, figures = _habits(row), _figures(row)
    document_kinds, client_lines = _document_kinds(row), _client_lines(row)
    onestop = row.choice("onestop", _PRODUCTS) if row.has("onestop") else ""
    mismatches = row.texts("onestop_mismatches") if row.has("onestop_mismatches") else ()
    faults = row.texts("faults") if row.has("faults") else ()
    edxml_mode = row.choice("edxml_mode", _EDXML_MODES) if row.has("edxml_mode") else "strict"
    asked = row.choice("certificates_asked", _CERTIFICATES_ASKED) if row.has("certificates_asked") else "crl"
    row.has("based_on")
    row.no_more()
    if row.findings.mistakes or timeline is None:
        return None
    return Scenario(
        name=name,
        title=name_of_title,
        province=province,
        era=cast("Era", era),
        timeline=timeline,
        requirements=requirements,
        journeys=journeys,
        profiles=profiles,
        habits=habits,
        figures=figures,
        document_kinds=document_kinds,
        client_lines=client_lines,
        faults=faults,
        onestop=onestop,
        onestop_mismatches=mismatches,
        edxml_mode=edxml_mode,
        certificates_asked=asked,
    )


def _province(row: Row, fixtures: Path) -> str:
    value = row.text("province")
    known = province_files.known(fixtures=fixtures)
    if value and value not in known:
        row.unknown("province", value, known)
    return value


def _timeline(row: Row) -> Timeline | None:
    day = row.text("day")
    try:
        date.fromisoformat(day)
    except ValueError:
        if day:
            row.wrong(
                "day",
                Text(f"“{day}” không phải là ngày.", f"“{day}” is no date."),
                Text("Viết dạng 2018-08-22.", "Write it as 2018-08-22."),
            )
        day = ""
    points = _steps(row, "timeline", Text("giây chạy", "run second"))
    if not day or points is None:
        return None
    try:
        return Timeline(day=day, points=points)
    except ValueError:
        row.wrong(
            "timeline",
            Text(f"các điểm không tăng: {points}.", f"the points do not rise: {points}."),
            Text("Cần ít nhất hai điểm, tăng dần ở cả hai cột.", "Give at least two points that rise in both columns."),
        )
        return None


def _steps(row: Row, key: str, second: Text) -> tuple[tuple[float, float], ...] | None:
    """Read a list of "HH:MM number"; None where it cannot be used (which is noted)."""
    pairs: list[tuple[float, float]] = []
    entries = row.texts(key)
    for index, entry in enumerate(entries):
        try:
            clock, value = entry.split()
            pairs.append((second_of_day(clock), float(value)))
        except ValueError:
            row.wrong(
                f"{key}[{index}]",
                Text(f"tìm thấy “{entry}”.", f"found “{entry}”."),
                Text(f'Viết dạng "HH:MM {second.vi}".', f'Write it as "HH:MM {second.en}".'),
            )
    if not entries:
        row.wrong(key, Text("còn thiếu.", "is missing."), Text("Hãy điền giá trị này.", "Fill it in."))
    return tuple(pairs) if entries and len(pairs) == len(entries) else None


def _requirements(row: Row, folder: Path) -> tuple[str, ...]:
    tables = row.texts("requirements")
    known = [path.stem for path in folder.glob("*.toml")]
    for index, table in enumerate(tables):
        if table not in known:
            row.unknown(f"requirements[{index}]", table, known)
    return tables


def _only(table: Row, known: Iterable[str]) -> list[str]:
    """Return the known names that stand in a table, and note the unknown ones."""
    names = list(known)
    for name in table.names():
        if name not in names:
            table.unknown(name, name, names)
    return [name for name in names if table.has(name)]


def _journeys(row: Row) -> dict[str, float]:
    table = row.row("journeys")
    return {kind: table.number(kind, low=0.0, high=_LARGEST) for kind in _only(table, KINDS)}


def _profiles(row: Row) -> dict[str, Profile]:
    table = row.row("profiles")
    _only(table, PROFILES)
    profiles: dict[str, Profile] = {}
    for name in PROFILES:
        entry = table.row(name)
        if not entry.names():
            continue
        source = entry.text("source")
        steps = _steps(entry, "steps", Text("mức", "rate"))
        if steps is None:
            continue
        try:
            profiles[name] = profile_of(steps, source=source)
        except ValueError as error:
            entry.wrong(
                "steps",
                Text(f"không phải là một biểu đồ lượt đến: {error}.", f"no arrival profile: {error}."),
                Text(
                    "Giờ tăng dần, mức không âm, mức cuối bằng 0.",
                    "Let times rise, no rate be negative, and the last one be 0.",
                ),
            )
    return profiles


def _habits(row: Row) -> dict[str, Figure]:
    table = row.row("habits")
    _only(table, HABITS)
    habits: dict[str, Figure] = {}
    for name, unit in HABITS.items():
        entry = table.row(name)
        if entry.names():
            high = 1.0 if unit.startswith("share") else _LARGEST
            habits[name] = Figure(
                value=entry.number("value", low=0.0, high=high), unit=unit, source=entry.text("source")
            )
            entry.no_more()
    return habits


def _figures(row: Row) -> dict[str, Figure]:
    if not row.has("figures"):
        return {}
    table = row.row("figures")
    figures: dict[str, Figure] = {}
    for name in table.names():
        entry = table.row(name)
        value = entry.number("value", low=0.0, high=_LARGEST)
        figures[name] = Figure(value=value, unit=entry.text("unit"), source=entry.text("source"))
        entry.no_more()
    return figures


def _client_lines(row: Row) -> tuple[ClientLine, ...]:
    lines = []
    for entry in row.rows("client_lines") if row.has("client_lines") else ():
        lines.append(
            ClientLine(
                name=entry.text("name"),
                share=entry.number("share", low=1e-6, high=1.0),
                round_trip_ms=entry.number("round_trip_ms", low=0.0, high=10_000.0),
                down_kbit=entry.number("down_kbit", low=1.0, high=_LARGEST),
                up_kbit=entry.number("up_kbit", low=1.0, high=_LARGEST),
                loss=entry.number("loss", low=0.0, high=_MOST_LOST) if entry.has("loss") else 0.0,
                source=entry.text("source"),
            )
        )
        entry.no_more()
    if sum(line.share for line in lines) > 1 + 1e-9:
        found = Text("tổng share lớn hơn 1.", "the shares add up to more than 1.")
        row.wrong("client_lines", found, Text("Giảm các share.", "Lessen them."))
    return tuple(lines)


def _document_kinds(row: Row) -> tuple[DocumentKind, ...]:
    kinds = []
    for entry in row.rows("document_kinds"):
        kinds.append(
            DocumentKind(
                name=entry.text("name"),
                share=entry.number("share", low=1e-6, high=_LARGEST),
                pages=entry.integer("pages", low=1, high=500),
                subjects=entry.texts("subjects"),
                source=entry.text("source"),
            )
        )
        if not kinds[-1].subjects:
            entry.wrong("subjects", Text("để trống.", "is empty."), Text("Thêm trích yếu.", "Add a subject."))
        entry.no_more()
    if not kinds:
        row.wrong(
            "document_kinds",
            Text("không có loại văn bản nào.", "there is no kind of document."),
            Text("Thêm [[document_kinds]].", "Add [[document_kinds]]."),
        )
    return tuple(kinds)
