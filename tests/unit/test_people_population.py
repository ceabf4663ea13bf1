"""A population: the same from the same seed however it is drawn, with unique valid numbers and people who fit."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import subprocess
import sys
import unicodedata
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from people_provinces import PERSONAS, made_up

from simulation import province_files
from simulation.identifiers import id_card, insurance, personal_number, phone, tax_code
from simulation.mistakes import BadInputError
from simulation.population import Population, blocks, draw, draw_into, layout, parquet, people, population, read, tables
from simulation.population.fit import age_group
from simulation.population.setting import Setting
from simulation.province import Figure
from simulation.streams import Streams
from simulation.text import Text

TODAY = date(2018, 8, 22)
#: Half a percentage point for the fit, the rest for the chance of 42,800 people.
PYRAMID_POINTS = 0.8


@pytest.fixture(scope="module")
def drawn() -> Population:
    """Return the population of a made-up province: a ward of several blocks, a township, a hamlet."""
    return draw(made_up(), seed=7)


def _digest(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def _ages(table: pl.DataFrame) -> np.ndarray:
    return table.select((pl.lit(TODAY) - pl.col("born")).dt.total_days() / 365.2425).to_series().to_numpy()


# --- the same people


def test_the_same_seed_gives_the_same_bytes(drawn: Population, tmp_path: Path) -> None:
    """Two draws from one seed are written as the same files; another seed gives other people."""
    drawn.write(tmp_path / "a")
    draw(made_up(), seed=7).write(tmp_path / "b")
    assert _digest(tmp_path / "a") == _digest(tmp_path / "b")
    assert draw(made_up(), seed=8).people["full_name"].to_list() != drawn.people["full_name"].to_list()


def test_another_process_draws_the_same_people(tmp_path: Path) -> None:
    """Nothing depends on the process: not on its hash seed, not on what it drew before."""
    province = made_up(people=(900, 300, 100))
    draw(province, seed=7).write(tmp_path / "here")
    (tmp_path / "province.json").write_bytes(msgspec.json.encode(province))
    program = (
        "import msgspec, sys; from pathlib import Path; from simulation.population import draw;"
        "from simulation.province import Province; folder = Path(sys.argv[1]);"
        "province = msgspec.json.decode((folder / 'province.json').read_bytes(), type=Province);"
        "draw(province, seed=7).write(folder / 'there')"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        cwd=Path(__file__).parents[2],
    )
    assert _digest(tmp_path / "here") == _digest(tmp_path / "there")


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_do_not_matter(drawn: Population, workers: int) -> None:
    """Several workers draw the people that one draws."""
    other = draw(made_up(), seed=7, workers=workers)
    assert other.people.equals(drawn.people)
    assert other.companies.equals(drawn.companies)


def test_pages_and_the_order_of_blocks_do_not_matter(drawn: Population, monkeypatch: pytest.MonkeyPatch) -> None:
    """People spelt in small pages are the same, and so are blocks that are drawn from the last to the first."""
    monkeypatch.setattr(population, "_PAGE_PEOPLE", 5_000)
    assert draw(made_up(), seed=7).people.equals(drawn.people)
    province = made_up()
    residents = [block for block in blocks.blocks_of(province, outsiders=15) if block.commune >= 0]
    everybody = residents[0].everybody
    setting = Setting(province=province, streams=Streams(7).within(province.id), today=TODAY, everybody=everybody)
    rows = {block.index: people.draw_blocks(setting, [block]) for block in reversed(residents)}
    backwards = io.BytesIO()
    file = parquet.File(backwards, layout.schema(setting))
    for index in sorted(rows):
        file.add(layout.group(setting, rows[index]))
    file.close()
    assert len(residents) > len(province.communes)
    # The serials of personal numbers are shares of all people, outsiders included: 14 directors and an agent.
    assert pl.read_parquet(backwards.getvalue()).equals(drawn.people)


def test_drawing_straight_into_files_gives_the_same_files(drawn: Population, tmp_path: Path) -> None:
    """The way for large provinces, which holds a page at a time, ends in the same files."""
    drawn.write(tmp_path / "whole")
    draw_into(tmp_path / "paged", made_up(), seed=7)
    assert _digest(tmp_path / "whole") == _digest(tmp_path / "paged")
    again = read(tmp_path / "paged")
    assert again.people.equals(drawn.people)
    assert again.branches.equals(drawn.branches)


def test_provinces_do_not_share_people(drawn: Population) -> None:
    """With one seed for all, another province has other people."""
    other = draw(made_up(name="another"), seed=7)
    assert other.people["full_name"].to_list() != drawn.people["full_name"].to_list()
    shared = set(other.people["personal_number"]) & set(drawn.people["personal_number"])
    assert len(shared) < 0.05 * len(drawn.people)


# --- numbers


def test_personal_numbers_are_unique_and_true(drawn: Population) -> None:
    """Nobody shares a number, and each says its owner's sex and year of birth."""
    everybody = pl.concat([drawn.people, drawn.outsiders])
    assert everybody["personal_number"].n_unique() == len(everybody)
    sample = pl.concat([everybody.head(500), everybody.tail(500)])
    for number, sex, born in sample.select("personal_number", "sex", "born").iter_rows():
        assert personal_number.problems(number, born=born, sex=sex, today=TODAY) == []


