"""A small population made up on the spot: the columns that plans ask for, and nobody who is like anybody real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulation.province import Province


@dataclass(frozen=True)
class SmallPopulation:
    """Three tables, as simulation/population returns them."""

    people: pl.DataFrame
    companies: pl.DataFrame
    outsiders: pl.DataFrame


def made_up(province: Province, *, count: int = 3000, companies: int = 60, seed: int = 5) -> SmallPopulation:
    """Return `count` people in households of four: two adults and two children or young people each."""
    rng = np.random.default_rng(seed)
    homes = rng.choice(
        [commune.code for commune in province.communes],
        size=count // 4,
        p=np.array([commune.population for commune in province.communes]) / province.population,
    )
    place = np.arange(count) % 4
    ages = np.where(place < 2, rng.integers(25, 80, size=count), rng.integers(0, 20, size=count))
    years = (2018 - ages).astype(str)
    personas = [persona.id for persona in province.personas][: count // 4]
    people = pl.DataFrame(
        {
            "personal_number": [f"083{number:09d}" for number in range(count)],
            "full_name": [f"Nguyễn Thị Mẫu {number}" for number in range(count)],
            "sex": ["female"] * count,
            "born": [f"{year}-05-05" for year in years],
            "commune": np.repeat(homes, 4)[:count],
            "household": [f"H{number // 4}" for number in range(count)],
            "role_in_household": ["head" if number % 4 == 0 else "member" for number in range(count)],
            "mobile": [""] * count,
            "online": np.where(place == 0, 0.9, 0.2),
            "insurance_card": [""] * count,
            "occupation": [""] * count,
            "persona": [""] * count,
        }
    )
    # Every fourth row is a first adult: the personas sit there, online or not in turns.
    slugs = [""] * count
    for number, slug in enumerate(personas):
        slugs[4 * number + number % 2] = slug
    people = people.with_columns(pl.Series("persona", slugs))
    outsiders = people.head(20).with_columns(
        personal_number=pl.lit("079") + pl.col("personal_number").str.tail(9),
        commune=pl.lit("26734"),
        persona=pl.lit(""),
    )
    numbers, outside = people["personal_number"].to_list(), outsiders["personal_number"].to_list()
    directors = [outside[number % 20] if number % 5 == 0 else numbers[4 * number] for number in range(companies)]
    firms = pl.DataFrame(
        {
            "tax_code": [f"13{number:08d}" for number in range(companies)],
            "name": [f"Công ty Mẫu {number}" for number in range(companies)],
            "director": directors,
            "province_code": ["79" if number % 5 == 0 else province.code for number in range(companies)],
            "out_of_province": [number % 5 == 0 for number in range(companies)],
            "agent": [numbers[401] if number % 2 else "" for number in range(companies)],
        }
    )
    return SmallPopulation(people=people, companies=firms, outsiders=outsiders)
