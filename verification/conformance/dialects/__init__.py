"""The dialects: for each documented way of speaking, the product behind it in neutral words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verification.conformance.access import Access
from verification.conformance.dialects.dua import Dua
from verification.conformance.dialects.reference import ReferenceOneStop
from verification.conformance.dialects.sen import Sen
from verification.conformance.dialects.truc import Truc
from verification.conformance.listener import Listener
from verification.conformance.product import Product

#: Dialect -> what makes a product of an address.
DIALECTS: Mapping[str, Callable[[Access, Listener], Product]] = {
    "reference": ReferenceOneStop,
    "sen": Sen,
    "truc": Truc,
    "dua": Dua,
}