def test_all_other_numbers_are_unique_and_valid(drawn: Population) -> None:
    """Cards, phones and health cards belong to one person each and pass their validators."""
    everybody = pl.concat([drawn.people, drawn.outsiders])
    checks = {
        "id_card": id_card.problems,
        "mobile": lambda text: phone.problems(text, day=TODAY),
        "insurance_card": insurance.problems,
    }
    for column, problems in checks.items():
        given = everybody[column].filter(everybody[column] != "")
        assert len(given) > 0.5 * len(everybody)
        assert given.n_unique() == len(given)
        assert [text for text in given.head(1000) if problems(text)] == []


def test_cards_follow_age(drawn: Population) -> None:
    """The old identity card is given from 14 years; small children have health cards of their group."""
    ages = _ages(drawn.people)
    has_card = (drawn.people["id_card"] != "").to_numpy()
    assert has_card[ages >= 14.01].all()
    assert not has_card[ages < 13.99].any()
    small = drawn.people.filter(pl.Series(ages < 6) & (pl.col("insurance_card") != "") & (pl.col("persona") == ""))
    assert set(small["insurance_card"].str.head(3)) == {"TE1"}


def test_too_many_people_for_six_digits_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numbers would run out, drawing stops and says so instead of repeating one."""
    monkeypatch.setattr(blocks, "PER_PROVINCE_SEX_YEAR", 40)
    with pytest.raises(ValueError, match="too large for six digits"):
        draw(made_up(), seed=7)


# --- people


def _documented(table: str) -> list[str]:
    """Columns of a table as docs/population-schema.md lists them."""
    text = (Path(__file__).parents[2] / "docs" / "population-schema.md").read_text(encoding="utf-8")
    section = text.split(f"## `{table}`", 1)[1].split("\n## ", 1)[0]
    return [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("table", population.TABLES)
def test_tables_have_the_documented_columns(drawn: Population, table: str) -> None:
    """docs/population-schema.md lists every column of every table, in its order."""
    assert getattr(drawn, table).columns == (_documented(table) or _documented("people"))  # outsiders: those of people


def test_every_commune_has_exactly_its_people(drawn: Population) -> None:
    """The communes' populations are the province's figures, to the person."""
    counts = dict(drawn.people.group_by("commune").len().iter_rows())
    assert counts == {commune.code: commune.population for commune in made_up().communes}


@pytest.mark.parametrize("size", [(1,), (2, 1), (7, 3, 30)])
def test_the_smallest_communes_are_filled_too(size: tuple[int, ...]) -> None:
    """A commune of one person has one person."""
    drawn = draw(made_up(people=size, personas=(), companies=0), seed=1)
    assert drawn.people.group_by("commune", maintain_order=True).len()["len"].to_list() == list(size)
    assert len(drawn.companies) == len(drawn.outsiders) == 0


def test_the_pyramid_is_the_tables(drawn: Population) -> None:
    """Shares by age group and sex come out as fixtures/people/pyramid.toml has them for the region."""
    province = made_up()
    setting = Setting(province=province, streams=Streams(7), today=TODAY, everybody=0)
    group = age_group(_ages(drawn.people))
    female = (drawn.people["sex"] == "female").to_numpy()
    found = np.bincount(group * 2 + female, minlength=36).reshape(18, 2) / len(group)
    wanted = tables.closest(tables.pyramids(), province).shares()
    assert np.abs(found - wanted).max() * 100 < PYRAMID_POINTS
    assert abs(found - setting.fit.expected).max() * 100 < 0.4


def test_households_have_one_head_and_fit_in_size(drawn: Population) -> None:
    """Every household has exactly one head, at most one spouse, one commune, and the mean size of the region."""
    homes = drawn.people.group_by("household").agg(
        heads=(pl.col("role_in_household") == "head").sum(),
        spouses=(pl.col("role_in_household") == "spouse").sum(),
        communes=pl.col("commune").n_unique(),
        people=pl.len(),
        first=pl.col("role_in_household").first(),
    )
    assert homes["heads"].unique().to_list() == [1]
    assert homes["spouses"].max() == 1
    assert homes["communes"].max() == 1
    assert set(homes["first"]) <= {"head", "spouse"}
    assert abs(len(drawn.people) / len(homes) - 3.3) < 0.15
    assert abs((homes["people"] == 1).mean() - 0.105) < 0.04  # type: ignore[operator]


def test_parents_and_children_fit(drawn: Population) -> None:
    """Children in the house are 18 to 46 years younger than their mother and have their father's surname."""
    table = drawn.people.with_columns(surname=pl.col("full_name").str.split(" ").list.first())
    middle = table.filter(pl.col("kin").is_in(["head", "spouse"]))
    mothers = middle.filter(pl.col("sex") == "female").select("household", mother="born", hers="surname")
    fathers = middle.filter(pl.col("sex") == "male").select("household", father="born", his="surname")
    children = table.filter(pl.col("kin") == "child")
    with_mother = children.join(mothers, on="household")
    years = with_mother.select((pl.col("born") - pl.col("mother")).dt.total_days() / 365.2425).to_series()
    assert len(years) > 8_000
    assert 18 < years.min() < years.max() < 46  # type: ignore[operator]
    with_father = children.join(fathers, on="household").filter(pl.col("kin") == "child")
    couples = with_father.join(mothers, on="household", how="semi")
    assert (couples["surname"] == couples["his"]).mean() == 1.0
    # Wives keep their own: they share the husband's as often as any two people share one.
    wed = fathers.join(mothers, on="household")
    assert 0.08 < (wed["his"] == wed["hers"]).mean() < 0.2


