"""Draws the people of one block. Its result depends on the setting and the block alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numba
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers import id_card, insurance, personal_number, phone
from simulation.population import personas, posts, tables
from simulation.population.blocks import Block
from simulation.population.households import Households
from simulation.population.kinship import (
    KIN,
    KIN_OF,
    MANS,
    ROLE_OF,
    ROLES,
    SURNAME_OF,
    WOMANS,
    Kind,
    codes,
)
from simulation.population.lottery import BITS, sixteens
from simulation.population.rows import Rows
from simulation.population.setting import CARD_GROUPS, DAYS_PER_YEAR, Setting
from simulation.population.tables import PersonaHints

I64 = NDArray[np.int64]

#: Households drawn beyond the number expected, as a share and a number, so that a block can be filled to the person.
_SURPLUS, _SURPLUS_MORE = 1.05, 60
#: Lowest and highest age of directors and agents from outside (assumed).
_OUTSIDER_AGES = (27.0, 62.0)
_NOISE_LOW, _NOISE_SPAN = 0.4, 1.2
#: Sixteens of random bits of a person: middle and given name (0, 1), whether and where born elsewhere, habits (work,
#: phone, willing, card, internet; 7 and 9 are left), and the prefix of the phone's number.
_PERSON_BITS = 12
_ELSEWHERE, _PLACE, _HABITS, _PREFIX = 2, 3, 4, 11
#: Of a household: three surnames, and its ethnic group.
_HOME_BITS = 4
_ETHNICITY = 3
_ANYWHERE: I64 = np.zeros(0, dtype=np.int64)
#: An odd number that spreads the values of a hash table (the golden ratio's, of 32 bits).
_SPREAD = 2_654_435_769


@dataclass(frozen=True, kw_only=True)
class _Skeleton:
    """Who is in the block: kin and ages, before names and numbers."""

    household: I64  #: within the block, from 0, ascending
    kin: NDArray[np.uint8]
    role: NDArray[np.uint8]
    female: NDArray[np.bool_]
    born: NDArray[np.int32]
    line: NDArray[np.uint8]  #: whose surname within the household
    unmarried: NDArray[np.bool_]  #: per household
    persona: NDArray[np.uint8]
    surname: NDArray[np.integer]  #: of personas and those with them; below 0 where drawn


def draw_block(setting: Setting, block: Block) -> Rows:
    """Draw the residents of a block: exactly as many people as it has."""
    fixed = _fixed(setting, block) if block.first_of_commune else _nobody()
    if len(fixed.born) > block.people:
        commune = setting.province.communes[block.commune]
        message = (
            f"{setting.province.id}: commune {commune.code} has {commune.population} people, but its personas and their"
            f" families are {len(fixed.born)}; give it more people or move a persona"
        )
        raise ValueError(message)
    drawn = _drawn(setting, block, people=block.people - len(fixed.born))
    everybody = _join(fixed, drawn)
    return _complete(setting, block, everybody)


def draw_outsiders(setting: Setting, block: Block, *, places: I64, women_share: float) -> Rows:
    """Draw people from other provinces, one per place (first three digits of the personal number)."""
    rng = setting.streams.block("people.outsiders", block.index)
    count = block.people
    low, high = _OUTSIDER_AGES
    ages = low + (high - low) * rng.random(count, np.float32)
    skeleton = _Skeleton(
        household=np.arange(count),
        kin=np.zeros(count, dtype=np.uint8),
        role=np.zeros(count, dtype=np.uint8),
        female=rng.random(count, np.float32) < women_share,
        born=_born(setting, ages),
        line=np.zeros(count, dtype=np.uint8),
        unmarried=np.zeros(count, dtype=bool),
        persona=np.zeros(count, dtype=np.uint8),
        surname=np.full(count, -1),
    )
    return _complete(setting, block, skeleton, places=places)


def _born(setting: Setting, ages: NDArray[np.float32]) -> NDArray[np.int32]:
    return (setting.day_number - np.floor(ages.astype(np.float64) * DAYS_PER_YEAR)).astype(np.int32)


def _nobody() -> _Skeleton:
    empty = np.zeros(0, dtype=np.uint8)
    return _Skeleton(
        household=empty.astype(np.int64),
        kin=empty,
        role=empty,
        female=empty.astype(bool),
        born=empty.astype(np.int32),
        line=empty,
        unmarried=empty.astype(bool),
        persona=empty,
        surname=empty.astype(np.int64),
    )


def _fixed(setting: Setting, block: Block) -> _Skeleton:
    """Personas of the commune and those who live with them."""
    province = setting.province
    found = personas.households(province, province.communes[block.commune].code, setting.today)
    members = [(number, member) for number, household in enumerate(found) for member in household]
    if not members:
        return _nobody()
    epoch = date(1970, 1, 1).toordinal()
    kin = np.array([KIN.index(member.kin) for _, member in members], dtype=np.uint8)
    female = np.array([member.female for _, member in members])
    return _Skeleton(
        household=np.array([number for number, _ in members]),
        kin=kin,
        role=np.minimum(kin, ROLES.index("other")),  # head, spouse, child, parent stand in both lists in this order
        female=female,
        born=np.array([member.born.toordinal() - epoch for _, member in members], dtype=np.int32),
        # Those without a persona's surname: a wife has one of her own, the children have their father's.
        line=np.where((kin == KIN.index("spouse")) & female, WOMANS, MANS).astype(np.uint8),
        unmarried=np.zeros(len(found), dtype=bool),
        persona=np.array([1 + member.persona for _, member in members], dtype=np.uint8),
        surname=np.array(
            [
                setting.book.surname_number(province.personas[member.surname_of].name) if member.surname_of >= 0 else -1
                for _, member in members
            ]
        ),
    )


def _drawn(setting: Setting, block: Block, *, people: int) -> _Skeleton:
    """Households of exactly so many people."""
    if people == 0:
        return _nobody()
    rng = setting.streams.block("people.households", block.index)
    fit = setting.fit
    count = int(people / fit.mean_size * _SURPLUS) + _SURPLUS_MORE
    bits = sixteens(rng, count, 4)
    cells = setting.cells.draw(bits[:, 0])
    anchors = fit.lowest[cells] + fit.span[cells] * (bits[:, 1] * np.float32(1 / 2**BITS))
    made = setting.maker.draw(rng, fit.kinds[cells], anchors)
    chosen, missing = _fill(made.sizes, people)
    if missing:
        singles = np.full(missing, Kind.SINGLE, dtype=np.uint8)
        extra = setting.maker.draw(rng, singles, 20 + 40 * rng.random(missing, np.float32))
        return _join(_flatten(setting, made, chosen), _flatten(setting, extra, np.arange(missing)))
    return _flatten(setting, made, chosen)


def _fill(sizes: I64, people: int) -> tuple[I64, int]:
    """Choose households, in the order drawn, that hold exactly so many people.

    The last ones are picked from the surplus for their size. Returns the chosen and how many people are still missing
    (hardly ever any), to be made up by people living alone.
    """
    ends = np.cumsum(sizes)
    cut = int(np.searchsorted(ends, people, side="right"))
    missing = people - (int(ends[cut - 1]) if cut else 0)
    surplus = list(enumerate(sizes[cut:].tolist(), start=cut))
    more: list[int] = []
    while missing:
        fitting = [(size, -place) for place, size in surplus if size <= missing]
        if not fitting:
            break
        size, place = max(fitting)
        more.append(-place)
        surplus.remove((-place, size))
        missing -= size
    return np.concatenate([np.arange(cut), np.array(more, dtype=np.int64)]), missing


def _flatten(setting: Setting, made: Households, chosen: I64) -> _Skeleton:
    """Households as rows of places → people, household by household, heads first."""
    household, code, female, born = _people_of(
        chosen, codes(made.kinds, made.variants), made.ages, made.female, setting.day_number
    )
    return _Skeleton(
        household=household,
        kin=KIN_OF[code],
        role=ROLE_OF[code],
        female=female,
        born=born,
        line=SURNAME_OF[code],
        unmarried=made.unmarried[chosen],
        persona=np.zeros(len(born), dtype=np.uint8),
        surname=np.full(len(born), -1, dtype=np.int16),
    )


@numba.njit(cache=True, nogil=True)
def _people_of(
    chosen: I64, codes_of: I64, ages: NDArray[np.float32], females: NDArray[np.bool_], today: int
) -> tuple[I64, NDArray[np.int16], NDArray[np.bool_], NDArray[np.int32]]:
    """Household (in the order chosen), code of the place (`kinship.codes`), sex and birthday of everybody."""
    most = chosen.shape[0] * ages.shape[1]
    household, code = np.empty(most, np.int64), np.empty(most, np.int16)
    female, born = np.empty(most, np.bool_), np.empty(most, np.int32)
    count = 0
    for number in range(chosen.shape[0]):
        row = chosen[number]
        for place in range(ages.shape[1]):
            age = ages[row, place]
            if age >= 0:
                household[count] = number
                code[count] = codes_of[row] + place
                female[count] = females[row, place]
                born[count] = today - np.int64(np.float64(age) * DAYS_PER_YEAR)
                count += 1
    return household[:count], code[:count], female[:count], born[:count]


def _join(first: _Skeleton, second: _Skeleton) -> _Skeleton:
    if not len(first.born):
        return second
    joined = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("kin", "role", "female", "born", "line", "unmarried", "persona", "surname")
    }
    household = np.concatenate([first.household, second.household + len(first.unmarried)])
    return _Skeleton(household=household, **joined)


def _complete(setting: Setting, block: Block, who: _Skeleton, *, places: I64 = _ANYWHERE) -> Rows:
    """Add names, numbers and habits; `places` are first digits of personal numbers, where they are known."""
    count = len(who.born)
    bits = sixteens(setting.streams.block("people.persons", block.index), count, _PERSON_BITS)
    homes = sixteens(setting.streams.block("people.homes", block.index), len(who.unmarried), _HOME_BITS)
    days = setting.day_number - who.born
    # Years as the calendar has them: the personal number shows the year of birth.
    years, ages = setting.years_of_days[days], setting.ages_of_days[days]
    surname = _surnames(setting, who, homes)
    middle, given = setting.book.draw_rest(bits, female=who.female, years=years)
    head, rank = _heads(
        bits, who.female, years, places, setting.home_places, setting.other_places, setting.born_elsewhere
    )
    person = block.first_person + np.arange(count)
    habits = _Habits(setting, block, who, ages, bits)
    turn, rest = np.divmod(person, phone.PER_PREFIX)
    counters = turn * phone.PER_PREFIX + setting.scramble_phone(rest)
    mobile = phone.numbers(setting.today, counters, bits[:, _PREFIX].astype(np.int64), of=block.everybody)
    post = _posts(setting, block, who, surname, ages, habits)
    card = np.full(count, -1, dtype=np.int32)
    if setting.id_card_prefix and block.commune >= 0:
        numbers = id_card.numbers(setting.id_card_prefix, setting.scramble_id_card(rest))
        card = np.where(ages >= id_card.FROM_AGE, numbers, -1).astype(np.int32)
    return Rows(
        commune=np.full(count, block.commune, dtype=np.int16),
        household=(block.first_person + 1 + who.household).astype(np.int32),
        role=who.role,
        kin=who.kin,
        female=who.female,
        born=who.born,
        number_head=head,
        number_serial=_serials(setting, block, head, rank),
        id_card=card,
        surname=surname,
        middle=middle,
        given=given,
        mobile=np.where(habits.phone, mobile, -1),
        smartphone=habits.smartphone,
        internet=habits.internet,
        online=habits.online,
        card_group=habits.card_group,
        card_number=insurance.numbers(setting.insurance_province, setting.scramble_insurance(person)),
        occupation=habits.occupation,
        ethnicity=setting.ethnicity.draw(homes[:, _ETHNICITY])[who.household],
        persona=who.persona,
        post=post,
    )


def _posts(
    setting: Setting,
    block: Block,
    who: _Skeleton,
    surname: NDArray[np.uint16],
    ages: NDArray[np.uint8],
    habits: _Habits,
) -> NDArray[np.int32]:
    """Who of the block holds a post; those who do are civil servants, insured as such."""
    post = np.zeros(len(ages), dtype=np.int32)
    wanted = setting.posts.get(block.commune, ()) if block.first_of_commune else ()
    if not wanted:
        return post
    serves = tables.occupations().names.index("civil_servant")
    held = posts.choose(
        setting.province.staff,
        wanted,
        surnames=setting.book.surnames,
        surname=surname,
        female=who.female,
        ages=ages,
        free=who.persona == 0,
        serves=habits.occupation == serves,
    )
    rows = np.fromiter(held, dtype=np.int64, count=len(held))
    post[rows] = np.fromiter(held.values(), dtype=np.int32, count=len(held)) + 1
    habits.occupation[rows] = serves
    habits.card_group[rows] = CARD_GROUPS.index("HC")
    return post


def _surnames(setting: Setting, who: _Skeleton, homes: NDArray[np.uint16]) -> NDArray[np.uint16]:
    lines = setting.book.draw_surnames(homes[:, :_ETHNICITY])
    lines[who.unmarried, MANS] = lines[who.unmarried, WOMANS]
    surname = lines[who.household, who.line]
    if who.persona.any():
        known = np.flatnonzero(who.surname >= 0)
        surname[known] = who.surname[known]
    return surname


def _serials(setting: Setting, block: Block, heads: NDArray[np.int32], rank: NDArray[np.int32]) -> NDArray[np.int32]:
    """Last six digits of personal numbers: unique among those with the same first six, in the whole province."""
    if len(rank) and int(rank.max()) >= block.serials:
        message = (
            f"{setting.province.id}: block {block.index} has more people of one sex and year of birth than the "
            f"{block.serials} personal numbers that are left for it; the province is too large for six digits"
        )
        raise ValueError(message)
    # Another start for every province, sex and year, or all years would show the same run of serials.
    counters = (block.first_serial + rank + heads * np.int64(7_919)) % setting.scramble_personal.size
    return setting.scramble_personal(counters).astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _heads(
    bits: NDArray[np.uint16],
    female: NDArray[np.bool_],
    years: NDArray[np.int16],
    places: I64,
    home: I64,
    other: I64,
    born_elsewhere: np.uint32,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First six digits of personal numbers (`personal_number.heads`), and how many of the same stand before each."""
    count = female.shape[0]
    heads, ranks = np.empty(count, np.int32), np.empty(count, np.int32)
    # An open hash table, at most half full: a table of all six digits would have to be wiped for every block.
    room = 16
    while room < 2 * count:
        room *= 2
    known, seen = np.full(room, -1, np.int32), np.zeros(room, np.int32)
    for row in range(count):
        if places.shape[0]:
            place = places[row]
        elif bits[row, _ELSEWHERE] < born_elsewhere:
            place = other[bits[row, _PLACE] % other.shape[0]]
        else:
            place = home[bits[row, _PLACE] % home.shape[0]]
        year = np.int64(years[row]) - personal_number.FIRST_CENTURY
        head = np.int32(place * 1000 + (2 * (year // 100) + np.int64(female[row])) * 100 + year % 100)
        at = (np.int64(head) * _SPREAD) & (room - 1)
        while known[at] >= 0 and known[at] != head:
            at = (at + 1) & (room - 1)
        known[at] = head
        heads[row], ranks[row] = head, seen[at]
        seen[at] += 1
    return heads, ranks


class _Habits:
    """What the people of a block do and have."""

    def __init__(
        self,
        setting: Setting,
        block: Block,
        who: _Skeleton,
        ages: NDArray[np.uint8],
        bits: NDArray[np.uint16],
    ) -> None:
        count = len(ages)
        area = int(setting.urban[block.commune])
        effect = int(setting.commune_effect[block.commune])
        outside = block.commune < 0
        known = tables.occupations().names
        fixed = np.full(count, known.index("business_owner") if outside else -1, dtype=np.int16)
        hints = _hints(setting, who.persona)
        for row, hint in hints:
            if hint.occupation is not None:
                fixed[row] = known.index(hint.occupation)
        own, smart = setting.phone[area], setting.smartphone[area]
        old_from, old_below = setting.very_old
        self.occupation, self.phone, self.smartphone, self.internet, self.online, self.card_group = _live(
            bits, ages, who.female, fixed, setting.occupation_group + 2 * area,
            setting.occupation.table, setting.occupation.bits, setting.card.table, setting.card.bits,
            own + effect * (own > 0), np.minimum(smart + effect * (smart > 0), own + effect), setting.computer[area],
            setting.willing[area], outside, old_from, old_below, CARD_GROUPS.index("BT"),
        )  # fmt: skip
        for row, hint in hints:
            self._obey(row, hint)

    def _obey(self, row: int, hint: PersonaHints) -> None:
        for value, column in ((hint.phone, self.phone), (hint.smartphone, self.smartphone)):
            if value is not None:
                column[row] = value
        self.smartphone[row] &= self.phone[row]
        if hint.smartphone is not None or hint.phone is False:
            self.internet[row] = self.smartphone[row]  # a persona who is said to have none has no computer either
        if hint.online is not None:
            self.online[row] = hint.online
        self.online[row] *= self.smartphone[row]
        if hint.insured is not None:
            self.card_group[row] = CARD_GROUPS.index(hint.insured)


@numba.njit(cache=True, nogil=True)
def _live(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    bits: NDArray[np.uint16],
    ages: NDArray[np.uint8],
    female: NDArray[np.bool_],
    fixed: NDArray[np.int16],
    groups: I64,
    works: NDArray[np.uint8],
    work_bits: int,
    cards: NDArray[np.uint8],
    card_bits: int,
    own: I64,
    smart: I64,
    computer: I64,
    willing: NDArray[np.float32],
    outside: bool,  # noqa: FBT001 -- compiled functions take no names
    old_from: int,
    old_below: np.uint32,
    old_group: int,
) -> tuple[
    NDArray[np.uint8],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.float32],
    NDArray[np.uint8],
]:
    """Occupation (`fixed` from 0, drawn below), phone, smartphone, internet, use of services online, health card."""
    count = ages.shape[0]
    work, card = np.empty(count, np.uint8), np.zeros(count, np.uint8)
    phone, smartphone = np.empty(count, np.bool_), np.empty(count, np.bool_)
    internet, online = np.empty(count, np.bool_), np.zeros(count, np.float32)
    for row in range(count):
        age = ages[row]
        group = groups[age] + np.int64(female[row])
        drawn = works[(group << work_bits) + (bits[row, _HABITS] >> (BITS - work_bits))]
        work[row] = drawn if fixed[row] < 0 else fixed[row]
        phone[row] = outside or bits[row, _HABITS + 1] < own[age]
        smartphone[row] = outside or bits[row, _HABITS + 1] < smart[age]
        internet[row] = smartphone[row] or bits[row, _HABITS + 6] < computer[age]
        if smartphone[row]:
            noise = np.float32(bits[row, _HABITS + 2]) * np.float32(_NOISE_SPAN / 2**16) + np.float32(_NOISE_LOW)
            online[row] = min(max(willing[age] * noise, np.float32(0)), np.float32(1))
        if outside:
            continue  # their cards are another province's
        if age >= old_from:
            card[row] = old_group if bits[row, _HABITS + 3] < old_below else 0
        else:
            card[row] = cards[(np.int64(work[row]) << card_bits) + (bits[row, _HABITS + 3] >> (BITS - card_bits))]
    return work, phone, smartphone, internet, online, card


def _hints(setting: Setting, persona: NDArray[np.uint8]) -> list[tuple[int, PersonaHints]]:
    """Rows of personas that personas.toml names, with what it fixes."""
    known = tables.personas()
    rows = [(int(row), setting.province.personas[int(persona[row]) - 1].id) for row in np.flatnonzero(persona)]
    return [(row, known[name]) for row, name in rows if name in known]
