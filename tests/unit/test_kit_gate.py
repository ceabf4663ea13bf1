"""The gate knows what is being served, so that nobody takes the books while a service still works."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from services.kit import gate as gates
from services.kit.gate import Gate
from services.kit.serve import connections_waiting


def _request(path: str) -> Scope:
    return {"type": "http", "method": "POST", "path": path, "headers": []}


async def _gone() -> Message:
    return {"type": "http.disconnect"}


async def _nowhere(_message: Message) -> None:
    return None


@pytest.mark.parametrize(("path", "counted"), [("/api/polls", 1), ("/backlog", 0), ("/export/calls", 0)])
def test_what_is_served_counts_until_it_ends_though_its_client_has_gone(path: str, counted: int) -> None:
    """A poller that gave up leaves a request behind that still calls other systems; looking at books is none."""

    async def story() -> None:
        go_on = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, _send: Send) -> None:
            await go_on.wait()

        gate = Gate(slow, max_body_bytes=100)
        served = asyncio.create_task(gate(_request(path), _gone, _nowhere))
        await asyncio.sleep(0)
        assert gate.under_way == counted
        go_on.set()
        await served
        assert gate.under_way == 0

    asyncio.run(story())


def test_a_request_that_fails_is_no_longer_counted() -> None:
    """Otherwise one failure would make every later settling wait for nothing."""

    async def story() -> None:
        async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise RuntimeError("as planned")

        gate = Gate(broken, max_body_bytes=100)
        with pytest.raises(RuntimeError, match="as planned"):
            await gate(_request("/api/polls"), _gone, _nowhere)
        assert gate.under_way == 0

    asyncio.run(story())


def test_connections_that_nobody_has_taken_yet_are_counted() -> None:
    """Clients that gave up in the kernel's queue are still served later, and may still cause calls."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listener, ExitStack() as clients:
        assert connections_waiting(listener) == 0
        for _ in range(3):
            clients.enter_context(socket.create_connection(listener.getsockname()))
        assert connections_waiting(listener) == 3
        listener.accept()[0].close()
        assert connections_waiting(listener) == 2


def _answers() -> tuple[list[Message], Send]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    return sent, send


def test_past_its_bound_a_client_is_told_to_come_again_at_once_and_systems_are_let_through() -> None:
    """Who is refused at once costs little; who waits until it gives up costs its whole request and comes again."""

    async def story() -> None:
        go_on = asyncio.Event()
        served: list[str] = []

        async def slow(scope: Scope, _receive: Receive, _send: Send) -> None:
            await go_on.wait()
            served.append(scope["path"])

        gate = Gate(slow, max_body_bytes=100, most_under_way=2)
        waiting = [asyncio.create_task(gate(_request("/api/dossiers"), _gone, _nowhere)) for _ in range(2)]
        await asyncio.sleep(0)
        sent, send = _answers()
        await gate(_request("/api/dossiers"), _gone, send)
        headers = dict(sent[0]["headers"])
        assert (sent[0]["status"], headers[b"retry-after"]) == (503, b"1")
        assert b'"title":"busy"' in sent[1]["body"]
        assert gate.under_way == 2
        begun = [asyncio.create_task(gate(_request(path), _gone, _nowhere)) for path in ("/lgsp/x", "/backlog")]
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(*waiting, *begun)
        assert sorted(served) == ["/api/dossiers", "/api/dossiers", "/backlog", "/lgsp/x"]

    asyncio.run(story())


def test_turning_clients_away_costs_no_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where lines go to a collector, one for each of thousands that come again and again is load upon overload."""
    monkeypatch.setattr(gates, "_TELL_EVERY_SECONDS", 3600.0)  # however long a busy machine takes for them

    async def story() -> None:
        go_on = asyncio.Event()

        async def slow(_scope: Scope, _receive: Receive, _send: Send) -> None:
            await go_on.wait()

        gate = Gate(slow, max_body_bytes=100, most_under_way=1)
        waiting = asyncio.create_task(gate(_request("/api/dossiers"), _gone, _nowhere))
        await asyncio.sleep(0)
        with structlog.testing.capture_logs() as said:
            for _ in range(100):
                await gate(_request("/api/dossiers"), _gone, _nowhere)
        assert [(one["event"], one["requests"], one["under_way"]) for one in said] == [("turned-away", 1, 1)]
        go_on.set()
        await waiting

    asyncio.run(story())
