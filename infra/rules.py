"""Checks on a blueprint before anybody pays for it. All mistakes at once, each with its way out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from infra import level_three
from infra.blueprint import Blueprint, Flow, Workload, Zone
from infra.safeguards import Safeguards
from simulation.mistakes import Mistake, did_you_mean
from simulation.text import Text


def check(blueprint: Blueprint, *, safeguards: Safeguards | None = None) -> tuple[Mistake, ...]:
    """Return every mistake in the blueprint; none means that it may be placed.

    With `safeguards` the level-3 items are looked at as well (infra/level_three.py): for what is rented, not for a
    testbed on one machine.
    """
    own = tuple(_mistakes(blueprint))
    return own if safeguards is None else own + level_three.check(blueprint, safeguards)


def _mistakes(blueprint: Blueprint) -> Iterator[Mistake]:
    zones = {zone.name: zone for zone in blueprint.zones}
    workloads = {workload.name: workload for workload in blueprint.workloads}
    yield from _names(blueprint)
    for index, workload in enumerate(blueprint.workloads):
        yield from _workload(f"workloads[{index}]", workload, zones)
    for index, flow in enumerate(blueprint.flows):
        yield from _flow(f"flows[{index}]", flow, zones, workloads)
    for index, database in enumerate(blueprint.databases):
        for key, name in (("workload", database.workload), ("used_by", database.used_by)):
            if name not in workloads:
                yield _unknown(f"databases[{index}].{key}", name, workloads)
    for index, secret in enumerate(blueprint.secrets):
        for holder in secret.holders:
            if holder not in workloads:
                yield _unknown(f"secrets[{index}].holders", holder, workloads)


def _names(blueprint: Blueprint) -> Iterator[Mistake]:
    names = Counter([zone.name for zone in blueprint.zones] + [workload.name for workload in blueprint.workloads])
    for name, times in names.items():
        if times > 1:
            yield _mistake(
                "zones, workloads",
                Text(f"tên “{name}” dùng {times} lần.", f"the name “{name}” is used {times} times."),
                Text("Mỗi vùng, mỗi thành phần một tên riêng.", "Give every zone and workload a name of its own."),
            )


def _workload(key: str, workload: Workload, zones: dict[str, Zone]) -> Iterator[Mistake]:
    zone = zones.get(workload.zone)
    if zone is None:
        yield _unknown(f"{key}.zone", workload.zone, zones)
    elif workload.kind == "database" and (zone.public or not zone.inside):
        yield _mistake(
            f"{key}.zone",
            Text(
                f"cơ sở dữ liệu “{workload.name}” nằm trong vùng công khai “{zone.name}”.",
                f"the database “{workload.name}” lies in the public zone “{zone.name}”.",
            ),
            Text("Chuyển vào vùng dữ liệu.", "Move it into the data zone."),
        )
    for field in ("replicas", "vcpu", "memory_mb", "disk_gb", "floor_mb"):
        quantity = getattr(workload, field)
        if quantity.value < 1:
            yield _mistake(
                f"{key}.{field}",
                Text(f"là {quantity.value} {quantity.unit}.", f"is {quantity.value} {quantity.unit}."),
                Text("Phải từ 1 trở lên.", "It must be at least 1."),
            )
        if not (quantity.reason.vi and quantity.reason.en and quantity.source):
            yield _mistake(
                f"{key}.{field}",
                Text("không có lý do hoặc nguồn.", "has no reason or source."),
                Text("Nêu lý do và nguồn, hoặc “assumed: …”.", "Give a reason and a source, or “assumed: …”."),
            )


def _flow(key: str, flow: Flow, zones: dict[str, Zone], workloads: dict[str, Workload]) -> Iterator[Mistake]:
    known = {*zones, *workloads}
    unknown = [
        (end, name) for end, name in (("source", flow.source), ("destination", flow.destination)) if name not in known
    ]
    for end, name in unknown:
        yield _unknown(f"{key}.{end}", name, known)
    if unknown:
        return
    source, destination = workloads.get(flow.source), workloads.get(flow.destination)
    source_zone = zones.get(source.zone if source else flow.source)
    if source_zone and source_zone.public and source is None and _holds_database(flow.destination, workloads):
        yield _mistake(
            key,
            Text(
                f"vùng công khai “{flow.source}” được vào thẳng cơ sở dữ liệu “{flow.destination}”.",
                f"the public zone “{flow.source}” may reach the database “{flow.destination}” directly.",
            ),
            Text("Bỏ luồng này; dữ liệu chỉ ra qua dịch vụ.", "Drop the flow; data leaves through a service only."),
        )
    if source and destination and "lgsp" not in (source.name, destination.name) and destination.kind != "database":
        yield _mistake(
            key,
            Text(
                f"“{source.name}” gọi thẳng “{destination.name}”, không qua LGSP.",
                f"“{source.name}” calls “{destination.name}” directly, past the LGSP.",
            ),
            Text(
                "Thay bằng hai luồng: tới LGSP và từ LGSP.", "Replace it by two flows: to the LGSP and from the LGSP."
            ),
        )


def _holds_database(destination: str, workloads: dict[str, Workload]) -> bool:
    return any(
        workload.kind == "database" and destination in (workload.name, workload.zone) for workload in workloads.values()
    )


def _unknown(key: str, name: str, known: dict[str, Zone] | dict[str, Workload] | set[str]) -> Mistake:
    return _mistake(
        key,
        Text(f"“{name}” không có trong bản thiết kế.", f"“{name}” is not in the blueprint."),
        did_you_mean(name, known),
    )


def _mistake(key: str, found: Text, way_out: Text) -> Mistake:
    return Mistake(file="blueprint", key=key, found=found, way_out=way_out)
