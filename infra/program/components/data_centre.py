"""The whole data centre in its order: router, zones, key, servers, gateways, object storage."""

from __future__ import annotations

import pulumi

from infra.program.cloud import compute, networking
from infra.program.components.database import Database
from infra.program.components.gateway import Gateway
from infra.program.components.object_store import ObjectStore
from infra.program.components.workload import Place, Workload
from infra.program.components.zone import Zone
from infra.program.layout import Layout
from infra.rented import BASTION


class DataCentre(pulumi.ComponentResource):
    """A province's data centre (trung tâm dữ liệu)."""

    public_address: pulumi.Output[str]
    bastion_address: pulumi.Output[str]
    store: ObjectStore | None

    def __init__(self, name: str, layout: Layout, opts: pulumi.ResourceOptions | None = None) -> None:
        """Place everything that the layout names."""
        super().__init__("tinhmau:infra:DataCentre", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = layout.settings
        outside = networking.get_network_output(
            name=settings.external_network, external=True, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        router = networking.Router(f"{name}-router", external_network_id=outside.id, opts=child)
        zones = {zone: Zone(f"{name}-{zone}", zone, layout, router.id, child) for zone in layout.zones}
        key = compute.Keypair(
            f"{name}-key", name=f"{pulumi.get_stack()}-administrators", public_key=settings.admin_key, opts=child
        )
        for workload in layout.blueprint.workloads:
            place = Place(zone=zones[workload.zone], key_pair=key.name)
            make = Database if workload.kind == "database" else Workload
            make(f"{name}-{workload.name}", workload, layout, place, opts=child)
        public_zones = {zone.name for zone in layout.blueprint.zones if zone.public}
        for zone, services in layout.gateways.items():
            public = zone in public_zones
            gateway = Gateway(f"{name}-{zone}-gateway", services, layout, zones[zone], public=public, opts=child)
            if gateway.public_address is not None:
                self.public_address = gateway.public_address
        self._bastion(name, layout, Place(zone=zones[BASTION.zone], key_pair=key.name))
        self.store = ObjectStore(f"{name}-store", layout, child) if settings.object_storage else None
        self.register_outputs({"public_address": self.public_address, "bastion_address": self.bastion_address})

    def _bastion(self, name: str, layout: Layout, place: Place) -> None:
        child = pulumi.ResourceOptions(parent=self)
        bastion = Workload(f"{name}-{BASTION.name}", BASTION, layout, place, opts=child)
        address = networking.FloatingIp(
            f"{name}-{BASTION.name}-address", pool=layout.settings.external_network, opts=child
        )
        networking.FloatingIpAssociate(
            f"{name}-{BASTION.name}-address-here",
            floating_ip=address.address,
            port_id=bastion.ports[0].id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[place.zone.attachment]),
        )
        self.bastion_address = address.address
