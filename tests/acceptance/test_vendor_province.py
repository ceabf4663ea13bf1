"""A province whose one-stop is a vendor's product behind its adapter: a whole day, judged as any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from command_line import Run, Workplace, laws, verdict, verify

from tinhmau.exits import UNKNOWN


@pytest.fixture(scope="module")
def with_sen() -> Iterator[Run]:
    """The toy's day with Sen; once more where the machine was too busy for the load generator."""
    for attempts_left in (1, 0):
        workplace = Workplace()
        run = verify(workplace, scenario="toy_sen")
        if run.finished.code != UNKNOWN or not attempts_left:
            break
        workplace.close()
    yield run
    workplace.close()


@pytest.fixture(scope="module")
def mismatched() -> Iterator[Run]:
    """The same with a product that answers an acceptance with another state than the norm's."""
    workplace = Workplace()
    yield verify(workplace, scenario="toy_sen_mismatch")
    workplace.close()


def test_a_days_work_through_a_vendors_product_is_kept(with_sen: Run) -> None:
    """SYS-ONESTOP-VENDORS: all laws and all requirements hold, and the product was really asked."""
    told = verdict(with_sen.folder)

    assert set(laws(told).values()) == {"KEPT"}, with_sen.finished.out
    assert with_sen.finished.code == 0, with_sen.finished.out
    assert '"event":"product-started"' in (with_sen.folder / "logs" / "onestop.log").read_text("utf-8").replace(" ", "")
    assert with_sen.left == ()


def test_a_product_that_does_not_fit_shows_and_breaks_no_law(mismatched: Run) -> None:
    """TRB-VENDOR-MISMATCH: acceptances fail with what the product said; nothing that was written is wrong."""
    told = verdict(mismatched.folder)
    errors = next(one for one in told["requirements"] if one["id"] == "INT-06")

    assert set(laws(told).values()) == {"KEPT"}, mismatched.finished.out
    assert errors["answer"] == "BROKEN"
    assert "onestop.accept" in errors["reason_en"]
    assert "product-disagrees" in (mismatched.folder / "logs" / "onestop.log").read_text("utf-8")
