"""The conformance suite against three running doubles and the reference (SYS-ONESTOP-VENDORS, TRB-VENDOR-MISMATCH)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from planted import PLANTED
from running_service import AUDIT_TOKEN, PASSCODE_KEY, PROVIDER_SECRET, Running

from services.vendors import quirks
from tinhmau.doubles import Double, DoubleError
from verification.conformance import agreement, clock
from verification.conformance.access import Access
from verification.conformance.inspection import inspect
from verification.conformance.listener import Listener
from verification.conformance.points import points
from verification.conformance.rating import Rating

Place = Callable[..., Running]
PRODUCTS = ("sen", "truc", "dua")


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """Where products tell their news."""
    ear = Listener()
    yield ear
    ear.close()


@pytest.fixture(scope="module")
def doubles(listener: Listener) -> Iterator[dict[str, Double]]:
    """The three products, running."""
    running: dict[str, Double] = {}
    try:
        for product in PRODUCTS:
            running[product] = Double(product, agreement.of_era("2018"), listener)
        yield running
    finally:
        for double in running.values():
            double.close()


def broken(rating: Rating) -> set[str]:
    """Names of the mismatches found."""
    return {judged.point.id for judged in rating.of("broken")}


def told(rating: Rating) -> str:
    """What was found, for whoever reads a failed test."""
    return "\n".join(
        f"{one.judgement} {one.point.id}: {one.witness}" for one in rating.judged if one.judgement != "kept"
    )


def inspected_reference(place: Place, listener: Listener, era: str, folder: Path) -> Rating:
    """Place the reference one-stop with the era's agreement, and inspect it."""
    agreed = agreement.of_era(era)
    agreed.write(folder)
    onestop = place("onestop", REFERENCE_DATA=str(folder), LGSP_URL=listener.url)
    access = Access(
        url=onestop.url,
        passcode_key=PASSCODE_KEY,
        integration_key=PROVIDER_SECRET,
        audit_token=AUDIT_TOKEN,
        clock_file=str(onestop.clock_file),
    )
    return inspect("reference", access, agreed, listener)


@pytest.mark.parametrize("era", agreement.eras())
def test_sys_onestop_vendors_the_reference_keeps_every_point(
    place: Place, listener: Listener, tmp_path: Path, era: str
) -> None:
    """SYS-ONESTOP-VENDORS: the reference one-stop keeps every point of the norm, in both eras: no false alarm."""
    rating = inspected_reference(place, listener, era, tmp_path)

    assert broken(rating) == set(), told(rating)
    assert rating.of("unknown") == [], told(rating)
    assert (rating.grade, rating.score, rating.exit_code) == ("A", 1.0, 0)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_that_only_speaks_differently_keeps_every_point(
    doubles: dict[str, Double], listener: Listener, product: str
) -> None:
    """Other field names, states, date forms and ways of exchange are differences of dialect, and no mismatch."""
    doubles[product].plant([])

    rating = inspect(product, doubles[product].access, agreement.of_era("2018"), listener)

    assert (broken(rating), rating.grade) == (set(), "A"), told(rating)


@pytest.mark.parametrize("name", quirks.QUIRKS)
def test_trb_vendor_mismatch_each_planted_mismatch_is_found_and_named(
    doubles: dict[str, Double], listener: Listener, name: str
) -> None:
    """TRB-VENDOR-MISMATCH: planted alone, a mismatch is found by its own name, with what was expected and found."""
    product = quirks.QUIRKS[name].product
    doubles[product].plant([name])

    expected = PLANTED[name]

    rating = inspect(product, doubles[product].access, agreement.of_era("2018"), listener, only={expected.breaks})

    assert expected.breaks in broken(rating), told(rating)
    assert broken(rating) <= {expected.breaks, *expected.also}, told(rating)
    witness = next(judged.witness for judged in rating.judged if judged.point.id == expected.breaks)
    assert witness is not None
    assert witness.where
    assert witness.expected != witness.found


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_product_as_it_was_delivered_does_not_fit(
    doubles: dict[str, Double], listener: Listener, product: str
) -> None:
    """With all its mismatches at once a product is graded D; what hides behind another one is unknown, not kept."""
    names = quirks.of_product(product)
    doubles[product].plant(names)

    rating = inspect(product, doubles[product].access, agreement.of_era("2018"), listener)

    kept = {judged.point.id for judged in rating.of("kept")}
    assert rating.grade == "D"
    assert len(broken(rating)) >= 10, told(rating)
    masked = {PLANTED[name].breaks for name in names} & kept
    assert len(masked) <= 3, masked


