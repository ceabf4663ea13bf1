"""What `pulumi up` runs: configuration → layout → data centre → outputs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec
import pulumi
from pulumi.runtime import config as raw_config

from infra import tenants
from infra.program import deliveries
from infra.program.components.data_centre import DataCentre
from infra.program.components.object_store import ObjectStore
from infra.program.deliveries import Upload
from infra.program.layout import Layout, draw
from infra.program.settings import KEYS, PROJECT, SECRET_KEY, read, read_docker, read_target
from infra.stack import Stack
from simulation.mistakes import BadInputError
from simulation.text import Language


def run() -> None:
    """Place the data centre of the stack that Pulumi has selected. Raises pulumi.RunError that lists every mistake."""
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        raw, secrets = raw_values()
        if read_target(raw, file=file) == "docker":
            from infra.docker_target import plain  # noqa: PLC0415 -- what a rented cloud needs none of

            plain.place(read_docker(raw, file=file, secrets=secrets), master())
            return
        settings = read(raw, file=file, secrets=secrets)
        layout = draw(settings, file=file)
    except BadInputError as error:
        lines = [mistake.into(language()) for mistake in error.mistakes]
        raise pulumi.RunError("\n  ".join(["tinhmau:", *lines])) from None
    for warning in layout.warnings:
        pulumi.log.warn(warning.into(language()))
    place(layout)


def language() -> Language:
    """Language of messages: Vietnamese unless TINHMAU_LANG says "en"."""
    return "en" if os.environ.get("TINHMAU_LANG") == "en" else "vi"


def raw_values() -> tuple[dict[str, str], frozenset[str]]:
    """The stack's configuration as Pulumi keeps it, and which of its secret keys are set."""
    prefix = f"{PROJECT}:"
    given = {**raw_config.get_config_env(), **raw_config.CONFIG.get()}
    keys = [key.removeprefix(prefix) for key in given if key.startswith(prefix)]
    config = pulumi.Config(PROJECT)
    # A secret's value must not reach an error message, so only keys that are no secret are read as text.
    raw = {key: given[prefix + key] for key in keys if key != SECRET_KEY}
    is_secret = config.get_secret(SECRET_KEY) is not None and raw_config.is_config_secret(prefix + SECRET_KEY)
    return raw, frozenset({SECRET_KEY} if is_secret else ())


def master() -> pulumi.Output[str]:
    """The master secret. Raises pulumi.RunError when it is none."""
    return pulumi.Config(PROJECT).require_secret(SECRET_KEY).apply(_strong)


def place(layout: Layout) -> None:
    """Make all resources and export the outputs. Their names are stable: other programs read them."""
    centre = DataCentre(PROJECT, layout)
    secret = master()
    urls = centre.public_address.apply(lambda address: public_urls(layout, address))
    pulumi.export("endpoints", urls.apply(lambda found: endpoints(layout, found)))
    pulumi.export("zones", {zone: layout.addresses.zone(zone) for zone in layout.zones})
    pulumi.export("sizes", {one.name: _size(layout, one.name) for one in layout.servers})
    pulumi.export("bastion", centre.bastion_address)
    pulumi.export("servers", servers(layout))
    pulumi.export(
        "stack", pulumi.Output.secret(pulumi.Output.all(secret, urls).apply(lambda all_: _stack(layout, *all_)))
    )
    files = pulumi.Output.all(secret, urls, _upload(layout, centre.store)).apply(
        lambda all_: deliveries.files(layout, master=all_[0], public_urls=all_[1], upload=_as_upload(all_[2]))
    )
    pulumi.export("deliveries", pulumi.Output.secret(files))


def _strong(master: str) -> str:
    if deliveries.weak(master):
        command = "openssl rand -hex 32 | pulumi config set --secret masterSecret"
        vi = f"{PROJECT}:{SECRET_KEY}: không phải 64 chữ số thập lục phân ngẫu nhiên. Chạy: {command}"
        en = f"{PROJECT}:{SECRET_KEY}: is not 64 random hexadecimal digits. Run: {command}"
        raise pulumi.RunError(en if language() == "en" else vi)
    return master


def public_urls(layout: Layout, public_address: str) -> dict[str, str]:
    """Workload → how those who use it reach it."""
    return {
        workload.name: layout.people_url(workload.name, public_address=public_address)
        for workload in layout.blueprint.workloads
        if workload.kind != "database"
    }


def endpoints(layout: Layout, urls: Mapping[str, str]) -> dict[str, str]:
    """Service → address, somebody else's systems included; bodies' own services under their own names."""
    return {**{name: counterpart.url for name, counterpart in layout.settings.counterparts.items()}, **urls}


def servers(layout: Layout) -> dict[str, str]:
    """Server → its address inside."""
    return {
        f"{one.name}-{number}": layout.addresses.replica(one.name, number)
        for one in layout.servers
        for number in range(one.replicas.value)
    }


def _size(layout: Layout, name: str) -> dict[str, Any]:
    (workload,) = (one for one in layout.servers if one.name == name)
    return {
        "flavour": layout.flavours[name],
        "replicas": workload.replicas.value,
        "disk_gb": workload.disk_gb.value,
    }


def _stack(layout: Layout, master: str, urls: Mapping[str, str]) -> dict[str, Any]:
    """An infra.stack.Stack: all that traffic has to know. Whoever made the reference data adds the signing CA."""
    given = deliveries.secrets_of(layout.blueprint, "portal", master)
    stack = Stack(
        name=pulumi.get_stack(),
        target="openstack",
        province=layout.province.id,
        era=layout.province.era,
        endpoints={name: url for name, url in endpoints(layout, urls).items() if not tenants.body_of(name)},
        audit_token=given["audit_token"],
        passcode_key=given["passcode_key"],
        certificate_authority="",
    )
    found: dict[str, Any] = msgspec.to_builtins(stack)
    return found


def _upload(layout: Layout, store: ObjectStore | None) -> pulumi.Output[dict[str, Any]]:
    if store is None:
        return pulumi.Output.from_input({})
    return pulumi.Output.from_input({
        "credential_id": store.credential.id,
        "credential_secret": store.credential.secret,  # marked secret where it is made
        "auth_url": layout.settings.auth_url,
        "region": layout.settings.backup_region,
        "container": store.backups,
    })  # fmt: skip


def _as_upload(values: dict[str, Any]) -> Upload | None:
    return Upload(**values) if values else None


__all__ = ["KEYS", "endpoints", "language", "place", "public_urls", "raw_values", "run", "servers"]
