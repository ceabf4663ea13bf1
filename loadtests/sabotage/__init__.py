"""Sabotage, one a file: damages one thing in a stack's databases after traffic; the verdict has to notice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from infra.stack import Stack
from loadtests.sabotage import (
    audit_chain_altered,
    audit_row_removed,
    document_delivered_twice,
    dossier_lost,
    payment_altered,
    signature_altered,
    status_out_of_order,
    write_undone,
)
from loadtests.sabotage.damage import Damage, Sabotage, SabotageError
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text

__all__ = ["Damage", "SabotageError", "apply", "check", "names"]

_SABOTAGES: Mapping[str, Sabotage] = {
    module.NAME: module.damage
    for module in (
        dossier_lost,
        document_delivered_twice,
        payment_altered,
        audit_row_removed,
        signature_altered,
        status_out_of_order,
        write_undone,
        audit_chain_altered,
    )
}


def names() -> tuple[str, ...]:
    """Every sabotage there is."""
    return tuple(_SABOTAGES)


def check(name: str) -> str:
    """Return the name. Raises BadInputError when there is no such sabotage: worth knowing before a run, not after."""
    if name not in _SABOTAGES:
        found = Text(f"không có phép phá thử “{name}”.", f"there is no sabotage “{name}”.")
        raise BadInputError([Mistake(file="--sabotage", key=name, found=found, way_out=did_you_mean(name, names()))])
    return name


def apply(name: str, stack: Stack) -> Damage:
    """Damage one thing, always the same one for the same databases, and say what.

    Raises BadInputError for an unknown name, SabotageError when the stack cannot be damaged or holds nothing to damage.
    """
    return asyncio.run(_run(_SABOTAGES[check(name)], stack))


async def _run(sabotage: Sabotage, stack: Stack) -> Damage:
    return await sabotage(stack)
