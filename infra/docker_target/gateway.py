"""Configuration of a zone's gateway (HAProxy): a listener for each door, a balanced backend for each workload."""

from __future__ import annotations

from infra.blueprint import DATABASE, Blueprint
from infra.docker_target.layout import GATEWAY_PORT, MANAGEMENT, OUTSIDE, POSTGRESQL_PORT, STANDBY, Gateway, port_of

#: Name under which a workload's replicas are found in its own network; the plain name is its gateway's everywhere.
REPLICAS = "{}-replica"
MOST_REPLICAS = 8
#: Name by which the gateway asks a database server whether it lets anybody in. No such role exists.
ASKING = "gateway"
#: Where certificates of the stack's own authorities are, in every container that calls somebody.
AUTHORITY = "/etc/tinhmau/authority.pem"
LINE_PORT = 5433  #: on 127.0.0.1 of a container whose programs reach the database by `line`
_TLS = " ssl crt /etc/tinhmau/server.pem ssl-min-ver TLSv1.3"

_RESOLVERS = """\
resolvers engine
  nameserver dns 127.0.0.11:53
  resolve_retries 2
  timeout resolve 500ms
  timeout retry 500ms
  hold valid 500ms
  hold nx 2s
  hold obsolete 2s
"""
_LINE = """\
global
  maxconn 64
  nbthread 1

{resolvers}
listen line
  mode tcp
  bind 127.0.0.1:{port}
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  server database {server} init-addr none resolvers engine resolve-prefer ipv4
"""

_HEAD = """\
global
  maxconn 4000
  nbthread 1
  log stdout format raw local0 notice

{resolvers}
defaults
  log global
  option dontlognull
  timeout connect 2s
  # A service that is slow is not gone: taking it out would turn late answers into none. One that has ended refuses the
  # connection, which is known at once.
  timeout check 10s
  timeout client 90s
  timeout server 90s
  retries 6
  option redispatch 1
  default-server init-addr none resolvers engine resolve-prefer ipv4 inter 1s fastinter 200ms fall 3 rise 1

frontend self
  mode http
  bind 127.0.0.1:{port}{management}
  monitor-uri /ready
  http-request use-service prometheus-exporter if {{ path /metrics }}
  http-request return status 404
"""


def configuration(gateway: Gateway, blueprint: Blueprint, *, standby: bool = False, tls: bool = False) -> str:
    """What HAProxy reads. It binds to exact addresses: a caller's network has nothing but the doors of that caller.

    With a standby, the database is whichever of the two servers lets people in. With `tls`, whoever comes from inside
    speaks TLS to the gateway.
    """
    here = gateway.addresses.get(MANAGEMENT, "")
    parts = [
        _HEAD.format(
            resolvers=_RESOLVERS, port=GATEWAY_PORT, management=f"\n  bind {here}:{GATEWAY_PORT}" if here else ""
        )
    ]
    for destination in dict.fromkeys(door.destination for door in gateway.doors):
        binds = [door for door in gateway.doors if door.destination == destination]
        addresses = [f"{door.address}:{door.port}{_TLS if tls and door.source != OUTSIDE else ''}" for door in binds]
        parts.append(_section(destination, addresses, blueprint, standby=standby))
    return "\n".join(parts)


def line() -> str:
    """What HAProxy reads in a container whose programs cannot speak TLS: it takes them to the database by it."""
    proof = f"ssl verify required ca-file {AUTHORITY} verifyhost {DATABASE} sni str({DATABASE})"
    return _LINE.format(resolvers=_RESOLVERS, port=LINE_PORT, server=f"{DATABASE}:{POSTGRESQL_PORT} {proof}")


def _section(destination: str, binds: list[str], blueprint: Blueprint, *, standby: bool) -> str:
    replicas, port = REPLICAS.format(destination), port_of(blueprint, destination)
    if destination == DATABASE:
        # A standby takes connections and refuses to talk: only PostgreSQL's own greeting tells the two apart.
        check = f"option pgsql-check user {ASKING}" if standby else "option tcp-check"
        ways: tuple[str, ...] = ("mode tcp", "timeout client 1h", "timeout server 1h", check, "option clitcpka")
        on_down = " on-marked-down shutdown-sessions"
    else:
        # Only a request that no server has seen is sent again; what may have been done is the client's to repeat. When
        # a client goes, its server is told so: one that is late would work for people who have left, and stay late.
        ways = ("mode http", "option httpchk GET /ready", "retry-on conn-failure", "option forwardfor",
                "option abortonclose", "balance leastconn")  # fmt: skip
        on_down = ""
    lines = [f"listen {destination}", *(f"  bind {bind}" for bind in binds), *(f"  {way}" for way in ways)]
    lines.append(f"  server-template {destination}- {MOST_REPLICAS} {replicas}:{port} check{on_down}")
    if destination == DATABASE and standby:
        lines.append(f"  server-template {STANDBY}- 1 {REPLICAS.format(STANDBY)}:{port} check{on_down}")
    return "\n".join(lines) + "\n"
