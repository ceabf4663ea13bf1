"""The LGSP's connections to providers, against small servers that behave well and badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from services.lgsp import passing
from services.lgsp.passing import Passed, Provider

GOOD = b"HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
PIECES = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def provider(behave: Behaviour) -> AsyncIterator[tuple[Provider, list[int]]]:
    """Serve connections with `behave`; the list counts them."""
    opened: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(len(opened) + 1)
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Provider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield made, opened
    finally:
        made.close()
        server.close()
        await server.wait_closed()


def answering(*answers: bytes) -> Behaviour:
    """Answer one request after the other, then close."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            writer.write(answer)
            await writer.drain()

    return behave


async def ask(to: Provider, *, seconds: float = 5) -> Passed:
    """Send a small request."""
    return await to.ask(b"POST", b"/lgsp/x?a=1", b"X-Call-Id: 1\r\n", b"{}", seconds=seconds)


async def test_a_connection_serves_many_calls() -> None:
    """Status, type and body come back, and no second connection is opened for the second call."""
    async with provider(answering(GOOD, GOOD, LAST)) as (national, opened):
        answers = [await ask(national), await ask(national)]
    assert answers == [Passed(201, b"text/plain", b"ok")] * 2
    assert opened == [1]


async def test_an_answer_in_pieces_is_put_together() -> None:
    """Chunked answers arrive whole."""
    async with provider(answering(PIECES, LAST)) as (national, _):
        assert (await ask(national)).body == b"abcde"


async def test_calls_at_the_same_time_do_not_share_a_connection() -> None:
    """Answers cannot be mixed up."""
    async with provider(answering(GOOD)) as (national, opened):
        await asyncio.gather(ask(national), ask(national), ask(national))
    assert opened == [1, 2, 3]


@pytest.mark.parametrize("answer", [LAST, GOOD], ids=["announced", "without a word"])
async def test_a_provider_may_close_a_connection_between_calls(answer: bytes) -> None:
    """The next call opens another one."""
    async with provider(answering(answer)) as (national, opened):
        await ask(national)
        await asyncio.sleep(0)
        while national._idle and national._idle[-1].reusable:  # noqa: ASYNC110 -- news of a socket is no event
            await asyncio.sleep(0.001)
        assert (await ask(national)).body == b"ok"
    assert opened == [1, 2]


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"SSH-2.0-OpenSSH\r\n\r\n"],
    ids=["silence", "half an answer", "not HTTP"],
)
async def test_a_provider_that_breaks_off_is_out_of_reach(answer: bytes) -> None:
    """OSError, and the broken connection is never used again."""
    async with provider(answering(answer)) as (national, _):
        with pytest.raises(OSError, match=r".+"):
            await ask(national)
        assert not national._idle


async def test_a_provider_that_does_not_answer_in_time_is_given_up() -> None:
    """TimeoutError, and its late answer reaches nobody else."""
    late = asyncio.Event()

    async def behave(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        await late.wait()

    async with provider(behave) as (national, _):
        with pytest.raises(TimeoutError):
            await ask(national, seconds=0.05)
        assert not national._idle
        late.set()


async def test_nobody_listening_is_out_of_reach() -> None:
    """OSError at once."""
    async with provider(answering()) as (national, _):
        pass
    with pytest.raises(OSError, match=r".+"):
        await ask(national)


HINTS = b"HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\n\r\n"


async def test_words_before_the_answer_are_not_the_answer() -> None:
    """1xx answers may come before the one that counts (RFC 9110, section 15.2)."""
    async with provider(answering(HINTS + HINTS + GOOD, HINTS + PIECES)) as (national, opened):
        assert await ask(national) == Passed(201, b"text/plain", b"ok")
        assert await ask(national) == Passed(200, b"application/json", b"abcde")
    assert opened == [1]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
    ids=["no status", "another protocol"],
)
async def test_what_cannot_be_passed_on_is_no_answer(answer: bytes) -> None:
    """Its caller could not be told."""
    async with provider(answering(answer)) as (national, _):
        with pytest.raises(OSError, match=r".+"):
            await ask(national)
        assert not national._idle


async def test_an_answer_may_end_with_its_connection() -> None:
    """Neither length nor pieces are told (RFC 9112, section 6.3): older servers answer so."""
    async with provider(answering(b"HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n<a/>")) as (national, _):
        assert await ask(national) == Passed(200, b"text/xml", b"<a/>")
        assert not national._idle


async def test_a_second_answer_nobody_asked_for_does_not_become_the_next_calls() -> None:
    """It began to come with the first one; the rest of it would come when the next call waits."""
    second = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwr"

    async with provider(answering(GOOD + second, b"ong")) as (national, opened):
        assert (await ask(national)).body == b"ok"
        assert not national._idle
    assert opened == [1]


@pytest.mark.parametrize("endless", ["body", "head"])
async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, endless: str) -> None:
    """Before it fills the LGSP's memory."""
    monkeypatch.setattr(passing, "_MOST_ANSWER_BYTES", 1 << 20)
    written = 0

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"{}")
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        writer.write(head + (b"X: " if endless == "head" else b"\r\n40000000\r\n"))
        with suppress(ConnectionError):
            while written < 1 << 26:
                writer.write(b"a" * (1 << 16))
                written += 1 << 16
                await writer.drain()

    async with provider(behave) as (national, _):
        with pytest.raises(ConnectionError, match="longer than"):
            await ask(national, seconds=20)
        assert not national._idle
    assert written < 1 << 26


async def test_waiting_for_a_place_is_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that is full and does not answer costs its callers no more than the time of their contracts."""
    monkeypatch.setattr(passing, "_MOST_CONNECTIONS", 1)
    begun, end = asyncio.Event(), asyncio.Event()

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        begun.set()
        await end.wait()
        writer.write(GOOD)

    async with provider(behave) as (national, _):
        first = asyncio.create_task(ask(national, seconds=20))
        await begun.wait()
        second = asyncio.create_task(ask(national, seconds=0.05))
        await asyncio.wait([second], timeout=5)
        assert second.done()
        assert not first.done()
        with pytest.raises(TimeoutError):
            await second
        end.set()
        assert (await first).body == b"ok"
