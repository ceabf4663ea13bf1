"""What people reach the portal over: a telephone on a mobile network is far away and narrow. Each has their own."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from random import Random

import msgspec

#: Whose acts go over a line of their own; officials and machines sit in their offices.
PEOPLE = frozenset({"citizen", "company_agent", "company_director"})
#: Time-out of a connection's first packet, when no round trip has been measured (RFC 6298, 2.1).
_OPENING_SECONDS = 1.0
#: What Linux adds at least to a round trip that is always the same (TCP_RTO_MIN in include/net/tcp.h).
_LEAST_SECONDS = 0.2
_BITS_A_KBIT, _BITS_A_BYTE = 1000, 8


class ClientLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of line."""

    name: str
    share: float  #: of people, between 0 and 1; whoever has none of the lines shares the generator's own connections
    round_trip_ms: float
    down_kbit: float  #: a second
    up_kbit: float
    loss: float = 0.0  #: share of pieces that are lost on their way, between 0 and 1
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


class Losses:
    """When pieces of one journey come that a line has lost: a retransmission time-out later, as TCP has it (RFC 6298).

    The same journey loses the same of its pieces, whoever walks it.
    """

    def __init__(self, line: ClientLine, journey: str) -> None:
        """Nothing is lost yet."""
        self._share, self._timeout = line.loss, line.round_trip + _LEAST_SECONDS
        self._chance = Random(f"loss of {journey}") if line.loss else None  # noqa: S311 -- repeatable, no secret

    def late(self, *, opening: bool = False) -> float:
        """Draw how many seconds a piece comes late; the time-out doubles as long as it is lost again."""
        late, timeout = 0.0, _OPENING_SECONDS if opening else self._timeout
        while self._chance is not None and self._chance.random() < self._share:
            late, timeout = late + timeout, 2 * timeout
        return late
