"""Every trouble of the brief: the keys of a scenario that switch it on in a running stack, and its measure there."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from loadtests import faults
from simulation import scenario_files
from simulation.year.whatif import TROUBLES
from verification import requirement_tables
from verification.yardsticks import YARDSTICKS

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


class Switch(msgspec.Struct, frozen=True):
    """How a trouble is brought into a running stack, and what shows it."""

    scenario: str  #: a scenario that has it
    keys: tuple[str, ...]  #: of the scenario's own file
    table: str  #: requirement table with a row for it
    measure: str


#: TRB id -> switch.
SWITCHES: Mapping[str, Switch] = {
    "TRB-NO-ECITIZEN": Switch("toy_troubled", ("figures.online_share",), "troubles", "online_share"),
    "TRB-HOLLOW-SERVICE": Switch("toy_troubled", ("journeys.dossier-online",), "troubles", "unused_services_share"),
    "TRB-NO-SHARING": Switch("toy_troubled", ("habits.prefill_share",), "troubles", "typed_fields_share"),
    "TRB-NO-ENFORCEMENT": Switch(
        "toy_troubled", ("habits.deadline_use_from", "habits.deadline_use_to"), "troubles", "undecided_share"
    ),
    "TRB-UNBOUND-CATALOGUE": Switch("toy_troubled", ("faults.drift",), "troubles", "catalogue_drift"),
    "TRB-SLOW-MINISTRY": Switch("toy_troubled", ("faults.slow",), "troubles", "latency_mean"),
    "TRB-WEAK-INFRA": Switch("toy_troubled", ("faults.kill",), "troubles", "server_error_share"),
    "TRB-VENDOR-MISMATCH": Switch(
        "toy_sen_mismatch", ("onestop_mismatches.skips-received",), "integration", "error_share"
    ),
    "TRB-WETSIGN": Switch(
        "toy_troubled", ("figures.leader_signs_digitally_share",), "troubles", "signed_on_screen_share"
    ),
    "TRB-DELEGATE": Switch("toy_troubled", ("habits.deputy_share",), "troubles", "deputised_share"),
    "TRB-SIGNFORMAT": Switch("toy_troubled", ("habits.misformed_signature_share",), "troubles", "sealed_again_share"),
    "TRB-TWO-TRACK": Switch(
        "toy_troubled", ("habits.paper_copy_share", "habits.filing_share"), "troubles", "two_track_share"
    ),
}
_EACH = pytest.mark.parametrize(("trouble", "switch"), SWITCHES.items(), ids=SWITCHES)


def _raw(scenario: str) -> dict[str, object]:
    return tomllib.loads((FIXTURES / "scenarios" / f"{scenario}.toml").read_text("utf-8"))


@_EACH
def test_the_scenario_has_the_keys_and_is_read(trouble: str, switch: Switch) -> None:
    """The keys stand in the scenario's own file, and the scenario is whole."""
    raw = _raw(switch.scenario)
    assert scenario_files.load(switch.scenario).name == switch.scenario
    for key in switch.keys:
        part, _, name = key.partition(".")
        found = raw[part]
        if isinstance(found, list):
            assert any(str(one).startswith(name) for one in found), (trouble, key)
        else:
            assert isinstance(found, dict)
            assert name in found, (trouble, key)


@_EACH
def test_its_requirement_is_measured(trouble: str, switch: Switch) -> None:
    """The scenario is judged by a table in which the trouble's measure stands, under its id where the table is ours."""
    assert switch.measure in YARDSTICKS
    assert switch.table in scenario_files.load(switch.scenario).requirements
    rows = requirement_tables.load([switch.table])[0].requirements
    named = [one for one in rows if one.measure == switch.measure]
    assert named
    if switch.table == "troubles":
        assert [one.id for one in named] == [trouble]


def test_every_trouble_of_the_brief_can_be_switched_on() -> None:
    """All that the year's model knows, too, can be had in a running stack."""
    assert set(SWITCHES) == set(TROUBLES)


def test_the_table_of_troubles_has_a_switch_for_every_row() -> None:
    """A row that nothing can break would be no measure."""
    rows = {one.id for one in requirement_tables.load(["troubles"])[0].requirements}
    assert rows == {trouble for trouble, switch in SWITCHES.items() if switch.table == "troubles"}


@pytest.mark.parametrize("scenario", scenario_files.available())
def test_faults_of_scenarios_can_be_read(scenario: str) -> None:
    """What a scenario says strikes is written as `--fault` takes it, within its day."""
    found = scenario_files.load(scenario)
    faults.check([faults.parse(spec) for spec in found.faults], found.timeline)
