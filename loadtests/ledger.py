"""After traffic: waits until every system has told the others all it has to, then takes their books, each from itself.

Uses asyncio; Locust, which patches the whole process, is never imported here.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from infra.stack import Stack
from loadtests.accounts import passcode
from loadtests.books import BOOKS
from loadtests.guard import Leave, Pace
from simulation.progress import Progress, silent
from simulation.text import Text

#: What `settle` and `collected.json` say of a service whose backlog could not be asked.
UNKNOWN = -1

_LOOK_SECONDS = 0.25  # between two looks at the backlogs
_ANSWER_SECONDS = 5.0
_SILENCE_SECONDS = 60.0  # longest pause inside one export
_AT_ONCE = 4  # exports under way together: enough to keep every service busy, few enough for its connections
_BLOCK_BYTES = 1 << 18
#: Taken before all others, one after another. A system's own schedules go on meanwhile; so no block is missing that the
#: head names, and no call that the audit names is missing from its caller's book.
_FIRST = (("lgsp", "audit_heads"), ("lgsp", "audit"), ("lgsp", "audit_chain"))


_FREE = Leave()


class _Missing(msgspec.Struct, frozen=True):
    export: str  #: "<service>.<export>"; "<service>.*" when nobody knows which books it should have
    why: str


def settle(
    stack: Stack,
    *,
    seconds: float = 30,
    installations: Iterable[str] = (),
    progress: Progress = silent,
    leave: Leave = _FREE,
) -> dict[str, int]:
    """Wait until every service's backlog is empty twice in a row, at most so long. Returns what is left of each.

    The day is over, but schedules go on: while something waits at the hub, these installations keep asking for it.
    Nothing is raised: a service that does not answer counts as UNKNOWN (-1) and is waited for like a full backlog, and
    so does one that `leave` does not let us ask any more.
    """
    return asyncio.run(_settle(stack, seconds, tuple(installations), progress, leave))


def collect(stack: Stack, run: Path, progress: Progress = silent, *, leave: Leave = _FREE) -> None:
    """Copy every book into `run/ledger`, metrics into `run/metrics`, and the signing CA, as docs/run-folder.md says.

    What cannot be had is named in `ledger/collected.json` under "missing", with the reason; nothing is raised for it.
    """
    asyncio.run(_collect(stack, run, progress, leave))


async def _settle(
    stack: Stack, seconds: float, installations: tuple[str, ...], progress: Progress, leave: Leave
) -> dict[str, int]:
    limit = time.monotonic() + seconds
    most, calm = 1, 0
    async with _line(leave) as line:
        while True:
            left = await _backlogs(line, stack)
            calm = calm + 1 if not any(left.values()) else 0
            waiting = sum(abs(count) for count in left.values())
            most = max(most, waiting)
            label = _waiting_for(left)
            progress(1.0 if calm > 1 else 1 - waiting / most, label)
            if calm > 1 or time.monotonic() > limit:
                return left
            if left.get("dochub", 0) > 0:
                await _poll_all(line, stack, installations)
            await asyncio.sleep(_LOOK_SECONDS)


async def _poll_all(line: _Line, stack: Stack, installations: tuple[str, ...]) -> None:
    """One more round of the installations' own schedules; what fails now is asked for in the next round."""
    for installation in installations:
        account = f"poller.{installation}"
        attempt = {"account": account, "passcode": passcode(stack.passcode_key, account)}
        with suppress(aiohttp.ClientError, TimeoutError, KeyError, msgspec.DecodeError):
            async with line.post(_address(stack, "office", "/api/sign-in"), json=attempt) as answer:
                token = msgspec.json.decode(await answer.read())["token"]
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"settle-{uuid.uuid4()}"}
            address = _address(stack, "office", "/api/polls")
            async with line.post(address, json={"installation": installation}, headers=headers) as answer:
                await answer.read()


def _waiting_for(left: Mapping[str, int]) -> Text:
    silent = ", ".join(name for name, count in left.items() if count == UNKNOWN)
    if silent:
        return Text(f"{silent} không trả lời", f"no answer from {silent}")
    count = sum(left.values())
    return Text(f"còn {count} tin chờ gửi", f"{count} messages to go")


async def _backlogs(line: _Line, stack: Stack) -> dict[str, int]:
    names = sorted(stack.endpoints)
    counts = await asyncio.gather(*(_backlog(line, stack, name) for name in names))
    return dict(zip(names, counts, strict=True))


async def _backlog(line: _Line, stack: Stack, service: str) -> int:
    try:
        words = msgspec.json.decode(await _get(line, stack, service, "/backlog"))
        return sum(int(words[part]) for part in ("outbox", "in_flight", "requests"))
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, KeyError, TypeError, ValueError):
        return UNKNOWN


