"""Who is linked to the LGSP and who may call what: looked up on every call, replaced whole when it changes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec

from services.kit.reference import Contract


class PlacedSystem(msgspec.Struct, frozen=True):
    """A system the LGSP was placed with: client secret, secret of its provider tokens, and where it answers."""

    secret: str
    provider_secret: str
    url: str


class _File(msgspec.Struct, frozen=True):
    systems: dict[str, PlacedSystem]


class Credential(msgspec.Struct, frozen=True):
    """A client secret that holds, known by its SHA-256."""

    id: str
    digest: bytes
    given_at: datetime
    ends_at: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it opens the door at this moment of machine time."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)


class System(msgspec.Struct, frozen=True):
    """A linked system."""

    name: str
    title: str
    url: str  #: empty: it only asks
    provider_secret: str
    placed: bool
    credentials: tuple[Credential, ...] = ()

    def credential(self, secret: str, now: datetime) -> Credential | None:
        """Return the credential that this secret is, if it holds."""
        digest = secret_digest(secret)
        found = [one for one in self.credentials if hmac.compare_digest(one.digest, digest)]
        return next((one for one in found if one.holds(now)), None)

    def lets_in(self, credential: str, now: datetime) -> bool:
        """Whether a token given for this credential still counts: a revoked secret takes its tokens along."""
        return any(one.id == credential and one.holds(now) for one in self.credentials)


class Registry:
    """Systems and contracts, looked up on every call."""

    def __init__(self, systems: Mapping[str, System], contracts: Iterable[Contract], *, version: int = 0) -> None:
        """Take both as they are."""
        self.systems = systems
        self.version = version
        self.contracts = sorted(
            contracts, key=lambda contract: (contract.consumer, contract.provider, contract.operation)
        )
        self._by_call = {(one.consumer, one.provider, one.operation): one for one in self.contracts}
        self._offered = {(one.provider, one.operation) for one in self.contracts}
        self._schemas: dict[tuple[str, str, str], Any] = {
            key: schema_of(one.request_schema) for key, one in self._by_call.items() if one.request_schema is not None
        }

    def contract(self, consumer: str, provider: str, operation: str) -> Contract | None:
        """Return the contract that covers the call, in force or not."""
        return self._by_call.get((consumer, provider, operation))

    def offers(self, provider: str, operation: str) -> bool:
        """Whether anybody may call this operation at all."""
        system = self.systems.get(provider)
        return system is not None and bool(system.url) and (provider, operation) in self._offered

    def mistakes(self, contract: Contract, body: Any, *, large: bool = False) -> list[dict[str, str]]:
        """Everything by which a body differs from the contract's schema; of a `large` one the first difference.

        A body of a megabyte may have 200,000, and naming them takes two seconds in which nobody else is served.
        """
        schema = self._schemas.get((contract.consumer, contract.provider, contract.operation))
        if schema is None or schema.is_valid(body):
            return []
        return [
            {
                "where": "$"
                + "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in one.instance_path),
                "found": one.message,
                "way_out": "Sửa theo lược đồ của hợp đồng dịch vụ.",
            }
            for one in ([_first(schema, body)] if large else schema.iter_errors(body))
        ]


def schema_of(schema: dict[str, Any]) -> Any:
    """Make a JSON Schema ready. Raises ValueError for a wrong one, and for one that is in part somewhere else.

    What it names would be fetched, by the LGSP and from inside its network, at every start.
    """
    return jsonschema_rs.validator_for(schema, retriever=_nowhere)


def _nowhere(address: str) -> Any:
    raise ValueError(f"{address} is not retrieved: a contract's schema has to be whole")


def _first(schema: Any, body: Any) -> jsonschema_rs.ValidationError:
    try:
        schema.validate(body)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("unreachable")  # pragma: no cover


def secret_digest(secret: str) -> bytes:
    """How a secret is kept. Secrets are drawn at full length by machines, so a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode()).digest()


def read(path: Path) -> Mapping[str, PlacedSystem]:
    """Read the registry file the LGSP was placed with."""
    return msgspec.json.decode(path.read_bytes(), type=_File).systems
