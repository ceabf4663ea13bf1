"""VnEdu and HIS: neighbours that ask the national databases through the LGSP (SYS-VNEDU, SYS-HIS)."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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


class _Sector:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._pages = Pages("sector")
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

    async def home(self, _request: Request) -> Response:
        """How much has been done today."""
        row = await self._kit.pool.fetchrow(
            "SELECT (SELECT count(*) FROM enrolment) AS enrolments, (SELECT count(*) FROM visit) AS visits"
        )
        return self._pages.page("home.html", counts=row)

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
        ],
        exports={
            "enrolments": "SELECT id, school, parent_known, request_key FROM enrolment ORDER BY id",
            "visits": "SELECT id, facility, insured, request_key FROM visit ORDER BY id",
        },
    )
