"""Rules that the tables of `fixtures/people` have to keep: every file is read whole, and every mistake told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Final

from simulation.identifiers import insurance
from simulation.identifiers.provinces import provinces
from simulation.population import regions, tables
from simulation.population.kernel import MAX_CHILDREN
from simulation.population.setting import TODAY
from simulation.province_files.reading import FILL_IN, Findings, Row, read_commented_csv, read_toml
from simulation.text import Text

_ERAS: Final = tuple(TODAY)
_AREAS: Final = ("rural", "urban")
_SEXES: Final = ("male", "female")
_ID_COLUMNS: Final = ("from_age", "area", "sex")  #: of occupations.csv; the others are occupations
_NATION: Final = "nation"
_FILED_UNDER: Final = (*provinces(), *regions.SURNAMES, _NATION)
_KINDS: Final = ("single", "couple", "lone", "upper", "stem", "skip", "siblings")
_MOST_PER_CENT: Final = 100.0
_LAST_YEAR: Final = 9999
_ALL_OF_IT: Final = 100.5  #: per cent, with what rounding adds


@cache
def check(folder: Path = tables.FOLDER) -> None:
    """Read every table of the folder. Raises BadInputError with all mistakes, each with file and key.

    A folder is read once in a process: its files are part of the project, and change between runs only.
    """
    findings = Findings()
    occupations = _occupations(folder, findings)
    for name, rule in _RULES.items():
        row = read_toml(folder / f"{name}.toml", file=f"people/{name}.toml", findings=findings)
        if row is not None:
            rule(row, occupations)
            row.no_more()
    findings.raise_if_any()


def _pyramid(row: Row, _: tuple[str, ...]) -> None:
    pyramids = list(row.rows("pyramid"))
    for one in pyramids:
        _filed(one)
        for sex in ("men", "women"):
            shares = _all_of(one, sex, high=_MOST_PER_CENT)
            if shares and len(shares) != tables.AGE_GROUPS:
                _wrong_length(one, sex, len(shares), tables.AGE_GROUPS)
        one.no_more()
    _everywhere(row, "pyramid", pyramids)


def _households(row: Row, _: tuple[str, ...]) -> None:
    sizes = list(row.rows("mean_size"))
    for one in sizes:
        _filed(one)
        one.number("value", low=1.5, high=10.0)
        one.no_more()
    _everywhere(row, "mean_size", sizes)
    kinds = row.row("kinds")
    kinds.text("source")
    _share(kinds, "one_person")
    _numbers_of(kinds.row("shares"), _KINDS, high=_MOST_PER_CENT)
    marriage = row.row("marriage")
    marriage.text("source")
    _by_region(marriage, "mean_age_women", low=15.0, high=45.0)
    marriage.number("mean_gap_years", low=-10.0, high=20.0)
    marriage.number("gap_spread_years", low=0.0, high=20.0)
    births = row.row("births")
    births.text("source")
    _rising(births, "families", list(births.rows("families")), rule=_family)
    _share(births, "boys_share", "boys_share_since_2006")
    leaving = row.row("leaving")
    leaving.text("source")
    _steps(leaving, ("sons", "daughters"))
    customs = row.row("customs")
    customs.text("source")
    _share(customs, "son_stays", "woman_heads_couple", "woman_is_lone_parent", "mother_unmarried")
    for table in (kinds, marriage, births, leaving, customs):
        table.no_more()


def _family(row: Row) -> None:
    shares = _all_of(row, "shares", high=_MOST_PER_CENT)
    if shares and len(shares) != MAX_CHILDREN + 1:
        _wrong_length(row, "shares", len(shares), MAX_CHILDREN + 1)


def _names(row: Row, _: tuple[str, ...]) -> None:
    surnames = row.row("surnames")
    for name in sorted(set(regions.SURNAMES.values())):
        listed = surnames.row(name)
        listed.text("source")
        _words(listed, "weights")
        listed.no_more()
    surnames.no_more()
    for sex in _SEXES:
        _rising(row, sex, list(row.rows(sex)), rule=_generation)


def _generation(row: Row) -> None:
    row.text("source")
    _share(row, "none", "double")
    for name in ("single", "first", "second", "given"):
        _words(row, name)


def _habits(row: Row, occupations: tuple[str, ...]) -> None:
    for name in ("phone", "smartphone", "computer", "willing"):
        curves = list(row.rows(name))
        seen = []
        for curve in curves:
            seen.append(curve.choice("era", _ERAS))
            curve.text("source")
            _steps(curve, _AREAS)
            curve.no_more()
        _each_once(row, name, seen)
    communes = row.row("communes")
    communes.text("source")
    communes.number("spread", low=0.0, high=0.5)
    birthplace = row.row("birthplace")
    birthplace.text("source")
    _by_region(birthplace, "elsewhere", low=0.0, high=1.0)
    ethnicity = row.row("ethnicity")
    for key in _filed_under(ethnicity):
        one = ethnicity.row(key)
        one.text("source")
        _words(one, "shares")
        one.no_more()
    insured = row.row("insured")
    insured.text("source")
    insured.integer("very_old_from", low=60, high=tables.MAX_AGE)
    _share(insured, "very_old_share")
    _numbers_of(insured.row("still_without"), _ERAS, high=1.0)
    for occupation in occupations:
        groups = insured.row(occupation)
        told = sum(groups.number(group, low=0.0, high=_MOST_PER_CENT) for group in _known(groups, insurance.GROUPS))
        if told > _ALL_OF_IT:
            found = Text(f"các nhóm cộng lại là {told:g} %.", f"the groups add up to {told:g} %.")
            insured.wrong(occupation, found, Text("Tổng không quá 100.", "No more than 100 in all."))
    for table in (communes, birthplace, insured):
        table.no_more()


def _companies(row: Row, _: tuple[str, ...]) -> None:
    shares = row.row("shares")
    shares.text("source")
    _share(shares, "out_of_province", "with_agent", "outside_with_local_agent", "branches", "directors_women")
    shares.integer("clients_per_agent", low=1, high=10_000)
    kinds = row.row("kinds")
    kinds.text("source")
    _words(kinds, "shares")
    trades = row.row("trades")
    trades.text("source")
    names = row.row("names")
    names.text("source")
    for table, name in ((trades, "names"), (names, "first"), (names, "second"), (names, "numbers")):
        if not table.texts(name):
            table.wrong(name, Text("không có từ nào.", "has no words."), FILL_IN)
    outside = row.row("outside")
    outside.text("source")
    outside.number("elsewhere", low=0.0, high=1e6)
    weights = outside.row("weights")
    for code in _known(weights, provinces()):
        weights.number(code, low=0.0, high=1e6)
    for table in (shares, kinds, trades, names, outside):
        table.no_more()


def _personas(row: Row, occupations: tuple[str, ...]) -> None:
    for persona in row.names():
        one = row.row(persona)
        for name in ("phone", "smartphone", "directs"):
            one.flag(name, default=False)
        if one.has("online"):
            _share(one, "online")
        if one.has("clients"):
            one.integer("clients", low=0, high=10_000)
        if one.has("occupation"):
            one.choice("occupation", occupations)
        if one.has("insured") and one.text("insured", may_be_empty=True):
            one.choice("insured", tuple(insurance.GROUPS))
        if one.has("child_of"):
            one.choice("child_of", row.names())
        for relative in one.rows("with"):
            if relative.choice("kin", ("spouse", "child")) == "spouse":
                relative.number("gap", low=-60.0, high=60.0)
            else:
                relative.number("age", low=0.0, high=80.0)
            relative.no_more()
        one.no_more()


def _addresses(row: Row, _: tuple[str, ...]) -> None:
    row.text("source")
    row.text("urban")
    settlements = row.row("settlements")
    for region in regions.SURNAMES:
        settlements.text(region)
    settlements.no_more()
    for name in ("streets", "names"):
        if not row.texts(name):
            row.wrong(name, Text("không có từ nào.", "has no words."), FILL_IN)


_RULES: Final[Mapping[str, Callable[[Row, tuple[str, ...]], None]]] = {
    "pyramid": _pyramid,
    "households": _households,
    "names": _names,
    "habits": _habits,
    "companies": _companies,
    "personas": _personas,
    "addresses": _addresses,
}


def _occupations(folder: Path, findings: Findings) -> tuple[str, ...]:
    """Check occupations.csv: a line for every age it names, area and sex. Returns the occupations of its first line."""
    file = "people/occupations.csv"
    header, rows = read_commented_csv(folder / "occupations.csv", file=file, first=_ID_COLUMNS, findings=findings)
    occupations = tuple(header[len(_ID_COLUMNS) :])
    seen = []
    for row in rows:
        age = row.integer("from_age", low=0, high=tables.MAX_AGE)
        seen.append((age, row.choice("area", _AREAS), row.choice("sex", _SEXES)))
        if sum(row.number(name, low=0.0, high=_MOST_PER_CENT) for name in occupations) <= 0.0:
            row.wrong("from_age", Text("không có nghề nào.", "has no occupation at all."), FILL_IN)
    ages = sorted({0, *(age for age, _, _ in seen)})
    for group in product(ages, _AREAS, _SEXES) if rows else ():
        if (count := seen.count(group)) != 1:
            named = ",".join(map(str, group))
            found = Text(f"“{named}” có {count} dòng.", f"“{named}” has {count} lines.")
            findings.add(file, "from_age", found, Text("Mỗi nhóm đúng một dòng.", "One line for each group."))
    return occupations


# --- parts


def _filed(row: Row) -> None:
    row.choice("era", _ERAS)
    row.text("source")
    for region in row.texts("regions"):
        if region not in _FILED_UNDER:
            row.unknown("regions", region, _FILED_UNDER)


def _filed_under(row: Row) -> tuple[str, ...]:
    """Return the row's keys, each of which has to be a province, a region or the nation; notes the others."""
    for key in row.names():
        if key not in _FILED_UNDER:
            row.unknown(key, key, _FILED_UNDER)
    return row.names()


