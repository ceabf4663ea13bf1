"""Đồng a month: sizes times prices, every price with its source, and the command that shows it."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from infra import pricing
from infra.blueprint import DATABASE, draw_up
from infra.demand import demand_of_province
from infra.pricing import UNITS, Price, PriceList
from infra.rented import rented
from infra.scaling import scaled, with_replicas
from simulation import province_files
from simulation.mistakes import BadInputError
from simulation.text import Text
from simulation.twin.fitting import MACHINE, Station, Twin
from simulation.twin.scalability import Scalability
from tinhmau import language, screen
from tinhmau.commands import plan

TOY = province_files.load("toy")
BLUEPRINT = draw_up(TOY, demand_of_province(TOY))
RENTED = rented(BLUEPRINT, stand_ins=False)
ONE_EACH = PriceList(
    name=Text("thử", "trial"), vat_percent=10, vat_source="trial",
    prices={unit: Price(value=1, source="trial") for unit in UNITS},
)  # fmt: skip


def test_every_price_has_a_source() -> None:
    """The shipped list prices every unit and says where each price comes from, or that it is assumed."""
    shipped = pricing.load()

    assert set(shipped.prices) == set(UNITS)
    assert all(price.value > 0 and len(price.source) > 20 for price in shipped.prices.values())
    assert shipped.prices["load_balancer"].source.startswith("assumed")


def test_a_bill_counts_what_is_rented() -> None:
    """At one đồng a unit the toy's bill is its units: 15 vCPU, 38 GB of memory, 1,860 GB of disk, 3 + 2 + 350."""
    bill = pricing.bill(RENTED, ONE_EACH)
    by_unit = {unit: sum(line.quantity for line in bill.lines if line.unit == unit) for unit in UNITS}

    assert by_unit == {
        "vcpu": 5 * 2 * 1 + 2 * 2 + 1,
        "memory_gb": 5 * 2 * 2 + 2 * 8 + 2,
        "disk_gb": 5 * 2 * 40 + 2 * (20 + 350 + 350) + 20,
        "object_gb": 350,
        "load_balancer": 3,
        "floating_ip": 2,
    }
    assert bill.total == sum(by_unit.values())
    assert bill.total_with_vat == bill.total * 110 // 100


def test_counterparts_cost_their_owners() -> None:
    """The whole blueprint and the rented part of it have the same bill."""
    assert pricing.bill(BLUEPRINT, ONE_EACH) == pricing.bill(RENTED, ONE_EACH)


def test_a_replica_more_costs_what_it_has() -> None:
    """A third portal adds one vCPU, 2 GB of memory and 40 GB of disk, nothing else."""
    more = pricing.bill(with_replicas(RENTED, {"portal": 3}), ONE_EACH)

    assert more.total - pricing.bill(RENTED, ONE_EACH).total == 1 + 2 + 40


def test_more_demand_gets_a_larger_data_centre_that_says_why() -> None:
    """Ten times 347.9 GB, in steps of 50 GB, for the database's disk; the basis names the factor."""
    demand = demand_of_province(TOY)
    tenfold = draw_up(TOY, scaled(demand, 10))

    assert tenfold.demand.basis.en.endswith("Multiplied by 10.")
    assert tenfold.workload(DATABASE).disk_gb.value == 3500
    assert scaled(demand, 1) is demand


def test_a_price_list_of_ones_own_is_checked_whole(tmp_path: Path) -> None:
    """Every missing, negative, unknown and unsourced entry is told at once."""
    file = tmp_path / "offer.toml"
    file.write_text(
        'vat_percent = 110\nvat_source = "x"\nname = { vi = "a", en = "b" }\n'
        '[prices.vcpu]\nvalue = -5\nsource = "x"\n[prices.memory_gb]\nvalue = 5\n'
        '[prices.disk]\nvalue = 5\nsource = "x"\n'
    )

    with pytest.raises(BadInputError) as caught:
        pricing.load(file)

    assert [mistake.into("en") for mistake in caught.value.mistakes] == [
        "offer.toml: vat_percent: is 110. Write a whole number from 0 to 100.",
        "offer.toml: prices.disk: is no known key. Did you mean “disk_gb”?",
        "offer.toml: prices.vcpu.value: is -5. Write whole đồng, 0 or more.",
        "offer.toml: prices.memory_gb.source: is missing. Name the source, or “assumed: why”.",
        *(f"offer.toml: prices.{unit}: is missing. Add value and source."
          for unit in ("disk_gb", "object_gb", "load_balancer", "floating_ip")),
    ]  # fmt: skip


