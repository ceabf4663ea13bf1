"""Vietnamese civic data for Faker: names in Vietnamese order, numbers that validate, offices, dossiers, addresses.

    fake = Faker("vi_VN")
    fake.add_provider(CivicProvider)
    fake.name(), fake.personal_number(), fake.civic_address("83", era="2018")

Faker's own vi_VN provider writes given names first, has no Vietnamese identifiers, and its telephone numbers cannot be
dialled; `name`, `ssn`, `phone_number`, `license_plate` and `address` are replaced here. Every value is checked by the
validators in simulation/identifiers. Whole populations are drawn by simulation/population, thousands of times faster.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from faker.providers import BaseProvider

from simulation import agency_code
from simulation.agency_code import AgencyCode
from simulation.identifiers import id_card, insurance, phone, plate, tax_code
from simulation.identifiers.dossier_code import DossierCode
from simulation.identifiers.personal_number import PersonalNumber
from simulation.identifiers.provinces import ProvinceNumbers, provinces
from simulation.population import naming, regions, tables
from simulation.population.setting import TODAY
from simulation.province import is_urban
from simulation.synthesis.agencies import in_a_sentence
from simulation.synthesis.listing import Listed, clean, find, names
from simulation.synthesis.rules import rules_of

Sex = Literal["male", "female"]
Era = Literal["2018", "2026"]

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
#: Oldest people and vehicles' highest order number that are made up.
_OLDEST_YEARS = 90
_DAYS_PER_YEAR = 365.25
_LAST_PLATE = 99_999


class Citizen(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up person whose name, sex, birthday and numbers fit together."""

    name: str
    sex: Sex
    born: date
    personal_number: str
    mobile: str


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up agency: the name is of a kind that every province has; the code has the right shape, no more."""

    code: str
    name: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure of the catalogue in fixtures/procedures."""

    code: str
    name: str


