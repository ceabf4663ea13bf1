"""The load's HTTP clients against servers that misbehave. Every attempt is one request, and no answer is an answer."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from swift_client import SwiftClient

from loadtests.operations.operation import Request
from loadtests.wire_client import WireClient

#: The client of Locust's own workers, and that of ours.
CLIENTS = [WireClient, SwiftClient]
Client = type[WireClient] | type[SwiftClient]
each_client = pytest.mark.parametrize("client_class", CLIENTS, ids=["gevent", "swift"])

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def server(
    *behaviours: Callable[[socket.socket], None], hung_up: threading.Event | None = None
) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection after the other, each with the next behaviour; keeps what came in."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30.0)  # nobody comes: the test fails instead of waiting
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


@each_client
def test_a_request_goes_out_as_the_wire_wants_it(client_class: Client) -> None:
    """Method, target, length and the headers handed in; Vietnamese bodies as UTF-8."""
    with server(answer(OK)) as (origin, heard), closing(client_class()) as client:
        request = Request("POST", origin, "/api/dossiers", '{"q":"đất"}'.encode())
        got = client.send(request, {"Idempotency-Key": "k-1"})
    assert (got.status, got.body, got.why) == (200, b"ok", "")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/dossiers HTTP/1.1\r\n")
    assert b"\r\nIdempotency-Key: k-1" in head
    assert b"\r\nContent-Length: 14" in head
    assert body.decode() == '{"q":"đất"}'


@each_client
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
    behaviour: Callable[[socket.socket], None], why: str, client_class: Client
) -> None:
    """Even a read is sent once only: the second attempt is the walker's, and in the journal."""
    patience = 0.3 if why == "timeout" else 30.0
    with server(behaviour) as (origin, heard), closing(client_class(timeout=patience)) as client:
        got = client.send(get(origin), {})
    assert (got.status, got.body, got.why) == (0, b"", why)
    assert len(heard) == 1


@each_client
def test_nobody_at_the_address_is_told_as_that(client_class: Client) -> None:
    """A service that is down refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        origin = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with closing(client_class()) as client:
        assert client.send(get(origin), {}).why == "connection-refused"


@each_client
def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(client_class: Client) -> None:
    """The next request takes a fresh connection, instead of being lost on a dead one."""
    hung_up = threading.Event()
    with server(answer(OK), answer(OK), hung_up=hung_up) as (origin, heard), closing(client_class()) as client:
        first = client.send(get(origin), {})
        hung_up.wait()
        second = client.send(get(origin), {})
    assert (first.status, second.status) == (200, 200)
    assert len(heard) == 2


@each_client
def test_ten_megabytes_go_both_ways_unchanged(client_class: Client) -> None:
    """A scan is sent, and a document fetched, of the size that the hub still takes."""
    scan = np.random.default_rng(8).bytes(10_000_000)

    def echo(line: socket.socket) -> None:
        whole = heard[0]
        while len(whole) < whole.find(b"\r\n\r\n") + 4 + len(scan):
            whole += line.recv(1 << 20)
        body = whole.partition(b"\r\n\r\n")[2]
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with server(echo) as (origin, heard), closing(client_class()) as client:
        got = client.send(Request("POST", origin, "/scan", scan), {})
    assert got.status == 200
    assert got.body == scan


@each_client
def test_a_chunked_answer_is_put_together(client_class: Client) -> None:
    """What a system streams arrives whole."""
    content = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with server(answer(content)) as (origin, _), closing(client_class()) as client:
        assert client.send(get(origin), {}).body == b"abcde"


def test_a_connection_is_kept_for_the_next_request() -> None:
    """Two requests to one system, one after the other, share a connection."""

    def twice(line: socket.socket) -> None:
        line.sendall(OK)
        line.recv(65536)
        line.sendall(OK)

    with server(twice) as (origin, _), closing(SwiftClient()) as client:
        assert [client.send(get(origin), {}).status for _ in range(2)] == [200, 200]
        assert client.wire.connections == 1


@each_client
def test_a_certificate_that_nobody_vouches_for_is_refused(client_class: Client, tmp_path: Path) -> None:
    """Over TLS the other side has to prove who it is; a stranger gets no request."""
    with tls_server(tmp_path) as origin, closing(client_class()) as client:
        got = client.send(get(origin), {})
    assert (got.status, got.why) == (0, "network-SSLCertVerificationError")


def test_an_answer_comes_over_tls(tmp_path: Path) -> None:
    """With an authority that vouches for it, the same server answers."""
    with tls_server(tmp_path) as origin:
        trust = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
        with closing(SwiftClient(authorities=trust)) as client:
            assert client.send(get(origin), {}).body == b"ok"


@contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """Serve one connection over TLS with a fresh certificate for 127.0.0.1 that certifies itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30.0)

        def serve() -> None:
            with suppress(OSError), listener.accept()[0] as line, context.wrap_socket(line, server_side=True) as secure:
                secure.recv(65536)
                secure.sendall(OK)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()
