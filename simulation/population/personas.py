"""The fixed people of a province, and who lives with them.

Their name, sex, birthday and commune are the province's; the rest comes from fixtures/people/personas.toml, or fits
their age where they are not named there. A few households, so this is plain Python: one value per person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.population import tables
from simulation.population.tables import PersonaHints, Relative
from simulation.province import Persona, Province
from simulation.text import Text

#: Household of a persona that personas.toml does not name, by age: grown-ups with a spouse and perhaps a child.
_GROWN_UP = 26
_PARENT_UNTIL = 50
#: Years that a made-up mother and father are older than a persona who is a child.
_MOTHER_OLDER, _FATHER_OLDER = 27.0, 30.0
_LIVES_WITH_PARENTS_UNTIL = 20


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a persona's household."""

    kin: str  #: kinship.KIN
    female: bool
    born: date
    persona: int = -1  #: place in province.personas; -1 for those who live with one
    surname_of: int = -1  #: place of the persona whose surname this person has; -1 for one of her own


def check(province: Province, today: date) -> None:
    """Raise BadInputError, with all mistakes, where a persona cannot be placed."""
    communes = {commune.code: commune.name for commune in province.communes}
    mistakes = []
    for place, persona in enumerate(province.personas):
        key = f"personas[{place}]"
        if persona.commune not in communes:
            mistakes.append(
                Mistake(
                    file=province.id,
                    key=f"{key}.commune",
                    found=Text(
                        f"xã “{persona.commune}” không có trong tỉnh.",
                        f"there is no commune “{persona.commune}” in the province.",
                    ),
                    way_out=did_you_mean(persona.commune, communes),
                )
            )
        if persona.born > today.isoformat():
            mistakes.append(
                Mistake(
                    file=province.id,
                    key=f"{key}.born",
                    found=Text(
                        f"ngày sinh {persona.born} sau ngày lập dân số ({today.isoformat()}).",
                        f"the birthday {persona.born} is after the population's day ({today.isoformat()}).",
                    ),
                    way_out=Text(
                        "Sửa ngày sinh, hoặc lập dân số cho một ngày sau đó.",
                        "Correct the birthday, or draw the population for a later day.",
                    ),
                )
            )
    if mistakes:
        raise BadInputError(mistakes)


def households(province: Province, commune: str, today: date) -> tuple[tuple[Member, ...], ...]:
    """Households of the commune's personas; the first member of each is the head."""
    here = {p.id: place for place, p in enumerate(province.personas) if p.commune == commune}
    known = tables.personas()
    children: dict[str, list[int]] = {}
    for name, place in here.items():
        parent = known[name].child_of if name in known else ""
        if parent in here:
            children.setdefault(parent, []).append(place)
    joined = {place for places in children.values() for place in places}
    return tuple(
        _household(province.personas, place, children=children.get(name, ()), hints=known, today=today)
        for name, place in here.items()
        if place not in joined
    )


def _household(
    personas: Sequence[Persona],
    place: int,
    *,
    children: Sequence[int],
    hints: Mapping[str, PersonaHints],
    today: date,
) -> tuple[Member, ...]:
    persona = personas[place]
    born = date.fromisoformat(persona.born)
    female = persona.sex == "female"
    age = (today - born).days / 365.25
    hint = hints.get(persona.id, PersonaHints())
    me = Member(kin="head", female=female, born=born, persona=place, surname_of=place)
    if age < _LIVES_WITH_PARENTS_UNTIL and hint.with_ is None:
        father = Member(kin="head", female=False, born=_years_before(born, _FATHER_OLDER), surname_of=place)
        mother = Member(kin="spouse", female=True, born=_years_before(born, _MOTHER_OLDER))
        return father, mother, msgspec.structs.replace(me, kin="child")
    # A woman's children have their father's surname: that of a persona who is one of them, where there is one.
    fathers = children[0] if children and female else -1
    members = [me]
    for relative in hint.with_ if hint.with_ is not None else _usual(age, female=female):
        if relative.kin == "spouse":
            spouse = Member(kin="spouse", female=not female, born=_years_before(born, relative.gap), surname_of=fathers)
            members.append(spouse if female else msgspec.structs.replace(spouse, surname_of=-1))
        else:
            named_after = place if not female else fathers
            members.append(
                Member(
                    kin="child",
                    female=len(members) % 2 == 0,
                    born=_years_before(today, relative.age + 0.4),
                    surname_of=named_after,
                )
            )
    members += [
        Member(
            kin="child",
            female=personas[child].sex == "female",
            born=date.fromisoformat(personas[child].born),
            persona=child,
            surname_of=child,
        )
        for child in children
    ]
    return tuple(members)


def _usual(age: float, *, female: bool) -> tuple[Relative, ...]:
    if age < _GROWN_UP:
        return ()
    spouse = Relative(kin="spouse", gap=3.0 if female else -3.0)
    if age > _PARENT_UNTIL:
        return (spouse,)
    return spouse, Relative(kin="child", age=min(age - 24.0, 9.0))


def _years_before(day: date, years: float) -> date:
    """The day so many years before (after, where `years` is below 0)."""
    return date.fromordinal(day.toordinal() - round(years * 365.25))
