"""The installation's regular question to the hub: what has arrived for our agencies, what became of what we sent?

Asked some hundred times a second over all installations and mostly in vain, so that the common case is one call and one
insert. Asking comes before the transaction; taking over is one transaction, and the unique (agency, document) keeps two
polls at once from taking a document twice.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.transaction import Transaction
from services.office import taking_over
from services.office.taking_over import Entry, Envelope

log = structlog.get_logger()
_AT_ONCE = 50  # envelopes asked for in one call, as many as the hub gives; assumed


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Whose agencies are asked for."""

    installation: str


class _List(msgspec.Struct):
    envelopes: list[Entry]
    newest_status: int = 0


class _Text(msgspec.Struct):
    document: str
    xml: str
    digest: str


class _Texts(msgspec.Struct):
    envelopes: list[_Text]


class _Status(msgspec.Struct):
    number: int
    document: str
    agency: str
    status: str
    seq: int
    at: datetime


class _Statuses(msgspec.Struct):
    statuses: list[_Status]


class _Haul(msgspec.Struct, frozen=True):
    """What one poll brings home."""

    waiting: list[Entry]
    envelopes: list[Envelope]
    statuses: list[_Status]


class Polling:
    """`POST /api/polls`."""

    def __init__(self, kit: Kit) -> None:
        """Remember how far statuses are known to have been read, to save a query; the database has the last word."""
        self._kit, self._strict = kit, kit.reference.document_axis.strict
        self._read: dict[str, int] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def endpoint(self) -> Endpoint:
        """The write: asks first, then takes over.

        Polls of one poller take turns: side by side they would fetch the same envelopes, and then wait for each other
        with a connection in hand.
        """
        write = self._kit.write(self._take_over, body=Asked, prepare=self._ask)

        async def in_turn(request: Request) -> Response:
            account = self._kit.who(request, "poller").account
            await request.body()
            async with self._turns[account]:
                if await request.is_disconnected():
                    return Response(status_code=503)  # to nobody: the next poll brings the same
                return await write(request)

        self._kit.bodies[in_turn] = Asked
        return in_turn

    async def _ask(self, request: Request, asked: Asked) -> _Haul:
        who = self._kit.who(request, "poller")
        member = self._kit.reference.staff.get(who.account)
        if member is None or member.installation != asked.installation:
            raise Problem(
                403,
                "wrong-installation",
                Text(
                    f"“{who.account}” không hỏi thay cho “{asked.installation[:60]}”.",
                    f"“{who.account}” does not ask for “{asked.installation[:60]}”.",
                ),
            )
        query = {"installation": asked.installation}
        answer = await self._kit.lgsp.ask("dochub", "envelopes.list", query=query, purpose="poll")
        if not answer.good:
            raise _bad(answer.status)
        listed = answer.json(_List)
        fresh = await self._not_here_yet(listed.envelopes)
        envelopes = await self._fetch(sorted({entry.document for entry in fresh}))
        statuses = await self._statuses(asked.installation, listed.newest_status)
        here = {envelope.document for envelope in envelopes}
        return _Haul([entry for entry in fresh if entry.document in here], envelopes, statuses)

    async def _not_here_yet(self, waiting: list[Entry]) -> list[Entry]:
        """Leave out what was taken over and only waits for the hub to hear of it."""
        if not waiting:
            return []
        rows = await self._kit.pool.fetch(
            "SELECT document, agency FROM incoming "
            "WHERE (document, agency) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
            [entry.document for entry in waiting],
            [entry.addressee for entry in waiting],
        )
        here = {(row["document"], row["agency"]) for row in rows}
        return [entry for entry in waiting if (entry.document, entry.addressee) not in here]

    async def _fetch(self, documents: list[str]) -> list[Envelope]:
        """Envelopes as the hub has them, several to a call. What the hub leaves out of an answer is asked for again."""
        found: list[Envelope] = []
        while documents:
            asked, documents = documents[:_AT_ONCE], documents[_AT_ONCE:]
            query = {"documents": ";".join(asked)}
            answer = await self._kit.lgsp.ask("dochub", "envelopes.get", query=query, purpose="poll")
            if not answer.good:
                raise _bad(answer.status)
            told = {one.document: one for one in answer.json(_Texts).envelopes}
            if not told:
                log.error("envelopes-not-given", documents=asked)
                continue
            documents = [one for one in asked if one not in told] + documents
            for document in asked:
                if (text := told.get(document)) and (
                    envelope := taking_over.read_envelope(document, text.xml, text.digest, strict=self._strict)
                ):
                    found.append(envelope)
                await asyncio.sleep(0)  # others have their turn between two texts
        return found

    async def _statuses(self, installation: str, newest: int) -> list[_Status]:
        if newest <= self._read.get(installation, 0):
            return []
        read_to = await self._kit.pool.fetchval(
            "SELECT number FROM status_cursor WHERE installation = $1", installation
        )
        self._read[installation] = read_to or 0
        if newest <= (read_to or 0):
            return []
        query = {"installation": installation, "after": str(read_to or 0)}
        answer = await self._kit.lgsp.ask("dochub", "statuses.list", query=query, purpose="poll")
        if not answer.good:
            raise _bad(answer.status)
        told: _Statuses = answer.json(_Statuses)
        return told.statuses

    async def _take_over(self, _request: Request, asked: Asked, tx: Transaction, haul: _Haul) -> Reply:
        taken = await taking_over.take_over(tx, haul.waiting, haul.envelopes)
        if haul.statuses:
            await _keep_latest(tx, asked.installation, haul.statuses)
        await tx.execute(
            "INSERT INTO poll (installation, at, fetched, request_key) VALUES ($1, $2, $3, $4)",
            asked.installation,
            tx.now,
            len(taken),
            tx.key,
        )
        return reply({"installation": asked.installation, "fetched": len(taken)})


async def _keep_latest(tx: Transaction, installation: str, statuses: list[_Status]) -> None:
    latest: dict[tuple[str, str], _Status] = {}
    for status in statuses:
        before = latest.get((status.document, status.agency))
        if before is None or before.seq < status.seq:
            latest[status.document, status.agency] = status
    kept = [latest[key] for key in sorted(latest)]
    await tx.execute(
        "INSERT INTO outgoing_status AS old (document, addressee, status, seq, at) "
        "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::timestamptz[]) "
        "ON CONFLICT (document, addressee) DO UPDATE SET status = excluded.status, seq = excluded.seq, "
        "at = excluded.at WHERE old.seq < excluded.seq",
        [status.document for status in kept],
        [status.agency for status in kept],
        [status.status for status in kept],
        [status.seq for status in kept],
        [status.at for status in kept],
    )
    await tx.execute(
        "INSERT INTO status_cursor AS old (installation, number) VALUES ($1, $2) "
        "ON CONFLICT (installation) DO UPDATE SET number = greatest(old.number, excluded.number)",
        installation,
        max(status.number for status in statuses),
    )


def _bad(status: int) -> Problem:
    return Problem(
        503,
        "counterpart-out-of-reach",
        Text(
            f"Trục liên thông trả lời {status}; xin thử lại sau.", f"The hub answers {status}; please try again later."
        ),
    )
