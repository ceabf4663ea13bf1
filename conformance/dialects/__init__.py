"""The dialects: for each documented way of speaking, the product behind it in neutral words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.access import Access
from conformance.dialects.dua import Dua
from conformance.dialects.reference import ReferenceOneStop
from conformance.dialects.sen import Sen
from conformance.dialects.truc import Truc
from conformance.listener import Listener
from conformance.product import Product

#: Dialect -> what makes a product of an address.
DIALECTS: Mapping[str, Callable[[Access, Listener], Product]] = {
    "reference": ReferenceOneStop,
    "sen": Sen,
    "truc": Truc,
    "dua": Dua,
}
