"""People in households, written to Parquet, against Faker's vi_VN: both per second of one core.

The same eighteen facts of each person on both sides, which are the columns of people.parquet. For what Faker does not
know (households, kin, habits, insurance numbers) it makes its nearest draw, although its facts then do not fit
together; ours must: one head a household, no number twice.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from faker import Faker

from simulation import population, province_files
from simulation.province import Province
from tests.benchmarks.kit import Row, against_limit, against_peer, alternate, check, core_seconds, say

_SEED = 7
_FAKER_PEOPLE = 4000
_MOST_SECONDS = 3.0
_MOST_MEBIBYTES = 1430.0  #: 1.5 GB
_ALONE = """
import sys
from pathlib import Path
from simulation import population, province_files
from tests.benchmarks.kit import peak_mebibytes
population.draw(province_files.load("ben_tre_2018"), seed=int(sys.argv[1])).write(Path(sys.argv[2]))
print(peak_mebibytes())
"""


def run() -> list[Row]:
    """Draw Bến Tre and the same number of seconds' worth of Faker."""
    province = province_files.load("ben_tre_2018")
    faker = Faker("vi_VN")
    faker.seed_instance(_SEED)
    walls: list[float] = []
    with tempfile.TemporaryDirectory(prefix="tinhmau-bench-") as name:
        folder = Path(name)

        def ours() -> float:
            used, began = core_seconds(), time.perf_counter()
            population.draw(province, seed=_SEED).write(folder)
            walls.append(time.perf_counter() - began)
            return province.population / (core_seconds() - used)

        rounds = alternate(ours, lambda: _faker(faker, folder), what="population")
        _fits(folder, province)
        mebibytes = _alone(folder / "alone")
        _fits_as(folder / "people.parquet", folder / "alone" / "people.parquet")
    say(f"{province.population:,} people in {min(walls):.1f} to {max(walls):.1f} s")
    return [
        against_peer(
            "population.people", rounds, unit="people/core-second", peer="Faker vi_VN, the same facts, to Parquet",
            at_least=150, note=f"{province.population} people, companies included in the time but not in the count",
        ),
        against_limit(
            "population.province", sorted(walls)[len(walls) // 2], unit="s", at_most=_MOST_SECONDS,
            note=f"{province.population} people with companies, drawn and written, one process",
        ),
        against_limit(
            "population.memory", mebibytes, unit="MiB", at_most=_MOST_MEBIBYTES,
            note=f"peak of a process of its own that draws and writes {province.population} people with companies",
        ),
    ]  # fmt: skip


def _faker(faker: Faker, folder: Path) -> float:
    used = core_seconds()
    people = [
        {
            "personal_number": faker.numerify("############"),
            "full_name": faker.name(),
            "sex": faker.random_element(("male", "female")),
            "born": faker.date_of_birth(maximum_age=100),
            "commune": faker.numerify("#####"),
            "household": faker.random_int(1, _FAKER_PEOPLE),
            "role_in_household": faker.random_element(("head", "spouse", "child", "parent")),
            "kin": faker.random_element(("head", "wife", "son", "daughter")),
            "mobile": faker.phone_number(),
            "smartphone": faker.boolean(),
            "internet": faker.boolean(),
            "online": faker.random.random(),
            "insurance_card": faker.bothify("??#############"),
            "id_card": faker.numerify("#########"),
            "occupation": faker.job(),
            "ethnicity": faker.random_element(("Kinh", "Hoa", "Khmer")),
            "persona": "",
            "post": "",
        }
        for _ in range(_FAKER_PEOPLE)
    ]
    pl.DataFrame(people).write_parquet(folder / "faker.parquet", compression="zstd", compression_level=1)
    return _FAKER_PEOPLE / (core_seconds() - used)


def _alone(folder: Path) -> float:
    """Peak memory (MiB) of a process that only draws the province and writes it."""
    command = [sys.executable, "-c", _ALONE, str(_SEED), str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _fits_as(ours: Path, alone: Path) -> None:
    check(ours.read_bytes() == alone.read_bytes(), "the process of its own drew other people from the same seed")


def _fits(folder: Path, province: Province) -> None:
    people = pl.read_parquet(folder / "people.parquet")
    check(len(people) == province.population, f"{len(people)} people for a population of {province.population}")
    check(people["personal_number"].n_unique() == len(people), "a personal number was given twice")
    check(people["full_name"].str.contains(" ").all(), "somebody has one name only")
    check(set(people.columns) == set(pl.read_parquet_schema(folder / "faker.parquet")), "the two have other columns")
    heads = people.group_by("household").agg((pl.col("role_in_household") == "head").sum().alias("heads"))
    check((heads["heads"] == 1).all(), f"{(heads['heads'] != 1).sum()} households have no head, or several")
