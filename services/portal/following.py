"""What happens to a dossier after it was filed: the one-stop's news, tracking, supplements, result, rating."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.clock import VIETNAM
from services.kit.kit import Kit, Reply, json, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.operations import Again
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.portal import levels, refunds
from services.portal.catalogue import Catalogue
from services.portal.citizens import check_own

_BEST = 5
_SHORTEST_MASKED = 8
#: States in which an application can still be taken back: until it is examined.
WITHDRAWABLE = ("submitted", "received", "awaiting_supplement", "referred")

# News may overtake each other: what is older than the newest changes nothing but the list of steps.
_LEARN = """
    WITH news AS (
        INSERT INTO dossier (code, procedure, agency, channel, state, seq, fee, submitted_at, due_at, result, digest,
                             wanted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13)
        ON CONFLICT (code) DO UPDATE SET state = excluded.state, seq = excluded.seq, due_at = excluded.due_at,
            result = excluded.result, digest = excluded.digest, wanted = excluded.wanted
        WHERE dossier.seq < excluded.seq
    )
    INSERT INTO step (code, seq, state, at) VALUES ($1, $6, $5, $12) ON CONFLICT DO NOTHING
"""
_TRACK = """
    SELECT dossier.state, agency, procedure, due_at, step.state AS step, step.at,
           (SELECT max(again_at) FROM apology WHERE apology.code = dossier.code) AS again_at
    FROM dossier LEFT JOIN step USING (code) WHERE code = $1 ORDER BY step.seq
"""
_SUPPLEMENT = """
    WITH answered AS (UPDATE dossier SET supplemented_seq = seq WHERE code = $1),
         form AS (INSERT INTO form (code, content, at) VALUES ($1, $2, $3))
    INSERT INTO event (code, event, at, request_key) VALUES ($1, 'supplemented', $3, $4)
"""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a one-stop says about one of its dossiers."""

    code: str
    procedure: str
    agency: str
    channel: str
    state: str
    seq: int
    at: datetime
    fee: int
    received_at: datetime | None = None
    due_at: datetime | None = None
    result: str | None = None
    digest: str | None = None
    wanted: str = ""  #: what the applicant has to hand in


class Apology(msgspec.Struct, frozen=True, kw_only=True):
    """A one-stop is late with a dossier, has said sorry, and promises another moment."""

    code: str
    at: datetime
    again_at: datetime


class Supplement(msgspec.Struct, frozen=True):
    """What the applicant was asked for."""

    form: dict[str, Any] | str


class Rating(msgspec.Struct, frozen=True):
    """How content the applicant is, from 1 to 5."""

    score: int


class Tracked(msgspec.Struct, frozen=True):
    """What anybody may know who has the code: nothing about the applicant, the form or the outcome."""

    code: str
    state: str
    agency: str
    due_at: datetime | None
    again_at: datetime | None  #: promised in the newest apology for being late
    steps: list[dict[str, Any]]


