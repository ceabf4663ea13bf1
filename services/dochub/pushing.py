"""Pushes envelopes to the installations that want them at once, beside the polling of all others.

What is pushed leaves through the outbox in the transaction that accepts it, the most urgent first, until it is taken.
An office takes a document once, whichever way it comes first; its receipt ends the waiting as always.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.dochub.looking import Seen
from services.kit import proof
from services.kit.kit import Kit, json
from services.kit.problems import decode, invalid
from services.kit.transaction import Transaction

OFFICE = "office"  #: the system that all installations are part of


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    installations: list[str]


class Pushing:
    """Knows who wants pushes; `start` reads it."""

    def __init__(self, kit: Kit) -> None:
        """Nobody wants any until `start`."""
        self._kit = kit
        self._agencies = kit.reference.agencies
        self._wanted: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Read who wants them."""
        rows = await self._kit.pool.fetch("SELECT installation FROM push_installation")
        self._wanted = frozenset(row["installation"] for row in rows)

    async def push(self, seen: Seen, xml: str, tx: Transaction) -> None:
        """Send an accepted envelope to every installation of its addressees that wants pushes."""
        if not self._wanted:
            return
        for installation in sorted({self._agencies[code].installation for code in seen.addressees} & self._wanted):
            pushed = {
                "installation": installation,
                "document": seen.document,
                "digest": seen.digest,
                "addressees": [one for one in seen.addressees if self._agencies[one].installation == installation],
                "xml": xml,
            }
            key = f"{OFFICE}:envelopes.push:{seen.document}:{installation}"
            await tx.send(OFFICE, "envelopes.push", pushed, subject=seen.document, key=key, urgency=seen.priority)

    async def control(self, request: Request) -> Response:
        """`GET`/`PUT /control/push`: which installations are pushed to; the whole set is replaced."""
        proof.check_auditor(request, self._kit.settings.audit_token)
        if request.method == "PUT":
            await self._want(decode(await request.body(), _Wanted).installations)
        return json({"installations": sorted(self._wanted)})

    async def _want(self, wanted: list[str]) -> None:
        known = {agency.installation for agency in self._agencies.values()}
        mistakes = [
            {"where": f"installations[{place}]", "found": one[:60], "way_out": "Dùng tên có trong danh bạ cơ quan."}
            for place, one in enumerate(wanted)
            if one not in known
        ]
        if mistakes:
            raise invalid(mistakes)
        async with self._kit.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM push_installation")
            await connection.executemany(
                "INSERT INTO push_installation VALUES ($1)", [(one,) for one in sorted(set(wanted))]
            )
        self._wanted = frozenset(wanted)
