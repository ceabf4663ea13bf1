"""The table of contracts in docs/wire.md and the one in the code are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.contracts import CONTRACTS

_PURPOSE = re.compile(r'purpose="([a-z-]+)"')
_ROW = re.compile(r"^\| `(\w+) -> (\w+)\.([\w.]+)` \| ([^|]+) \|", re.MULTILINE)
_MANNERS = {"POST, at once": "post", "POST, a question": "ask", "GET": "get", "outbox": "outbox"}


def test_the_contracts_are_those_of_the_wire_document() -> None:
    """Every row of docs/wire.md is a contract, in the same order and manner, and there is no other."""
    text = Path("docs/wire.md").read_text("utf-8")

    documented = [
        (consumer, provider, operation, _MANNERS[kind.split(" `")[0].strip()])
        for consumer, provider, operation, kind in _ROW.findall(text)
    ]

    assert len(documented) > 15
    assert documented == [(one.consumer, one.provider, one.operation, one.manner) for one in CONTRACTS]


@pytest.mark.parametrize("consumer", sorted({contract.consumer for contract in CONTRACTS}))
def test_what_a_service_calls_for_stands_in_its_contracts(consumer: str) -> None:
    """The LGSP refuses a call for a purpose that no contract names: whoever adds one to a service adds it here too."""
    sources = Path("services", consumer).rglob("*.py")
    said = {purpose for source in sources for purpose in _PURPOSE.findall(source.read_text("utf-8"))}

    agreed = {purpose for contract in CONTRACTS if contract.consumer == consumer for purpose in contract.purposes}

    assert said == agreed