def test_every_point_of_the_norm_can_be_broken() -> None:
    """No point is a check that cannot fail: each is broken by something planted, or watches over the scenarios."""
    watching = {"lawful-act-done"}

    assert set(PLANTED) == set(quirks.QUIRKS)
    assert {planted.breaks for planted in PLANTED.values()} | watching == set(points())
    assert len(PLANTED) >= 25


def test_a_double_refuses_a_mismatch_it_does_not_have(doubles: dict[str, Double]) -> None:
    """A misspelt name is refused with the names that exist."""
    with pytest.raises(DoubleError, match="news-doubled"):
        doubles["sen"].plant(["news-dubbled"])


def inspected_blindly(double: Double, listener: Listener, *, product: datetime, wall: datetime) -> Rating:
    """Inspect a double whose clock stands at `product`, without a way to set it, by a wall clock that says `wall`."""
    double.plant([])
    access = double.access
    with clock.of(access) as set_clock:
        assert set_clock is not None
        set_clock(product)
    blind = Access(url=access.url, passcode_key=access.passcode_key, integration_key=access.integration_key)
    return inspect("truc", blind, agreement.of_era("2018"), listener, wall=lambda: wall)


@pytest.mark.parametrize(("hours", "days"), [(8.0, 0), (12.5, 0), (18.25, 0), (18.25, 2), (10.0, 3)])
def test_without_a_clock_what_needs_another_hour_is_unknown(
    doubles: dict[str, Double], listener: Listener, hours: float, days: int
) -> None:
    """Three answers: a product whose clock nobody may set is neither praised nor blamed for its pauses.

    It is inspected at whatever hour it is: at work, at noon, in the evening, on Friday evening and on Saturday.
    """
    moment = agreement.of_era("2018").moment(hours, days=days)

    rating = inspected_blindly(doubles["truc"], listener, product=moment, wall=moment)

    assert broken(rating) == set(), told(rating)
    assert {judged.point.id for judged in rating.of("unknown")} == {"deadline-pause"}
    assert (rating.grade, rating.exit_code) == (None, 2)


@pytest.mark.parametrize("ahead", [4, -4], ids=["ahead", "behind"])
@pytest.mark.parametrize(
    ("hours", "days"), [(17.0, 0), (11.5, 0), (24.0, 0), (7.0, 0), (17.0, 2), (24.0, 555), (24.0, 556)],
    ids=["closing time", "noon", "midnight", "opening", "week-end", "28 February", "29 February"],
)  # fmt: skip
def test_a_product_is_not_blamed_for_a_clock_some_minutes_off(
    doubles: dict[str, Double], listener: Listener, hours: float, days: int, ahead: int
) -> None:
    """At a boundary of the day two minutes from now, or two minutes ago, the product may be beyond it and we not."""
    boundary, apart = agreement.of_era("2018").moment(hours, days=days), timedelta(minutes=ahead / 2)

    rating = inspected_blindly(doubles["truc"], listener, product=boundary + apart, wall=boundary - apart)

    assert broken(rating) == set(), told(rating)


def test_a_product_that_is_not_there_is_unknown(listener: Listener) -> None:
    """Nothing can be said of a product that does not answer: unknown, exit code 2."""
    access = Access(url="http://127.0.0.1:9", passcode_key="k", integration_key="k")

    rating = inspect("sen", access, agreement.of_era("2018"), listener)

    assert (broken(rating), rating.exit_code) == (set(), 2)
    assert len(rating.of("unknown")) == len(points())
    assert all(judged.witness and "không nối được" in judged.witness.found for judged in rating.of("unknown"))
