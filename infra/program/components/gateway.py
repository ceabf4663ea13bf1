"""A zone's load balancer: a listener for people and one for systems, a pool a service, a member a replica."""

from __future__ import annotations

import pulumi

from infra import blueprint
from infra.program.cloud import loadbalancer, networking
from infra.program.components.zone import Zone
from infra.program.layout import Layout

_PROBE_SECONDS, _PROBE_TIMEOUT_SECONDS, _PROBES = 5, 3, 3


class Gateway(pulumi.ComponentResource):
    """One load balancer (bộ cân bằng tải). A public one has an address on the provider's external network."""

    public_address: pulumi.Output[str] | None

    def __init__(
        self,
        name: str,
        services: tuple[blueprint.Workload, ...],
        layout: Layout,
        zone: Zone,
        *,
        public: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the load balancer of `services`, which all are in `zone`."""
        super().__init__("tinhmau:infra:Gateway", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        balancer = loadbalancer.LoadBalancer(
            f"{name}-balancer",
            vip_subnet_id=zone.subnet_id,
            vip_address=layout.addresses.vip(services[0].zone),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[zone.attachment]),
        )
        for service in services:
            self._serve(name, service, layout, zone, balancer)
        self.public_address = None
        if public:
            address = networking.FloatingIp(f"{name}-address", pool=layout.settings.external_network, opts=child)
            networking.FloatingIpAssociate(
                f"{name}-address-here",
                floating_ip=address.address,
                port_id=balancer.vip_port_id,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[zone.attachment]),
            )
            self.public_address = address.address
        self.register_outputs({"public_address": self.public_address})

    def _serve(
        self,
        name: str,
        service: blueprint.Workload,
        layout: Layout,
        zone: Zone,
        balancer: loadbalancer.LoadBalancer,
    ) -> None:
        child = pulumi.ResourceOptions(parent=self)
        pool = loadbalancer.Pool(
            f"{name}-{service.name}-pool",
            loadbalancer_id=balancer.id,
            lb_method="LEAST_CONNECTIONS",
            protocol="HTTP",
            opts=child,
        )
        loadbalancer.Monitor(
            f"{name}-{service.name}-probe",
            pool_id=pool.id,
            type="HTTP",
            url_path="/ready",
            http_method="GET",
            expected_codes="200",
            delay=_PROBE_SECONDS,
            timeout=_PROBE_TIMEOUT_SECONDS,
            max_retries=_PROBES,
            opts=child,
        )
        for number in range(service.replicas.value):
            loadbalancer.Member(
                f"{name}-{service.name}-{number}",
                pool_id=pool.id,
                address=layout.addresses.replica(service.name, number),
                protocol_port=layout.port(service.name),
                subnet_id=zone.subnet_id,
                opts=child,
            )
        for listener in layout.listeners(service.name):
            loadbalancer.Listener(
                f"{name}-{service.name}-{listener.by}",
                loadbalancer_id=balancer.id,
                protocol="TERMINATED_HTTPS" if listener.secured else "HTTP",
                protocol_port=listener.port,
                default_pool_id=pool.id,
                default_tls_container_ref=layout.settings.certificate_ref if listener.secured else None,
                tls_versions=["TLSv1.2", "TLSv1.3"] if listener.secured else None,
                allowed_cidrs=list(listener.sources),
                insert_headers={"X-Forwarded-For": "true", "X-Forwarded-Proto": "true"},
                opts=child,
            )