def _everywhere(row: Row, name: str, filed: list[Row]) -> None:
    """Note an era that has no table for the nation: a province without one of its own would have none."""
    covered = {str(one.values().get("era")) for one in filed if _NATION in one.values().get("regions", ())}
    for era in _ERAS:
        if era not in covered:
            found = Text(f"giai đoạn {era} không có bảng cho “nation”.", f"era {era} has no table for “nation”.")
            row.wrong(name, found, Text("Thêm một bảng.", "Add one."))


def _each_once(row: Row, name: str, seen: list[str]) -> None:
    for era in _ERAS:
        if (count := seen.count(era)) != 1:
            found = Text(f"giai đoạn {era} có {count} bảng.", f"era {era} has {count} tables.")
            row.wrong(name, found, Text("Mỗi giai đoạn đúng một bảng.", "One for each era."))


def _share(row: Row, *names: str) -> None:
    for name in names:
        row.number(name, low=0.0, high=1.0)


def _known(row: Row, known: Iterable[str]) -> list[str]:
    """Names in the row that are known; notes the others."""
    allowed = list(known)
    for name in row.names():
        if name not in allowed:
            row.unknown(name, name, allowed)
    return [name for name in row.names() if name in allowed]


def _numbers_of(row: Row, names: Iterable[str], *, high: float) -> None:
    for name in names:
        row.number(name, low=0.0, high=high)
    row.no_more()


