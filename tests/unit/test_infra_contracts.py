"""The table of contracts in docs/wire.md and the one in the code are the same."""

from __future__ import annotations

import re
from pathlib import Path

from infra.contracts import CONTRACTS

_ROW = re.compile(r"^\| `(\w+) -> (\w+)\.([\w.]+)` \| ([^|]+) \|", re.MULTILINE)
_MANNERS = {"POST, at once": "post", "GET": "get", "outbox": "outbox"}


def test_the_contracts_are_those_of_the_wire_document() -> None:
    """Every row of docs/wire.md is a contract, in the same order and manner, and there is no other."""
    text = Path("docs/wire.md").read_text("utf-8")

    documented = [
        (consumer, provider, operation, _MANNERS[kind.split(" `")[0].strip()])
        for consumer, provider, operation, kind in _ROW.findall(text)
    ]

    assert len(documented) > 15
    assert documented == [(one.consumer, one.provider, one.operation, one.manner) for one in CONTRACTS]
