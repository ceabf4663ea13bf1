"""Any province of the nation, made from the lists of units where nobody has written its folder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from simulation import province_files, scenario_files, synthesis
from simulation.agency_code import convert, parse
from simulation.mistakes import BadInputError
from simulation.province import Province
from simulation.synthesis.listing import find, read
from simulation.synthesis.units import units_of
from tinhmau.commands import province as province_command

#: A small one, the two largest, one without townships, a renamed one, one whose lists are damaged most.
SOME = ("bac_kan_2018", "ha_noi_2018", "ho_chi_minh_2026", "da_nang_2018", "hue_2026", "bac_ninh_2026")


def test_the_nation_has_63_provinces_and_then_34() -> None:
    """Both eras are listed whole, under names that can be typed."""
    listed = Counter(name.rsplit("_", 1)[1] for name in synthesis.names())

    assert listed == {"2018": 63, "2026": 34}
    assert {"ba_ria_vung_tau_2018", "thua_thien_hue_2018", "vinh_phuc_2018", "vinh_long_2026"} < set(synthesis.names())


def test_the_census_adds_up_to_the_nation() -> None:
    """The 63 provinces have the published 96,208,984 people of 1 April 2019, and their communes exactly theirs."""
    census = {row["code"]: int(row["population"]) for row in read("province-populations.csv")}
    provinces = [province for name in synthesis.names() if (province := find(name)) and province.era == "2018"]

    assert sum(census.values()) == 96_208_984
    assert {province.code: units_of(province).people for province in provinces} == census


@pytest.mark.parametrize("name", synthesis.names())
def test_every_commune_of_the_lists_is_there_with_people(name: str) -> None:
    """Each commune of the era's list has people, none has more than a large ward can have, and none stands twice."""
    province = find(name)
    assert province is not None
    communes = units_of(province).communes

    assert len({commune.code for commune in communes}) == len(communes) > 30
    assert min(commune.people for commune in communes) >= 60
    assert max(commune.people for commune in communes) < 270_000  # Rạch Giá has 250,661 registered people


@pytest.mark.parametrize("name", SOME)
def test_a_province_without_a_folder_loads_checked(name: str) -> None:
    """All that a hand-written province is checked for holds, and every unit has its People's Committee."""
    province = province_files.load(name)

    governed = {agency.unit for agency in province.agencies} - {""}
    assert governed == {unit.code for unit in (*province.districts, *province.communes)}
    assert bool(province.districts) == (province.era == "2018")
    assert {persona.id for persona in province.personas} == {
        persona.id for persona in province_files.load("ben_tre_2018").personas
    }
    assert all(figure.source for figure in province.figures.values())


def test_agencies_have_codes_in_both_forms() -> None:
    """A commune's committee of the 2018 era is 000.05.31.H62 and H62.31.05, and each gives the other."""
    for agency in province_files.load("vinh_phuc_2018").agencies:
        new = convert(agency.code, "new")
        assert new.startswith("H62")
        assert convert(new, "old") == agency.code
        assert parse(new) == parse(agency.code)


def test_a_folder_written_by_hand_wins() -> None:
    """Bến Tre is what its folder says, not what the lists give."""
    assert province_files.load("ben_tre_2018").population == 1_268_200


@pytest.mark.parametrize("typed", ["Vĩnh Phúc 2018", "vĩnh phúc 2018", "Vinh-Phuc_2018"])
def test_a_name_may_be_typed_as_it_is_spoken(typed: str) -> None:
    """Diacritics, blanks and large letters do no harm."""
    assert province_files.load(typed).id == "vinh_phuc_2018"


@pytest.mark.parametrize(
    ("typed", "nearest"), [("vinh_phuk_2018", "vinh_phuc_2018"), ("vinhlong2026", "vinh_long_2026")]
)
def test_a_wrong_name_is_answered_with_the_nearest(typed: str, nearest: str) -> None:
    """Provinces without a folder are suggested too, for a province and for a scenario."""
    for load in (province_files.load, scenario_files.load):
        with pytest.raises(BadInputError, match=f"“{nearest}”"):
            load(typed)


@pytest.mark.parametrize("name", ["vinh_phuc_2018", "vinh_long_2026"])
def test_every_province_has_an_ordinary_working_day(name: str) -> None:
    """A province's name is a scenario's too: a working day of its era, in that province."""
    scenario = scenario_files.load(name)
    scenario_files.check_against(scenario, province_files.load(scenario.province))

    assert (scenario.province, scenario.era) == (name, name[-4:])


def test_its_files_can_be_written_changed_and_loaded(tmp_path: Path) -> None:
    """`tinhmau province NAME --out DIR` gives a folder that loads as the same province, and takes a change."""
    folder = tmp_path / "hau_giang_2018"
    told = CliRunner().invoke(province_command.command, ["hau_giang_2018", "--out", str(folder)])
    assert told.exit_code == 0, told.output
    same: Province = province_files.load(str(folder))
    profile = folder / "province.toml"
    profile.write_text(
        profile.read_text(encoding="utf-8").replace("online_share]\nvalue = 0.1", "online_share]\nvalue = 0.9")
    )

    assert same == province_files.load("hau_giang_2018")
    assert province_files.load(str(folder)).figures["online_share"].value == 0.9
    assert "000.00.31.H30,H30.31," in (folder / "agency-codes.csv").read_text(encoding="utf-8")
