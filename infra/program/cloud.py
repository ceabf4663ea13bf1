"""The parts of `pulumi_openstack` that the components use, imported in one place.

Importing the package warns about resources of its own that we do not use; those warnings are kept from the reader here,
so that warnings can be errors everywhere else.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from pulumi_openstack import blockstorage, compute, identity, loadbalancer, networking, objectstorage

    # Sub-packages load at first use; touch one class of each while warnings are quiet.
    LOADED = (
        blockstorage.Volume,
        compute.Instance,
        identity.ApplicationCredential,
        loadbalancer.LoadBalancer,
        networking.Network,
        objectstorage.Container,
    )

__all__ = ["LOADED", "blockstorage", "compute", "identity", "loadbalancer", "networking", "objectstorage"]
