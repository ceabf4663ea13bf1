"""The tables that people are drawn from are checked whole: whoever changes one learns of every slip at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simulation.mistakes import BadInputError
from simulation.population import table_rules, tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(tables.FOLDER, tmp_path / "people"))


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first place where `old` stands."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def mistakes(folder: Path) -> list[str]:
    """What is told, in English."""
    with pytest.raises(BadInputError) as caught:
        table_rules.check(folder)
    return [mistake.into("en") for mistake in caught.value.mistakes]


def test_the_tables_that_ship_keep_the_rules(folder: Path) -> None:
    """Nothing to tell."""
    table_rules.check(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("pyramid.toml", "men = [4.3, ", "men = [", "pyramid[1].men: has 17 numbers. There have to be 18."),
        (
            "pyramid.toml",
            'regions = ["nation"]',
            'regions = ["mekong"]',
            "pyramid: era 2018 has no table for “nation”.",
        ),
        ("households.toml", "value = 3.3", 'value = "ba"', "mean_size[0].value: has to be a number, found 'ba'."),
        ("households.toml", "boys_share = 0.5146", "boys_share = 51.46", "births.boys_share: 51.46 is out of range."),
        ("households.toml", "until = 1958", "until = 1940", "births.families: the years until are 1945, 1940, 1968"),
        ("households.toml", "22, 26, 26]", "22, 26, 26, 1]", "births.families[0].shares: has 8 numbers."),
        ("households.toml", "son_stays", "son_stay", "customs.son_stay: there is no entry called “son_stay”."),
        ("names.toml", "Trần 12.1", "Trần", "surnames.nation.weights: “Trần” is no word with a weight."),
        ("names.toml", "Trần 12.1", "Nguyễn 12.1", "surnames.nation.weights: “Nguyễn” stands there twice."),
        ("habits.toml", "ages = [0, 10, 13", "ages = [0, 13, 10", "phone[0].ages: the ages are 0, 13, 10, 15"),
        ("habits.toml", "rural = [0.0, ", "rural = [", "phone[0].rural: has 8 numbers. There have to be 9."),
        ("habits.toml", 'era = "2026"', 'era = "2018"', "phone: era 2018 has 2 tables."),
        ("habits.toml", "[ethnicity.83]", "[ethnicity.83a]", "ethnicity.83a: there is no “83a”. Did you mean “83”?"),
        ("habits.toml", "farmer = { GD = 66", "farmer = { GX = 66", "insured.farmer.GX: there is no “GX”."),
        ("habits.toml", "worker = { DN = 58", "worker = { DN = 78", "insured.worker: the groups add up to 107 %."),
        ("companies.toml", '"79" = 55', '"99" = 55', "outside.weights.99: there is no “99”."),
        ("personas.toml", 'occupation = "farmer"', 'occupation = "famer"', "Did you mean “farmer”?"),
        ("addresses.toml", "central = ", "centre = ", "settlements.central: is missing."),
        ("occupations.csv", "0,rural,male,100", "0,rural,male,0", "line 4, from_age: has no occupation at all."),
        ("occupations.csv", "0,rural,male", "0,rural,female", "from_age: “0,rural,male” has 0 lines."),
        ("occupations.csv", "from_age,area", "age,area", "line 3: has no column “from_age”."),
    ],
)
def test_a_slip_is_told_with_its_file_and_key(folder: Path, file: str, old: str, new: str, told: str) -> None:
    """What was found, where, and the way out."""
    spoil(folder, file, old, new)

    assert any(f"people/{file}: {told}" in line or told in line for line in mistakes(folder)), mistakes(folder)


def test_all_slips_are_told_at_once(folder: Path) -> None:
    """Of several files, one of which is missing and one no TOML."""
    spoil(folder, "habits.toml", "rural = [0.0, ", "rural = [1.5, ")
    spoil(folder, "pyramid.toml", "[[pyramid]]", "[[pyramid]")
    (folder / "names.toml").unlink()

    told = mistakes(folder)

    assert [line.split(":", maxsplit=1)[0] for line in told] == [
        "people/pyramid.toml",
        "people/names.toml",
        "people/habits.toml",
    ]
    assert "does not exist" in told[1]
