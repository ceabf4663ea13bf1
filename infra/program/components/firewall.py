"""Security groups from the openings and outlets of the layout. Nothing is open that is not in them."""

from __future__ import annotations

import pulumi

from infra.program.cloud import networking
from infra.program.layout import Layout


def make_group(name: str, place: str, layout: Layout, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Make the security group of a zone or workload, with its rules; returns its id."""
    group = networking.SecGroup(
        f"{name}-group",
        description=f"tinhmau {place}",
        delete_default_rules=True,  # the platform's own let everything out
        opts=opts,
    )
    for opening in layout.openings:
        if opening.by == "group" and opening.at == place:
            for index, source in enumerate(opening.sources):
                suffix = f"-{index}" if index else ""
                networking.SecGroupRule(
                    f"{name}-in-{_plain(opening.name)}{suffix}",
                    description=opening.name,
                    direction="ingress",
                    ethertype="IPv4",
                    protocol="tcp",
                    port_range_min=opening.ports[0],
                    port_range_max=opening.ports[1],
                    remote_ip_prefix=source,
                    security_group_id=group.id,
                    opts=opts,
                )
    for outlet in layout.outlets:
        if outlet.at == place:
            networking.SecGroupRule(
                f"{name}-out-{outlet.name}",
                description=outlet.name,
                direction="egress",
                ethertype="IPv4",
                protocol=outlet.protocol,
                port_range_min=outlet.ports and outlet.ports[0],
                port_range_max=outlet.ports and outlet.ports[1],
                remote_ip_prefix=outlet.to,
                security_group_id=group.id,
                opts=opts,
            )
    return group.id


def _plain(name: str) -> str:
    """A name without the signs that Pulumi's resource names should not have."""
    return name.replace("->", "-to-").replace(":", "-")
