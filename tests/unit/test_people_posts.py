"""Civil servants: the officials whom the systems know are residents who fit into their families."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from simulation import population, province_files
from simulation.population import Population, tables
from simulation.population.posts import title
from simulation.province import Agency, Province
from tinhmau.commands import population as population_command

TODAY = date(2018, 8, 22)


@pytest.fixture(scope="module")
def province() -> Province:
    """The smallest province of the lists."""
    return province_files.load("bac_kan_2018")


@pytest.fixture(scope="module")
def drawn(province: Province) -> Iterator[Population]:
    """Return its population."""
    return population.draw(province, seed=7)


@pytest.fixture(scope="module")
def holders(drawn: Population) -> pl.DataFrame:
    """Residents who hold a post, with it."""
    held = drawn.people.filter(pl.col("post") != "")
    return held.join(drawn.civil_servants, left_on="post", right_on="account", suffix="_of_post")


def test_every_desk_is_a_post_in_order(province: Province, drawn: Population) -> None:
    """The table has the province's staff, one line each, and nearly all are residents."""
    table = drawn.civil_servants

    assert table["account"].to_list() == [member.account for member in province.staff]
    assert table["full_name"].to_list() == [member.name for member in province.staff]
    assert (table["personal_number"] != "").mean() > 0.85  # type: ignore[operator]


def test_who_holds_a_post_is_that_official(province: Province, drawn: Population, holders: pl.DataFrame) -> None:
    """Nobody holds two; name and number agree on both sides; all are civil servants of working age with a card."""
    age = (pl.lit(TODAY) - pl.col("born")).dt.total_days() / 365.25
    units = {agency.code: agency.unit for agency in province.agencies if agency.tier == "commune"}

    assert holders.height == (drawn.civil_servants["personal_number"] != "").sum()
    assert holders["personal_number"].n_unique() == holders.height
    assert (holders["full_name"] == holders["full_name_of_post"]).all()
    assert (holders["personal_number"] == holders["personal_number_of_post"]).all()
    assert set(holders["occupation"]) == {"civil_servant"}
    assert holders["insurance_card"].str.starts_with("HC").all()
    assert holders.select(age.is_between(22.9, 60.1).all()).item()
    assert holders.filter(pl.col("role") == "leader").select((age >= 31.9).all()).item()
    assert all(
        unit == commune
        for code, commune in holders.select("agency", "commune").iter_rows()
        if (unit := units.get(code, ""))
    )


def test_officials_leave_their_families_as_they_were(drawn: Population, holders: pl.DataFrame) -> None:
    """Children of a man who holds a post have his surname; "Thị" is in women's names only."""
    surname = pl.col("full_name").str.split(" ").list.first()
    fathers = holders.filter(pl.col("sex") == "male", pl.col("kin") == "head").select("household", father=surname)
    children = drawn.people.filter(pl.col("kin") == "child").join(fathers, on="household")

    assert children.height > 50
    assert children.select((surname == pl.col("father")).all()).item()
    assert set(holders.filter(pl.col("full_name").str.contains(" Thị "))["sex"]) == {"female"}


def test_whoever_has_a_smartphone_uses_the_internet(drawn: Population) -> None:
    """And some others do, at a computer; pupils more than the old."""
    others = drawn.people.filter(~pl.col("smartphone"))

    assert drawn.people.filter(pl.col("smartphone"))["internet"].all()
    assert 0.02 < others["internet"].mean() < 0.5  # type: ignore[operator]
    by_occupation = dict(others.group_by("occupation").agg(pl.col("internet").mean()).iter_rows())
    assert by_occupation["pupil"] > 5 * by_occupation["retired"]


def test_a_province_has_its_own_ethnic_groups(drawn: Population) -> None:
    """Half of Bắc Kạn is Tày; a merged province has the mixture of what it was made of."""
    shares = dict(drawn.people["ethnicity"].value_counts(normalize=True).iter_rows())
    merged = dict(zip(*tables.ethnicities("86", era="2026"), strict=True))
    parts = [dict(zip(*tables.ethnicities(code, era="2018"), strict=True)) for code in ("83", "84", "86")]

    assert shares["Tày"] == pytest.approx(0.526, abs=0.02)
    assert min(part["Khmer"] for part in parts) < merged["Khmer"] < max(part["Khmer"] for part in parts)


@pytest.mark.parametrize(
    ("tier", "name", "role", "place", "expected"),
    [
        ("commune", "Ủy ban nhân dân xã An Định", "leader", 0, "Chủ tịch Ủy ban nhân dân xã An Định"),
        ("province", "Ủy ban nhân dân tỉnh Bến Tre", "leader", 2, "Phó Chủ tịch Ủy ban nhân dân tỉnh Bến Tre"),
        ("department", "Sở Tư pháp", "leader", 1, "Phó Giám đốc Sở Tư pháp"),
        ("department", "Thanh tra tỉnh", "leader", 0, "Chánh Thanh tra tỉnh"),
        ("department", "Sở Y tế", "document_clerk", 0, "Văn thư"),
    ],
)
def test_posts_are_called_as_they_are(tier: str, name: str, role: str, place: int, expected: str) -> None:
    """Chairs, directors, deputies, and those without a title of their own."""
    agency = Agency(code="000.00.01.H07", name=name, tier=tier, installation="x")  # type: ignore[arg-type]

    assert title(agency, role, place) == expected


def test_the_command_writes_tables_and_a_page(tmp_path: Path) -> None:
    """`tinhmau population toy` gives five tables and a summary that counts exactly the people in them."""
    told = CliRunner().invoke(population_command.command, ["toy", "--out", str(tmp_path)])
    page = (tmp_path / "summary.html").read_text(encoding="utf-8")

    assert told.exit_code == 0, told.output
    assert {path.stem for path in tmp_path.glob("*.parquet")} == set(population.TABLES)
    assert '<span lang="vi">1.000</span><span lang="en">1,000</span>' in page
    assert page.count("<svg") == 8
    assert "Phạm Thị Kim Loan" in page
    assert "http" not in page.replace("http-equiv", "")
