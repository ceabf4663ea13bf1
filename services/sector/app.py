"""VnEdu, HIS and CCVC: neighbours that ask and tell the national databases through the LGSP.

SYS-VNEDU, SYS-HIS, SYS-CCVC. By day they ask about people, once a month they declare them to the insurance.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.clock import VIETNAM
from services.kit.kit import Kit, Reply
from services.kit.mistakes import Mistakes
from services.kit.pages import Pages
from services.kit.serve import Parts
from services.kit.transaction import Transaction


class _Enrolment(msgspec.Struct, forbid_unknown_fields=True):
    school: str
    pupil: str
    parent: str


class _Visit(msgspec.Struct, forbid_unknown_fields=True):
    facility: str
    patient: str


class _Appointment(msgspec.Struct, forbid_unknown_fields=True):
    agency: str
    official: str


class _Declaration(msgspec.Struct, forbid_unknown_fields=True):
    system: Literal["vnedu", "his", "ccvc"]
    site: str
    month: dt.date  #: any day of it


_FIRST_MONTH = dt.date(2000, 1, 1)
#: How many people a site has entered in a month.
_COUNTS = {
    "vnedu": "SELECT count(*) FROM enrolment WHERE school = $1 AND at >= $2 AND at < $3",
    "his": "SELECT count(*) FROM visit WHERE facility = $1 AND insured AND at >= $2 AND at < $3",
    "ccvc": "SELECT count(*) FROM appointment WHERE agency = $1 AND at >= $2 AND at < $3",
}


class _Sector:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._pages = Pages("sector")
        self._agencies = kit.reference.agencies
        self._sites = {kind: {site["code"] for site in sites} for kind, sites in kit.reference.sites.items()}

    async def ask_parent(self, _request: Request, body: _Enrolment) -> bool:
        """Is the parent in the population database?"""
        self._known("schools", "school", body.school)
        question = {"personal_number": body.parent}
        answer = await self._kit.lgsp.ask("national", "population.verify", body=question, purpose="enrolment")
        return bool(answer.good and answer.json()["exists"])

    async def enrol(self, _request: Request, body: _Enrolment, tx: Transaction, known: bool) -> Reply:  # noqa: FBT001 -- what prepare found
        """Write a pupil into a school's book."""
        number = await tx.value(
            "INSERT INTO enrolment (school, pupil, parent, parent_known, at, request_key) "
            "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            body.school,
            body.pupil,
            body.parent,
            known,
            tx.now,
            tx.key,
        )
        return Reply(201, {"enrolment": number, "parent_known": known})

    async def ask_insurance(self, _request: Request, body: _Visit) -> bool:
        """Does the patient hold a card?"""
        self._known("health", "facility", body.facility)
        question = {"personal_number": body.patient}
        answer = await self._kit.lgsp.ask("national", "insurance.check", query=question, purpose="treatment")
        return bool(answer.good and answer.json()["insured"])

    async def visit(self, _request: Request, body: _Visit, tx: Transaction, insured: bool) -> Reply:  # noqa: FBT001 -- what prepare found
        """Write a visit into a facility's book."""
        number = await tx.value(
            "INSERT INTO visit (facility, patient, insured, at, request_key) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            body.facility,
            body.patient,
            insured,
            tx.now,
            tx.key,
        )
        return Reply(201, {"visit": number, "insured": insured})

    async def ask_official(self, _request: Request, body: _Appointment) -> bool:
        """Is the official in the population database?"""
        self._known_agency("agency", body.agency)
        question = {"personal_number": body.official}
        answer = await self._kit.lgsp.ask("national", "population.verify", body=question, purpose="appointment")
        return bool(answer.good and answer.json()["exists"])

    async def appoint(self, _request: Request, body: _Appointment, tx: Transaction, known: bool) -> Reply:  # noqa: FBT001 -- what prepare found
        """Write an official into the book of civil servants."""
        number = await tx.value(
            "INSERT INTO appointment (agency, official, known, at, request_key) VALUES ($1, $2, $3, $4, $5) "
            "RETURNING id",
            body.agency,
            body.official,
            known,
            tx.now,
            tx.key,
        )
        return Reply(201, {"appointment": number, "official_known": known})

    async def declare(self, _request: Request, body: _Declaration, tx: Transaction, _prepared: object) -> Reply:
        """Declare to the insurance how many people a site has entered in a month."""
        if body.system == "ccvc":
            self._known_agency("site", body.site)
        else:
            self._known("schools" if body.system == "vnedu" else "health", "site", body.site)
        month = body.month.replace(day=1)
        if not _FIRST_MONTH <= month <= tx.now.date():
            mistakes = Mistakes()
            mistakes.add("month", f"{month:%m/%Y}", "Chọn một tháng đã bắt đầu, từ năm 2000.")
            mistakes.stop()
        since = dt.datetime.combine(month, dt.time(), tzinfo=VIETNAM)
        until = dt.datetime.combine((month + dt.timedelta(days=32)).replace(day=1), dt.time(),
                                          tzinfo=VIETNAM)  # fmt: skip
        people = await tx.value(_COUNTS[body.system], body.site, since, until)
        number = await tx.value(
            "INSERT INTO declaration (system, site, month, people, at, request_key) VALUES ($1, $2, $3, $4, $5, $6) "
            "RETURNING id",
            body.system,
            body.site,
            month,
            people,
            tx.now,
            tx.key,
        )
        told = {"system": body.system, "site": body.site, "month": month, "people": people, "at": tx.now}
        await tx.send("national", "insurance.declare", told, subject=f"{body.system}:{body.site}")
        return Reply(201, {"declaration": number, "people": people})

    async def home(self, request: Request) -> Response:
        """How much has been done today."""
        row = await self._kit.pool.fetchrow(
            "SELECT (SELECT count(*) FROM enrolment) AS enrolments, (SELECT count(*) FROM visit) AS visits, "
            "(SELECT count(*) FROM appointment) AS appointments, (SELECT count(*) FROM declaration) AS declarations"
        )
        return self._pages.page("home.html", request=request, counts=row)

    def _known_agency(self, field: str, code: str) -> None:
        if code not in self._agencies:
            mistakes = Mistakes()
            mistakes.add(field, f"Không có cơ quan mang mã “{code}”.", "Dùng mã trong danh mục cơ quan của tỉnh.")
            mistakes.stop()

    def _known(self, kind: str, field: str, code: str) -> None:
        if code not in self._sites.get(kind, set()):
            mistakes = Mistakes()
            way_out = "Dùng mã trong danh mục trường học, cơ sở y tế của tỉnh."
            mistakes.add(field, f"Không có cơ sở mang mã “{code}”.", way_out)
            mistakes.stop()


def build(kit: Kit) -> Parts:
    """Put the neighbours together."""
    sector = _Sector(kit)
    return Parts(
        routes=[
            Route("/", sector.home),
            Route(
                "/vnedu/enrolments",
                kit.write(sector.enrol, body=_Enrolment, prepare=sector.ask_parent),
                methods=["POST"],
            ),
            Route("/his/visits", kit.write(sector.visit, body=_Visit, prepare=sector.ask_insurance), methods=["POST"]),
            Route(
                "/ccvc/appointments",
                kit.write(sector.appoint, body=_Appointment, prepare=sector.ask_official),
                methods=["POST"],
            ),
            Route("/declarations", kit.write(sector.declare, body=_Declaration), methods=["POST"]),
        ],
        exports={
            "appointments": "SELECT id, agency, known, request_key FROM appointment ORDER BY id",
            "declarations": "SELECT id, system, site, month::text AS month, people, request_key FROM declaration "
            "ORDER BY id",
            "enrolments": "SELECT id, school, parent_known, request_key FROM enrolment ORDER BY id",
            "visits": "SELECT id, facility, insured, request_key FROM visit ORDER BY id",
        },
    )