async def _collect(stack: Stack, run: Path, progress: Progress, leave: Leave) -> None:
    ledger, metrics = run / "ledger", run / "metrics"
    for folder in (ledger, metrics):
        folder.mkdir(parents=True, exist_ok=True)
    (run / "certificate-authority.pem").write_text(stack.certificate_authority, encoding="utf-8")
    missing: list[_Missing] = []
    records: dict[str, int] = {}
    async with _line(leave) as line:
        backlog = await _backlogs(line, stack)
        books = await _books(line, stack, missing)
        began = datetime.now(UTC)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def take(service: str, name: str) -> None:
            book = f"{service}.{name}"
            async with slots:
                try:
                    records[book] = await _export(line, stack, service, name, ledger / f"{book}.ndjson")
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    missing.append(_Missing(book, _why(error)))
            done = len(records) / len(books)
            progress(done, Text(f"đã chép sổ {book}", f"copied book {book}"))

        for book in _FIRST:
            if book in books:
                await take(*book)
        await asyncio.gather(
            *(take(*book) for book in books if book not in _FIRST),
            *(_measure(line, stack, service, metrics) for service in sorted(stack.endpoints)),
        )
    collected: dict[str, Any] = {book: {"records": count} for book, count in sorted(records.items())}
    collected["missing"] = sorted(missing, key=lambda one: one.export)
    collected["backlog"] = backlog
    collected["began"] = began.isoformat()
    (ledger / "collected.json").write_bytes(msgspec.json.format(msgspec.json.encode(collected), indent=2))
    progress(1.0, Text(f"đã chép {len(records)} sổ", f"copied {len(records)} books"))


async def _measure(line: _Line, stack: Stack, service: str, folder: Path) -> None:
    """Keep a service's metrics. No law rests on them: a silent service leaves no file."""
    with suppress(aiohttp.ClientError, TimeoutError):
        (folder / f"{service}.prom").write_bytes(await _get(line, stack, service, "/metrics"))


async def _books(line: _Line, stack: Stack, missing: list[_Missing]) -> list[tuple[str, str]]:
    """Return (service, export) of all that is offered; note what docs/wire.md promises and nobody offers."""
    found: list[tuple[str, str]] = []
    for service in sorted(set(stack.endpoints) | set(BOOKS)):
        if service not in stack.endpoints:
            missing += _all_of(service, "the stack has no such service")
            continue
        try:
            offered = list(msgspec.json.decode(await _get(line, stack, service, "/export"))["exports"])
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, KeyError, TypeError) as error:
            missing += _all_of(service, _why(error))
            continue
        found += [(service, name) for name in sorted(offered) if name.isidentifier()]
        lacking = sorted(set(BOOKS.get(service, ())) - set(offered))
        missing += [_Missing(f"{service}.{name}", "not offered by the service") for name in lacking]
    return found


def _all_of(service: str, why: str) -> list[_Missing]:
    """Every book that docs/wire.md promises of a service."""
    return [_Missing(f"{service}.{name}", why) for name in BOOKS.get(service, ("*",))]


async def _export(line: _Line, stack: Stack, service: str, name: str, path: Path) -> int:
    """Copy one book into a file; returns its number of records. A book that breaks off leaves no file."""
    part = path.with_suffix(".part")
    lines, last = 0, b"\n"
    try:
        with part.open("wb") as out:
            async with line.get(_address(stack, service, f"/export/{name}"), headers=_auditor(stack)) as answer:
                answer.raise_for_status()
                async for block in answer.content.iter_chunked(_BLOCK_BYTES):
                    out.write(block)
                    lines += block.count(b"\n")
                    last = block[-1:]
        if last != b"\n":
            message = "the last record is incomplete"
            raise aiohttp.ClientPayloadError(message)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return lines


async def _get(line: _Line, stack: Stack, service: str, path: str) -> bytes:
    limit = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
    async with line.get(_address(stack, service, path), headers=_auditor(stack), timeout=limit) as answer:
        answer.raise_for_status()
        return await answer.read()


class _Line:
    """Asks services, at the pace that their owner allows."""

    def __init__(self, session: aiohttp.ClientSession, leave: Leave) -> None:
        self._session = session
        self._pace = Pace(leave, workers=1, now=time.time, closes=leave.ends)

    @asynccontextmanager
    async def get(self, address: str, **more: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        await self._wait()
        async with self._session.get(address, allow_redirects=False, **more) as answer:
            yield _at_home(answer)

    @asynccontextmanager
    async def post(self, address: str, **more: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        await self._wait()
        async with self._session.post(address, allow_redirects=False, **more) as answer:
            yield _at_home(answer)

    async def _wait(self) -> None:
        seconds = self._pace.put_off()
        if seconds is None:
            message = "the owner's window is over"
            raise aiohttp.ClientError(message)
        if seconds:
            await asyncio.sleep(seconds)


def _at_home(answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """Refuse to be sent elsewhere: nobody has permitted that address."""
    if "Location" in answer.headers and HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        message = f"sent on to {answer.headers['Location']}"
        raise aiohttp.ClientError(message)
    return answer


@asynccontextmanager
async def _line(leave: Leave) -> AsyncIterator[_Line]:
    limit = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE_SECONDS)
    async with aiohttp.ClientSession(timeout=limit) as session:
        yield _Line(session, leave)


def _address(stack: Stack, service: str, path: str) -> str:
    return stack.endpoints[service].rstrip("/") + path


def _auditor(stack: Stack) -> dict[str, str]:
    return {"Authorization": f"Bearer {stack.audit_token}"}


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
