"""Who sits at the desks: staff made from the counts of `agencies.csv` and a list of common names.

Nothing here is drawn at random: the same files give the same people. Names repeat, as they do in life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path

import msgspec

from simulation.province import StaffMember
from simulation.province_files.agencies import AgencyLine
from simulation.province_files.reading import Findings, read_toml
from simulation.text import Text

#: Steps through the lists of names. Lists and steps share no divisor, so neighbours get different names.
_FAMILY_STEP, _MIDDLE_STEP, _GIVEN_STEP = 7, 5, 11


class NameList(msgspec.Struct, frozen=True):
    """Parts of names in use in the country; a name that stands twice is twice as common."""

    family: tuple[str, ...]
    middle: tuple[str, ...]
    given: tuple[str, ...]

    def pick(self, number: int) -> str:
        """Return the name of the official with this number, always the same."""
        return " ".join(
            names[(number * step + number // len(names)) % len(names)]
            for names, step in ((self.family, _FAMILY_STEP), (self.middle, _MIDDLE_STEP), (self.given, _GIVEN_STEP))
        )


def read_names(fixtures: Path, *, findings: Findings) -> NameList:
    """Read the list of names that every province draws its officials from."""
    file = "provinces/staff-names.toml"
    row = read_toml(fixtures / file, file=file, findings=findings)
    if row is None:
        return NameList(("",), ("",), ("",))
    lists = {part: row.texts(part) for part in ("family", "middle", "given")}
    for part, names in lists.items():
        if not names:
            row.wrong(part, Text("không có tên nào.", "has no names."), Text("Thêm tên.", "Add names."))
    row.text("source")
    row.no_more()
    return NameList(*(names or ("",) for names in lists.values()))


def man_desks(lines: Iterable[AgencyLine], *, names: NameList, digital_share: float) -> tuple[StaffMember, ...]:
    """Make the staff of all agencies; `digital_share` of the leaders sign on screen, spread evenly."""
    people = (
        (f"{role}.{line.agency.code}.{place}", line.agency.code, role)
        for line in lines
        for role, count in line.desks.items()
        for place in range(1, count + 1)
    )
    staff = tuple(
        StaffMember(account=account, name=names.pick(number), agency=agency, role=role)
        for number, (account, agency, role) in enumerate(people)
    )
    return sign_digitally(staff, digital_share)


def sign_digitally(staff: Sequence[StaffMember], share: float) -> tuple[StaffMember, ...]:
    """Return the same staff with `share` of the leaders (0 to 1) signing on screen, spread evenly over the list.

    The same share gives the same people. Raises ValueError for a share outside of that range.
    """
    if not 0.0 <= share <= 1.0:
        message = f"the share of leaders who sign digitally lies between 0 and 1, found {share}"
        raise ValueError(message)
    return tuple(_with_signing(staff, Fraction(share).limit_denominator(1_000_000)))


def _with_signing(staff: Sequence[StaffMember], share: Fraction) -> Iterator[StaffMember]:
    leaders = 0
    for member in staff:
        if member.role != "leader":
            yield member
            continue
        # The k-th leader signs where the running total of the share passes a whole number: exact, and evenly spread.
        signs = floor((leaders + 1) * share) > floor(leaders * share)
        leaders += 1
        yield msgspec.structs.replace(member, signs_digitally=signs)
