"""Settings of a service, read once from the environment. docs/reference-data.md lists the variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec


class SettingsError(Exception):
    """The environment lacks what the service needs; the message names every missing variable."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a service listens, what it is given, and its secrets."""

    service: str
    listen: str  #: "fd:3" or "127.0.0.1:8080"
    public_url: str
    database_url: str
    reference_data: Path
    state_dir: Path
    clock_file: Path | None
    audit_token: str
    passcode_key: str
    token_key: str
    lgsp_url: str
    lgsp_secret: str
    provider_secret: str
    lgsp_registry: Path | None
    payment_secret: str
    tls_certificate: str = ""  #: PEM file; with it the service speaks TLS, and shows it where it calls the LGSP
    tls_key: str = ""
    tls_client_authority: str = ""  #: PEM file: whose certificates clients may show
    lgsp_authority: str = ""  #: PEM file: who vouches for the LGSP, where it speaks TLS
    object_store: str = ""  #: where large texts are kept (services/kit/objects.py); empty: in the database
    object_store_key: str = ""
    object_store_secret: str = ""
    database_connections: int = 16  #: that requests share
    audit_kept_days: int = 90  #: after which the LGSP removes calls from its audit
    most_under_way: int | None = None  #: requests of clients served at once; the gate's own bound otherwise


_NEEDED = (
    "SERVICE", "PUBLIC_URL", "DATABASE_URL", "REFERENCE_DATA", "STATE_DIR", "AUDIT_TOKEN", "PASSCODE_KEY", "TOKEN_KEY",
)  # fmt: skip


#: Optional texts: files of certificates and keys (services/kit/tls.py), object storage (services/kit/objects.py).
_TEXTS = (
    "TLS_CERTIFICATE", "TLS_KEY", "TLS_CLIENT_AUTHORITY", "LGSP_AUTHORITY",
    "OBJECT_STORE", "OBJECT_STORE_KEY", "OBJECT_STORE_SECRET",
)  # fmt: skip
#: Optional variables that hold whole numbers from 1, and the fields they set.
_NUMBERS = {
    "DATABASE_CONNECTIONS": "database_connections",
    "MOST_UNDER_WAY": "most_under_way",
    "AUDIT_KEPT_DAYS": "audit_kept_days",
}


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises SettingsError that names all that is missing, or is no number."""
    missing = [name for name in _NEEDED if not environment.get(name)]
    if not (environment.get("LISTEN_FD") or environment.get("LISTEN")):
        missing.append("LISTEN_FD or LISTEN")
    if bool(environment.get("TLS_CERTIFICATE")) != bool(environment.get("TLS_KEY")):
        missing.append("TLS_CERTIFICATE and TLS_KEY, both or none")
    if missing:
        message = f"missing environment variables: {', '.join(missing)}; see docs/reference-data.md"
        raise SettingsError(message)
    fd = environment.get("LISTEN_FD")
    return Settings(
        service=environment["SERVICE"],
        listen=f"fd:{fd}" if fd else environment["LISTEN"],
        public_url=environment["PUBLIC_URL"].rstrip("/"),
        database_url=environment["DATABASE_URL"],
        reference_data=Path(environment["REFERENCE_DATA"]),
        state_dir=Path(environment["STATE_DIR"]),
        clock_file=Path(environment["CLOCK_FILE"]) if environment.get("CLOCK_FILE") else None,
        audit_token=environment["AUDIT_TOKEN"],
        passcode_key=environment["PASSCODE_KEY"],
        token_key=environment["TOKEN_KEY"],
        lgsp_url=environment.get("LGSP_URL", "").rstrip("/"),
        lgsp_secret=environment.get("LGSP_SECRET", ""),
        provider_secret=environment.get("PROVIDER_SECRET", ""),
        lgsp_registry=Path(environment["LGSP_REGISTRY"]) if environment.get("LGSP_REGISTRY") else None,
        payment_secret=environment.get("PAYMENT_SECRET", ""),
        **_texts(environment),
        **_numbers(environment),
    )


def _texts(environment: Mapping[str, str]) -> dict[str, Any]:
    return {name.lower(): environment.get(name, "") for name in _TEXTS}


def _numbers(environment: Mapping[str, str]) -> dict[str, Any]:
    given = {name: environment[name] for name in _NUMBERS if environment.get(name)}
    wrong = [f"{name}={value!r}" for name, value in given.items() if not (value.isdecimal() and int(value) > 0)]
    if wrong:
        message = f"not a whole number from 1: {', '.join(wrong)}; see docs/reference-data.md"
        raise SettingsError(message)
    return {_NUMBERS[name]: int(value) for name, value in given.items()}
