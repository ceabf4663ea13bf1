"""The target that places nothing: to show what would be placed, and to test whoever uses a target."""

from __future__ import annotations

from pathlib import Path

from infra.blueprint import Blueprint
from infra.stack import Stack
from infra.target import ServiceStatus
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.text import Text
from simulation.timeline import Timeline


class Rehearsal:
    """Says what it would place and returns a stack without endpoints."""

    name = "rehearsal"

    def place(
        self,
        blueprint: Blueprint,
        *,
        reference: Path,
        province: Province,
        timeline: Timeline | None = None,
        progress: Progress = silent,
    ) -> Stack:
        """Walk through the blueprint without starting anything."""
        _ = reference, timeline
        for done, workload in enumerate(blueprint.workloads):
            size = f"{workload.replicas.value} × {workload.vcpu.value} vCPU, {workload.memory_mb.value} MB"
            what = f"{workload.name}: {size}"
            progress(done / len(blueprint.workloads), Text(f"Sẽ đặt {what}.", f"Would place {what}."))
        progress(1.0, Text("Diễn tập xong, không có gì được đặt.", "Rehearsal over, nothing was placed."))
        return Stack(
            name=f"rehearsal-{province.id}",
            target=self.name,
            province=province.id,
            era=province.era,
            endpoints={},
            audit_token="",
            passcode_key="",
            certificate_authority="",
        )

    def remove(self, stack: Stack) -> None:
        """There is nothing to remove."""

    def status(self, stack: Stack) -> list[ServiceStatus]:
        """Nothing runs."""
        _ = stack
        return []
