"""The compiled loops that people are drawn by: households place by place, then everybody with names, numbers, habits.

It is one file on purpose: numba looks at this file alone to tell whether what it compiled earlier still holds.

A draw is a pure function of a key and a counter: splitmix64, with its counter set from the household or the person. So
nothing is kept between blocks, and they may be drawn in any order. A word of 64 bits gives four draws of sixteen.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from simulation.identifiers import personal_number
from simulation.identifiers import phone as phone_numbers
from simulation.population.kinship import (
    CHILDREN,
    HEAD_MAN,
    HEAD_WOMAN,
    MAN,
    MANS,
    MANS_SIDE,
    OLD_MAN,
    OLD_WOMAN,
    PLACES,
    SIBLINGS,
    VARIANTS,
    WOMAN,
    WOMAN_HEADS,
    WOMANS,
    Kind,
)
from simulation.population.lottery import BITS, QUANTILES, Lottery, threshold
from simulation.population.tables import MAX_AGE

F = NDArray[np.float32]
B = NDArray[np.bool_]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Int = int | np.integer[Any]

NOBODY = np.float32(-1)
DAYS_PER_YEAR = 365.2425

#: Ages of marriage by law (women, men), and of the last birth that is drawn, in years.
WOMAN_MARRIES_FROM, MAN_MARRIES_FROM, LAST_BIRTH = 18.0, 20.0, 45.0
#: From the wedding to the first birth at the least, and between births.
FIRST_BIRTH_AFTER, BIRTHS_APART = 0.8, 1.4
#: Age from which a child of a household may stay there with a spouse.
MARRIED_CHILD_FROM = 21.5
OLDEST = 103.0

#: Mean of each of the two waits that a birth takes beyond the least, for the first and for later ones (assumed).
FIRST_SCALE, LATER_SCALE = 0.4, 1.05
#: What sixteen bits stay below for a second grandchild or sibling, and for a woman among siblings (assumed).
SECOND, HALF = int(threshold(0.4)), int(threshold(0.5))
#: Year of a child's birth from which boys are chosen more often (the published ratio has risen since).
MORE_BOYS_SINCE = 2006
MAX_CHILDREN = 6
#: Sixteens of random bits that a household has: 0-5 yes or no, 6-8 ages of the old and the gap, 9 how many children (10
#: grandchildren), 11 wedding or first grandchild, 12-17 births, 18-23 sexes, 24-29 who stays, 30-34 siblings.
HOUSEHOLD_BITS = 36
#: Draws to a step of a table of quantiles.
PER_STEP = 2**BITS // QUANTILES
#: Names of kinds and places as numbers, which compiled code can read.
SINGLE, LONE, UPPER, STEM, SKIP, SIBLINGS_KIND = (
    int(kind) for kind in (Kind.SINGLE, Kind.LONE, Kind.UPPER, Kind.STEM, Kind.SKIP, Kind.SIBLINGS)
)
FIRST_CHILD, FIRST_SIBLING = CHILDREN.start, SIBLINGS.start
#: Words of a household: its kind and age come before its own bits.
_WORDS = 10
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_u = np.uint64  # an unsigned index: nothing to check for counting from the end
#: Years of birth that are thought of.
FIRST_YEAR, YEARS = 1800, 400
#: Numbers that people of one place, sex and year of birth share.
SERIALS = personal_number.PER_PROVINCE_SEX_YEAR
#: A surname and an occupation that are still to be drawn.
DRAWN_SURNAME, DRAWN_WORK = 2**16 - 1, 2**8 - 1
#: How much more or less willing to go online people are than others of their age (assumed): a factor.
NOISE_LOW, NOISE_SPAN = 0.4, 1.2


class Customs(NamedTuple):
    """How people live together: the tables of one region and year (`households.HouseholdMaker`)."""

    shares: tuple[np.uint32, ...]  #: son stays, woman heads, woman alone, never married, boys, boys since 2006
    lengths: tuple[np.float32, ...]  #: mean and spread of the couple's gap, scale of the age at marriage, this year
    families: Lottery  #: of how many children, by cohort
    family_until: I64  #: last year of birth of each cohort but the last
    stay: NDArray[np.uint32]  #: what sixteen bits stay below for a child who still lives there, by sex and age
    normal: F
    gamma: F


class Cells(NamedTuple):
    """Kinds of household with an age of their anchor each, and how they are drawn (`fit.Fit`)."""

    lottery: Lottery
    kinds: U8
    lowest: F
    span: F


class Kin(NamedTuple):
    """By code of a place (`kinship.codes`)."""

    kin: U8
    role: U8
    line: U8


@numba.njit(cache=True, nogil=True, forceinline=True)
def _live_together(  # noqa: C901 -- one household, place by place
    bit: U16, kind: Int, anchor: np.float32, age: F, girl: B, customs: Customs
) -> tuple[int, bool]:
    """Fill the places of a household from its bits; returns the variant, and whether the mother was never married."""
    son_stays, heads_couple, woman_alone, never_married, _, _ = customs.shares
    gap_mean, gap_spread, _, _ = customs.lengths
    stem, upper, skip = kind == STEM, kind == UPPER, kind == SKIP
    mans_side = bit[0] < son_stays
    girl[HEAD_WOMAN] = girl[WOMAN] = girl[OLD_WOMAN] = True

    # --- the couple in the middle, and the mother of the one whose parents live there
    gap = _within(_between(customs.normal, bit[6]) * gap_spread + gap_mean, -5.0, 14.0)
    mother_at_birth = _within(_between(customs.normal, bit[7]) * np.float32(5) + np.float32(25), 18.5, 42.0)
    linked = anchor
    if stem:
        # The child who stayed is grown up, so an old woman of 45 had her early.
        mother_at_birth = min(mother_at_birth, anchor - np.float32(MARRIED_CHILD_FROM))
        linked = anchor - mother_at_birth
    # Of the couple, the linked one has the age; the other follows from the gap.
    of_man = stem and mans_side
    woman = max(linked - gap if of_man else linked, np.float32(WOMAN_MARRIES_FROM))
    man = max(linked if of_man else woman + gap, np.float32(MAN_MARRIES_FROM))

    # --- children
    if kind == SIBLINGS_KIND:
        _siblings(bit, anchor, age, girl)
    elif skip:
        _grandchildren(bit, woman, age, girl, customs)
    elif kind != SINGLE:
        _children(bit, woman, man, age, girl, customs)

    # --- who of the middle generation is there
    alone = kind in {SINGLE, SIBLINGS_KIND}
    lone = kind == LONE
    is_woman = False
    if lone:
        is_woman = bit[1] < woman_alone
    elif alone:
        # Old people alone are mostly widows; young ones are about half men.
        share = _within(np.float32(0.44) + (anchor - np.float32(40)) * np.float32(0.009), 0.40, 0.82)
        is_woman = bit[1] < share * np.float32(2**BITS)
    if not skip:
        if not (alone or lone) or is_woman:
            age[WOMAN] = anchor if alone else woman
        if not (alone or lone) or not is_woman:
            age[MAN] = anchor if alone else man

    # --- the old couple
    if stem or skip or upper:
        old_woman = (man if mans_side else woman) + mother_at_birth if upper else anchor
        old_man = old_woman + _within(_between(customs.normal, bit[8]) * np.float32(3) + np.float32(3), -4.0, 12.0)
        he = bit[2] < _lives(old_man, 77.0) and old_man <= OLDEST
        she = (bit[3] < _lives(old_woman, 84.0) and old_woman <= OLDEST) or not he
        if he:
            age[OLD_MAN if upper else HEAD_MAN] = old_man
        if she and not (upper and old_woman > OLDEST):
            age[OLD_WOMAN if upper else HEAD_WOMAN] = old_woman

    first_man, first_woman = (age[HEAD_MAN], age[HEAD_WOMAN]) if stem or skip else (age[MAN], age[WOMAN])
    woman_heads = first_woman >= 0 and (bit[4] < heads_couple or first_man < 0)
    return WOMAN_HEADS * woman_heads + MANS_SIDE * mans_side, lone and is_woman and bit[5] < never_married


@numba.njit(cache=True, nogil=True, forceinline=True)
def _between(quantiles: F, bits: np.uint16) -> np.float32:
    """Draw from a table of quantiles: the upper bits choose a step, the lower ones the place on it."""
    step = np.int64(bits) // PER_STEP
    below = quantiles[step]
    share = np.float32(np.int64(bits) - step * PER_STEP) * np.float32(1 / PER_STEP)
    drawn: np.float32 = below + (quantiles[step + 1] - below) * share
    return drawn


@numba.njit(cache=True, nogil=True, forceinline=True)
def _within(value: np.float32, low: float, high: float) -> np.float32:
    return np.float32(min(max(value, np.float32(low)), np.float32(high)))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _lives(age: np.float32, half: float) -> np.float32:
    """What sixteen bits stay below for somebody still alive (assumed: half the men by 77, women by 84)."""
    below: np.float32 = np.float32(2**BITS) / (np.float32(1) + np.exp((age - np.float32(half)) / np.float32(6)))
    return below


@numba.njit(cache=True, nogil=True, forceinline=True)
def _siblings(bit: U16, anchor: np.float32, age: F, girl: B) -> None:
    """One brother or sister, sometimes two, each more than a year older or younger."""
    for place in range(1 + (bit[32] < SECOND)):
        apart = np.float32(1.2) * (np.float32(1) + np.float32(bit[30 + place]) * np.float32(4 / 2**BITS))
        age[FIRST_SIBLING + place] = max(anchor - apart if place else anchor + apart, np.float32(16))
        girl[FIRST_SIBLING + place] = bit[33 + place] < HALF


@numba.njit(cache=True, nogil=True, forceinline=True)
def _grandchildren(
    bit: U16,
    grandmother: np.float32,
    age: F,
    girl: B,
    customs: Customs,
) -> None:
    """One or two whose parents are away: under 17, with two births between 18 and 42 in between."""
    low = _within(grandmother - np.float32(84), 0.2, 16.0)
    high = _within(grandmother - np.float32(38), 1.0, 17.0)
    for child in range(1 + (bit[10] < SECOND)):
        born = low + np.float32(bit[11 + child]) * np.float32(1 / 2**BITS) * max(high - low, np.float32(0.5))
        _stay_at_home(bit, child, born, age, girl, customs)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _children(bit: U16, woman: np.float32, man: np.float32, age: F, girl: B, customs: Customs) -> None:
    """Those born while she could, and still living there."""
    _, _, marriage_scale, this_year = customs.lengths
    family_until, families, gamma = customs.family_until, customs.families, customs.gamma
    cohort = 0
    while cohort < family_until.shape[0] and family_until[cohort] < this_year - woman:
        cohort += 1
    wanted = min(int(_drawn(families, cohort, bit[9])), MAX_CHILDREN)
    # Three gammas of shape 2: wedding, first birth, further births.
    wedding = max(
        np.float32(WOMAN_MARRIES_FROM) + _between(gamma, bit[11]) * marriage_scale,
        np.float32(MAN_MARRIES_FROM) - (man - woman),
    )
    birth = min(wedding, woman)
    for child in range(wanted):
        if child:
            birth += _between(gamma, bit[12 + child]) * np.float32(LATER_SCALE) + np.float32(BIRTHS_APART)
        else:
            birth += _between(gamma, bit[12]) * np.float32(FIRST_SCALE) + np.float32(FIRST_BIRTH_AFTER)
        if birth > woman or birth > LAST_BIRTH:
            break
        _stay_at_home(bit, child, woman - birth, age, girl, customs)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _stay_at_home(
    bit: U16,
    child: int,
    born: np.float32,
    age: F,
    girl: B,
    customs: Customs,
) -> None:
    """Draw the sex of a child so many years old, and whether it still lives there."""
    boys, boys_since, this_year = customs.shares[4], customs.shares[5], customs.lengths[3]
    years = int(born)
    is_girl = bit[18 + child] >= (boys_since if years <= this_year - MORE_BOYS_SINCE else boys)
    if bit[24 + child] < customs.stay[int(is_girl), min(years, MAX_AGE)]:
        age[FIRST_CHILD + child] = born
        girl[FIRST_CHILD + child] = is_girl


# --- chance


@numba.njit(cache=True, nogil=True, forceinline=True)
def _word(key: np.uint64, counter: np.uint64) -> np.uint64:
    """64 random bits that belong to this key and counter."""
    z = key + counter * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.uint64(z ^ (z >> np.uint64(31)))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _sixteen(word: np.uint64, place: Int) -> np.uint16:
    """The draw at a place (0 to 3) of a word."""
    return np.uint16((word >> np.uint64(BITS * place)) & np.uint64(2**BITS - 1))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _drawn(lottery: Lottery, group: Int, bits: np.uint16) -> np.int64:
    """The outcome of a draw (see lottery.py)."""
    cell = np.int64(bits) * lottery.shape[1]
    entry = np.int64(lottery[_u(group), _u(cell >> BITS)])
    return np.int64(cell >> BITS if cell & (2**BITS - 1) < entry >> BITS else entry & (2**BITS - 1))


# --- households


@numba.njit(cache=True, nogil=True)
def live_together(
    bits: U16, kinds: U8, anchors: F, variants: U8, unmarried: B, ages: F, female: B, customs: Customs
) -> None:
    """Fill the places of households of given kinds and anchors, one a row, from the bits of the row."""
    for row in range(kinds.shape[0]):
        variants[row], unmarried[row] = _live_together(
            bits[row], np.int64(kinds[row]), anchors[row], ages[row], female[row], customs
        )


@numba.njit(cache=True, nogil=True)
def settle(  # noqa: PLR0913, PLR0917 -- compiled: everything is handed in
    key: np.uint64,
    start: int,
    first: int,
    most: int,
    cells: Cells,
    customs: Customs,
    kin: Kin,
    today: int,
    household: I32,
    relation: U8,
    role: U8,
    female: B,
    born: I32,
    line: U8,
) -> None:
    """Draw households until there are exactly as many people as `household` and the columns behind it have room for.

    One that is too large for the room that is left is passed over. After `most` households, people who live alone make
    up the rest (hardly ever any). Draws count from `start`, households are numbered from `first`.
    """
    people = household.shape[0]
    bit = np.empty(_WORDS * 4, np.uint16)
    own = bit[_WORDS * 4 - HOUSEHOLD_BITS :]
    age, girl, here = np.empty(PLACES, np.float32), np.empty(PLACES, np.bool_), np.empty(PLACES + 1, np.int64)
    done, number, drawn = 0, first, 0
    while done < people:
        counter = np.uint64(start + drawn) * np.uint64(_WORDS)
        for word in range(_WORDS):
            four = _word(key, counter + np.uint64(word))
            for place in range(4):
                bit[4 * word + place] = _sixteen(four, place)
        share = np.float32(bit[1]) * np.float32(1 / 2**BITS)
        if drawn < most:
            cell = _drawn(cells.lottery, 0, bit[0])
            kind: Int = np.int64(cells.kinds[cell])
            anchor = cells.lowest[cell] + cells.span[cell] * share
        else:
            kind, anchor = SINGLE, np.float32(20) + np.float32(40) * share
        drawn += 1
        age[:] = NOBODY
        girl[:] = False
        variant, unmarried = _live_together(own, kind, anchor, age, girl, customs)
        size = 0
        for place in range(PLACES):
            here[size] = place
            size += age[place] >= 0
        if done + size > people:
            continue
        code = (kind * VARIANTS + variant) * PLACES
        for one in range(size):
            place = here[one]
            household[done] = number
            relation[done], role[done] = kin.kin[code + place], kin.role[code + place]
            female[done] = girl[place]
            born[done] = today - np.int64(np.float64(age[place]) * DAYS_PER_YEAR)
            of = kin.line[code + place]
            line[done] = WOMANS if unmarried and of == MANS else of
            done += 1
        number += 1


# --- persons


class Persons(NamedTuple):
    """What people are drawn by: the tables of one province and day (`setting.Setting`)."""

    key: np.uint64
    homes_key: np.uint64
    year: NDArray[np.int16]  #: of birth, by days of life
    age: U8  #: in years, by days of life
    surname: Lottery
    ethnicity: Lottery
    generation: U8  #: group of boys' names, by year from FIRST_YEAR; girls' groups come after all boys'
    generations: int
    middle: Lottery  #: counts from the group's base
    middle_base: I64
    given: Lottery
    given_base: I64
    given_count: I64  #: by group
    given_word: I64  #: number of the word, and of a middle name's last: no name has the same word twice
    last_middle: I64
    place: U8  #: number of a province, by the first three digits of personal numbers that are given out there
    home: I64  #: first three digits of those given out here
    elsewhere: I64
    born_elsewhere: np.uint32
    work_group: I64  #: first group of occupations, by age; 2 more for towns, 1 for women
    work: Lottery
    card: Lottery  #: groups of insured, by occupation
    phone: I64  #: by area and age: what sixteen bits stay below for somebody who has one
    smartphone: I64
    computer: I64
    willing: F  #: by area and age
    old_from: int  #: age from which all are in one group of insured, if they are
    old_below: np.uint32
    old_group: int
    prefixes: I64  #: of mobile numbers, of the first ten million people, the next …
    work_outside: int  #: occupation of those from outside


class Blocks(NamedTuple):
    """The blocks that a page consists of, one entry each."""

    ends: I64  #: row behind the last
    outside: B
    area: I64
    effect: I64  #: of the commune on phones
    serial: I64  #: first of its own personal numbers
    serials: I64  #: how many it has


class Columns(NamedTuple):
    """Columns of people that `complete` fills (see `rows.Rows`)."""

    surname: U16
    middle: U16
    given: U16
    age: U8
    place: U8
    number: I64  #: personal number with its last six digits 0
    mobile: I64  #: with its last seven digits 0
    phone: B
    smartphone: B
    internet: B
    online: F
    card_group: U8
    occupation: U8
    ethnicity: U8


@numba.njit(cache=True, nogil=True)
def complete(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 -- one person, column by column
    persons: Persons,
    blocks: Blocks,
    columns: Columns,
    first: int,
    places: I64,
    household: I32,
    female: B,
    born: I32,
    line: U8,
    today: int,
    serial: I64,
) -> int:
    """Draw names, numbers and habits.

    `first` is the first person's place in the province; `places` are the first digits of personal numbers where they
    are known. A surname or occupation that is not DRAWN stays as it is. `serial` is filled with what the last digits of
    personal numbers follow from. Returns the first block that has too few of these, or -1.
    """
    (
        surname,
        middle,
        given,
        age,
        province,
        number,
        mobile,
        phone,
        smartphone,
        internet,
        online,
        card,
        work,
        ethnicity,
    ) = columns
    used = np.zeros(2 * YEARS, np.int64)
    row = 0
    for block in range(blocks.ends.shape[0]):
        outside, area, effect = blocks.outside[block], blocks.area[block], blocks.effect[block]
        used[:] = 0
        house, home, group = np.int32(-1), np.uint64(0), np.uint8(0)
        while row < blocks.ends[block]:
            person, at = first + row, _u(row)
            words = np.uint64(person) * np.uint64(4)
            one, two = _word(persons.key, words), _word(persons.key, words + np.uint64(1))
            three = _word(persons.key, words + np.uint64(2))
            days = today - np.int64(born[at])
            girl, years, year = np.int64(female[at]), np.int64(persons.age[days]), np.int64(persons.year[days])
            age[at] = years
            # --- names
            if household[at] != house:
                house = household[at]
                home = _word(persons.homes_key, np.uint64(house))
                group = np.uint8(_drawn(persons.ethnicity, 0, _sixteen(home, 3)))
            ethnicity[at] = group
            if surname[at] == DRAWN_SURNAME:
                surname[at] = _drawn(persons.surname, 0, _sixteen(home, np.int64(line[at])))
            names = np.int64(persons.generation[year - FIRST_YEAR]) + girl * persons.generations
            before = persons.middle_base[names] + _drawn(persons.middle, names, _sixteen(one, 0))
            base, last = persons.given_base[names], _drawn(persons.given, names, _sixteen(one, 1))
            if persons.given_word[base + last] == persons.last_middle[before]:
                last = (last + 1) % persons.given_count[names]
            middle[at], given[at] = before, base + last
            # --- numbers
            if places.shape[0]:
                place = places[at]
            elif _sixteen(one, 2) < persons.born_elsewhere:
                place = persons.elsewhere[(np.int64(_sixteen(one, 3)) * persons.elsewhere.shape[0]) >> BITS]
            else:
                place = persons.home[(np.int64(_sixteen(one, 3)) * persons.home.shape[0]) >> BITS]
            province[at] = persons.place[place]
            since = year - personal_number.FIRST_CENTURY
            head = place * 1000 + (2 * (since // 100) + girl) * 100 + since % 100
            number[at] = head * SERIALS
            # Another start for every province, sex and year, or all years would show the same run of serials.
            of_year = 2 * (year - FIRST_YEAR) + girl
            serial[at] = (blocks.serial[block] + used[of_year] + head * 7_919) % SERIALS
            used[of_year] += 1
            turn = person // phone_numbers.PER_PREFIX
            share = (np.int64(_sixteen(three, 1)) * persons.prefixes.shape[1]) >> BITS
            mobile[at] = persons.prefixes[turn, share] * phone_numbers.PER_PREFIX
            # --- habits
            if outside:
                work[at], phone[at], smartphone[at] = persons.work_outside, True, True
            else:
                if work[at] == DRAWN_WORK:
                    kind = persons.work_group[years] + 2 * area + girl
                    work[at] = _drawn(persons.work, kind, _sixteen(two, 0))
                own, smart = persons.phone[area, years], persons.smartphone[area, years]
                has = np.int64(_sixteen(two, 1))
                phone[at] = own > 0 and has < own + effect
                smartphone[at] = has < min(smart + effect if smart > 0 else smart, own + effect)
            internet[at] = smartphone[at] or _sixteen(three, 0) < persons.computer[area, years]
            willing = np.float32(0)
            if smartphone[at]:
                noise = np.float32(_sixteen(two, 2)) * np.float32(NOISE_SPAN / 2**BITS) + np.float32(NOISE_LOW)
                willing = min(max(persons.willing[area, years] * noise, np.float32(0)), np.float32(1))
            online[at] = willing
            insured = _sixteen(two, 3)
            if outside:
                card[at] = 0  # theirs are another province's
            elif years >= persons.old_from:
                card[at] = persons.old_group if insured < persons.old_below else 0
            else:
                card[at] = _drawn(persons.card, np.int64(work[at]), insured)
            row += 1
        if used.max() > blocks.serials[block]:
            return block
    return -1