def test_an_unknown_or_unreadable_price_list_is_told(tmp_path: Path) -> None:
    """A misspelt name gets the nearest one, a file that is no TOML its line."""
    broken = tmp_path / "broken.toml"
    broken.write_text("= 5")

    with pytest.raises(BadInputError, match="Did you mean “vietnam_2026”"):
        pricing.load("vietnam_2025")
    with pytest.raises(BadInputError, match="is not readable TOML"):
        pricing.load(broken)


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English on a wide screen."""
    monkeypatch.setattr(language, "_current", "en")
    monkeypatch.setattr(screen.out, "width", 160)


def _plan(*arguments: str) -> str:
    with screen.out.capture() as said:
        outcome = CliRunner().invoke(plan.command, list(arguments), standalone_mode=False)
    if outcome.exception:
        raise outcome.exception
    return said.get()


@pytest.mark.usefixtures("english")
def test_the_plan_shows_sizes_reasons_prices_and_differences() -> None:
    """Every workload with its figures, every reason and price with its source, and what a second size changes."""
    said = _plan("toy", "--against", "100")

    for workload in RENTED.workloads:
        assert workload.name in said
    assert "At least two: while one fails or is upgraded the other serves." in said
    assert "docs.sunteco.vn" in said
    assert f"{pricing.bill(RENTED, pricing.load()).total:,}" in said
    differences = said.partition("Differences: toy → toy × 100")[2]
    assert "34,800" in differences.replace("│", " ")
    assert "portal" not in differences


@pytest.mark.usefixtures("english")
def test_the_plan_compares_two_provinces() -> None:
    """Bến Tre's database is larger than the toy's."""
    differences = _plan("toy", "--against", "ben_tre_2018", "--no-reasons").partition("Differences")[2]

    assert "9,450" in differences


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(("against", "way_out"), [
    ("ben_tre", "Did you mean “ben_tre_2018”?"), ("0", "above 0, up to 1000"), ("nan", "above 0, up to 1000"),
])  # fmt: skip
def test_what_cannot_be_compared_is_told(against: str, way_out: str) -> None:
    """A misspelt province or a factor of nothing names the way out."""
    with pytest.raises(BadInputError, match=way_out):
        _plan("toy", "--against", against)


@pytest.mark.usefixtures("english")
def test_a_twin_sizes_processors_by_what_was_measured(tmp_path: Path) -> None:
    """A portal that needs 2 s of processor for an operation is rented larger, and the reason says what was measured."""
    still = Scalability(rate=1.0, contention=0.0, coherence=0.0)
    stations = (
        Station(name=MACHINE, servers=2, demand=2.0, idle=0.0),
        Station(name="portal", servers=1, demand=2.0, idle=0.0),
    )
    twin = Twin(
        stations=stations, base=(0.0,) * 201, stretch=1.0, holding=1.0, lanes=2,
        profile=(1.0,), lasted=1.0, operations=(1.0, 2.0, 4.0), scalability=still,
        loads=(1.0, 2.0, 4.0),
    )  # fmt: skip
    (tmp_path / "twin.json").write_bytes(msgspec.json.encode(twin))

    told = _plan("ben_tre_2018", "--twin", str(tmp_path / "twin.json"))

    assert "each was seen to need 2000.00 ms of processor here" in told
    assert "fitted to loads ×1, ×2, ×4" in told
    assert "one vCPU carries 300" in told  # the LGSP, which that twin does not know


def test_what_is_no_twin_is_told_with_everything_else(tmp_path: Path) -> None:
    """A broken file and a misspelt province at once."""
    (tmp_path / "twin.json").write_text("{}")

    with pytest.raises(BadInputError) as caught:
        _plan("ben_tre", "--twin", str(tmp_path / "twin.json"))

    assert {mistake.key for mistake in caught.value.mistakes} >= {"twin"}
    assert len(caught.value.mistakes) > 1


def test_the_command_can_be_registered() -> None:
    """It is a click command of its own name."""
    assert isinstance(plan.command, click.Command)
    assert plan.command.name == "plan"
    assert msgspec.json.encode(pricing.bill(RENTED, ONE_EACH))
