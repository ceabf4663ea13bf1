"""Inside the container, for Octavia's worker: balancers carry nothing, but their address is a real port in Neutron."""

from octavia.network.drivers.neutron.allowed_address_pairs import AllowedAddressPairsDriver
from octavia.network.drivers.noop_driver.driver import NoopNetworkDriver


class VipInNeutron(NoopNetworkDriver):
    """Amphorae are no machines and are plugged into nothing; a balancer's address comes and goes as it really does."""

    def __init__(self):
        super().__init__()
        self._neutron = AllowedAddressPairsDriver()

    def allocate_vip(self, load_balancer):
        """Take the port that Octavia's API made, or make it."""
        return self._neutron.allocate_vip(load_balancer)

    def deallocate_vip(self, vip):
        """Remove the port."""
        return self._neutron.deallocate_vip(vip)
