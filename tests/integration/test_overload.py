"""Past its limit a service keeps doing what it can, instead of working for clients that have gone."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable

import aiohttp
import asyncpg
import pytest
from running_service import Running
from small_province import COMMUNE, LAN, ONLINE, PEOPLE, account

Place = Callable[..., Running]

_WRITE_SECONDS = 0.1  # one connection: ten writes a second, whatever the machine
_ARRIVALS, _EVERY_SECONDS = 400, 0.02  # fifty a second for eight seconds: five times the limit
_PATIENCE_SECONDS = 2.0
_BOUND = 5  # the last one admitted waits for 0.5 s, on a busy machine somewhat longer


@pytest.fixture(scope="module")
def offices(place: Place) -> dict[str, Running]:
    """Two one-stops whose writes take a tenth of a second each, one after another: one bounded, one hardly."""
    made = {
        name: place("onestop", DATABASE_CONNECTIONS="1", MOST_UNDER_WAY=str(most))
        for name, most in (("bounded", _BOUND), ("open", 10_000))
    }
    for office in made.values():
        asyncio.run(_slow_down(office.settings["DATABASE_URL"]))
    return made


def test_five_times_its_limit_a_bounded_service_serves_twice_as_many_clients_in_time(
    offices: dict[str, Running],
) -> None:
    """Clients of the open one wait in its queue until they give up, and it does their work all the same."""
    tokens = {name: office.sign_in(account("reception_clerk", COMMUNE)) for name, office in offices.items()}

    async def story() -> dict[str, Counter[str]]:
        seen = await asyncio.gather(*(_crowd(office.url, tokens[name]) for name, office in offices.items()))
        return dict(zip(offices, seen, strict=True))

    seen = asyncio.run(story())
    assert seen["bounded"]["201"] >= 2 * seen["open"]["201"], seen
    assert seen["bounded"]["gone"] <= _ARRIVALS // 10, seen  # they were told at once, and could come again
    assert seen["open"]["gone"] >= _ARRIVALS // 2, seen


async def _slow_down(address: str) -> None:
    connection = await asyncpg.connect(address)
    await connection.execute(
        f"CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN PERFORM pg_sleep({_WRITE_SECONDS}); RETURN NEW; END $$; "
        f"CREATE TRIGGER slow BEFORE INSERT ON request FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    await connection.close()


async def _crowd(url: str, token: str) -> Counter[str]:
    """Send everybody off at their times, however the others fare; returns how many got which answer in time."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        begun = []
        for _ in range(_ARRIVALS):
            begun.append(asyncio.create_task(_client(session, url, token)))
            await asyncio.sleep(_EVERY_SECONDS)
        return Counter(await asyncio.gather(*begun))


async def _client(session: aiohttp.ClientSession, url: str, token: str) -> str:
    body = {
        "procedure": ONLINE,
        "applicant": {"personal_number": LAN, "full_name": PEOPLE[LAN]["full_name"]},
        "fee_cash": 8000,
        "delivery": "counter",
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
    patience = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    try:
        async with session.post(f"{url}/api/dossiers", json=body, headers=headers, timeout=patience) as answer:
            return str(answer.status)
    except TimeoutError:
        return "gone"
