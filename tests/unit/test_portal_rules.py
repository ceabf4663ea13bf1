"""Rules of the portal that need no process: the QĐ 766 estimate, reconciliation, hollow services."""

from __future__ import annotations

import msgspec
import pytest

from services.kit.problems import Problem
from services.kit.reference import Procedure
from services.portal.catalogue import Catalogue
from services.portal.quality import judge
from services.portal.reconciling import Difference, Entry, compare
from services.portal.yardstick_766 import GROUPS, Shares, estimate

_NAMES = Shares.__struct_fields__


def _shares(share: float, **more: float) -> Shares:
    return Shares(**(dict.fromkeys(_NAMES, share) | more))


def test_the_estimate_runs_from_nothing_to_a_hundred() -> None:
    """All shares 0 give 0 points, all 1 give every group its most and 100 in all."""
    most = {name: points for name, (_, points) in GROUPS.items()}

    assert sum(estimate(_shares(0.0)).values()) == 0
    assert estimate(_shares(1.0)) == pytest.approx(most)
    assert sum(most.values()) == 100


def test_the_estimate_follows_the_published_formulas() -> None:
    """Online = min(2, 2A/0.8) + 4B + min(6, 6C/0.5); progress = 20r; satisfaction = min(6, 6r/0.9) + 6r + 6r."""
    points = estimate(
        _shares(0.0, offered=0.4, used=0.5, filed_online=0.25, on_time=0.9, satisfied=0.45, paid_online=1)
    )

    assert points["online_service"] == pytest.approx(1 + 2 + 3)
    assert points["progress"] == pytest.approx(18)
    assert points["satisfaction"] == pytest.approx(3 + 2.7 + 2.7)
    assert points["online_payment"] == pytest.approx(2.5)


@pytest.mark.parametrize("name", _NAMES)
def test_a_share_beyond_one_is_a_mistake_of_ours(name: str) -> None:
    """No agency gets points for more than everything."""
    with pytest.raises(Problem, match=name):
        estimate(_shares(0.5, **{name: 1.01}))


def test_books_that_agree_to_the_dong_show_no_difference() -> None:
    """Each kind of disagreement is named; an order that was never paid, and that one side never heard of, is none."""
    one = Entry(order="A", code="c", amount=100, status="paid")
    pending = Entry(order="B", code="c", amount=100, status="pending")

    def against(**change: object) -> list[str]:
        return [found.what for found in compare([one], [msgspec.structs.replace(one, **change)])]

    assert compare([one, pending], [one]) == []
    assert against(amount=99) == ["amount"]
    assert against(status="pending") == ["status"]
    assert against(refunded=100) == ["refund"]
    assert compare([one], []) == [Difference(order="A", what="missing-there", here="100", there="")]
    assert compare([], [one]) == [Difference(order="A", what="missing-here", here="", there="100")]


def test_fig_hd_a_catalogue_of_1824_online_services_names_the_hollow_ones() -> None:
    """FIG-HD-L3, FIG-HD-L4: 1,706 + 118 services; every certified copy, visit and unused one is named, no other."""
    plain = Procedure(
        code="", name="Dịch vụ", field="Hộ tịch", level=3, tier="commune", applicant="person", fee=0,
        deadline_hours=8, same_day=False, needs_leader=True, share_of_demand=0.0,
    )  # fmt: skip
    catalogue = Catalogue(
        msgspec.structs.replace(
            plain, code=f"1.{number:06d}", level=4 if number < 118 else 3, certified_copies=number % 4 == 0,
            visit=number % 10 == 1,
        )
        for number in range(1824)
    )  # fmt: skip
    found = judge(catalogue, {"1.000002": 7})

    assert found.by_level == {3: 1706, 4: 118}
    assert len(found.unqualified) == sum(n % 4 == 0 or n % 10 == 1 for n in range(1824))
    assert len(found.unused) == 1823
    assert {one.reasons for one in found.unqualified} == {("certified-copies",), ("visit",)}
