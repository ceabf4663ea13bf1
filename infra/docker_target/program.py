"""What `pulumi up` runs for a stack on Docker: placement → data centre → outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from infra.blueprint import DATABASE
from infra.docker_target.components.data_centre import DataCentre
from infra.docker_target.settings import Placement
from infra.program.deliveries import derive
from infra.program.settings import PROJECT


def place(placement: Placement, master: pulumi.Output[str], *, province: str, era: str) -> None:
    """Make all resources and export the outputs. Their names are those of a rented cloud's stack."""
    DataCentre(PROJECT, placement, master)
    drawn = placement.layout
    pulumi.export("endpoints", {name: placement.public_url(name) for name in drawn.blueprint.services})
    pulumi.export("zones", {network.name: network.subnet for network in drawn.networks})
    pulumi.export(
        "sizes",
        {
            one.name: {"replicas": one.replicas.value, "vcpu": one.vcpu.value, "memory_mb": one.memory_mb.value}
            for one in drawn.blueprint.workloads
        },
    )
    pulumi.export(
        "stack", pulumi.Output.secret(master.apply(lambda value: _stack(placement, value, province=province, era=era)))
    )


def _stack(placement: Placement, master: str, *, province: str, era: str) -> dict[str, Any]:
    """An infra.stack.Stack."""
    authority = Path(placement.reference) / "certificate-authority.pem"
    return {
        "name": placement.stack,
        "target": "docker",
        "province": province,
        "era": era,
        "endpoints": {name: placement.public_url(name) for name in placement.layout.blueprint.services},
        "audit_token": derive(master, "audit_token", ""),
        "passcode_key": derive(master, "passcode_key", ""),
        "certificate_authority": authority.read_text("ascii") if authority.exists() else "",
        "clock": f"{placement.clock}/clock.json" if placement.clock else "",
        "machine": {"runtime": placement.runtime, "services": placement.services, "database": DATABASE},
    }
