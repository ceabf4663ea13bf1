"""Dead letters of the hub: envelopes that it refused, and pushes that an office refused. Seen and sent again by people.

A refused envelope that is taken after all goes the way of every envelope: checked anew, stored once.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.dochub.accepting import Accepting, Sent
from services.kit.accounts import Account
from services.kit.admin_door import AdminDoor, form
from services.kit.kit import Kit, Reply, json, reply
from services.kit.languages import Text
from services.kit.operations import Again, Refused
from services.kit.pages import Pages
from services.kit.problems import Problem, decode, not_found
from services.kit.transaction import Transaction

_SHOWN = 200


class Letter(msgspec.Struct, forbid_unknown_fields=True):
    """Which dead letter: `envelope`, by the digest of its text, or `push`, by its key."""

    kind: str
    name: str


class Undelivered:
    """`/undelivered`, and the same for programs."""

    def __init__(self, kit: Kit, pages: Pages, accepting: Accepting, door: AdminDoor) -> None:
        """Take envelopes by `accepting`; `door` lets administrators in."""
        self._kit, self._pages, self._accepting, self._door = kit, pages, accepting, door

    def routes(self) -> list[Route]:
        """Page, list, replay."""
        prepare = self._prepared
        return [
            Route("/undelivered", self._door.page(self._show)),
            Route("/undelivered/replay", self._door.page(self._replay_by_form), methods=["POST"]),
            Route("/api/undelivered", self._list),
            Route(
                "/api/undelivered/replay",
                self._kit.write(self._replay, body=Letter, prepare=prepare),
                methods=["POST"],
            ),
        ]

    async def _prepared(self, request: Request, _content: Any) -> Account:
        return self._door.admin(request)

    async def _list(self, request: Request) -> Response:
        self._door.admin(request)
        return json(await self._told())

    async def _told(self) -> dict[str, Any]:
        envelopes = await self._kit.pool.fetch(
            "SELECT digest, bytes, reason, times, refused_at, xml IS NOT NULL AS kept FROM refused_envelope "
            "ORDER BY refused_at DESC, digest LIMIT $1",
            _SHOWN,
        )
        pushes = await self._kit.pool.fetch(
            "SELECT key, destination, subject, detail, at FROM dead_letter ORDER BY at DESC, key LIMIT $1", _SHOWN
        )
        return {"envelopes": [dict(row) for row in envelopes], "pushes": [dict(row) for row in pushes]}

    async def _show(self, request: Request, who: Account) -> Response:
        return self._pages.page(
            "undelivered.html", request=request, who=who, key=str(uuid.uuid4()), came="", **await self._told()
        )

    async def _replay_by_form(self, request: Request, who: Account) -> Response:
        fields = await form(request)
        letter = Letter(fields.get("kind", ""), fields.get("name", ""))
        done = await self._kit.once(request, self._replay, letter, key=fields.get("key", ""), raw=await request.body())
        told = done.read()
        if told["state"] != "refused":
            return RedirectResponse("/undelivered", 303)
        came = Text(f"Vẫn bị từ chối: {told['reason']}", f"Refused again: {told['reason']}")
        return self._pages.page(
            "undelivered.html", request=request, who=who, key=str(uuid.uuid4()), came=came, **await self._told()
        )

    async def _replay(self, _request: Request, asked: Letter, tx: Transaction, _prepared: Any) -> Reply:
        if asked.kind == "envelope":
            return await self._take(asked.name, tx)
        if asked.kind == "push":
            return await _push_again(asked.name, tx)
        raise Problem(422, "invalid", Text("Loại thư là “envelope” hoặc “push”.", "The kind is “envelope” or “push”."))

    async def _take(self, digest: str, tx: Transaction) -> Reply:
        row = await tx.row("SELECT xml FROM refused_envelope WHERE digest = $1 FOR UPDATE", digest)
        if row is None:
            raise not_found(Text(f"gói tin bị từ chối {digest[:64]}", f"refused envelope {digest[:64]}"))
        if row["xml"] is None:
            raise Problem(
                409,
                "text-not-kept",
                Text(
                    "Gói tin quá dài nên trục không giữ; nơi gửi còn giữ và có thể gửi lại.",
                    "The envelope was too long to be kept; its sender has it still and can send it again.",
                ),
            )
        try:
            await self._accepting.accept(Sent(row["xml"]), tx)
        except (Refused, Again) as error:
            await tx.execute("UPDATE refused_envelope SET reason = $2 WHERE digest = $1", digest, str(error))
            return reply({"name": digest, "state": "refused", "reason": str(error)})
        await tx.execute("DELETE FROM refused_envelope WHERE digest = $1", digest)
        return reply({"name": digest, "state": "accepted"})


async def _push_again(key: str, tx: Transaction) -> Reply:
    row = await tx.row("DELETE FROM dead_letter WHERE key = $1 RETURNING destination, operation, subject, body", key)
    if row is None:
        raise not_found(Text(f"gói đẩy {key[:120]} chưa giao được", f"undelivered push {key[:120]}"))
    await tx.send(
        row["destination"], row["operation"], decode(row["body"], msgspec.Raw), subject=row["subject"], key=key
    )
    return reply({"name": key, "state": "sent-again"})
