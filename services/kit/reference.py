"""Reads the reference data a service is placed with (docs/reference-data.md)."""

from __future__ import annotations

from datetime import date, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from services.kit.languages import Text


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides and signs."""

    code: str
    name: str
    tier: str
    parent: str = ""
    unit: str = ""
    installation: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing one can apply for."""

    code: str
    name: str
    field: str
    level: int
    tier: str
    department: str = ""
    applicant: str
    fee: int
    deadline_hours: float
    same_day: bool
    needs_leader: bool
    linked_agencies: list[str] = []  #: tiers or agency codes that a dossier passes through, in this order
    linked_hours: list[float] = []  #: working hours that each of them has
    certified_copies: bool = False
    visit: bool = False  #: a step on site, so that levels 3 and 4 are hollow
    waived_online: bool = False  #: no fee for who files online
    automatic: bool = False  #: filed online it is granted at once, with no human in the loop
    share_of_demand: float
    sources: dict[str, str] = {}

    @property
    def online_fee(self) -> int:
        """Fee in đồng of a dossier filed online."""
        return 0 if self.waived_online else self.fee


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a form asks and only the applicant knows."""

    name: str
    label: str
    kind: str  #: text, long, date, number, choice or person
    required: bool = False
    choices: list[str] = []
    hint: str = ""
    english: str = ""  #: the label in English; where empty, pages in English show the Vietnamese one
    english_choices: list[str] = []
    english_hint: str = ""

    @property
    def said(self) -> str:
        """The label, in both languages where it has two."""
        return _said(self.label, self.english)

    @property
    def said_hint(self) -> str:
        """The hint, likewise."""
        return _said(self.hint, self.english_hint)

    @property
    def said_choices(self) -> list[str]:
        """The choices, likewise; what is handed in is the Vietnamese one."""
        if not self.english_choices:
            return self.choices
        return [Text(vi, en) for vi, en in zip(self.choices, self.english_choices, strict=True)]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a form."""

    name: str
    label: str
    required: bool = False
    english: str = ""  #: the label in English

    @property
    def said(self) -> str:
        """The label, in both languages where it has two."""
        return _said(self.label, self.english)


def _said(vi: str, en: str) -> str:
    return Text(vi, en) if en else vi


class Form(msgspec.Struct, frozen=True):
    """The electronic form of a procedure."""

    questions: list[Question] = []
    papers: list[Paper] = []
    assurance: int = 1  #: level of assurance of the sign-in


class LifeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens in somebody's life, or to a business, and the procedures that it brings with it."""

    id: str
    applicant: Literal["person", "company"]
    name: str
    english: str
    procedures: list[str]  #: codes


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """An official, or an installation's poller."""

    account: str
    name: str
    role: str
    agency: str = ""
    installation: str = ""
    signs_digitally: bool = False


class Contract(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who may call what over the LGSP, for what, when, and how much of it (hợp đồng dịch vụ dữ liệu)."""

    consumer: str
    provider: str
    operation: str
    purposes: tuple[str, ...] = ()  #: what X-Purpose may say; empty: anything
    valid_from: date | None = None  #: first official day
    valid_until: date | None = None  #: last official day
    per_second: float | None = None  #: calls a second of machine time, with bursts of as many
    per_day: int | None = None  #: calls an official day
    timeout_seconds: float = 15.0
    max_body_bytes: int = 16 << 20
    repeatable: bool = False  #: calling twice does no more than calling once, so the LGSP may try again
    suspended: str = ""  #: why nobody may use it for now; empty: in force
    request_schema: dict[str, Any] | None = None  #: JSON Schema of the body


class OfficeCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """When the era's offices work. What stands here where nothing is given: the usual hours of the south (assumed)."""

    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})  #: ISO weekdays; Monday is 1
    shifts: tuple[tuple[time, time], ...] = ((time(7, 0), time(11, 30)), (time(13, 30), time(17, 0)))
    holidays: frozenset[date] = frozenset()  #: closed although the weekday says open
    worked: frozenset[date] = frozenset()  #: open although the weekday says closed

    def works_on(self, day: date) -> bool:
        """Whether the offices open on a day."""
        return day in self.worked or (day.isoweekday() in self.weekdays and day not in self.holidays)


class ProvinceName(msgspec.Struct, frozen=True, kw_only=True):
    """Which province this is."""

    id: str
    name: str
    code: str
    agency_code: str
    era: str


