"""A province whose one-stop is a vendor's product behind its adapter: a whole day, judged as any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Run, Workplace, known, laws, verdict, verify

NIGHTLY = pytest.mark.nightly
#: Product -> the act at which its planted mismatch shows.
MISMATCHES = {"sen": "onestop.accept", "truc": "onestop.decide", "dua": "onestop.hand_back"}


@pytest.fixture(scope="module", params=["truc", pytest.param("dua", marks=NIGHTLY)])
def with_product(request: pytest.FixtureRequest) -> Iterator[Run]:
    """The toy's day with a product."""
    with known(scenario=f"toy_{request.param}") as run:
        yield run


@pytest.fixture(scope="module")
def killed() -> Iterator[Run]:
    """The toy's day with Sen, which is killed together with its one-stop in the busiest hour."""
    workplace = Workplace()
    yield verify(workplace, "--fault", "kill:onestop@08:30", scenario="toy_sen")
    workplace.close()


def _log(folder: Path) -> str:
    return (folder / "logs" / "onestop.log").read_text("utf-8").replace(" ", "")


def _states(run: Run, book: str) -> dict[str, str]:
    lines = (run.folder / "ledger" / f"{book}.ndjson").read_text("utf-8").splitlines()
    return {row["code"]: row["state"] for row in map(json.loads, lines)}


def _check_its_book(run: Run) -> None:
    """Every dossier is with the product, in the same state; linked agencies and withdrawals are the adapter's alone."""
    ours, theirs = _states(run, "onestop.dossiers"), _states(run, "onestop.product")
    expected = {
        code: {"referred": "received"}.get(state, state) for code, state in ours.items() if state != "withdrawn"
    }

    assert {code: theirs.get(code) for code in expected} == expected
    assert set(theirs) == set(ours)
    assert len(ours) > 50


def test_a_days_work_through_a_vendors_product_is_kept(with_product: Run) -> None:
    """SYS-ONESTOP-VENDORS: all laws and all requirements hold, and the product did what the books say."""
    told = verdict(with_product.folder)

    assert set(laws(told).values()) == {"KEPT"}, with_product.finished.out
    assert with_product.finished.code == 0, with_product.finished.out
    assert _log(with_product.folder).count('"event":"product-started"') == 1
    assert with_product.left == ()
    _check_its_book(with_product)


def test_a_product_that_is_killed_at_work_loses_nothing_acknowledged(killed: Run) -> None:
    """SYS-ONESTOP-VENDORS: `kill -9` in the busiest hour; all laws hold, at worst a bound of capacity does not."""
    told = verdict(killed.folder)

    assert set(laws(told).values()) == {"KEPT"}, killed.finished.out
    broken = [one["id"] for one in told["requirements"] if one["answer"] == "BROKEN"]
    assert [one for one in broken if not one.startswith("CAP-")] == [], killed.finished.out
    assert _log(killed.folder).count('"event":"product-started"') == 2
    assert killed.left == ()
    _check_its_book(killed)


@pytest.mark.parametrize("product", ["sen", pytest.param("truc", marks=NIGHTLY), pytest.param("dua", marks=NIGHTLY)])
def test_a_product_that_does_not_fit_shows_and_breaks_no_law(product: str) -> None:
    """TRB-VENDOR-MISMATCH: acts fail with what the product said; nothing that was written is wrong."""
    workplace = Workplace()
    try:
        run = verify(workplace, scenario=f"toy_{product}_mismatch")
        told = verdict(run.folder)
        errors = next(one for one in told["requirements"] if one["id"] == "INT-06")

        assert set(laws(told).values()) == {"KEPT"}, run.finished.out
        assert errors["answer"] == "BROKEN"
        assert MISMATCHES[product] in errors["reason_en"]
        assert "product-disagrees" in _log(run.folder)
    finally:
        workplace.close()