def _by_region(row: Row, name: str, *, low: float, high: float) -> None:
    table = row.row(name)
    for key in _filed_under(table):
        table.number(key, low=low, high=high)
    if not table.has(_NATION):
        table.number(_NATION, low=low, high=high)


def _all_of(row: Row, name: str, *, high: float) -> tuple[float, ...]:
    """Numbers of a list that has to be there; notes one without any."""
    numbers = row.numbers(name, low=0.0, high=high)
    if not row.has(name) or not (row.values()[name] and isinstance(row.values()[name], list)):
        row.wrong(name, Text("còn thiếu.", "is missing."), FILL_IN)
    return numbers


def _steps(row: Row, names: tuple[str, str]) -> None:
    """Check ages that rise from 0, and shares for each of them."""
    ages = row.numbers("ages", low=0, high=tables.MAX_AGE)
    if not ages or ages[0] != 0 or any(later <= earlier for earlier, later in pairwise(ages)):
        found = Text(f"các tuổi là {_list(ages)}.", f"the ages are {_list(ages)}.")
        row.wrong("ages", found, Text("Bắt đầu từ 0, tăng dần.", "They begin with 0 and rise."))
    for name in names:
        shares = _all_of(row, name, high=1.0)
        written = row.values().get(name)
        if isinstance(written, list) and len(written) == len(shares) != len(ages):
            _wrong_length(row, name, len(shares), len(ages))


def _rising(row: Row, name: str, rows: list[Row], *, rule: Callable[[Row], None]) -> None:
    """Check tables whose `until` rises to the end of time."""
    untils = []
    for one in rows:
        untils.append(one.integer("until", low=1800, high=_LAST_YEAR))
        rule(one)
        one.no_more()
    if not untils or untils != sorted(set(untils)) or untils[-1] != _LAST_YEAR:
        found = Text(f"các năm until là {_list(untils)}.", f"the years until are {_list(untils)}.")
        row.wrong(name, found, Text(f"Tăng dần đến {_LAST_YEAR}.", f"They rise to {_LAST_YEAR}."))


def _words(row: Row, name: str) -> None:
    """Check "Nguyễn 38.4; Trần 12.1": words with weights above 0, none twice."""
    seen: set[str] = set()
    entries = [entry.strip() for entry in row.text(name).split(";") if entry.strip()]
    for entry in entries:
        word, _, weight = entry.rpartition(" ")
        if not word or not _positive(weight):
            found = Text(f"“{entry}” không phải là từ và trọng số.", f"“{entry}” is no word with a weight.")
            row.wrong(name, found, Text("Viết như “Nguyễn 38.4”.", "Write it as in “Nguyễn 38.4”."))
        elif word in seen:
            found = Text(f"“{word}” có hai lần.", f"“{word}” stands there twice.")
            row.wrong(name, found, Text("Bỏ bớt một lần.", "Leave one out."))
        seen.add(word)


def _positive(weight: str) -> bool:
    try:
        return 0.0 < float(weight) < float("inf")
    except ValueError:
        return False


def _wrong_length(row: Row, name: str, found: int, wanted: int) -> None:
    row.wrong(
        name,
        Text(f"có {found} số.", f"has {found} numbers."),
        Text(f"Phải có {wanted} số.", f"There have to be {wanted}."),
    )


def _list(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers) or "–"
