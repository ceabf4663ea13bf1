"""The national integration platform (SYS-NDXP): provinces and ministries behind it, each linked from its own day on.

What a body answers is made up; whether it can be reached is what matters here (FIG-LGSP).
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import proof
from services.kit.kit import Kit, json
from services.kit.operations import Consumer
from services.kit.problems import Problem, decode, invalid, not_found


class Body(msgspec.Struct, frozen=True):
    """A province or ministry that has, or will have, an LGSP of its own."""

    code: str
    name: str
    kind: Literal["province", "ministry"]
    linked_from: date


class _Question(msgspec.Struct, forbid_unknown_fields=True):
    to: str
    service: str
    question: dict[str, Any] = {}


class _Control(msgspec.Struct, forbid_unknown_fields=True):
    day: date | None = None  #: the day whose links are played; none: the official day
    down: list[str] = []  #: bodies whose link is cut


class Ndxp:
    """Directory and exchange."""

    def __init__(self, kit: Kit) -> None:
        """Read the bodies from `ndxp.json` of the reference data; without that file nobody is linked."""
        self._kit = kit
        file = kit.settings.reference_data / "ndxp.json"
        listed = msgspec.json.decode(file.read_bytes(), type=list[Body]) if file.exists() else []
        self._bodies = {one.code: one for one in listed}
        self._control = _Control()

    def _day(self) -> date:
        return self._control.day or self._kit.clock.now().date()

    def _state(self, body: Body) -> str:
        if body.linked_from > self._day():
            return "not-linked"
        return "down" if body.code in self._control.down else "up"

    async def bodies(self, _request: Request, _consumer: Consumer) -> Any:
        """Return every body, and whether it is linked today: `up`, `down` or `not-linked`."""
        listed = [
            {**msgspec.to_builtins(body, builtin_types=(date,)), "link": self._state(body)}
            for body in self._bodies.values()
        ]
        return {"day": self._day(), "bodies": listed}

    async def request(self, request: Request, consumer: Consumer) -> Any:
        """Pass a question on to a body's LGSP. 404 where it is not linked yet, 503 where the link is cut."""
        asked: _Question = decode(await request.body(), _Question)
        body = self._bodies.get(asked.to)
        if body is None:
            raise not_found(f"cơ quan “{asked.to}” trên nền tảng quốc gia")
        state = self._state(body)
        if state == "not-linked":
            raise Problem(404, "not-linked", f"{body.name} chưa kết nối LGSP với nền tảng quốc gia.", body=body.code)
        if state == "down":
            raise Problem(503, "link-down", f"Đường nối tới {body.name} đang gián đoạn.", body=body.code)
        return {"from": body.code, "service": asked.service, "answer": {"call": consumer.call, "known": False}}

    async def control(self, request: Request) -> Response:
        """GET or PUT `/control/ndxp`: which day's links hold, and which are cut."""
        proof.check_auditor(request, self._kit.settings.audit_token)
        if request.method == "PUT":
            wanted: _Control = decode(await request.body(), _Control)
            unknown = [code for code in wanted.down if code not in self._bodies]
            if unknown:
                raise invalid(
                    [{"where": "down", "found": code, "way_out": "Mã có trong ndxp.bodies."} for code in unknown]
                )
            self._control = wanted
        linked = sum(self._state(body) != "not-linked" for body in self._bodies.values())
        return json({"day": self._day(), "down": self._control.down, "bodies": len(self._bodies), "linked": linked})
