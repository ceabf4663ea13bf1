"""What is said between zones: who proves who he is, to whom, and that it goes on while the authority changes."""

from __future__ import annotations

import json

import pytest
from docker.models.containers import Container
from standing_docker import Standing
from test_changes import asking

from infra.blueprint import DATABASE
from infra.docker_target.layout import port_of

pytestmark = pytest.mark.needs("docker", "pulumi")
#: Calls a server from inside a container, trusting what is in a file; prints the issuer, or why it did not believe.
_CALL = """
import json, socket, ssl, sys
host, port, trusted, name = json.loads(sys.argv[1])
with socket.create_connection((host, port), timeout=5) as plain:
    try:
        context = ssl.create_default_context(cafile=trusted or None)
        with context.wrap_socket(plain, server_hostname=name) as line:
            issuer = dict(part[0] for part in line.getpeercert()["issuer"])["commonName"]
            print(json.dumps([line.version(), issuer]))
    except ssl.SSLError as error:
        print(json.dumps([type(error).__name__, ""]))
"""
#: Asks in the clear, as somebody would who listens for an answer in the clear; prints what came.
_IN_THE_CLEAR = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as plain:
    plain.sendall(bytes.fromhex(sys.argv[3]))
    try:
        print(plain.recv(100).hex())
    except OSError:
        print()
"""
_HTTP = b"GET /ready HTTP/1.0\r\n\r\n".hex()
_PORTAL_SPEAKS = b"\x00\x00\x00\x24\x00\x03\x00\x00user\x00portal\x00database\x00portal\x00\x00".hex()


def _authority(standing: Standing) -> str:
    tls = standing.runner.orders.placement.tls
    assert tls is not None
    return f"Tỉnh Mẫu CA {tls.issuer}"


def _call(container: Container, host: str, port: int, *, trusted: str = "", name: str = "") -> tuple[str, str]:
    done = container.exec_run(["python3", "-P", "-c", _CALL, json.dumps([host, port, trusted, name or host])])
    assert done.exit_code == 0, done.output
    version, issuer = json.loads(done.output)
    return version, issuer


def _in_the_clear(container: Container, host: str, port: int, words: str) -> bytes:
    done = container.exec_run(["python3", "-P", "-c", _IN_THE_CLEAR, host, str(port), words])
    assert done.exit_code == 0, done.output
    return bytes.fromhex(done.output.decode().strip())


@pytest.mark.parametrize(("source", "destination"), [("portal", "lgsp"), ("lgsp", "portal"), ("portal", DATABASE)])
def test_a_gateway_proves_who_it_is_and_says_nothing_in_the_clear(
    standing: Standing, source: str, destination: str
) -> None:
    """By the stack's own authority, under the name that was called; without knowing it, nobody believes the gateway."""
    (caller,) = standing.containers(source)
    port = port_of(standing.blueprint, destination)
    own = "/etc/tinhmau/authority.pem"

    assert _call(caller, destination, port, trusted=own) == ("TLSv1.3", _authority(standing))
    assert _call(caller, destination, port, trusted=own, name="elsewhere")[0] == "SSLCertVerificationError"
    assert _call(caller, destination, port, trusted="/etc/ssl/certs/ca-certificates.crt")[0] == (
        "SSLCertVerificationError"
    )
    answer = _in_the_clear(caller, destination, port, _PORTAL_SPEAKS if destination == DATABASE else _HTTP)
    assert not answer.startswith((b"HTTP", b"R", b"E")), answer


def test_the_authority_is_changed_while_people_work(standing: Standing) -> None:
    """In the end only the next one is trusted; gateways and database are the same, and people are answered."""
    gateways = {one.id for zone in ("dmz", "data") for one in standing.containers(f"{zone}-gateway")}
    before, first = {one.id for one in standing.containers(DATABASE)}, _authority(standing)

    with asking(standing.stack.endpoints["portal"]) as answers:
        standing.target.rotate(standing.stack)

    (portal,) = standing.containers("portal")
    assert _call(portal, "lgsp", port_of(standing.blueprint, "lgsp"), trusted="/etc/tinhmau/authority.pem") == (
        "TLSv1.3",
        _authority(standing),
    )
    assert _authority(standing) != first
    assert portal.exec_run(["grep", "-c", "BEGIN CERTIFICATE", "/etc/tinhmau/authority.pem"]).output.strip() == b"1"
    assert {one.id for one in standing.containers(DATABASE)} == before
    assert {row.state for row in standing.target.status(standing.stack)} == {"ready"}
    assert standing.changes() == {}
    assert {one.id for zone in ("dmz", "data") for one in standing.containers(f"{zone}-gateway")} == gateways
    assert answers["200"] >= 0.9 * answers.total(), answers
