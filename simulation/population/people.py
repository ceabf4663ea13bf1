"""Draws people, block by block. The result depends on the setting and the blocks alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from simulation.identifiers import id_card, insurance, phone
from simulation.population import kernel, personas, posts, tables
from simulation.population.blocks import Block
from simulation.population.kernel import DAYS_PER_YEAR, DRAWN_SURNAME, DRAWN_WORK, Blocks, Columns, Kin
from simulation.population.kinship import KIN, KIN_OF, MANS, ROLE_OF, ROLES, SURNAME_OF, WOMANS
from simulation.population.personas import Member
from simulation.population.rows import Rows
from simulation.population.setting import CARD_GROUPS, Setting
from simulation.population.tables import PersonaHints

I64 = NDArray[np.int64]

#: Households that are tried for a block beyond the number expected, as a share and a number, before people who live
#: alone make up the rest.
_SURPLUS, _SURPLUS_MORE = 1.05, 60
#: Lowest and highest age of directors and agents from outside (assumed).
_OUTSIDER_AGES = (27.0, 62.0)
_KIN = Kin(kin=KIN_OF, role=ROLE_OF, line=SURNAME_OF)
_ANYWHERE: I64 = np.zeros(0, dtype=np.int64)


def draw_blocks(setting: Setting, blocks: Sequence[Block]) -> Rows:
    """Draw the residents of blocks that follow each other: exactly as many people as each has."""
    rows = Rows.room(sum(block.people for block in blocks))
    rows.surname[:] = DRAWN_SURNAME
    rows.occupation[:] = DRAWN_WORK
    line = np.empty(len(rows), dtype=np.uint8)
    begin = 0
    for block in blocks:
        _settle(setting, block, rows, line, begin)
        begin += block.people
    _complete(setting, blocks, rows, line)
    begin = 0
    for block in blocks:
        if block.first_of_commune:
            _posts(setting, block, rows, begin)
        begin += block.people
    return rows


def draw_outsiders(setting: Setting, block: Block, *, places: I64, women_share: float) -> Rows:
    """Draw people from other provinces, one per place (first three digits of the personal number)."""
    rng = setting.streams.block("people.outsiders", block.index)
    count = block.people
    low, high = _OUTSIDER_AGES
    rows = Rows.room(count)
    rows.surname[:] = DRAWN_SURNAME
    rows.commune[:] = block.commune
    ages = low + (high - low) * rng.random(count, np.float32)
    rows.born[:] = setting.day_number - np.floor(ages.astype(np.float64) * DAYS_PER_YEAR)
    rows.female[:] = rng.random(count, np.float32) < women_share
    rows.household[:] = block.first_person + 1 + np.arange(count)
    rows.kin[:] = 0
    rows.role[:] = 0
    _complete(setting, (block,), rows, np.full(count, MANS, dtype=np.uint8), places=places)
    return rows


def _settle(setting: Setting, block: Block, rows: Rows, line: NDArray[np.uint8], begin: int) -> None:
    """Fill a block's part of `rows`, from `begin` on, with households: who lives together, of what age and kin."""
    end = begin + block.people
    rows.commune[begin:end] = block.commune
    first = block.first_person + 1
    if block.first_of_commune:
        found = personas.households(setting.province, setting.province.communes[block.commune].code, setting.today)
        members = [(first + number, member) for number, household in enumerate(found) for member in household]
        if len(members) > block.people:
            commune = setting.province.communes[block.commune]
            message = (
                f"{setting.province.id}: commune {commune.code} has {commune.population} people, but its personas and "
                f"their families are {len(members)}; give it more people or move a persona"
            )
            raise ValueError(message)
        for row, (number, member) in enumerate(members, start=begin):
            _seat(setting, member, rows, line, row)
            rows.household[row] = number
        first += len(found)
        begin += len(members)
    most = int((end - begin) / setting.fit.mean_size * _SURPLUS) + _SURPLUS_MORE
    kernel.settle(
        setting.household_key, block.index << 32, first, most, setting.cells, setting.maker.customs, _KIN,
        setting.day_number,
        rows.household[begin:end], rows.kin[begin:end], rows.role[begin:end], rows.female[begin:end],
        rows.born[begin:end], line[begin:end],
    )  # fmt: skip


