"""The facts of one province in one era, as values. Data files only: adding a province needs no code.

`simulation.province_files` reads and checks the files; nothing else in the project knows their layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Era = Literal["2018", "2026"]
#: Who is at which tier of the state. Districts exist only in the 2018 era.
Tier = Literal["province", "department", "district", "commune"]
Role = Literal["reception_clerk", "specialist", "leader", "document_clerk"]


def is_urban(commune_name: str) -> bool:
    """Whether a commune is a ward or township (phường, thị trấn), the statistics' meaning of urban."""
    return commune_name.casefold().startswith(("phường", "thị trấn"))


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number with its unit and where it comes from ("assumed: why" where nobody published it)."""

    value: float
    unit: str
    source: str


class District(msgspec.Struct, frozen=True, kw_only=True):
    """Huyện, thị xã or thành phố thuộc tỉnh."""

    code: str  #: General Statistics Office code, e.g. "829"
    name: str


class Commune(msgspec.Struct, frozen=True, kw_only=True):
    """Xã, phường or thị trấn."""

    code: str  #: General Statistics Office code of the era, e.g. "28756"
    name: str
    district: str  #: code of its District; empty in the 2026 era
    population: int


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides and signs: a department or a People's Committee. Not a Service: what runs."""

    code: str  #: identifier of the era, e.g. "000.00.12.H07" (QCVN 102:2016)
    name: str
    tier: Tier
    parent: str = ""  #: code of the agency above
    unit: str = ""  #: code of the administrative unit it governs (commune or district), where it governs one
    installation: str  #: the office installation (iOffice) that serves it and polls the hub for it


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """One official at a desk."""

    account: str  #: log-in name, ASCII, e.g. "leader.000.00.12.H07.1"
    name: str
    agency: str
    role: Role
    signs_digitally: bool = False  #: leaders only: signs on screen; otherwise on paper, and the clerk scans


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A school (SYS-VNEDU) or a health facility (SYS-HIS)."""

    code: str
    name: str
    kind: str  #: school: mam_non, tieu_hoc, thcs, thpt; health: benh_vien, trung_tam, tram_y_te
    commune: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a citizen or a company can ask for, as the province's catalogue lists it."""

    code: str  #: national code, e.g. "1.004873"
    name: str
    field: str  #: lĩnh vực, e.g. "Hộ tịch"
    level: Literal[1, 2, 3, 4]  #: service level of the 2018 era (SYS-LEVELS)
    tier: Tier  #: which agencies receive it
    department: str = ""  #: code of the one receiving agency, where tier is "department"
    applicant: Literal["person", "company"]
    fee: int  #: đồng; 0 where free
    deadline_hours: float  #: legal limit in working hours (8 a day); 0 = while the applicant waits (same day)
    same_day: bool  #: given back on the working day it was received
    needs_leader: bool  #: a leader decides; otherwise the specialist does
    linked_agencies: tuple[str, ...] = ()  #: tiers or agency codes it passes through, in order (một cửa liên thông)
    linked_hours: tuple[float, ...] = ()  #: working hours that each of them has, out of the legal limit
    certified_copies: bool = False  #: asks for certified copies, so it does not really qualify as level 3 or 4
    visit: bool = False  #: has a step on site, likewise
    waived_online: bool = False  #: no fee for who files online
    automatic: bool = False  #: filed online it is granted at once, with no human in the loop (SYS-OPENDATA)
    share_of_demand: float  #: between 0 and 1; the catalogue's shares add up to 1
    sources: Mapping[str, str]  #: for each number: its source, or "assumed: ..."

    @property
    def online_fee(self) -> int:
        """Fee in đồng of a dossier filed online."""
        return 0 if self.waived_online else self.fee


class Persona(msgspec.Struct, frozen=True, kw_only=True):
    """A fixed person who is in every population of the province (see simulation/population)."""

    id: str  #: ASCII slug, e.g. "old-farmer"
    name: str
    sex: Literal["male", "female"]
    born: str  #: ISO date
    commune: str  #: code
    story: str  #: one sentence, Vietnamese


class Province(msgspec.Struct, frozen=True, kw_only=True):
    """A province of an era: units, agencies, people's numbers, catalogue, habits."""

    id: str  #: e.g. "ben_tre_2018"
    name: str
    code: str  #: General Statistics Office code, e.g. "83"
    agency_code: str  #: e.g. "H07"
    era: Era
    districts: tuple[District, ...]
    communes: tuple[Commune, ...]
    agencies: tuple[Agency, ...]
    staff: tuple[StaffMember, ...]
    schools: tuple[Site, ...]
    health: tuple[Site, ...]
    procedures: tuple[Procedure, ...]
    personas: tuple[Persona, ...]
    companies: int  #: how many are registered in the province
    figures: Mapping[str, Figure]  #: every other number by name: volumes a day, shares, minutes of work, habits

    @property
    def population(self) -> int:
        """All inhabitants."""
        return sum(commune.population for commune in self.communes)