def test_names_follow_sex_and_generation(drawn: Population) -> None:
    """Old women are nearly all called Thị, boys born lately hardly ever Văn; Nguyễn is the most frequent surname."""
    words = drawn.people.with_columns(words=pl.col("full_name").str.split(" "), year=pl.col("born").dt.year())
    old_women = words.filter((pl.col("sex") == "female") & (pl.col("year") < 1955))["words"].list.get(1)
    boys = words.filter((pl.col("sex") == "male") & (pl.col("year") >= 2005))["words"].list.get(1)
    assert (old_women == "Thị").mean() > 0.85  # type: ignore[operator]
    assert (boys == "Văn").mean() < 0.05  # type: ignore[operator]
    surnames = words["words"].list.first().alias("surname").value_counts(sort=True, normalize=True)
    assert surnames["surname"][0] == "Nguyễn"
    assert abs(surnames["proportion"][0] - 0.313) < 0.02
    text = "".join(drawn.people["full_name"].head(5000))
    assert unicodedata.is_normalized("NFC", text)
    doubled = words["words"].list.tail(2).list.unique().list.len().eq(1) & (words["words"].list.len() > 2)
    assert not (doubled & (words["persona"] == "")).any()


def test_habits_follow_age(drawn: Population) -> None:
    """Smartphones as surveyed (88 % of 18-36, 38 % from 37), online only with one, nearly all insured."""
    table = drawn.people.with_columns(age=pl.Series(_ages(drawn.people)))
    young = table.filter(pl.col("age").is_between(18, 37))["smartphone"].mean()
    older = table.filter(pl.col("age") >= 37)["smartphone"].mean()
    # This province is more urban than the country.
    assert 0.86 < young < 0.95  # type: ignore[operator]
    assert 0.33 < older < 0.60  # type: ignore[operator]
    assert table.filter(~pl.col("smartphone"))["online"].max() == 0
    assert table.filter(pl.col("smartphone") & (pl.col("mobile") == "")).is_empty()
    assert table["online"].is_between(0, 1).all()
    assert abs((table["insurance_card"] != "").mean() - 0.869) < 0.03  # type: ignore[operator]
    assert set(table.filter(pl.col("age") < 5.9)["occupation"]) == {"preschool"}


