"""Several bodies on one infrastructure (SYS-SHARED-INFRA): each with servers, databases, roles and secrets of its own.

What is common stays common: zones, database server, LGSP, document hub, gateways. `share` only adds to a blueprint, at
its end, so that a body more or less leaves every other body as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from infra.blueprint import SERVICES, Blueprint
from simulation.text import Text

#: What a body may have for itself. The others are the province's one and only: its portal, its LGSP, its hub.
OWN_SERVICES = ("office", "onestop")


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A body that shares the infrastructure: a Party committee, a People's Council, a People's Committee."""

    id: str  #: short and lower case, part of names: "party", "council"
    name: str  #: as people know it
    services: tuple[str, ...] = ("office",)  #: of OWN_SERVICES


def workload_name(service: str, body: str) -> str:
    """Name of a body's own workload."""
    return f"{service}-{body}"


def service_of(workload: str) -> str:
    """The service that a workload runs, whoever it belongs to: "office-party" runs "office"."""
    return workload.partition("-")[0]


def body_of(workload: str) -> str:
    """The body that a workload belongs to; empty for the province's own."""
    return workload.partition("-")[2]


def database_name(workload: str) -> str:
    """Database and role of a workload: names that PostgreSQL takes without quotes."""
    return workload.replace("-", "_")


def share(blueprint: Blueprint, bodies: Iterable[Body]) -> Blueprint:
    """Add to the blueprint what each body has for itself."""
    for body in bodies:
        for service in body.services:
            blueprint = _add(blueprint, service, body)
    return blueprint


def _add(blueprint: Blueprint, service: str, body: Body) -> Blueprint:
    name = workload_name(service, body.id)
    why = Text(f"Của riêng {body.name}, cùng hạ tầng.", f"Of {body.name} alone, on the shared infrastructure.")
    workload = msgspec.structs.replace(blueprint.workload(service), name=name, reason=why)
    databases = tuple(
        msgspec.structs.replace(database, name=database_name(name), role=database_name(name), used_by=name, reason=why)
        for database in blueprint.databases
        if database.used_by == service
    )
    renamed = (
        msgspec.structs.replace(
            flow,
            source=name if flow.source == service else flow.source,
            destination=name if flow.destination == service else flow.destination,
            reason=why,
        )
        for flow in blueprint.flows
        if service in (flow.source, flow.destination)
    )
    secrets = tuple(
        msgspec.structs.replace(secret, holders=(*secret.holders, name)) if service in secret.holders else secret
        for secret in blueprint.secrets
    )
    return msgspec.structs.replace(
        blueprint,
        workloads=(*blueprint.workloads, workload),
        databases=(*blueprint.databases, *databases),
        flows=(*blueprint.flows, *renamed),
        secrets=secrets,
    )


def order(workload: str, blueprint: Blueprint) -> int:
    """A number for the workload's fixed port: the seven services first, then the bodies' own in their order."""
    if workload in SERVICES:
        return SERVICES.index(workload)
    own = [one.name for one in blueprint.workloads if body_of(one.name)]
    return len(SERVICES) + own.index(workload)
