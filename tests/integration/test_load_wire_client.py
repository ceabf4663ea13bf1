"""The load's HTTP client against servers that misbehave. Every attempt is one request, and no answer is an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from loadtests.operations.operation import Request
from loadtests.wire_client import WireClient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(
    *behaviours: Callable[[socket.socket], None], hung_up: threading.Event | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection after the other, each with the next behaviour; keeps what came in."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5.0)  # nobody comes: the test fails instead of waiting
    heard: list[bytes] = []

    def serve() -> None:
        for behave in behaviours:
            try:
                line = listener.accept()[0]
            except TimeoutError:
                return
            with line:
                heard.append(line.recv(65536))
                behave(line)
            if hung_up is not None:
                hung_up.set()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    thread.join()
    listener.close()


def answer(content: bytes) -> Callable[[socket.socket], None]:
    """Send and hang up."""
    return lambda line: line.sendall(content)


def hang(line: socket.socket) -> None:
    """Wait until the client gives up."""
    line.recv(1)


def get(origin: str) -> Request:
    """A read."""
    return Request("GET", origin, "/", b"")


def test_a_request_goes_out_as_the_wire_wants_it() -> None:
    """Method, target, length and the headers handed in; Vietnamese bodies as UTF-8."""
    with server(answer(OK)) as (origin, heard), closing(WireClient()) as client:
        request = Request("POST", origin, "/api/dossiers", '{"q":"đất"}'.encode())
        got = client.send(request, {"Idempotency-Key": "k-1"})
    assert (got.status, got.body, got.why) == (200, b"ok", "")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/dossiers HTTP/1.1\r\n")
    assert b"\r\nIdempotency-Key: k-1" in head
    assert b"\r\nContent-Length: 14" in head
    assert body.decode() == '{"q":"đất"}'


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (lambda _line: None, "connection-lost"),
        (answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "broken-answer"),
        (answer(b"HTTP/1.1 200 OK\r\nContent-"), "broken-answer"),
        (answer(b"SSH-2.0-OpenSSH\r\n\r\n"), "broken-answer"),
        (hang, "timeout"),
    ],
    ids=["hangs up", "half a body", "half a head", "another protocol", "silent"],
)
def test_an_answer_that_does_not_come_is_told_and_not_tried_again_in_secret(
    behaviour: Callable[[socket.socket], None], why: str
) -> None:
    """Even a read is sent once only: the second attempt is the walker's, and in the journal."""
    with server(behaviour) as (origin, heard), closing(WireClient(timeout=0.3)) as client:
        got = client.send(get(origin), {})
    assert (got.status, got.body, got.why) == (0, b"", why)
    assert len(heard) == 1


def test_nobody_at_the_address_is_told_as_that() -> None:
    """A service that is down refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert WireClient().send(get(origin), {}).why == "connection-refused"


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again() -> None:
    """The next request takes a fresh connection, instead of being lost on a dead one."""
    hung_up = threading.Event()
    with server(answer(OK), answer(OK), hung_up=hung_up) as (origin, heard), closing(WireClient()) as client:
        first = client.send(get(origin), {})
        hung_up.wait()
        second = client.send(get(origin), {})
    assert (first.status, second.status) == (200, 200)
    assert len(heard) == 2
