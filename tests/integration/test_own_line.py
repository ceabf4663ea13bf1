"""Clients on lines of their own, as systems meet them: far away, narrow, each with connections of their own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop
from load_stand_in import StandIn, journey, plan_of, stack_of

from loadtests.answers import Answer
from loadtests.drive import DriveError, drive
from loadtests.generator_summary import FILE
from loadtests.operations.operation import Request
from loadtests.swift.hub import Hub
from loadtests.swift.own_line import OwnLine
from loadtests.swift.wire import Wire
from simulation import journal as journals
from simulation import plan as plans
from simulation.client_lines import ClientLine, Losses

WIDE = ClientLine(name="wide", share=1.0, round_trip_ms=0, down_kbit=1e6, up_kbit=1e6, source="test")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def line(**other: float) -> ClientLine:
    """A wide and near line but for what is said."""
    return msgspec.structs.replace(WIDE, **other)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30.0)

        def serve() -> None:
            with listener.accept()[0] as connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def answered(content: bytes = OK, *, times: int = 1) -> Callable[[socket.socket], None]:
    """Answer so many requests with the same, then wait until the client hangs up."""

    def behave(connection: socket.socket) -> None:
        for _ in range(times):
            connection.recv(65536)
            connection.sendall(content)
        assert connection.recv(1) == b"", "the visit's end closes its connections"

    return behave


def sent(
    over: ClientLine, *requests: Request, timeout: float = 30.0, journey: str = ""
) -> tuple[list[Answer], float, int]:
    """Send one after the other over one client's line; returns answers, seconds they took, connections."""

    async def go() -> tuple[list[Answer], float, int]:
        loop = asyncio.get_running_loop()
        hub = Hub(loop)
        wire = Wire(hub, timeout=timeout)
        done: asyncio.Future[list[Answer]] = loop.create_future()
        own = OwnLine(wire, over, journey)
        began = loop.time()
        hub.spawn(lambda: done.set_result([own.send(request, {}) for request in requests]))
        answers = await done
        took = loop.time() - began
        own.close()
        await asyncio.sleep(0)
        return answers, took, wire.connections

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(go())


def test_a_far_client_waits_a_round_trip_to_connect_and_one_for_each_answer() -> None:
    """Two requests 50 ms away over one kept connection: three round trips at least."""
    with server(answered(times=2)) as origin:
        answers, took, connections = sent(line(round_trip_ms=50), *[Request("GET", origin, "/", b"")] * 2)
    assert [answer.status for answer in answers] == [200, 200]
    assert took >= 0.149
    assert connections == 1


def test_a_body_trickles_up_no_faster_than_the_line() -> None:
    """30 KB at 30 KB a second; the system has the head long before the end, and the whole unchanged."""
    body = bytes(range(256)) * 120
    moments: list[float] = []
    heard = bytearray()

    def behave(connection: socket.socket) -> None:
        while len(heard.partition(b"\r\n\r\n")[2]) < len(body):
            heard.extend(connection.recv(65536))
            moments.append(time.monotonic())
        connection.sendall(OK)

    with server(behave) as origin:
        [answer], took, _ = sent(line(up_kbit=240), Request("POST", origin, "/scan", body))
    assert answer.status == 200
    assert heard.partition(b"\r\n\r\n")[2] == body
    assert took >= 0.99
    assert moments[-1] - moments[0] >= 0.2


def test_an_answer_comes_down_no_faster_than_the_line_though_patience_is_shorter() -> None:
    """200 KB at 100 KB a second take 2 s; 1 s of patience is with silence, and here something always comes."""
    whole = b"x" * 200_000
    content = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + whole
    with server(answered(content)) as origin:
        [answer], took, _ = sent(line(down_kbit=800), Request("GET", origin, "/", b""), timeout=1.0)
    assert (answer.status, answer.body == whole) == (200, True)
    assert took >= 1.99


LOSSY = line(loss=0.45, up_kbit=40)  # 250 bytes a piece