class Following:
    """The life of dossiers as the public sees it."""

    def __init__(self, kit: Kit, catalogue: Catalogue) -> None:
        """Read and write the service's database."""
        self._kit, self._catalogue = kit, catalogue

    async def learn(self, news: Progress, tx: Transaction) -> None:
        """Take a one-stop's news in; a counter dossier becomes known by its first."""
        tx.later(
            _LEARN, news.code, news.procedure, news.agency, news.channel, news.state, news.seq, news.fee,
            news.received_at, news.due_at, news.result, news.digest, news.at, news.wanted,
        )  # fmt: skip
        if news.state == "withdrawn":
            await refunds.give_back(tx, news.code, reason="withdrawn")

    async def be_told_sorry(self, apology: Apology, tx: Transaction) -> None:
        """Take an apology in, for the applicant and whoever has the code."""
        if not await tx.value("SELECT 1 FROM dossier WHERE code = $1", apology.code):
            raise Again(f"dossier {apology.code} is not known yet")
        await tx.execute(
            "INSERT INTO apology (code, at, again_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            apology.code, apology.at, apology.again_at,
        )  # fmt: skip

    async def tracked(self, code: str) -> Tracked:
        """Find a dossier for anybody; raises 404 while it is not known here."""
        rows = await self._kit.pool.fetch(_TRACK, code)
        if not rows:
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        steps = [{"state": row["step"], "at": _local(row["at"])} for row in rows if row["step"]]
        first = rows[0]
        return Tracked(code, first["state"], first["agency"], _local(first["due_at"]), _local(first["again_at"]), steps)

    async def track(self, request: Request) -> Response:
        """Answer `portal.track`."""
        return json(await self.tracked(request.path_params["code"]))

    async def supplement(self, request: Request, body: Supplement, tx: Transaction, _prepared: Any) -> Reply:
        """Take a supplement in; the state changes only when the one-stop has it."""
        mistakes = Mistakes()
        if not body.form:
            mistakes.add("form", Text("để trống", "left empty"), Text("Điền phần bổ sung.", "Fill in what you add."))
        mistakes.stop()
        code = request.path_params["code"]
        row = await _own(request, tx, "state, seq, supplemented_seq")
        if row["state"] != "awaiting_supplement":
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), row["state"], "awaiting_supplement")
        if row["supplemented_seq"] == row["seq"]:
            raise Problem(
                409,
                "already-supplemented",
                Text(
                    f"Hồ sơ {code} đã được bổ sung; xin chờ bộ phận một cửa.",
                    f"Dossier {code} has its addition already; please wait for the one-stop.",
                ),
                state=row["state"],
            )
        form = msgspec.json.encode(body.form)
        await tx.execute(_SUPPLEMENT, code, form, tx.now, tx.key)
        sent = {"code": code, "seq": row["seq"], "form": msgspec.Raw(form), "at": tx.now, "request_key": tx.key}
        await tx.send("onestop", "supplements.add", sent, subject=code)
        return reply({"code": code, "state": row["state"]})

    async def withdraw(self, request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
        """Ask to take the application back; the one-stop, who may have gone further meanwhile, has the last word."""
        code = request.path_params["code"]
        row = await _own(request, tx, "state, seq")
        if row["state"] not in WITHDRAWABLE:
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), row["state"], WITHDRAWABLE)
        if await tx.value("SELECT 1 FROM event WHERE code = $1 AND event = 'withdrawn'", code):
            raise Problem(
                409,
                "already-withdrawn",
                Text(f"Hồ sơ {code} đang chờ rút.", f"Dossier {code} is being withdrawn already."),
                state=row["state"],
            )
        await tx.execute(
            "INSERT INTO event (code, event, at, request_key) VALUES ($1, 'withdrawn', $2, $3)", code, tx.now, tx.key
        )
        await tx.send("onestop", "dossiers.withdraw", {"code": code, "at": tx.now, "request_key": tx.key}, subject=code)
        return reply({"code": code, "state": row["state"]})

    async def result(self, request: Request) -> Response:
        """Answer `portal.result`: the outcome, for its applicant only."""
        code = request.path_params["code"]
        row = await self._kit.pool.fetchrow(
            "SELECT applicant, procedure, state, result, digest FROM dossier WHERE code = $1", code
        )
        if row is None:
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        check_own(code, row["applicant"], request.state.who)
        levels.require(
            self._catalogue.find(row["procedure"]),
            levels.RESULT,
            Text("nhận kết quả trực tuyến", "getting the result online"),
        )
        if row["result"] is None:
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), row["state"], "returned")
        return json({"code": code, "result": row["result"], "digest": row["digest"]})

    async def rate(self, request: Request, body: Rating, tx: Transaction, _prepared: Any) -> Reply:
        """Keep what the applicant thinks, once the result is there, and once only."""
        mistakes = Mistakes()
        if not 1 <= body.score <= _BEST:
            mistakes.add("score", str(body.score), Text(f"Cho điểm từ 1 đến {_BEST}.", f"Give 1 to {_BEST} points."))
        mistakes.stop()
        code = request.path_params["code"]
        row = await _own(request, tx, "state")
        if row["state"] != "returned":
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), row["state"], "returned")
        kept = await tx.execute(
            "INSERT INTO rating (code, score, request_key, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            code, body.score, tx.key, tx.now,
        )  # fmt: skip
        if kept == "INSERT 0 0":
            raise Problem(
                409,
                "already-rated",
                Text(f"Hồ sơ {code} đã được đánh giá.", f"Dossier {code} is rated already."),
                state=row["state"],
            )
        return reply({"code": code, "score": body.score}, 201)


async def _own(request: Request, tx: Transaction, columns: str) -> asyncpg.Record:
    """Lock the dossier of the request for its applicant. Raises 404, or 403 for somebody else's."""
    code = request.path_params["code"]
    row = await tx.row(f"SELECT applicant, {columns} FROM dossier WHERE code = $1 FOR UPDATE", code)  # noqa: S608 -- ours
    if row is None:
        raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
    check_own(code, row["applicant"], request.state.who)
    return row


def mask(number: str) -> str:
    """Show a personal number so that its owner knows it and nobody else learns it: "083•••••0001"."""
    return f"{number[:3]}•••••{number[-4:]}" if len(number) > _SHORTEST_MASKED else "•••"


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(VIETNAM) if moment else None
