"""What people and postmen do at the nation's systems: pay an order, deliver a parcel."""

from __future__ import annotations

from loadtests.operations.operation import ARRIVAL, Operation

OPERATIONS = (
    Operation(
        name="national.pay",
        path="{pay_url}",
        write=True,
        crowd="dossiers",
        remembers=("amount",),
        subject="order",
        money="amount",
    ),
    Operation(
        name="national.deliver",
        path="/post/parcels/{parcel}/delivery",
        write=True,
        crowd="dossiers",
        waits_for=ARRIVAL,
        subject="parcel",
    ),
)
