"""The directory of agencies: who may send and receive, and who is locked for now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import proof
from services.kit.kit import Kit, json
from services.kit.operations import Consumer
from services.kit.problems import decode, invalid
from services.kit.reference import Agency

#: Levels of the axis -> tiers whose documents travel. QĐ 28/2018/QĐ-TTg: four levels; there are no districts since
#: 1 July 2025, so three are left.
_TIERS: Mapping[int, frozenset[str]] = {
    4: frozenset({"central", "province", "department", "district", "commune"}),
    3: frozenset({"central", "province", "department", "commune"}),
}
_MOST_REASON = 200


class Objection(msgspec.Struct, frozen=True):
    """Why the directory does not let an envelope pass."""

    kind: Literal["sender", "receiver", "locked"]
    text: str


class _Locks(msgspec.Struct, forbid_unknown_fields=True):
    locked: dict[str, str]  #: code of the agency -> reason


class Directory:
    """Agencies of the reference data, and the locks that stand in the hub's database."""

    def __init__(self, kit: Kit, *, levels: int) -> None:
        """`levels` of the era's axis. Locks count from `start` on."""
        self._kit, self._tiers, self._levels = kit, _TIERS[levels], levels
        self.agencies: Mapping[str, Agency] = kit.reference.agencies
        self._locked: dict[str, str] = {}

    async def start(self) -> None:
        """Read the locks."""
        rows = await self._kit.pool.fetch("SELECT agency, reason FROM agency_lock ORDER BY agency")
        self._locked = {row["agency"]: row["reason"] for row in rows}

    def objections(self, sender: str, addressees: Iterable[str]) -> list[Objection]:
        """Everything that stands against an envelope's sender and addressees (codes of agencies)."""
        found = self._strangers("sender", sender)
        for code in addressees:
            found += self._strangers("receiver", code)
            if code in self._locked:
                found.append(Objection("locked", f"{code} đang tạm khoá: {self._locked[code]}"))
        return found

    def _strangers(self, kind: Literal["sender", "receiver"], code: str) -> list[Objection]:
        agency = self.agencies.get(code)
        if agency is None:
            return [Objection(kind, f"không có cơ quan {code} trong danh bạ")]
        if agency.tier not in self._tiers:
            text = f"{code} thuộc cấp “{agency.tier}”, cấp này không có trên trục {self._levels} cấp"
            return [Objection(kind, text)]
        return []

    async def list(self, _request: Request, _consumer: Consumer) -> Any:
        """`agencies.list`: whom one can send to."""
        return {
            "agencies": [
                {"code": one.code, "name": one.name, "tier": one.tier, "parent": one.parent,
                 "locked": self._locked.get(one.code, "")}
                for one in self.agencies.values()
                if one.tier in self._tiers
            ]
        }  # fmt: skip

    async def control(self, request: Request) -> Response:
        """`GET`/`PUT /control/agencies`: which agencies are locked; the whole set is replaced."""
        proof.check_auditor(request, self._kit.settings.audit_token)
        if request.method == "PUT":
            await self._lock(decode(await request.body(), _Locks).locked)
        return json({"locked": self._locked})

    async def _lock(self, wanted: dict[str, str]) -> None:
        mistakes = [
            {"where": f"locked.{code[:40]}", "found": "không có trong danh bạ", "way_out": "Dùng mã có trong danh bạ."}
            for code in wanted
            if code not in self.agencies
        ] + [
            {"where": f"locked.{code}", "found": f"lý do dài {len(reason)}", "way_out": f"1–{_MOST_REASON} ký tự."}
            for code, reason in wanted.items()
            if code in self.agencies and not 1 <= len(reason) <= _MOST_REASON
        ]
        if mistakes:
            raise invalid(mistakes)
        async with self._kit.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM agency_lock")
            await connection.executemany("INSERT INTO agency_lock VALUES ($1, $2)", sorted(wanted.items()))
        self._locked = dict(wanted)