class _Names(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    weights: tuple[float, ...]


class CivicProvider(BaseProvider):
    """What a civil servant types all day. `province` is a code of the General Statistics Office, e.g. "83"."""

    # --- people

    def citizen_name(self, sex: Sex | None = None, born: date | None = None) -> str:
        """Return a full name in Vietnamese order, usual for the sex and generation."""
        sex = sex or self._sex()
        year = (born or self.birthday()).year
        pool = _generation(sex, year)
        surname = self._weighted(_surnames("nation"))
        middle, given = self._weighted(pool[0]), self._weighted(pool[1])
        while middle.rsplit(" ", 1)[-1] == given:
            given = self._weighted(pool[1])
        return " ".join(word for word in (surname, middle, given) if word)

    def name(self) -> str:
        """Return a full name in Vietnamese order."""
        return self.citizen_name()

    def name_male(self) -> str:
        """Return a man's full name."""
        return self.citizen_name("male")

    def name_female(self) -> str:
        """Return a woman's full name."""
        return self.citizen_name("female")

    def last_name(self) -> str:
        """Return a surname (họ)."""
        return self._weighted(_surnames("nation"))

    def first_name(self) -> str:
        """Return a given name (tên)."""
        return self._weighted(_generation(self._sex(), self.birthday().year)[1])

    def birthday(self, era: Era = "2018", *, from_age: int = 0) -> date:
        """Return a birthday of somebody alive in the era, at least so many years old."""
        days = self.random_int(int(from_age * _DAYS_PER_YEAR) + 1, int(_OLDEST_YEARS * _DAYS_PER_YEAR))
        return TODAY[era] - timedelta(days=days)

    def citizen(self, sex: Sex | None = None, *, era: Era = "2018", from_age: int = 0) -> Citizen:
        """Return a person whose values fit together."""
        sex = sex or self._sex()
        born = self.birthday(era, from_age=from_age)
        return Citizen(
            name=self.citizen_name(sex, born),
            sex=sex,
            born=born,
            personal_number=self.personal_number(sex, born),
            mobile=self.mobile_number(era),
        )

    # --- numbers

    def personal_number(self, sex: Sex | None = None, born: date | None = None, province: str | None = None) -> str:
        """Return a personal number (số định danh, CCCD) of twelve digits."""
        year = (born or self.birthday()).year
        place = self._province(province).personal_number
        serial = self.random_int(0, 999_999)
        return str(PersonalNumber(place=place, sex=sex or self._sex(), birth_year=year, serial=serial))

    def ssn(self) -> str:
        """Return a personal number: what Việt Nam has for Faker's `ssn`."""
        return self.personal_number()

    def id_card_number(self, province: str | None = None) -> str:
        """Return the number of an old identity card (CMND) of nine digits."""
        return f"{self._province(province).id_card}{self.random_int(0, id_card.PER_PREFIX - 1):07d}"

    def tax_code(self, province: str | None = None, *, branch: bool = False) -> str:
        """Return a company's tax code (MST), with the number of a branch where wanted."""
        prefix = self._province(province).tax_code
        while True:
            head = f"{prefix}{self.random_int(1, tax_code.PER_PREFIX - 1):07d}"
            digit = tax_code.check_digit(head)
            if digit is not None:
                return f"{head}{digit}-{self.random_int(1, 999):03d}" if branch else f"{head}{digit}"

    def social_insurance_number(self, province: str | None = None) -> str:
        """Return a social-insurance number of ten digits."""
        return f"{self._province(province).code}{self.random_int(0, insurance.PER_PROVINCE - 1):08d}"

    def health_card_number(self, province: str | None = None, *, era: Era = "2018") -> str:
        """Return the number of a health card: fifteen characters in the 2018 era, the ten digits since 2021."""
        code = self._province(province).code
        number = self.social_insurance_number(code)
        group = self.random_element(tuple(insurance.GROUPS))
        return number if era == "2026" else f"{group}{insurance.GROUPS[group]}{code}{number}"

    def mobile_number(self, era: Era = "2018") -> str:
        """Return a mobile number as it was given out in the era (some had eleven digits until September 2018)."""
        return f"{self.random_element(phone.prefixes(TODAY[era]))}{self.random_int(0, phone.PER_PREFIX - 1):07d}"

    def phone_number(self) -> str:
        """Return a mobile number that works today."""
        return self.mobile_number("2026")

    def plate(self, kind: Literal["car", "motorbike"] = "motorbike", province: str | None = None) -> str:
        """Return a number plate."""
        place = self.random_element(self._province(province).plates)
        letter = self.random_element(plate.CAR_SERIES if kind == "car" else plate.BIKE_SERIES)
        series = letter if kind == "car" else f"{letter}{self.random_int(1, 9)}"
        return str(plate.Plate(kind=kind, province=place, series=series, number=self.random_int(1, _LAST_PLATE)))

    def license_plate(self) -> str:
        """Return a number plate, car or motorbike."""
        return self.plate(self.random_element(("car", "motorbike")))

    # --- offices

    def agency(self, province: str | None = None, *, era: Era = "2018", form: agency_code.Form | None = None) -> Agency:
        """Return an agency of a province of the era: a department or a commune's People's Committee.

        Codes are in the era's own form unless another is asked for. `province` is a code of the era.
        """
        found = self._listed(province, era)
        spelling: agency_code.Form = form or ("old" if era == "2018" else "new")
        if self.random_int(0, 1):
            department = self.random_element(rules_of(era).departments)
            place = AgencyCode((found.agency_code, f"{self.random_int(1, 20):02d}"))
            name = department.name.format(province=found.title, kind=found.kind, name=found.name)
            named = name if found.name in name else f"{name} {found.title}"
            return Agency(code=place.spell(spelling), name=named.replace(f"{found.kind} {found.title}", found.title))
        commune = in_a_sentence(clean(self.random_element(_addresses(era)[found.code])[0]))
        below = (
            (f"{self.random_int(31, 45):02d}", f"{self.random_int(1, 30):02d}")
            if era == "2018"
            else (str(self.random_int(101, 200)),)
        )
        place = AgencyCode((found.agency_code, *below))
        # The old form has no room for a commune without a district: its code stays as it is.
        return Agency(code=place.spell(spelling if era == "2018" else "new"), name=f"Ủy ban nhân dân {commune}")

    def agency_name(self, province: str | None = None, *, era: Era = "2018") -> str:
        """Return the name of an agency."""
        return self.agency(province, era=era).name

    def agency_code(
        self, province: str | None = None, *, era: Era = "2018", form: agency_code.Form | None = None
    ) -> str:
        """Return the code of an agency: 000.00.12.H07 in the 2018 era, H61.104 in that of 2026."""
        return self.agency(province, era=era, form=form).code

    def procedure(self, era: Era = "2018") -> Procedure:
        """Return a procedure of the era's catalogue."""
        return self.random_element(_procedures(era))

    def procedure_code(self, era: Era = "2018") -> str:
        """Return the national code of a procedure."""
        return self.procedure(era).code

    def dossier_code(self, province: str | None = None, *, era: Era = "2018", day: date | None = None) -> str:
        """Return a dossier code: agency, day, counter (four digits; six from the National Portal of the 2026 era)."""
        agency = self.agency(province, era=era).code
        day = day or TODAY[era] - timedelta(days=self.random_int(0, 364))
        width = 4 if era == "2018" else 6
        return str(DossierCode(agency=agency, day=day, counter=self.random_int(1, 10**width - 1), width=width))

    # --- addresses

    def address(self) -> str:
        """Return an address of today."""
        return self.civic_address(era="2026")

    def civic_address(self, province: str | None = None, *, era: Era) -> str:
        """Return an address: with a district in the 2018 era, without one since 1 July 2025.

        `province` is a code of the era.
        """
        units = _addresses(era)
        code = province or self.random_element(tuple(units))
        if code not in units:
            message = f"there is no province {code!r} in the era {era}; use one of {', '.join(sorted(units))}"
            raise ValueError(message)
        commune, *above = self.random_element(units[code])
        words = _address_words()
        settlement = words["urban"] if is_urban(commune) else words["settlements"][regions.region_of(code)]
        if is_urban(commune) and self.random_int(0, 3):
            start = f"Số {self.random_int(1, 399)} đường {self.random_element(words['streets'])}"
        else:
            start = f"Số {self.random_int(1, 399)}, {settlement} {self.random_element(words['names'])}"
        return ", ".join((start, commune, *above))

    # --- help

    def _sex(self) -> Sex:
        return "female" if self.random_int(0, 1) else "male"

    def _province(self, code: str | None) -> ProvinceNumbers:
        known = provinces()
        if code is None:
            return known[self.random_element(tuple(known))]
        if code not in known:
            message = f"there was no province {code!r} in 2018; use one of {', '.join(known)}"
            raise ValueError(message)
        return known[code]

    def _listed(self, code: str | None, era: Era) -> Listed:
        known = {one.code: one for name in names() if (one := find(name)) is not None and one.era == era}
        if code is None:
            return known[self.random_element(tuple(known))]
        if code not in known:
            message = f"there is no province {code!r} in the era {era}; use one of {', '.join(known)}"
            raise ValueError(message)
        return known[code]

    def _weighted(self, names: _Names) -> str:
        chosen: str = self.generator.random.choices(names.words, cum_weights=names.weights)[0]
        return chosen


def _cumulative(words: Sequence[str], weights: Iterable[float]) -> _Names:
    total, sums = 0.0, []
    for weight in weights:
        total += float(weight)
        sums.append(total)
    return _Names(tuple(words), tuple(sums))


@cache
def _surnames(listed: str) -> _Names:
    return _cumulative(*tables.weights(tables.names().surnames[listed]["weights"]))


@cache
def _generation(sex: Sex, year: int) -> tuple[_Names, _Names]:
    middle, given = naming.pools(naming.generation(sex, year))
    return _cumulative(*middle), _cumulative(*given)


@cache
def _procedures(era: Era) -> tuple[Procedure, ...]:
    catalogue = tomllib.loads((FIXTURES / "procedures" / f"{era}.toml").read_text(encoding="utf-8"))
    return tuple(Procedure(code=row["code"], name=row["name"]) for row in catalogue["procedure"])


@cache
def _address_words() -> Mapping[str, Any]:
    return tomllib.loads((tables.FOLDER / "addresses.toml").read_text(encoding="utf-8"))


@cache
def _addresses(era: Era) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """By province: every commune with the units above it, from the bottom up."""
    file = FIXTURES / "admin-units" / ("units-2021.csv" if era == "2018" else "units-2026.csv")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    names = {(row["level"], row["code"]): row["full_name"] for row in rows}
    parents = {(row["level"], row["code"]): row["parent_code"] for row in rows}
    found: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        if row["level"] == "commune":
            district = row["parent_code"] if era == "2018" else ""
            province = parents["district", district] if district else row["parent_code"]
            above = (names["district", district],) if district else ()
            found.setdefault(province, []).append((row["full_name"], *above, names["province", province]))
    return {province: tuple(communes) for province, communes in found.items()}
