"""All that the blocks of one population share: made once from the province and the seed, then only read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.identifiers import id_card, insurance, personal_number, phone
from simulation.identifiers.provinces import parts_of, provinces
from simulation.identifiers.scramble import Scramble
from simulation.population import posts, regions, tables
from simulation.population.encoding import Lexicon
from simulation.population.fit import GROUP_YEARS, Fit, fit
from simulation.population.households import HouseholdMaker
from simulation.population.kernel import DAYS_PER_YEAR, Cells, Persons
from simulation.population.lottery import Lottery, lottery, threshold
from simulation.population.naming import NameBook
from simulation.province import Province, is_urban
from simulation.streams import Streams

#: The day that ages refer to where none is given: the day of the report on Bến Tre (source 4), and one year after the
#: mergers of 2025.
TODAY: Mapping[str, date] = {"2018": date(2018, 8, 22), "2026": date(2026, 7, 1)}

#: Groups of insured by number: 0 is no card.
CARD_GROUPS = ("", *insurance.GROUPS)
#: Days of the longest life that is thought of.
_MOST_DAYS = 150 * 366
_AREAS = ("rural", "urban")
_SEXES = ("male", "female")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One province, one seed, one day."""

    province: Province
    streams: Streams
    today: date
    everybody: int  #: people in all blocks

    def prepare(self) -> None:
        """Make everything that is made when first asked for, so that workers find it there."""
        for name, member in vars(type(self)).items():
            if isinstance(member, cached_property):
                getattr(self, name)

    @cached_property
    def day_number(self) -> int:
        """Days from 1970-01-01 to the day that ages refer to."""
        return (self.today - date(1970, 1, 1)).days

    @cached_property
    def _years_of_days(self) -> NDArray[np.int16]:
        """Year of birth, as the calendar has it, by days of life until then."""
        born = self.day_number - np.arange(_MOST_DAYS)
        return (born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970).astype(np.int16)

    @cached_property
    def _ages_of_days(self) -> NDArray[np.uint8]:
        """Age in years by days of life until then, up to the oldest that tables reach."""
        ages = (np.arange(_MOST_DAYS) / DAYS_PER_YEAR).astype(np.int64)
        return np.minimum(ages, tables.MAX_AGE).astype(np.uint8)

    # --- households

    @cached_property
    def maker(self) -> HouseholdMaker:
        """Draws households as the region has them."""
        marriage = tables.households().marriage
        return HouseholdMaker(
            year=self.today.year, marriage_age_women=regions.closest(marriage.mean_age_women, self.province)
        )

    @cached_property
    def fit(self) -> Fit:
        """Weights of kinds of household, fitted to the province's pyramid."""
        known = tables.households()
        return fit(
            self.maker,
            tables.closest(tables.pyramids(), self.province).shares(),
            mean_size=tables.closest(known.mean_size, self.province).value,
            one_person=known.kinds.one_person,
        )

    @cached_property
    def cells(self) -> Cells:
        """Cells of the fit, and how they are drawn."""
        fit = self.fit
        return Cells(lottery=lottery(fit.weights), kinds=fit.kinds, lowest=fit.lowest, span=fit.span)

    @cached_property
    def household_key(self) -> np.uint64:
        """What households are drawn by."""
        return np.uint64(self.streams.derive("people.households"))

    # --- persons

    @cached_property
    def persons(self) -> Persons:
        """What names, numbers and habits are drawn by."""
        book = self.book
        return Persons(
            key=np.uint64(self.streams.derive("people.persons")),
            homes_key=np.uint64(self.streams.derive("people.homes")),
            year=self._years_of_days,
            age=self._ages_of_days,
            surname=book.surname,
            ethnicity=lottery(self._ethnicity[1]),
            generation=book.generation,
            generations=book.generations,
            middle=book.middle,
            middle_base=book.middle_base,
            given=book.given_name,
            given_base=book.given_base,
            given_count=book.given_count,
            given_word=book.given_word,
            last_middle=book.last_middle,
            place=np.searchsorted(self.places, np.arange(1000)).astype(np.uint8),
            home=self.home_places,
            elsewhere=self.other_places,
            born_elsewhere=self.born_elsewhere,
            work_group=self.occupation_group,
            work=self.occupation,
            card=self.card,
            phone=self.phone,
            smartphone=self.smartphone,
            computer=self.computer,
            willing=self.willing,
            old_from=self.very_old[0],
            old_below=self.very_old[1],
            old_group=CARD_GROUPS.index("BT"),
            prefixes=phone.prefixes_of(self.today, self.everybody),
            work_outside=tables.occupations().names.index("business_owner"),
        )

    # --- posts

    @cached_property
    def posts(self) -> Mapping[int, tuple[int, ...]]:
        """Place of a commune → numbers of the staff who live there."""
        return posts.by_commune(self.province)

    # --- words

    @cached_property
    def book(self) -> NameBook:
        """Names of the region, with the surnames of the province's personas."""
        return NameBook(
            surnames=regions.SURNAMES[regions.region(self.province)],
            more_surnames=[persona.name.split(" ", 1)[0] for persona in self.province.personas],
        )

    @cached_property
    def known_names(self) -> Lexicon:
        """Names of personas, then of staff."""
        return Lexicon([person.name for people in (self.province.personas, self.province.staff) for person in people])

    @cached_property
    def commune_codes(self) -> Lexicon:
        """Codes of the communes; the first is none, for those outside."""
        return Lexicon(["", *(commune.code for commune in self.province.communes)])

    @cached_property
    def accounts(self) -> Lexicon:
        """Accounts of the staff; the first is none."""
        return Lexicon(["", *(member.account for member in self.province.staff)])

    @cached_property
    def _ethnicity(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        return tables.ethnicities(self.province.code, era=self.province.era)

    @property
    def ethnicities(self) -> tuple[str, ...]:
        """Ethnicities by number."""
        return self._ethnicity[0]

    # --- numbers

    @cached_property
    def home_places(self) -> NDArray[np.int64]:
        """First three digits of personal numbers given out in this province (several where provinces were merged)."""
        return _places(part.personal_number for part in parts_of(self.province.code, era=self.province.era))

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """First three digits of personal numbers given out in any province."""
        return _places(known.personal_number for known in provinces().values())

    @cached_property
    def place_heads(self) -> Lexicon:
        """The same as texts."""
        return Lexicon([f"{place:03d}" for place in self.places])

    @cached_property
    def other_places(self) -> NDArray[np.int64]:
        """First three digits of personal numbers given out in the other provinces."""
        return np.setdiff1d(self.places, self.home_places)

    @cached_property
    def born_elsewhere(self) -> np.uint32:
        """What sixteen bits stay below for somebody whose birth was registered in another province."""
        return np.uint32(threshold(regions.closest(tables.habits().born_elsewhere, self.province)))

    @cached_property
    def id_card_prefix(self) -> str:
        """First two digits of the cards of nine digits; empty in the era that no longer has them."""
        return parts_of(self.province.code, era="2018")[0].id_card if self.province.era == "2018" else ""

    @cached_property
    def insurance_province(self) -> str:
        """Two digits of the province on health cards."""
        return parts_of(self.province.code, era=self.province.era)[0].code

    @cached_property
    def scramble_personal(self) -> Scramble:
        """Order of the last six digits of personal numbers."""
        assert personal_number.PER_PROVINCE_SEX_YEAR == 1000 * 1000  # noqa: S101
        return Scramble(high=1000, low=1000, rng=self.streams.block("people.personal-number", 0))

    @cached_property
    def scramble_id_card(self) -> Scramble:
        """Order of the last seven digits of cards of nine digits."""
        assert id_card.PER_PREFIX == 3125 * 3200  # noqa: S101
        return Scramble(high=3125, low=3200, rng=self.streams.block("people.id-card", 0))

    @cached_property
    def scramble_phone(self) -> Scramble:
        """Order of the last seven digits of mobile numbers."""
        assert phone.PER_PREFIX == 3125 * 3200  # noqa: S101
        return Scramble(high=3125, low=3200, rng=self.streams.block("people.phone", 0))

    @cached_property
    def scramble_insurance(self) -> Scramble:
        """Order of the last eight digits of social-insurance numbers."""
        assert insurance.PER_PROVINCE == 10_000 * 10_000  # noqa: S101
        return Scramble(high=10_000, low=10_000, rng=self.streams.block("people.insurance", 0))

    # --- habits, by area (0 rural, 1 urban) and single years of age

    @cached_property
    def urban(self) -> NDArray[np.int64]:
        """1 for every commune that is a ward or township; one entry more, 1, for the outsiders."""
        return np.array([*(is_urban(commune.name) for commune in self.province.communes), True], dtype=np.int64)

    @cached_property
    def commune_effect(self) -> NDArray[np.int64]:
        """How far each commune's phones are above or below its area's, in units of 1/65,536."""
        spread = tables.habits().commune_spread * 2**16
        drawn = self.streams.block("people.communes", 0).standard_normal(len(self.province.communes))
        return np.array([*np.rint(np.clip(drawn, -2, 2) * spread), 0], dtype=np.int64)

    @cached_property
    def phone(self) -> NDArray[np.int64]:
        """What sixteen bits stay below for the owner of a mobile phone."""
        return threshold(tables.of_era(tables.habits().phone, self.province).by_age()).astype(np.int64)

    @cached_property
    def smartphone(self) -> NDArray[np.int64]:
        """What the same bits stay below for a smartphone: whoever has one has a mobile phone."""
        share = tables.of_era(tables.habits().smartphone, self.province).by_age()
        return np.minimum(threshold(share).astype(np.int64), self.phone)

    @cached_property
    def computer(self) -> NDArray[np.int64]:
        """What sixteen bits stay below for somebody who uses the internet without a smartphone of her own."""
        return threshold(tables.of_era(tables.habits().computer, self.province).by_age()).astype(np.int64)

    @cached_property
    def willing(self) -> NDArray[np.float32]:
        """Mean propensity to use a service online, of those with a smartphone."""
        return tables.of_era(tables.habits().willing, self.province).by_age().astype(np.float32)

    @cached_property
    def occupation(self) -> Lottery:
        """Draws occupations; groups are numbered by `occupation_group`."""
        return lottery(self._occupation_rows())

    @cached_property
    def occupation_group(self) -> NDArray[np.int64]:
        """First group of each single year of age; add 2 for urban and 1 for women."""
        ages = np.arange(tables.MAX_AGE + 1)
        return (np.searchsorted(tables.occupations().from_ages, ages, side="right") - 1) * 4

    @cached_property
    def card(self) -> Lottery:
        """Draws groups of insured by occupation, scaled to the province's share of insured people where it has one."""
        weights = self._card_weights()
        wanted = self.province.figures.get("insured_share")
        if wanted is not None:
            without = weights[:, 0] / weights.sum(axis=1)
            scaled = np.clip(without * (1 - wanted.value) / max(self._share_without(without), 1e-9), 0, 0.999)
            insured = weights[:, 1:] / weights[:, 1:].sum(axis=1, keepdims=True)
            weights = np.concatenate([scaled[:, None], insured * (1 - scaled[:, None])], axis=1)
        return lottery(weights)

    @cached_property
    def very_old(self) -> tuple[int, np.uint32]:
        """Age from which all are under social protection, and what sixteen bits stay below for a card."""
        insured = tables.habits().insured
        return insured.very_old_from, np.uint32(threshold(insured.very_old_share))

    @staticmethod
    def _occupation_rows() -> NDArray[np.float64]:
        known = tables.occupations()
        return np.array([known.weights[age, area, sex] for age in known.from_ages for area in _AREAS for sex in _SEXES])

    def _card_weights(self) -> NDArray[np.float64]:
        insured = tables.habits().insured
        weights = np.zeros((len(tables.occupations().names), len(CARD_GROUPS)))
        for row, occupation in zip(weights, tables.occupations().names, strict=True):
            for group, share in insured.groups[occupation].items():
                row[CARD_GROUPS.index(group)] = share
            row[0] = (100 - row.sum()) * insured.still_without[self.province.era]
        return weights

    def _share_without(self, without: NDArray[np.float64]) -> float:
        """Share of all people without a card, as the pyramid and the occupations have it."""
        groups = self._occupation_rows()
        by_group = (groups / groups.sum(axis=1, keepdims=True)) @ without
        people = sum(commune.population for commune in self.province.communes)
        towns = sum(c.population for c in self.province.communes if is_urban(c.name)) / max(people, 1)
        middle = np.arange(tables.AGE_GROUPS) * GROUP_YEARS + GROUP_YEARS // 2
        first = self.occupation_group[middle]
        share = sum(
            (self.fit.expected[:, sex] * by_group[first + 2 * area + sex]).sum() * (towns if area else 1 - towns)
            for area in (0, 1)
            for sex in (0, 1)
        )
        return float(share)


def _places(codes: Iterable[str]) -> NDArray[np.int64]:
    return np.array(sorted(int(code) for code in codes), dtype=np.int64)
