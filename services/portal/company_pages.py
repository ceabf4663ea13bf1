"""Mandates: a director lets an accountant file for the company, and takes it back."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.portal.companies import Companies
from services.portal.following import mask
from services.portal.look import Look
from services.portal.sessions import Session, Sessions


class CompanyPages:
    """The page of companies."""

    def __init__(self, kit: Kit, look: Look, sessions: Sessions, companies: Companies) -> None:
        """Ask the business register through `companies`."""
        self._kit, self._look, self._sessions, self._companies = kit, look, sessions, companies

    async def show(self, request: Request) -> Response:
        """Show what one may file for, and whom one has let file."""
        return await self._show(request, await self._sessions.need(request), Mistakes())

    async def change(self, request: Request) -> Response:
        """Grant a mandate or take it back."""
        async with request.form(max_files=0, max_fields=10) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        session = await self._sessions.need_form(request, given.get("csrf", ""))
        company, agent, mistakes = given.get("company", ""), given.get("agent", ""), Mistakes()
        if given.get("act") == "take_back":
            async with self._kit.begin("mandate") as tx:
                await self._companies.take_back(tx, company=company, agent=agent, director=session.who.account)
            return RedirectResponse("/companies", 303)
        found = await self._companies.look_up(company, purpose="grant-mandate")
        if found is None:
            mistakes.add(
                "company",
                Text(f"không có mã số thuế “{company}”", f"there is no tax code “{company}”"),
                Text("Kiểm tra lại mã số thuế.", "Check the tax code."),
            )
        elif found.director != session.who.account:
            mistakes.add(
                "company",
                Text("anh/chị không phải người đại diện", "you are not its legal representative"),
                Text("Chỉ người đại diện mới ủy quyền được.", "Only the legal representative can give a mandate."),
            )
        answer = await self._kit.lgsp.ask(
            "national", "population.verify", body={"personal_number": agent}, purpose="grant-mandate"
        )
        if not answer.good or not answer.json()["exists"]:
            mistakes.add(
                "agent",
                Text(f"không có công dân {mask(agent)}", f"there is no citizen {mask(agent)}"),
                Text("Kiểm tra lại số định danh.", "Check the personal number."),
            )
        if mistakes.found or found is None:
            return await self._show(request, session, mistakes, status=422)
        async with self._kit.begin("mandate") as tx:
            await self._companies.grant(tx, found, agent)
        return RedirectResponse("/companies", 303)

    async def _show(self, request: Request, session: Session, mistakes: Mistakes, *, status: int = 200) -> Response:
        return await self._look.page(
            request,
            "companies.html",
            status,
            held=await self._companies.of_agent(session.who.account),
            granted=await self._companies.of_director(session.who.account),
            mask=mask,
            errors=mistakes.found,
        )
