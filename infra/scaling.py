"""Other sizes of the same data centre: a demand that grows, replicas that somebody sets by hand."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from infra.blueprint import Blueprint, Workload
from infra.demand import Demand
from simulation.text import Text


def scaled(demand: Demand, factor: float) -> Demand:
    """The same demand so many times over: requests, dossiers and documents alike. `factor` is above 0."""
    if factor == 1:
        return demand
    times = f"{factor:g}"
    return msgspec.structs.replace(
        demand,
        operations_per_second=round(demand.operations_per_second * factor, 3),
        requests_per_second={service: round(rate * factor, 3) for service, rate in demand.requests_per_second.items()},
        dossiers_a_year=demand.dossiers_a_year * factor,
        documents_a_year=demand.documents_a_year * factor,
        basis=Text(
            f"{demand.basis.vi} Nhân {times.replace('.', ',')} lần.", f"{demand.basis.en} Multiplied by {times}."
        ),
        sources={**demand.sources, "factor": f"chosen by whoever asked for this size: {times}"},
    )


def with_replicas(blueprint: Blueprint, replicas: Mapping[str, int]) -> Blueprint:
    """The blueprint with these numbers of replicas instead of its own; names that it lacks are passed over."""

    def changed(workload: Workload) -> Workload:
        if workload.name not in replicas:
            return workload
        quantity = msgspec.structs.replace(
            workload.replicas,
            value=replicas[workload.name],
            reason=Text(
                f"Đặt tay trong cấu hình, thay cho {workload.replicas.value}.",
                f"Set by hand in the configuration, instead of {workload.replicas.value}.",
            ),
            source="configuration of the stack",
        )
        return msgspec.structs.replace(workload, replicas=quantity)

    return msgspec.structs.replace(blueprint, workloads=tuple(map(changed, blueprint.workloads)))
