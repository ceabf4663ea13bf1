"""The secret files of each server, brought over SSH through the administrators' host after `pulumi up`.

They are no part of user data. All values derive from the stack's one master secret, so nothing has to be stored twice
and the same stack gives the same files.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

import msgspec

from infra import tenants
from infra.blueprint import DATABASE, Blueprint, Workload
from infra.program.layout import Layout
from infra.program.openings import POSTGRESQL
from infra.program.userdata import PASSFILE, RCLONE_FILE, REGISTRY_FILE, ROLES_FILE, SECRETS_FILE

_MASTER = r"[0-9a-f]{64}"
_DISTINCT_DIGITS = 8


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """The credential with which backups go to object storage, and where to."""

    credential_id: str
    credential_secret: str
    auth_url: str
    region: str
    container: str


def weak(master: str) -> bool:
    """Whether a master secret is no 64 random hexadecimal digits: a default, a word, one digit over and over."""
    return not re.fullmatch(_MASTER, master) or len(set(master)) < _DISTINCT_DIGITS


def derive(master: str, name: str, holder: str) -> str:
    """One secret: 256 bits, URL-safe. `holder` is empty for a secret that all holders share."""
    digest = hmac.new(bytes.fromhex(master), f"{name}/{holder}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def secrets_of(blueprint: Blueprint, holder: str, master: str) -> dict[str, str]:
    """The secrets that the blueprint gives to this holder, by their names.

    A body's own workload speaks to the LGSP as the service that it runs, so it shares that one's LGSP secrets.
    """
    shared_with_service = {"lgsp_secret", "provider_secret"}
    found = {}
    for secret in blueprint.secrets:
        if holder in secret.holders:
            owner = tenants.service_of(holder) if secret.name in shared_with_service else holder
            found[secret.name] = derive(master, secret.name, "" if secret.shared else owner)
    return found


def files(
    layout: Layout, *, master: str, public_urls: Mapping[str, str], upload: Upload | None
) -> dict[str, dict[str, str]]:
    """Server → path → content. The bastion has none."""
    found: dict[str, dict[str, str]] = {}
    for workload in layout.blueprint.workloads:
        for number in range(workload.replicas.value):
            found[f"{workload.name}-{number}"] = (
                _database(layout, number, master, upload)
                if workload.kind == "database"
                else _service(layout, workload, master, public_urls[workload.name])
            )
    return found


def _service(layout: Layout, workload: Workload, master: str, public_url: str) -> dict[str, str]:
    given = secrets_of(layout.blueprint, workload.name, master)
    password = given.pop("database_password")
    (database,) = (one for one in layout.blueprint.databases if one.used_by == workload.name)
    server = f"{layout.addresses.replica(DATABASE, 0)}:{POSTGRESQL}"
    variables = {
        "PUBLIC_URL": public_url,
        "DATABASE_URL": f"postgresql://{database.role}:{password}@{server}/{database.name}?sslmode=require",
        **{name.upper(): value for name, value in given.items()},
    }
    made = {SECRETS_FILE: "".join(f"{name}={value}\n" for name, value in variables.items())}
    if workload.name == "lgsp":
        made[REGISTRY_FILE] = msgspec.json.encode({"systems": _registry(layout, master)}).decode()
    return made


def _registry(layout: Layout, master: str) -> dict[str, dict[str, str]]:
    """Every system that the LGSP knows, counterparts included: they are told their secrets by the province."""
    systems = {}
    for secret in layout.blueprint.secrets:
        if secret.name == "lgsp_secret":
            for holder in secret.holders:
                if not tenants.body_of(holder):
                    own = secrets_of(layout.blueprint, holder, master)
                    systems[holder] = {
                        "secret": own["lgsp_secret"],
                        "provider_secret": own["provider_secret"],
                        "url": layout.inner_url(holder),
                    }
    return systems


def _database(layout: Layout, number: int, master: str, upload: Upload | None) -> dict[str, str]:
    replication = derive(master, "replication_password", DATABASE)
    if number:
        primary = layout.addresses.replica(DATABASE, 0)
        return {PASSFILE: f"{primary}:{POSTGRESQL}:replication:replicator:{replication}\n"}
    statements = ["SET client_min_messages = warning;", *_role("replicator", replication, "LOGIN REPLICATION")]
    for database in layout.blueprint.databases:
        password = secrets_of(layout.blueprint, database.used_by, master)["database_password"]
        statements += _role(database.role, password, "LOGIN")
        make = f"CREATE DATABASE {database.name} OWNER {database.role}"
        statements.append(_unless(f"FROM pg_database WHERE datname = '{database.name}'", make))
        statements.append(f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC;")
    made = {ROLES_FILE: "\n".join(statements) + "\n"}
    if upload is not None:
        made[RCLONE_FILE] = _rclone(upload, derive(master, "backup_key", DATABASE))
    return made


def _role(name: str, password: str, abilities: str) -> list[str]:
    return [
        _unless(f"FROM pg_roles WHERE rolname = '{name}'", f"CREATE ROLE {name}"),
        f"ALTER ROLE {name} {abilities} PASSWORD '{password}';",
    ]


def _unless(there: str, statement: str) -> str:
    """For psql: run a statement where a query finds nothing. Names come from the blueprint, never from outside."""
    return f"SELECT '{statement}' WHERE NOT EXISTS (SELECT {there}) \\gexec"


def _rclone(upload: Upload, key: str) -> str:
    return f"""[storage]
type = swift
auth = {upload.auth_url}
application_credential_id = {upload.credential_id}
application_credential_secret = {upload.credential_secret}
region = {upload.region}

[encrypted]
type = crypt
remote = storage:{upload.container}
filename_encryption = off
directory_name_encryption = false
password = {obscured(key)}
"""


def obscured(password: str) -> str:
    """A password as rclone's files hold it: AES-CTR under a key that rclone publishes, so this hides nothing.

    The counter block is fixed by the password, so that the same stack gives the same file.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 -- only needed here

    block = hashlib.sha256(b"rclone counter block " + password.encode()).digest()[:16]
    encryptor = Cipher(algorithms.AES(_RCLONE_KEY), modes.CTR(block)).encryptor()
    hidden = encryptor.update(password.encode()) + encryptor.finalize()
    return base64.urlsafe_b64encode(block + hidden).decode().rstrip("=")


#: Published in rclone's source (fs/config/obscure): it keeps passwords from being read over a shoulder, no more.
_RCLONE_KEY = bytes.fromhex("9c935b48730a554d6bfd7c63c886a92bd390198eb8128afbf4de162b8b95f638")
