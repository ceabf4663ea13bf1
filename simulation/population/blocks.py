"""Cuts a province into blocks of people that can be drawn on their own, in any order, by any number of workers."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.identifiers.personal_number import PER_PROVINCE_SEX_YEAR
from simulation.province import Province

#: People in a block at the most. Part of what a population is: another size draws other people from the same seed.
BLOCK_PEOPLE = 20_000


@dataclass(frozen=True, kw_only=True)
class Block:
    """Some of the people of one commune (or, last, the people from outside that deal with the province)."""

    index: int  #: place in the province, from 0; names the block's streams
    commune: int  #: place in `province.communes`; -1 for those from outside
    first_of_commune: bool  #: the commune's personas are in its first block
    first_person: int  #: how many people are in the blocks before
    people: int
    everybody: int  #: people in all blocks
    first_serial: int  #: counters of personal numbers that are this block's own
    serials: int


def blocks_of(province: Province, *, outsiders: int) -> tuple[Block, ...]:
    """Cut the province into blocks of one commune each, and a last one for the outsiders."""
    sizes = [
        (place, number == 0, size)
        for place, commune in enumerate(province.communes)
        for number, size in enumerate(_even(commune.population))
    ]
    sizes.append((-1, False, outsiders))
    total = sum(size for _, _, size in sizes)
    made = []
    before = 0
    for index, (commune, first, size) in enumerate(sizes):
        # Serials in proportion to people: of all numbers of one sex and year of birth, a block has its own share.
        start = PER_PROVINCE_SEX_YEAR * before // max(total, 1)
        end = PER_PROVINCE_SEX_YEAR * (before + size) // max(total, 1)
        made.append(
            Block(
                index=index,
                commune=commune,
                first_of_commune=first,
                first_person=before,
                people=size,
                everybody=total,
                first_serial=start,
                serials=end - start,
            )
        )
        before += size
    return tuple(made)


def _even(population: int) -> list[int]:
    parts = -(-population // BLOCK_PEOPLE)
    return [population * (part + 1) // parts - population * part // parts for part in range(parts)]
