"""What is made scarce on purpose in a real service on a real PostgreSQL is watched, and named for what it is."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from running_service import AUDIT_TOKEN, PASSCODE_KEY, Running
from small_province import COMMUNE, account

from infra.stack import Stack
from loadtests import planted
from loadtests.watch import Watch
from verification.capacity.bottleneck import Suspect, suspects
from verification.capacity.sights import read

Place = Callable[..., Running]

_CLIENTS = 20  # more than a service has connections; each sends its next request once the last one is answered
_LOOKS = 12
_SEED = 5


@pytest.fixture(scope="module")
def office(place: Place) -> Running:
    """A one-stop as ever."""
    return place("onestop")


@pytest.mark.parametrize("kind", ["lock", "slow-query"])
def test_what_is_planted_in_the_database_is_named_with_its_statement(
    office: Running, kind: str, tmp_path: Path
) -> None:
    """The pool is full in both cases, and is not what is named first."""
    first = _first_suspect(office, kind, tmp_path)
    assert first.kind == kind
    assert first.service in office.settings["DATABASE_URL"]
    assert any("INSERT INTO request" in told.vi for told in first.evidence)


def test_a_pool_of_one_is_named_where_its_statements_are_short(place: Place, tmp_path: Path) -> None:
    """A far database costs each write 25 ms: harmless with sixteen connections, the limit with one."""
    bottleneck = planted.parse("pool:onestop")
    first = _first_suspect(place("onestop", **bottleneck.settings), "pool", tmp_path)
    assert (first.kind, first.service) == ("pool", "onestop")


def _first_suspect(office: Running, kind: str, folder: Path) -> Suspect:
    stack = Stack(
        name="one service",
        target="test",
        province="small",
        era="2018",
        endpoints={"onestop": office.url},
        audit_token=AUDIT_TOKEN,
        passcode_key=PASSCODE_KEY,
        certificate_authority="",
        databases={"onestop": office.settings["DATABASE_URL"]},
    )
    token = office.sign_in(account("reception_clerk", COMMUNE))
    with planted.parse(f"{kind}:onestop").acting(stack), Watch(stack, folder, chance=np.random.default_rng(_SEED)):
        asyncio.run(_crowd(office.url, token, folder / "watch.ndjson"))
    return suspects(read(folder))[0]


async def _crowd(url: str, token: str, seen: Path) -> None:
    """Keep the service busy until it has been looked at often enough."""
    over = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        clients = [asyncio.create_task(_client(session, url, token, over)) for _ in range(_CLIENTS)]
        while sum(b"INSERT INTO request" in look for look in _lines(seen)) < _LOOKS:  # noqa: ASYNC110 -- a thread writes it
            await asyncio.sleep(0.1)
        over.set()
        await asyncio.gather(*clients)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


async def _client(session: aiohttp.ClientSession, url: str, token: str, over: asyncio.Event) -> None:
    while not over.is_set():
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        async with session.post(f"{url}/api/dossiers/none/acceptance", headers=headers) as answer:
            assert answer.status == 404  # it took its key first, as every write does
