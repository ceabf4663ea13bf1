"""The administrator's page for onboardings: a declaration is written, rehearsed, and made to hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit.accounts import Account
from services.kit.admin_door import AdminDoor, form
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import Problem, decode, not_found
from services.kit.reference import Contract
from services.lgsp.registry import Registry
from services.lgsp.store import Difference, NewSystem, Onboarding

#: Makes a declaration hold for an account, or only rehearses it; raises a Problem with every mistake.
Onboard = Callable[[Onboarding, str, bool], Awaitable[Difference]]
#: What an empty page begins with. It is refused until a provider's real service stands in it.
_EXAMPLE = Onboarding(
    systems=(NewSystem("he-thong-moi"),),
    contracts=(Contract("he-thong-moi", "", "", purposes=("doi-chieu",), per_second=5, per_day=1000),),
)


class Declaring:
    """`/administration/onboarding`."""

    def __init__(self, pages: Pages, registry: Callable[[], Registry], onboard: Onboard) -> None:
        """`registry` is what holds now, `onboard` changes it."""
        self._pages, self._registry, self._onboard = pages, registry, onboard

    def routes(self, door: AdminDoor) -> list[Route]:
        """The page, and its form."""
        path = "/administration/onboarding"
        return [Route(path, door.page(self._show)), Route(path, door.page(self._take), methods=["POST"])]

    async def _show(self, request: Request, who: Account) -> Response:
        name = request.query_params.get("system", "")
        return self._page(request, who, _written(self._declared(name) if name else _EXAMPLE))

    def _declared(self, name: str) -> Onboarding:
        """What holds of a system now, as a declaration: declared again it changes nothing."""
        registry = self._registry()
        if name not in registry.systems:
            raise not_found(Text(f"hệ thống “{name[:60]}”", f"system “{name[:60]}”"))
        system = registry.systems[name]
        contracts = tuple(one for one in registry.contracts if one.consumer == name)
        return Onboarding((NewSystem(system.name, system.title, system.url),), contracts)

    async def _take(self, request: Request, who: Account) -> Response:
        fields = await form(request)
        text, rehearse = fields.get("declaration", ""), fields.get("act") != "apply"
        try:
            wanted: Onboarding = decode(text.encode(), Onboarding)
            difference = await self._onboard(wanted, who.account, rehearse)
        except Problem as problem:
            return self._page(request, who, text, problem=problem)
        return self._page(request, who, text, difference=difference, rehearsed=rehearse)

    def _page(
        self,
        request: Request,
        who: Account,
        text: str,
        *,
        problem: Problem | None = None,
        difference: Difference | None = None,
        rehearsed: bool = False,
    ) -> Response:
        registry = self._registry()
        offered = sorted({(one.provider, one.operation) for one in registry.contracts})
        return self._pages.page(
            "onboarding.html", problem.status if problem else 200, request=request, who=who, text=text,
            problem=problem, difference=difference, rehearsed=rehearsed, offered=offered,
        )  # fmt: skip


def _written(declaration: Onboarding) -> str:
    return msgspec.json.format(msgspec.json.encode(declaration), indent=2).decode()
