"""Every client operation of docs/wire.md in one table; tests hold the table against the document."""

from __future__ import annotations

from collections.abc import Mapping

from loadtests.operations import national, office, onestop, portal, sector
from loadtests.operations.operation import Operation

#: Operation name -> operation, in the order of docs/wire.md's systems.
TABLE: Mapping[str, Operation] = {
    operation.name: operation
    for system in (portal, national, onestop, office, sector)
    for operation in system.OPERATIONS
}