def losing(place: int) -> str:
    """A journey whose line loses just one thing, once: the opening, one of two pieces up, or the piece down."""
    wanted = [0.0] * 4
    wanted[place] = 0.2 if place else 1.0
    for number in count():
        drawn = Losses(LOSSY, f"browse-{number}")
        if [drawn.late(opening=not each) for each in range(4)] == wanted:
            return f"browse-{number}"
    raise AssertionError


@pytest.mark.parametrize(
    ("place", "since", "until"),
    [(0, "asked", "accepted"), (1, "accepted", "first"), (2, "first", "answered"), (3, "answered", "over")],
    ids=["opening", "first piece", "second piece", "answer"],
)
def test_what_is_lost_comes_late_where_it_was_lost(place: int, since: str, until: str) -> None:
    """A request of two pieces and its answer: whole in the end, and the pause is where the other side feels it."""
    body = bytes(range(256))
    heard = bytearray()
    moments = {"asked": time.monotonic()}

    def behave(connection: socket.socket) -> None:
        moments["accepted"] = time.monotonic()
        while len(heard.partition(b"\r\n\r\n")[2]) < len(body):
            heard.extend(connection.recv(65536) or pytest.fail("hung up"))
            moments.setdefault("first", time.monotonic())
        moments["answered"] = time.monotonic()
        connection.sendall(OK)

    with server(behave) as origin:
        [answer], _, _ = sent(LOSSY, Request("POST", origin, "/scan", body), journey=losing(place))
        moments["over"] = time.monotonic()
    assert (answer.status, answer.body) == (200, b"ok")
    assert heard.partition(b"\r\n\r\n")[2] == body
    assert moments[until] - moments[since] >= 0.19


@pytest.mark.parametrize(
    ("behave", "why"),
    [
        (lambda connection: connection.recv(1 << 16) and connection.recv(1), "timeout"),
        (lambda connection: connection.recv(1 << 16), "connection-lost"),
        (
            lambda connection: (
                connection.recv(1 << 16) and connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            ),
            "broken-answer",
        ),
    ],
    ids=["silent", "hangs up", "half a body"],
)
def test_an_answer_that_does_not_come_is_told_on_a_slow_line_too(
    behave: Callable[[socket.socket], Any], why: str
) -> None:
    """In the same words as for everybody."""
    with server(behave) as origin:
        patience = 0.3 if why == "timeout" else 30.0
        [answer], _, _ = sent(line(round_trip_ms=20), Request("GET", origin, "/", b""), timeout=patience)
    assert (answer.status, answer.why) == (0, why)


def test_each_visitor_of_a_plan_comes_over_connections_of_their_own(tmp_path: Path) -> None:
    """Ten people, two looks each: ten connections. Locust's own workers know no lines, and say so."""
    walk = [
        journey(f"browse-{number}", (number / 20, "portal.home", {}), (number / 20 + 0.1, "portal.home", {}))
        for number in range(10)
    ]
    walk = [
        msgspec.structs.replace(one, steps=tuple(msgspec.structs.replace(step, actor="citizen") for step in one.steps))
        for one in walk
    ]
    plan = plan_of(walk, tmp_path, seconds=1.0)
    plans.save(msgspec.structs.replace(plans.load(plan), client_lines=(line(round_trip_ms=20),)), plan)
    with StandIn() as province:
        stack = stack_of(province.origin, tmp_path)
        drive(plan=plan, stack=stack, journal=tmp_path / "journal", workers=1)
        with pytest.raises(DriveError, match="--generator swift"):
            drive(plan=plan, stack=stack, journal=tmp_path / "other", workers=1, generator="locust")
    told = msgspec.json.decode((tmp_path / "journal" / FILE).read_bytes())
    seen = journals.read(tmp_path / "journal").observations
    assert len(seen) == 20
    assert told["workers"][0]["connections"] == 10
    assert min(one.end - one.start for one in seen) >= 0.018
