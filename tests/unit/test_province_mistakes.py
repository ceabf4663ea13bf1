"""A wrong profile is told off once, for everything, with file, place and the way out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.mistakes import BadInputError, Mistake
from simulation.province_files import available, load
from simulation.province_files.era import FIXTURES

Edit = Callable[[str, str, str], None]


@pytest.fixture
def fixtures(tmp_path: Path) -> Path:
    """A copy of what the toy province needs, to be spoiled."""
    for part in ("eras", "procedures", "provinces/toy"):
        shutil.copytree(FIXTURES / part, tmp_path / part)
    shutil.copy(FIXTURES / "provinces" / "staff-names.toml", tmp_path / "provinces")
    return tmp_path


@pytest.fixture
def edit(fixtures: Path) -> Edit:
    """Replace the first occurrence of a text in one file of the copy."""

    def replace(file: str, old: str, new: str) -> None:
        path = fixtures / ("provinces/" + file if file.startswith("toy/") else file)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


def mistakes(fixtures: Path, name: str = "toy") -> tuple[Mistake, ...]:
    """Load the copy and return what is wrong with it."""
    with pytest.raises(BadInputError) as caught:
        load(name, fixtures=fixtures)
    return caught.value.mistakes


def test_an_untouched_copy_loads(fixtures: Path) -> None:
    """The copy that the other tests spoil is good, by its name and by its path."""
    assert load("toy", fixtures=fixtures) == load("toy")
    assert load(str(fixtures / "provinces" / "toy")).population == 1000


def test_three_mistakes_are_all_told(fixtures: Path, edit: Edit) -> None:
    """Three mistakes in three files come back together, each with its file, its key and a way out."""
    edit("toy/province.toml", "[figures.online_share]\nvalue = 0.5", "[figures.online_share]\nvalue = 5")
    edit("toy/communes.csv", "99010,Xã Dừa Xanh,992", "99010,Xã Dừa Xanh,993")
    edit("toy/agencies.csv", "so-noi-vu so-tu-phap", "so-noi-vu so-tu-phat")

    found = {(mistake.file, mistake.key): mistake for mistake in mistakes(fixtures)}

    assert "out of range" in found["toy/province.toml", "figures.online_share.value"].found.en
    assert "992" in found["toy/communes.csv", "line 5, district"].way_out.en
    assert "so-tu-phap" in found["toy/agencies.csv", "line 3, handles"].way_out.vi
    # Nobody handles what the misspelt word stood for: a consequence, told as well.
    assert set(found) - {("toy/agencies.csv", "handles")} == {
        ("toy/province.toml", "figures.online_share.value"),
        ("toy/communes.csv", "line 5, district"),
        ("toy/agencies.csv", "line 3, handles"),
    }


#: (file, text to replace, replacement, file of the mistake, its key, a word of what is said)
SPOILS = [
    ("toy/province.toml", "[figures.online_share]", "[figures.onlin_share]", "figures.online_share", "is missing"),
    ("toy/province.toml", "[figures.online_share]", "[figures.onlin_share]", "figures.onlin_share", "online_share"),
    ("toy/province.toml", 'unit = "minutes"', 'unit = "hours"', "figures.poll_interval_minutes.unit", "Convert"),
    ("toy/province.toml", "[companies]\nvalue = 40", '[companies]\nvalue = "40"', "companies.value", "whole number"),
    ("toy/province.toml", "[companies]\nvalue = 40", "[companies]\nvalue = true", "companies.value", "whole number"),
    ("toy/province.toml", 'era = "2018"', 'era = "2019"', "era", "2018"),
    ("toy/province.toml", 'catalogue = "2018"', 'catalogue = "2081"', "catalogue", "Did you mean “2018”"),
    ("toy/province.toml", 'name = "Cù Lao Mẫu"', 'nane = "Cù Lao Mẫu"', "nane", "Did you mean “name”"),
    ("toy/province.toml", 'name = "Cù Lao Mẫu"', 'name = ""', "name", "empty"),
    ("toy/province.toml", 'code = "99"', 'code = "9"', "code", "83"),
    ("toy/province.toml", "total = 1000", "total = 1100", "population.total", "add up to 1000"),
    ("toy/province.toml", '"2.000815" = 0.22', '"2.000815" = 0.23', "demand.shares", "1.010000"),
    ("toy/province.toml", '"2.000815"', '"2.000816"', "demand.shares.2.000816", "no “2.000816”"),
    ("toy/province.toml", 'commune = "99010"', 'commune = "99011"', "personas[0].commune", "no “99011”"),
    ("toy/province.toml", 'born = "1946-02-10"', 'born = "10/02/1946"', "personas[0].born", "1956-02-10"),
    ("toy/province.toml", 'sex = "male"', 'sex = "nam"', "personas[0].sex", "no “nam”"),
    ("toy/province.toml", 'id = "accountant"', 'id = "old-farmer"', "personas[1].id", "already"),
    ("toy/province.toml", "[population]", "[population", "line 12", "TOML"),
    ("toy/districts.csv", "992,", "991,", "line 3, code", "already"),
    ("toy/communes.csv", "99001,", "9901,", "line 2, code", "28756"),
    ("toy/communes.csv", ",300,", ",abc,", "line 2, population", "whole number"),
    ("toy/communes.csv", "district", "distrikt", "line 1", "district"),
    ("toy/communes.csv", "Phường Bến Đò", "Phường Bến Đò, cũ", "line 3", "commas"),
    ("toy/agencies.csv", "000.00.01.H99,Sở", "000.00.1.H99,Sở", "line 3, code", "agency code"),
    ("toy/agencies.csv", "000.00.01.H99,Sở", "H99.01,Sở", "line 3, code", "Write it as “000.00.01.H99”"),
    ("toy/agencies.csv", "000.00.01.H99,Sở", "000.00.01.H98,Sở", "line 3, code", "belongs to H98"),
    ("toy/agencies.csv", "000.00.01.H99,Sở", "000.01.31.H99,Sở", "line 3, code", "level 3"),
    ("toy/agencies.csv", ",department,000.00.00.H99", ",department,000.00.31.H99", "line 3, parent", "lies below"),
    ("toy/agencies.csv", ",department,", ",deparment,", "line 3, tier", "Did you mean “department”"),
    ("toy/agencies.csv", ",99001,", ",99002,", "line 9, unit", "no “99002”"),
    ("toy/agencies.csv", ",99001,", ",99002,", "unit", "no People's Committee"),
    ("toy/agencies.csv", "1,2,2,1\n", "1,0,2,1\n", "line 2, specialists", "from 1 to 200"),
    ("toy/agencies.csv", "so-noi-vu,so-noi-vu so-tu-phap", "so-noi-vu,so-noi-vu", "handles", "“so-tu-phap”"),
    ("toy/agencies.csv", ",van-phong-ubnd,", ",Văn phòng,", "line 2, installation", "hyphens"),
    ("toy/schools.csv", "tieu_hoc", "tieu_hok", "line 3, kind", "Did you mean “tieu_hoc”"),
    ("toy/health.csv", "y_te,99010", "y_te,99100", "line 4, commune", "no “99100”"),
    ("procedures/2018.toml", "share_of_demand = 0.3155", "share_of_demand = 0.3", "procedure", "add up to 0.984500"),
    ("procedures/2018.toml", 'code = "2.000815"', 'code = "2.815"', "procedure[0].code", "1.001193"),
    ("procedures/2018.toml", "level = 2", "level = 5", "procedure[0].level", "from 1 to 4"),
    ("procedures/2018.toml", "level = 2", 'level = "2"', "procedure[0].level", "whole number"),
    ("procedures/2018.toml", "same_day = true", "same_day = false", "procedure[0].same_day", "same_day"),
    ("procedures/2018.toml", "same_day = true", "same_day = 1", "procedure[0].same_day", "true or false"),
    ("procedures/2018.toml", 'department = "so-tu-phap"', 'department = "so-tu-pháp"', "department", "so-tu-phap"),
    ("procedures/2018.toml", 'sources]\ncode = "code-seen"', "sources]", "procedure[0].sources.code", "is missing"),
    ("procedures/2018.toml", 'fee = "tt-226-2016-page"', 'fee = "tt-226"', "procedure[0].sources.fee", "no “tt-226”"),
    ("procedures/2018.toml", '["bao-hiem-xa-hoi"]', '["bao-hiem"]', "linked_agencies", "bao-hiem-xa-hoi"),
    ("procedures/2018.toml", "linked_hours = [16, 24]", "linked_hours = [16]", "linked_hours", "1 limits (16 hours)"),
    ("procedures/2018.toml", "level = 4\n", "level = 4\nautomatic = true\n", "automatic", "because of fee"),
    ("procedures/2018.toml", "linked_hours = [16, 24]", "linked_hours = [16, 0]", "linked_hours", "beyond 1.0 to"),
    ("procedures/2018.toml", 'applicant = "person"', 'aplicant = "person"', "procedure[0].aplicant", "applicant"),
    ("eras/2018.toml", "districts = true", "districts = 1", "districts", "true or false"),
    ("eras/2018.toml", 'portal = "SYS', 'gate = "SYS', "sources.portal", "no source"),
    ("eras/2018.toml", "[4]", "4", "dossier_code_tail_digits", "[4, 6]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "word"), SPOILS, ids=[f"{row[0]}: {row[2].strip()[:40]}" for row in SPOILS]
)
def test_a_mistake_is_told_with_its_place_and_way_out(
    fixtures: Path, edit: Edit, file: str, old: str, new: str, key: str, word: str
) -> None:
    """What was spoiled is named: the file, the key in it, and what to do, in both languages."""
    edit(file, old, new)

    found = [mistake for mistake in mistakes(fixtures) if mistake.file == file and mistake.key.endswith(key)]

    assert any(word in mistake.into("en") for mistake in found), [mistake.into("en") for mistake in mistakes(fixtures)]
    assert all(mistake.into("vi") for mistake in found)


def test_a_missing_file_is_a_mistake(fixtures: Path) -> None:
    """A province without its schools is told that the file is missing, not with a traceback."""
    (fixtures / "provinces" / "toy" / "schools.csv").unlink()

    assert [(mistake.file, mistake.found.en) for mistake in mistakes(fixtures)] == [
        ("toy/schools.csv", "does not exist.")
    ]


def test_a_file_that_is_not_utf8_is_a_mistake(fixtures: Path) -> None:
    """A file saved in a code page of old is told so."""
    path = fixtures / "provinces" / "toy" / "districts.csv"
    path.write_bytes("code,name\n991,Th\xe0nh\n992,Huy\xean\n".encode("latin-1"))

    assert any("UTF-8" in mistake.way_out.en for mistake in mistakes(fixtures) if mistake.file == "toy/districts.csv")


@pytest.mark.parametrize(
    ("name", "nearest"), [("ben_tre", "ben_tre_2018"), ("tooy", "toy"), ("bentre2018", "ben_tre_2018")]
)
def test_an_unknown_province_suggests_the_nearest(name: str, nearest: str) -> None:
    """A misspelt name is answered with the name that was probably meant."""
    with pytest.raises(BadInputError) as caught:
        load(name)

    assert nearest in available()
    assert f"“{nearest}”" in caught.value.mistakes[0].way_out.vi


def test_a_folder_without_a_profile_says_how_to_begin(tmp_path: Path) -> None:
    """A path that is no province is told to copy the smallest one."""
    with pytest.raises(BadInputError, match="Copy the folder of “toy”"):
        load(str(tmp_path))


def test_spreadsheet_and_mac_spellings_are_taken_as_meant(fixtures: Path) -> None:
    """A byte order mark and decomposed letters change nothing."""
    path = fixtures / "provinces" / "toy" / "communes.csv"
    decomposed = path.read_text(encoding="utf-8").replace("ợ", "\u01a1\u0323")
    path.write_text(decomposed, encoding="utf-8-sig")

    assert load("toy", fixtures=fixtures) == load("toy")


def test_a_province_may_bring_its_own_catalogue(fixtures: Path, edit: Edit) -> None:
    """A catalogue named with its ending is looked for in the province's own folder."""
    shutil.copy(fixtures / "procedures" / "2018.toml", fixtures / "provinces" / "toy" / "own.toml")
    edit("toy/province.toml", 'catalogue = "2018"', 'catalogue = "own.toml"')
    edit("toy/own.toml", 'name = "Đăng ký khai sinh"', 'name = "Khai sinh"')

    assert "Khai sinh" in {procedure.name for procedure in load("toy", fixtures=fixtures).procedures}