class DocumentAxis(msgspec.Struct, frozen=True, kw_only=True):
    """What the era fixes for the interchange of documents."""

    mode: Literal["strict", "lenient"] = "strict"  #: whether forms outside the schema are taken, and noted
    levels: int = 4  #: tiers between which documents travel
    profile: Literal["xmldsig", "xades"] = "xmldsig"  #: how offices seal
    algorithms: tuple[Literal["ECDSA-SHA256", "RSA-SHA256", "RSA-SHA1"], ...] = (
        "ECDSA-SHA256",
        "RSA-SHA256",
        "RSA-SHA1",
    )  #: that the hub takes
    revocation: Literal["crl", "ocsp"] = "crl"  #: whether the hub also asks about each certificate

    @property
    def strict(self) -> bool:
        """Whether the schema is held to the letter."""
        return self.mode == "strict"


class Product(msgspec.Struct, frozen=True):
    """A vendor's one-stop product that stands behind the one-stop."""

    name: str
    planted: tuple[str, ...] = ()  #: mismatches with the norm, by name


class OfficeRules(msgspec.Struct, frozen=True, kw_only=True):
    """A province's own rules for electronic documents (quy chế)."""

    reviewed: tuple[str, ...] = ()  #: kinds of document that are signed only after review; "*" is every kind
    misformed: tuple[str, ...] = ()  #: agencies whose program seals in a form that the axis refuses (TRB-SIGNFORMAT)


class Reference:
    """The folder, each file read when first asked for and kept."""

    def __init__(self, folder: Path) -> None:
        """Look into `folder`; a missing file raises FileNotFoundError when it is first needed."""
        self.folder = folder

    def _read(self, name: str, wanted: Any) -> Any:
        return msgspec.json.decode((self.folder / name).read_bytes(), type=wanted)

    @cached_property
    def province(self) -> ProvinceName:
        """Which province this is."""
        return self._read("province.json", ProvinceName)  # type: ignore[no-any-return]

    @cached_property
    def onestop_product(self) -> Product | None:
        """The vendor's product behind the one-stop; None where the one-stop is the reference itself."""
        if not (self.folder / "onestop_product.json").is_file():
            return None
        return self._read("onestop_product.json", Product)  # type: ignore[no-any-return]

    @cached_property
    def agencies(self) -> dict[str, Agency]:
        """Agencies by code."""
        return {agency.code: agency for agency in self._read("agencies.json", list[Agency])}

    @cached_property
    def procedures(self) -> dict[str, Procedure]:
        """The province's catalogue by code."""
        return {procedure.code: procedure for procedure in self._read("procedures.json", list[Procedure])}

    @cached_property
    def national_procedures(self) -> dict[str, Procedure]:
        """The national catalogue by code."""
        return {procedure.code: procedure for procedure in self._read("national_procedures.json", list[Procedure])}

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Electronic forms by code of procedure; a province without any has no such file."""
        return self._read("forms.json", dict[str, Form]) if (self.folder / "forms.json").exists() else {}

    @cached_property
    def life_events(self) -> dict[str, LifeEvent]:
        """Events in life by id; a province that groups by none has no such file."""
        if not (self.folder / "life_events.json").exists():
            return {}
        return {event.id: event for event in self._read("life_events.json", list[LifeEvent])}

    @cached_property
    def staff(self) -> dict[str, Staff]:
        """Officials and pollers by account."""
        return {member.account: member for member in self._read("staff.json", list[Staff])}

    @cached_property
    def sites(self) -> dict[str, list[dict[str, Any]]]:
        """Schools and health facilities."""
        return self._read("sites.json", dict[str, list[dict[str, Any]]])  # type: ignore[no-any-return]

    @cached_property
    def calendar(self) -> OfficeCalendar:
        """Working days and hours; without holidays where the folder has no such file."""
        if not (self.folder / "calendar.json").exists():
            return OfficeCalendar()
        return self._read("calendar.json", OfficeCalendar)  # type: ignore[no-any-return]

    @cached_property
    def document_axis(self) -> DocumentAxis:
        """Rules of the document axis; those of the 2018 era where the folder has no such file."""
        if not (self.folder / "document_axis.json").exists():
            return DocumentAxis()
        return self._read("document_axis.json", DocumentAxis)  # type: ignore[no-any-return]

    @cached_property
    def office_rules(self) -> OfficeRules:
        """Rules of the offices; none where the folder has no such file."""
        if not (self.folder / "office_rules.json").exists():
            return OfficeRules()
        return self._read("office_rules.json", OfficeRules)  # type: ignore[no-any-return]

    @cached_property
    def contracts(self) -> list[Contract]:
        """Contracts of the LGSP."""
        return self._read("contracts.json", list[Contract])  # type: ignore[no-any-return]
