"""What people reach the portal over: a telephone on a mobile network is far away and narrow. Each has their own."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

#: Whose acts go over a line of their own; officials and machines sit in their offices.
PEOPLE = frozenset({"citizen", "company_agent", "company_director"})
_BITS_A_KBIT, _BITS_A_BYTE = 1000, 8


class ClientLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of line."""

    name: str
    share: float  #: of people, between 0 and 1; whoever has none of the lines shares the generator's own connections
    round_trip_ms: float
    down_kbit: float  #: a second
    up_kbit: float
    source: str

    @property
    def round_trip(self) -> float:
        """Seconds there and back."""
        return self.round_trip_ms / 1000

    @property
    def down(self) -> float:
        """Bytes a second towards the client."""
        return self.down_kbit * _BITS_A_KBIT / _BITS_A_BYTE

    @property
    def up(self) -> float:
        """Bytes a second from the client."""
        return self.up_kbit * _BITS_A_KBIT / _BITS_A_BYTE


def line_of(lines: Sequence[ClientLine], journey: str) -> ClientLine | None:
    """Draw whose line a journey goes over; the same journey draws the same, whoever walks it."""
    drawn = int.from_bytes(blake2b(journey.encode(), digest_size=8, person=b"line").digest()) / 2.0**64
    for line in lines:
        if drawn < line.share:
            return line
        drawn -= line.share
    return None
