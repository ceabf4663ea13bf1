"""Companies that people file for: looked up in the business register, and who may act for them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.transaction import Transaction


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company as the register knows it."""

    tax_code: str
    name: str
    director: str = ""  #: personal number: private
    province_code: str = ""


#: How somebody may act for a company: by office, by mandate, or by a letter that the clerk has to look at.
Standing = Literal["director", "mandate", "letter"]


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody may file for a company."""

    company: str
    name: str  #: of the company
    agent: str  #: personal number


class _Looked(msgspec.Struct):
    exists: bool
    company: Company | None = None


class Companies:
    """The business register over the LGSP (SYS-DB-BUSINESS)."""

    def __init__(self, kit: Kit) -> None:
        """Ask through the service's LGSP client."""
        self._kit = kit

    async def look_up(self, tax_code: str, *, purpose: str) -> Company | None:
        """Find a company; None when there is none. Raises 503 when the register cannot be asked."""
        if not tax_code.strip():
            return None
        answer = await self._kit.lgsp.ask(
            "national", "business.lookup", query={"tax_code": tax_code.strip()}, purpose=purpose
        )
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text("Cơ sở dữ liệu đăng ký doanh nghiệp chưa trả lời.", "The business register does not answer."),
            )
        looked: Any = answer.json(_Looked)
        return looked.company if looked.exists else None

    async def standing(self, company: Company, account: str) -> Standing:
        """How this person may act for the company."""
        if company.director == account:
            return "director"
        held = await self._kit.pool.fetchval(
            "SELECT 1 FROM mandate WHERE company = $1 AND agent = $2", company.tax_code, account
        )
        return "mandate" if held else "letter"

    async def of_agent(self, account: str) -> list[Mandate]:
        """Mandates that somebody holds."""
        rows = await self._kit.pool.fetch(
            "SELECT company, name, agent FROM mandate WHERE agent = $1 ORDER BY name, company", account
        )
        return [Mandate(**row) for row in rows]

    async def of_director(self, account: str) -> list[Mandate]:
        """Mandates that somebody has granted."""
        rows = await self._kit.pool.fetch(
            "SELECT company, name, agent FROM mandate WHERE granted_by = $1 ORDER BY name, company, agent", account
        )
        return [Mandate(**row) for row in rows]

    async def grant(self, tx: Transaction, company: Company, agent: str) -> None:
        """Let somebody file for the company."""
        await tx.execute(
            "INSERT INTO mandate (company, name, agent, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT DO NOTHING",
            company.tax_code, company.name, agent, company.director, tx.now,
        )  # fmt: skip

    async def take_back(self, tx: Transaction, *, company: str, agent: str, director: str) -> None:
        """End a mandate that this director has granted."""
        await tx.execute(
            "DELETE FROM mandate WHERE company = $1 AND agent = $2 AND granted_by = $3", company, agent, director
        )
