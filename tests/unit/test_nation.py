"""The nation's year: provinces added up, in whatever order they come."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation import nation
from simulation.mistakes import BadInputError
from simulation.nation.shard import ProvinceYear, Sums
from simulation.year import INDICATORS
from tinhmau.workers import Peak, Workers, each


def a_year(province: str, *, received: float, on_time: float, people: int = 100) -> ProvinceYear:
    """A province's year in which so many dossiers came, and this share was decided on time."""
    indicators = {name: Sums((0.0,), (0.0,)) for name in INDICATORS}
    indicators["dossiers_received"] = Sums((received,), (1.0,))
    indicators["on_time_share"] = Sums((on_time * received,), (received,))
    return ProvinceYear(
        province=province, name=province.title(), people=people, agencies=3, seed=1, replications=1, events=10,
        indicators=indicators,
    )  # fmt: skip


def test_counts_add_up_and_shares_are_weighted() -> None:
    """A nation has the dossiers of all its provinces; a large province counts for more in a share."""
    whole = nation.total([a_year("a", received=900, on_time=0.9), a_year("b", received=100, on_time=0.5)])

    assert (whole.provinces, whole.people, whole.agencies, whole.events) == (2, 200, 6, 20)
    assert whole.indicators["dossiers_received"].nation.mean == 1000
    share = whole.indicators["on_time_share"]
    assert share.nation.mean == pytest.approx(0.86)
    assert (share.lowest, share.lowest_in, share.highest, share.highest_in) == (0.5, "B", 0.9, "A")


def test_the_order_of_coming_leaves_no_trace(tmp_path: Path) -> None:
    """Files are the same to the byte, whichever province was ready first."""
    years = [a_year(name, received=10.0 / 3 * place, on_time=0.1 * place) for place, name in enumerate("abcd", start=1)]
    nation.write(years, tmp_path / "one")
    nation.write(years[::-1], tmp_path / "other")

    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["a.json", "b.json", "c.json", "d.json", "nation.json"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_the_largest_province_goes_first() -> None:
    """So that no worker is left alone with it at the end."""
    assert nation.by_size("2018", only=("bac_kan_2018", "ha_noi_2018", "hau_giang_2018")) == (
        "ha_noi_2018",
        "hau_giang_2018",
        "bac_kan_2018",
    )


def test_provinces_of_another_era_are_refused_all_at_once() -> None:
    """Each wrong name is told, with the nearest that the era has."""
    with pytest.raises(BadInputError) as told:
        nation.by_size("2026", only=("vinh_long_2018", "hue_2026", "can_tho"))

    assert [mistake.way_out.en for mistake in told.value.mistakes] == [
        "Did you mean “vinh_long_2026”?",
        "Did you mean “can_tho_2026”?",
    ]


def test_without_dask_work_is_done_here_one_after_another() -> None:
    """Nought workers need no cluster; what a process took is measured all the same."""
    peak = Peak()

    assert list(each(str.upper, ["a", "b"], workers=Workers(), peak=peak)) == [("a", "A"), ("b", "B")]
    assert 10 < peak.mb < 100_000
