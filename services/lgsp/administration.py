"""The administrator's side of the LGSP: an API, and pages over it. Role `administrator` of the staff directory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.kit.accounts import Account
from services.kit.admin_door import AdminDoor, form
from services.kit.clock import VIETNAM
from services.kit.kit import Kit, json
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import Problem, decode, invalid, not_found
from services.lgsp import onboarding, proving, searching
from services.lgsp.declaring import Declaring
from services.lgsp.gateway import Gateway
from services.lgsp.limits import Limits
from services.lgsp.registry import Registry
from services.lgsp.retention import LEAST_DAYS, MOST_DAYS, cut
from services.lgsp.store import Difference, Onboarding, Store, Unlinked

_DAY_SECONDS = 86_400
_ACTS: Mapping[str, str] = {
    "onboarding": Text("khai báo kết nối", "onboarding"),
    "rotation": Text("cấp khoá", "new key"),
    "revocation": Text("thu hồi khoá", "revocation"),
    "unlinking": Text("ngắt kết nối", "unlinking"),
}
_BREAKER_STATES: Mapping[str, str] = {
    "closed": Text("thông", "closed"),
    "open": Text("ngắt", "open"),
    "half-open": Text("đang thử", "half open"),
}


class _Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    overlap_seconds: float = 3600.0


class _Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keep_days: int | None = None  #: as long as the setting says


class Administration:
    """Who is linked, what they have agreed on, what they called."""

    def __init__(
        self, kit: Kit, store: Store, gateway: Gateway, limits: Limits, reload: Callable[[], Awaitable[None]]
    ) -> None:
        """`reload` makes the gateway go by a changed registry before the change is answered."""
        self._kit, self._store, self._gateway, self._limits, self._reload = kit, store, gateway, limits, reload
        self._pages = Pages("lgsp")
        self._door = AdminDoor(kit, self._pages, home="/administration")
        self._declaring = Declaring(self._pages, lambda: gateway.registry, self._made_to_hold)

    def routes(self) -> list[Route]:
        """Addresses of API and pages."""
        return [
            Route("/", self._show),
            *self._door.routes(),
            Route("/administration", self._door.page(self._show_administration)),
            Route("/administration/rotation", self._door.page(self._rotate_by_form), methods=["POST"]),
            Route("/administration/revocation", self._door.page(self._revoke_by_form), methods=["POST"]),
            Route("/administration/unlinking", self._door.page(self._unlink_by_form), methods=["POST"]),
            *self._declaring.routes(self._door),
            Route("/audit", self._door.page(self._show_audit)),
            Route("/audit/verification", self._door.page(self._show_proof)),
            Route("/audit/retention", self._door.page(self._prune_by_form), methods=["POST"]),
            Route("/api/registry", self._registry),
            Route("/api/onboarding", self._onboard, methods=["PUT"]),
            Route("/api/systems/{system}", self._unlink, methods=["DELETE"]),
            Route("/api/systems/{system}/credentials", self._rotate, methods=["POST"]),
            Route("/api/systems/{system}/credentials/{credential}", self._revoke, methods=["DELETE"]),
            Route("/api/audit", self._search),
            Route("/api/audit/verification", self._prove),
            Route("/api/audit/retention", self._prune, methods=["POST"]),
        ]

    # The API.

    async def _registry(self, request: Request) -> Response:
        self._door.admin(request)
        return json(self._told())

    def _told(self) -> dict[str, Any]:
        """Everything but secrets."""
        registry = self._gateway.registry
        return {
            "version": registry.version,
            "systems": [
                {
                    "name": one.name,
                    "title": one.title,
                    "url": one.url,
                    "credentials": [
                        {
                            "id": credential.id,
                            "given_at": credential.given_at,
                            "ends_at": credential.ends_at,
                            "revoked_at": credential.revoked_at,
                        }
                        for credential in one.credentials
                    ],
                }
                for one in sorted(registry.systems.values(), key=lambda one: one.name)
            ],
            "contracts": [
                {
                    **msgspec.to_builtins(one),
                    "used_today": self._limits.used((one.consumer, one.provider, one.operation)),
                }
                for one in registry.contracts
            ],
            "breakers": self._gateway.breakers(),
        }

    async def _onboard(self, request: Request) -> Response:
        who = self._door.admin(request)
        wanted: Onboarding = decode(await request.body(), Onboarding)
        rehearse = request.query_params.get("rehearse") == "1"
        return json(await self._made_to_hold(wanted, who.account, rehearse))

    async def _made_to_hold(self, wanted: Onboarding, account: str, rehearse: bool) -> Difference:  # noqa: FBT001
        def check(registry: Registry) -> None:
            mistakes = onboarding.mistakes(wanted, registry)
            if mistakes:
                raise invalid(mistakes)

        difference = await self._store.onboard(
            wanted, check=check, who=account, now=self._kit.clock.now(), rehearse=rehearse
        )
        await self._reload()
        return difference

    async def _rotate(self, request: Request) -> Response:
        who = self._door.admin(request)
        wanted: _Rotation = decode(await request.body() or b"{}", _Rotation)
        if not 0 <= wanted.overlap_seconds <= 30 * _DAY_SECONDS:
            raise Problem(
                422,
                "overlap",
                Text(
                    "Thời gian dùng song song phải từ 0 giây đến 30 ngày.", "Both may hold from 0 seconds to 30 days."
                ),
            )
        identity, secret = await self._give(
            request.path_params["system"], who, timedelta(seconds=wanted.overlap_seconds)
        )
        return json({"id": identity, "secret": secret}, 201)

    async def _give(self, system: str, who: Account, overlap: timedelta) -> tuple[str, str]:
        given = await self._store.rotate(system, overlap=overlap, who=who.account, now=self._kit.clock.now())
        if given is None:
            raise _no_system(system)
        await self._reload()
        return given

    async def _unlink(self, request: Request) -> Response:
        who = self._door.admin(request)
        return json(await self._unlinked(request.path_params["system"], who))

    async def _unlinked(self, system: str, who: Account) -> Unlinked:
        unlinked = await self._store.unlink(system, who=who.account, now=self._kit.clock.now())
        if unlinked is None:
            raise _no_system(system)
        await self._reload()
        return unlinked

    async def _revoke(self, request: Request) -> Response:
        who = self._door.admin(request)
        await self._take(request.path_params["system"], request.path_params["credential"], who)
        return Response(status_code=204)

    async def _take(self, system: str, credential: str, who: Account) -> None:
        if not await self._store.revoke(system, credential, who=who.account, now=self._kit.clock.now()):
            raise not_found(
                Text(f"khoá “{credential}” còn hiệu lực của “{system}”", f"a valid key “{credential}” of “{system}”")
            )
        await self._reload()

    async def _search(self, request: Request) -> Response:
        self._door.admin(request)
        return json({"calls": await self._found(dict(request.query_params))})

    async def _found(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        await self._gateway.settled()
        return await searching.search(self._kit.pool, asked)

    async def _prove(self, request: Request) -> Response:
        self._door.admin(request)
        proof = await self._proof()
        return json(msgspec.structs.replace(proof, broken=list(map(str, proof.broken))))

    async def _proof(self) -> proving.Proof:
        await self._gateway.settled()
        return await proving.prove(self._kit.pool, self._gateway.head())

    async def _prune(self, request: Request) -> Response:
        self._door.admin(request)
        wanted: _Retention = decode(await request.body() or b"{}", _Retention)
        kept = self._kit.settings.audit_kept_days if wanted.keep_days is None else wanted.keep_days
        return json({"removed": await self._pruned(kept)})

    async def _pruned(self, keep_days: int) -> int:
        if not LEAST_DAYS <= keep_days <= MOST_DAYS:
            raise Problem(
                422,
                "too-short",
                Text(
                    f"Nhật ký phải được giữ ít nhất {LEAST_DAYS} ngày, nhiều nhất {MOST_DAYS} ngày.",
                    f"The audit has to be kept for {LEAST_DAYS} days at least, {MOST_DAYS} at most.",
                ),
            )
        return await proving.prune(self._kit.pool, cut(datetime.now(VIETNAM), keep_days), self._kit.clock.now())

    # The pages.

    async def _show(self, request: Request) -> Response:
        registry = self._gateway.registry
        return self._pages.page(
            "registry.html", request=request, systems=sorted(registry.systems), contracts=registry.contracts
        )

    async def _show_administration(self, request: Request, who: Account) -> Response:
        return await self._show_told(request, who)

    async def _show_told(
        self, request: Request, who: Account, *, fresh: tuple[str, str, str] | None = None
    ) -> Response:
        changes = await self._kit.pool.fetch(
            "SELECT number, at, who, what, detail::text FROM registry_change ORDER BY number DESC LIMIT 20"
        )
        return self._pages.page(
            "administration.html", request=request, told=self._told(), changes=changes, who=who, fresh=fresh,
            acts=_ACTS, breaker_states=_BREAKER_STATES, contracts=self._gateway.registry.contracts,
            used=self._limits.used,
        )  # fmt: skip

    async def _rotate_by_form(self, request: Request, who: Account) -> Response:
        system = (await form(request)).get("system", "")
        identity, secret = await self._give(system, who, timedelta(hours=1))
        return await self._show_told(request, who, fresh=(system, identity, secret))

    async def _revoke_by_form(self, request: Request, who: Account) -> Response:
        fields = await form(request)
        await self._take(fields.get("system", ""), fields.get("credential", ""), who)
        return RedirectResponse("/administration", 303)

    async def _unlink_by_form(self, request: Request, who: Account) -> Response:
        fields = await form(request)
        system = fields.get("system", "")
        if fields.get("confirmed") != system:
            raise Problem(
                422,
                "not-confirmed",
                Text(f"Hãy đánh dấu xác nhận ngắt “{system[:60]}”.", f"Tick that “{system[:60]}” is to be unlinked."),
            )
        await self._unlinked(system, who)
        return RedirectResponse("/administration", 303)

    async def _show_proof(self, request: Request, _who: Account) -> Response:
        return await self._show_proven(request)

    async def _prune_by_form(self, request: Request, _who: Account) -> Response:
        days = (await form(request)).get("keep_days", "")
        try:
            removed = await self._pruned(int(days) if days.isascii() and days.isdigit() and len(days) < 9 else -1)  # noqa: PLR2004
        except Problem as problem:
            return await self._show_proven(request, problem=problem)
        return await self._show_proven(request, removed=removed)

    async def _show_proven(
        self, request: Request, *, removed: int | None = None, problem: Problem | None = None
    ) -> Response:
        return self._pages.page(
            "verification.html", problem.status if problem else 200, request=request,
            proof=await self._proof(), removed=removed, problem=problem,
            least_days=LEAST_DAYS, kept_days=self._kit.settings.audit_kept_days,
        )  # fmt: skip

    async def _show_audit(self, request: Request, who: Account) -> Response:
        asked = {name: value for name, value in request.query_params.items() if name != "lang"}
        problem: Problem | None = None
        calls: list[dict[str, Any]] = []
        try:
            calls = await self._found(asked)
        except Problem as found:
            problem = found
        names: Mapping[str, str] = {
            "consumer": Text("Bên gọi", "Caller"), "provider": Text("Bên cung cấp", "Provider"),
            "operation": Text("Dịch vụ", "Service"), "purpose": Text("Mục đích", "Purpose"),
            "outcome": Text("Kết quả", "Outcome"), "call": Text("Mã lời gọi", "Call"),
            "trace": Text("Mã vết", "Trace"), "since": Text("Từ lúc", "Since"),
            "until": Text("Đến trước lúc", "Before"),
        }  # fmt: skip
        return self._pages.page(
            "audit.html", request=request, calls=calls, asked=asked, names=names, problem=problem, who=who
        )


def _no_system(name: str) -> Problem:
    return not_found(Text(f"hệ thống “{name[:60]}”", f"system “{name[:60]}”"))
