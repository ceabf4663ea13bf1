"""Who may call what: the systems that are linked to the LGSP and the contracts between them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from services.kit.reference import Contract


class System(msgspec.Struct, frozen=True):
    """A linked system: its client secret, the secret its provider tokens are signed with, and where it answers."""

    secret: str
    provider_secret: str
    url: str


class _File(msgspec.Struct, frozen=True):
    systems: dict[str, System]


class Registry:
    """Systems and contracts, looked up on every call."""

    def __init__(self, systems: dict[str, System], contracts: Iterable[Contract]) -> None:
        """Take both as they are."""
        self.systems = systems
        self.contracts = sorted(
            contracts, key=lambda contract: (contract.consumer, contract.provider, contract.operation)
        )
        self._allowed = {(contract.consumer, contract.provider, contract.operation) for contract in self.contracts}
        self._offered = {(contract.provider, contract.operation) for contract in self.contracts}

    def allows(self, consumer: str, provider: str, operation: str) -> bool:
        """Whether a contract covers the call."""
        return (consumer, provider, operation) in self._allowed

    def offers(self, provider: str, operation: str) -> bool:
        """Whether anybody may call this operation at all."""
        return (provider, operation) in self._offered and provider in self.systems


def read(path: Path, contracts: Iterable[Contract]) -> Registry:
    """Read the registry file the LGSP was placed with."""
    return Registry(msgspec.json.decode(path.read_bytes(), type=_File).systems, contracts)
