"""A service that answers late holds up no look at the others, and is heard of once it has answered."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

from loadtests.watch import Pressures

_METRICS = "http_requests_under_way 7.0\n"


def test_who_answers_late_is_in_a_later_look() -> None:
    """It is asked once until then: a service that is too busy to answer is not asked more and more."""
    asyncio.run(_scene())


async def _scene() -> None:
    asked, answers = 0, asyncio.Event()

    async def quick(_request: web.Request) -> web.Response:
        return web.Response(text=_METRICS)

    async def late(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await answers.wait()
        return web.Response(text=_METRICS)

    app = web.Application()
    app.add_routes([web.get("/quick/metrics", quick), web.get("/late/metrics", late)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with aiohttp.ClientSession() as session:
            pressures = Pressures(session, {name: f"{_origin(runner)}/{name}" for name in ("late", "quick")})
            heard = 0
            while heard < 3:
                look = await pressures.look()
                assert "late" not in look
                heard += "quick" in look
            assert asked == 1
            answers.set()
            while "late" not in (look := await pressures.look()):
                pass
            assert look["late"] == {"http_requests_under_way": 7.0}
            assert asked == 1
    finally:
        await runner.cleanup()


def _origin(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
