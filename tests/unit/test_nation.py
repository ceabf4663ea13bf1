"""The nation's year: provinces added up, in whatever order they come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulation import nation, province_files, scenario_files
from simulation.mistakes import BadInputError
from simulation.nation.shard import ProvinceYear, Shard, Sums
from simulation.year import INDICATORS, simulate
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


def test_scores_are_averaged_by_people() -> None:
    """Points are no count: a nation of two provinces does not have twice as many."""
    small, large = a_year("a", received=1, on_time=1, people=100), a_year("b", received=1, on_time=1, people=300)
    small.indicators["score"], large.indicators["score"] = Sums((40.0,), (1.0,)), Sums((60.0,), (1.0,))

    score = nation.total([small, large]).indicators["score"]
    assert (score.nation.mean, score.lowest, score.highest) == (55.0, 40.0, 60.0)


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


def a_shard(province: str, number: int) -> Shard:
    """One replication of a province."""
    sums = {name: (float(number), 1.0) for name in INDICATORS}
    return Shard(
        province=province, number=number, name=province, people=9, agencies=3, seed=1, events=number, sums=sums
    )  # fmt: skip


def test_replications_are_put_in_their_order() -> None:
    """However shards come, a province has its replications by number, none twice."""
    assert nation.shards(("a", "b"), 2) == ("a#0", "a#1", "b#0", "b#1")

    a, b = nation.joined([a_shard("b", 1), a_shard("a", 2), a_shard("b", 0), a_shard("a", 0), a_shard("a", 1)])

    assert (a.province, a.replications, a.events, b.province, b.replications) == ("a", 3, 3, "b", 2)
    assert a.indicators["dossiers_received"].over == (0.0, 1.0, 2.0)


def test_a_replication_played_alone_is_the_one_played_in_a_row() -> None:
    """The second of two replications is the same to the bit when it is played by itself."""
    scenario = scenario_files.load("toy")
    province = province_files.load("toy")
    row = simulate(province, scenario, seed=3, replications=2)
    alone = simulate(province, scenario, seed=3, replications=1, first=1)

    for name in INDICATORS:
        assert np.array_equal(row.values(name)[1:], alone.values(name), equal_nan=True)
