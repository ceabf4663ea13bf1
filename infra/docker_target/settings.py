"""What the Docker program is given."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from infra.docker_target.layout import Layout


class Restore(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that the stack begins with."""

    folder: str  #: what `Placement.backup` was
    until: str = ""  #: a point in time (ISO 8601 with its zone); empty: everything that had arrived


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate authority (CA) of the stack's own; a rotation makes the next one."""

    number: int
    since: str  #: date, ISO 8601


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Which certificates are in use between zones. They derive from the master secret (certificates.py)."""

    since: str  #: date on which the servers' certificates were issued, ISO 8601
    issuer: int  #: number of the authority that issues
    trusted: tuple[Issuer, ...]


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the master secret."""

    stack: str  #: name of the stack, before every name in the Docker engine
    layout: Layout
    ports: Mapping[str, int]  #: service → port on 127.0.0.1
    reference: str  #: folder of docs/reference-data.md
    runtime: str  #: tag of the image that gateways and PostgreSQL run
    services: str  #: tag of the image that services run
    releases: Mapping[str, str] = {}  #: service → tag of another image that it runs instead
    clock: str = ""  #: folder whose clock.json is the official clock; empty: the machine's time
    backup: str = ""  #: folder on this machine that receives every change; empty: no backup
    restore: Restore | None = None
    #: A database server without data copies the other one; none may begin a cluster of its own any more.
    failed_over: bool = False
    tls: Tls | None = None  #: None: what is said between zones is not encrypted
    ready_within_seconds: int = 300  #: a bound for a very busy machine; 15 s are usual

    def release(self, service: str) -> str:
        """Tag of the image that a service runs."""
        return self.releases.get(service, self.services)

    @property
    def logs_to(self) -> str:
        """Where the Docker engine sends what the containers say, host:port."""
        address, port = self.layout.logs_at
        return f"{address}:{port}"

    def public_url(self, service: str) -> str:
        """How a service is reached from this machine."""
        return f"http://127.0.0.1:{self.ports[service]}"