def test_a_province_can_set_its_share_of_insured() -> None:
    """The figure `insured_share` of a province overrules the table."""
    figure = Figure(value=0.6, unit="share (0 to 1)", source="assumed: for this test")
    drawn = draw(made_up(people=(20_000,), personas=(), figures={"insured_share": figure}), seed=1)
    assert abs((drawn.people["insurance_card"] != "").mean() - 0.6) < 0.02  # type: ignore[operator]


# --- personas


def test_personas_are_there_as_the_province_has_them(drawn: Population) -> None:
    """Exact name, sex, birthday and commune, each once."""
    found = drawn.people.filter(pl.col("persona") != "").select("persona", "full_name", "sex", "born", "commune")
    wanted = {(p.id, p.name, p.sex, date.fromisoformat(p.born), p.commune) for p in PERSONAS}
    assert len(found) == len(PERSONAS)
    assert set(found.iter_rows()) == wanted


def test_personas_live_as_their_stories_say(drawn: Population) -> None:
    """The farmer has no phone, the newborn no card yet and lives with her mother, who has one more child."""
    by_id = {row["persona"]: row for row in drawn.people.filter(pl.col("persona") != "").iter_rows(named=True)}
    assert by_id["old-farmer"]["mobile"] == ""
    assert by_id["old-farmer"]["online"] == 0
    assert by_id["newborn"]["insurance_card"] == ""
    assert by_id["newborn"]["household"] == by_id["mother-of-two"]["household"]
    home = drawn.people.filter(pl.col("household") == by_id["newborn"]["household"])
    assert sorted(home["role_in_household"]) == ["child", "child", "head", "spouse"]
    surnames = {name.split(" ")[0] for name in home.filter(pl.col("persona") != "mother-of-two")["full_name"]}
    assert surnames == {"Lê"}
    school = drawn.people.filter(pl.col("household") == by_id["schoolgirl"]["household"])
    assert by_id["schoolgirl"]["role_in_household"] == "child"
    assert [name.split(" ")[0] for name in school.filter(pl.col("sex") == "male")["full_name"]] == ["Ưng"]


def test_the_accountant_files_for_thirty_companies(drawn: Population) -> None:
    """The accountant is the agent of thirty; the director from outside leads a company that sits elsewhere."""
    numbers = dict(drawn.people.filter(pl.col("persona") != "").select("persona", "personal_number").iter_rows())
    assert (drawn.companies["agent"] == numbers["accountant"]).sum() == 30
    his = drawn.companies.filter(pl.col("director") == numbers["out-of-province-director"])
    assert his["out_of_province"].to_list() == [True]


def test_personas_that_cannot_be_placed_are_all_named() -> None:
    """Wrong commune and a birthday to come are both told, with the way out."""
    lost = msgspec.structs.replace(PERSONAS[0], commune="2875")
    unborn = msgspec.structs.replace(PERSONAS[2], born="2019-01-01")
    with pytest.raises(BadInputError) as caught:
        draw(made_up(personas=(lost, unborn)), seed=7)
    assert [mistake.key for mistake in caught.value.mistakes] == ["personas[0].commune", "personas[1].born"]
    assert "28756" in caught.value.mistakes[0].into("en")


def test_a_commune_too_small_for_its_personas_is_told() -> None:
    """A hamlet of three cannot hold a family of four."""
    with pytest.raises(ValueError, match="give it more people or move a persona"):
        draw(made_up(people=(30, 3, 30)), seed=7)


# --- companies


def test_companies_have_valid_codes_and_known_people(drawn: Population) -> None:
    """Codes and names are unique, directors and agents exist and are grown up; those outside are outsiders."""
    table = drawn.companies
    everybody = pl.concat([drawn.people, drawn.outsiders]).select("personal_number", "born", "commune")
    assert table["tax_code"].n_unique() == table["name"].n_unique() == len(table) == 120 + 14
    assert [code for code in table["tax_code"] if tax_code.problems(code)] == []
    born = dict(everybody.select("personal_number", "born").iter_rows())
    involved = [*table["director"], *(agent for agent in table["agent"] if agent)]
    assert all(born[number].year <= 2018 - 21 for number in involved)
    away = table.filter(
        pl.col("out_of_province") & ~pl.col("director").is_in(drawn.people["personal_number"].to_list())
    )
    assert set(away["director"]) <= set(drawn.outsiders["personal_number"])
    assert "83" not in set(away["province_code"])
    assert set(drawn.outsiders["commune"]) == {""}
    assert table.filter(~pl.col("out_of_province"))["province_code"].unique().to_list() == ["83"]


