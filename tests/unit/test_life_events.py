"""The catalogue by event in life: what the fixture says, and how the portal finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra import life_event_files, reference
from infra.life_event_files import life_events_of
from services.kit.reference import Reference
from services.portal.catalogue import Catalogue, Wanted
from simulation import province_files

TOY = province_files.load("toy")
_FILE = Path(life_event_files.__file__).parents[1] / "fixtures" / "procedures" / "life_events.toml"
#: What happens in a life, and a procedure that everybody would look for there.
_LOOKED_FOR = {
    "birth": "1.001193",
    "schooling": "1.005099",
    "marriage": "1.000894",
    "house-and-land": "2.000889",
    "business-start": "1.001612",
    "health": "1.001967",
    "retirement": "1.002759",
    "death": "1.000656",
}


def test_every_procedure_named_in_the_file_is_in_a_catalogue() -> None:
    """A code that was mistyped, or left the catalogue, would drop out of its event in silence."""
    known = {one.code for name in ("ben_tre_2018", "toy") for one in province_files.load(name).procedures}
    fields = {one.field for one in province_files.load("ben_tre_2018").procedures}
    file = msgspec.toml.decode(_FILE.read_bytes())

    assert "assumed" in file["source"]
    for event in file["event"]:
        assert set(event["procedures"]) <= known, event["id"]
        assert len(set(event["procedures"])) == len(event["procedures"]), event["id"]
        assert set(event.get("fields", ())) <= fields, event["id"]


@pytest.mark.parametrize(("event", "code"), _LOOKED_FOR.items())
def test_an_event_has_the_procedure_that_one_looks_for(event: str, code: str) -> None:
    """Birth, schooling, marriage, house and land, business, health, retirement and death, each with its own."""
    events = {one["id"]: one for one in life_events_of(province_files.load("ben_tre_2018").procedures)}

    assert code in events[event]["procedures"]


def test_events_take_by_code_and_by_field_of_their_kind_of_applicant(tmp_path: Path) -> None:
    """A field counts for persons or for companies; an event without any procedure is left out."""
    land = [one for one in TOY.procedures if one.field == "Đất đai"]
    other = next(one for one in TOY.procedures if one.field != "Đất đai")
    person, company = (msgspec.structs.replace(land[0], applicant=who) for who in ("person", "company"))
    file = tmp_path / "events.toml"
    file.write_text(
        'source = "assumed"\n'
        f'[[event]]\nid = "a"\nfor = "company"\nname = "A"\nenglish = "A"\nprocedures = ["{other.code}"]\n'
        'fields = ["Đất đai"]\n'
        '[[event]]\nid = "b"\nfor = "person"\nname = "B"\nenglish = "B"\nprocedures = ["9.999999"]\n',
        "utf-8",
    )

    assert life_events_of([person, other], file)[0]["procedures"] == [other.code]
    assert life_events_of([company, other], file)[0]["procedures"] == [company.code, other.code]
    assert [one["id"] for one in life_events_of([person, company, other], file)] == ["a"]


def test_the_catalogue_is_narrowed_by_everything_at_once(tmp_path: Path) -> None:
    """Words, event, field, agency and level: what is found is what all of them allow."""
    reference.write(province_files.load("ben_tre_2018"), tmp_path)
    read = Reference(tmp_path)
    catalogue = Catalogue(read.procedures.values(), read.life_events.values())

    def codes(query: str = "", **wanted: Any) -> set[str]:
        return {one.code for one in catalogue.search(query, Wanted(**wanted))}

    birth = codes(event="birth")
    assert birth == set(read.life_events["birth"].procedures)
    assert codes("khai sinh", event="birth") == birth & codes("khai sinh") < birth
    assert codes(event="birth", level=3) == birth & codes(level=3) == {"1.001193", "1.008306"}
    assert codes(event="birth", field="Thuế") == {"1.008306"}
    assert codes(event="birth", receiver="commune") == {one for one in birth if read.procedures[one].tier == "commune"}
    tax = read.procedures["1.008306"].department
    assert codes(event="birth", receiver=tax, level=3) == {"1.008306"}
    assert codes(event="birth", receiver=tax, level=1) == set()
    assert "birth" in {event.id for event in catalogue.events_of("1.001193")}
