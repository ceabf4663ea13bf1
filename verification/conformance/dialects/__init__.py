"""The dialects: for each documented way of speaking, the product behind it in neutral words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from verification.conformance.access import Access
from verification.conformance.dialects.dua import Dua
from verification.conformance.dialects.reference import ReferenceOneStop
from verification.conformance.dialects.sen import Sen
from verification.conformance.dialects.truc import Truc
from verification.conformance.listener import Listener
from verification.conformance.product import Product
from verification.conformance.wire import Pace


class Speaks(Protocol):
    """Makes a product of an address."""

    def __call__(self, access: Access, listener: Listener, pace: Pace | None = None, /) -> Product:
        """Reach it; every request waits for `pace`."""


#: Dialect -> what makes a product of an address.
DIALECTS: Mapping[str, Speaks] = {
    "reference": ReferenceOneStop,
    "sen": Sen,
    "truc": Truc,
    "dua": Dua,
}
#: Those whose address is a folder of this machine, not one on a wire.
BY_FILES = frozenset({"dua"})