def test_branches_belong_to_companies(drawn: Population) -> None:
    """A branch has its company's code with a number behind it."""
    assert len(drawn.branches) > 0
    for code, company in drawn.branches.select("tax_code", "company").iter_rows():
        assert tax_code.parse(code).root == company
        assert company in set(drawn.companies["tax_code"])


# --- files for the services


def test_reference_files_are_as_the_services_read_them(drawn: Population, tmp_path: Path) -> None:
    """people.csv has residents and outsiders, companies.csv all companies, with the columns of reference-data.md."""
    drawn.write_reference(tmp_path)
    with (tmp_path / "people.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["personal_number", "full_name", "sex", "born", "commune", "insurance_card"]
    assert len(rows) == 1 + len(drawn.people) + len(drawn.outsiders)
    first = drawn.people.row(0, named=True)
    assert rows[1] == [first["personal_number"], first["full_name"], first["sex"], first["born"].isoformat(),
                       first["commune"], first["insurance_card"]]  # fmt: skip
    assert rows[-1][4:] == ["", ""]
    # Unquoted, so that a database reads nothing rather than an empty text.
    assert '""' not in (tmp_path / "people.csv").read_text("utf-8")
    with (tmp_path / "companies.csv").open(encoding="utf-8", newline="") as lines:
        companies = list(csv.reader(lines))
    assert companies[0] == ["tax_code", "name", "director", "province_code"]
    assert len(companies) == 1 + len(drawn.companies)


def test_progress_rises_to_the_end() -> None:
    """Whoever waits is told how far it is, in both languages."""
    told: list[tuple[float, Text]] = []
    draw(made_up(), seed=7, progress=lambda done, what: told.append((done, what)))
    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(what.vi and what.en for _, what in told)


# --- other provinces and eras


def test_the_era_of_2026_has_its_own_numbers() -> None:
    """Ten digits for phones and health cards, no old card, birthplaces of all the provinces that were merged."""
    adults = tuple(p for p in PERSONAS if p.id == "accountant")
    drawn = draw(made_up(people=(9_000,), code="86", era="2026", personas=adults, companies=30), seed=3)
    assert (drawn.people["id_card"] == "").all()
    assert drawn.people["mobile"].filter(drawn.people["mobile"] != "").str.len_chars().unique().to_list() == [10]
    cards = drawn.people["insurance_card"].filter(drawn.people["insurance_card"] != "")
    assert cards.str.len_chars().unique().to_list() == [10]
    places = drawn.people["personal_number"].str.head(3).value_counts(sort=True)["personal_number"].head(3)
    assert set(places) == {"083", "084", "086"}
    assert not set(drawn.companies.filter(pl.col("out_of_province"))["province_code"]) & {"83", "84", "86"}


@pytest.mark.parametrize("code", ["01", "38", "66", "79", "99"])
def test_any_province_can_be_drawn(code: str) -> None:
    """North, centre, highlands, city and a made-up one: only the Province is needed."""
    drawn = draw(made_up(people=(2_000,), code=code, personas=(), companies=20, name=f"p{code}"), seed=3)
    home = "083" if code == "99" else f"0{code}"
    assert (drawn.people["personal_number"].str.head(3) == home).mean() > 0.55  # type: ignore[operator]
    assert drawn.people["personal_number"].n_unique() == 2_000


@pytest.mark.parametrize("name", province_files.available())
def test_the_shipped_provinces_have_everybody(name: str) -> None:
    """Every province that ships can be drawn: all people and personas are there, all numbers unique."""
    province = province_files.load(name)
    drawn = draw(province, seed=1)
    assert len(drawn.people) == province.population
    assert drawn.people["personal_number"].n_unique() == province.population
    assert set(drawn.people["persona"]) - {""} == {persona.id for persona in province.personas}
    assert (~drawn.companies["out_of_province"]).sum() == province.companies