def _seat(setting: Setting, member: Member, rows: Rows, line: NDArray[np.uint8], row: int) -> None:
    """Put a persona, or somebody who lives with one, into a row."""
    kin = KIN.index(member.kin)
    rows.kin[row] = kin
    rows.role[row] = min(kin, ROLES.index("other"))  # head, spouse, child, parent stand in both lists in this order
    rows.female[row] = member.female
    rows.born[row] = member.born.toordinal() - date(1970, 1, 1).toordinal()
    # Those without a persona's surname: a wife has one of her own, the children have their father's.
    line[row] = WOMANS if member.kin == "spouse" and member.female else MANS
    rows.persona[row] = 1 + member.persona
    if member.surname_of >= 0:
        rows.surname[row] = setting.book.surname_number(setting.province.personas[member.surname_of].name)


def _complete(
    setting: Setting, blocks: Sequence[Block], rows: Rows, line: NDArray[np.uint8], *, places: I64 = _ANYWHERE
) -> None:
    """Add names, numbers and habits; `places` are first digits of personal numbers, where they are known."""
    first = blocks[0].first_person
    hints = _hints(setting, rows.persona)
    for row, hint in hints:
        if hint.occupation is not None:
            rows.occupation[row] = tables.occupations().names.index(hint.occupation)
    serial = np.empty(len(rows), dtype=np.int64)
    communes = np.array([block.commune for block in blocks])
    short = kernel.complete(
        setting.persons,
        Blocks(
            ends=np.cumsum([block.people for block in blocks]),
            outside=communes < 0,
            area=setting.urban[communes],
            effect=setting.commune_effect[communes],
            serial=np.array([block.first_serial for block in blocks]),
            serials=np.array([block.serials for block in blocks]),
        ),
        Columns(**{name: getattr(rows, name) for name in Columns._fields}),
        first, places, rows.household, rows.female, rows.born, line, setting.day_number, serial,
    )  # fmt: skip
    if short >= 0:
        message = (
            f"{setting.province.id}: block {blocks[short].index} has more people of one sex and year of birth than the "
            f"{blocks[short].serials} personal numbers that are left for it; the province is too large for six digits"
        )
        raise ValueError(message)
    for row, hint in hints:
        _obey(rows, row, hint)
    person = first + np.arange(len(rows))
    rest = person % phone.PER_PREFIX
    rows.number[:] += setting.scramble_personal(serial)
    rows.mobile[:] += setting.scramble_phone(rest)
    rows.card_number[:] = insurance.numbers(setting.insurance_province, setting.scramble_insurance(person))
    if setting.id_card_prefix and not len(places):
        numbers = id_card.numbers(setting.id_card_prefix, setting.scramble_id_card(rest))
        rows.id_card[:] = np.where(rows.age >= id_card.FROM_AGE, numbers, -1)
    else:
        rows.id_card[:] = -1


def _posts(setting: Setting, block: Block, rows: Rows, begin: int) -> None:
    """Give posts to people of the block; those who hold one are civil servants, insured as such."""
    wanted = setting.posts.get(block.commune, ())
    if not wanted:
        return
    serves = tables.occupations().names.index("civil_servant")
    here = slice(begin, begin + block.people)
    held = posts.choose(
        setting.province.staff,
        wanted,
        surnames=setting.book.surnames,
        surname=rows.surname[here],
        female=rows.female[here],
        ages=rows.age[here],
        persona=rows.persona[here],
        serves=rows.occupation[here] == serves,
    )
    for row, number in held.items():
        rows.post[begin + row] = number + 1
        rows.occupation[begin + row] = serves
        rows.card_group[begin + row] = CARD_GROUPS.index("HC")


def _obey(rows: Rows, row: int, hint: PersonaHints) -> None:
    """Let a persona have what personas.toml says."""
    for value, column in ((hint.phone, rows.phone), (hint.smartphone, rows.smartphone)):
        if value is not None:
            column[row] = value
    rows.smartphone[row] &= rows.phone[row]
    if hint.smartphone is not None or hint.phone is False:
        rows.internet[row] = rows.smartphone[row]  # a persona who is said to have none has no computer either
    if hint.online is not None:
        rows.online[row] = hint.online
    rows.online[row] *= rows.smartphone[row]
    if hint.insured is not None:
        rows.card_group[row] = CARD_GROUPS.index(hint.insured)


def _hints(setting: Setting, persona: NDArray[np.uint8]) -> list[tuple[int, PersonaHints]]:
    """Rows of personas that personas.toml names, with what it fixes."""
    known = tables.personas()
    rows = [(int(row), setting.province.personas[int(persona[row]) - 1].id) for row in np.flatnonzero(persona)]
    return [(row, known[name]) for row, name in rows if name in known]
