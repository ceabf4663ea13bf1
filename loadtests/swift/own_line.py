"""A client with connections of their own over a line of their own: kept from request to request, closed with the visit.

Distance and width are kept to here, on this side of a loopback: a connection costs a round trip (two over TLS), an
answer comes a round trip after it was asked for, bodies trickle up piece by piece, and what comes down is read no
faster than the line carries, through a small buffer, so that the other side waits as it does for a telephone. A piece
that is lost comes again a retransmission time-out later (RFC 6298), and what follows it waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from loadtests.answers import Answer
from loadtests.operations.operation import Request
from simulation.client_lines import ClientLine, Losses

if TYPE_CHECKING:
    from loadtests.swift.wire import Attempt, Origin, Wire


class OwnLine:
    """One client's."""

    def __init__(self, wire: Wire, line: ClientLine, journey: str = "") -> None:
        """Nothing is open yet. The same journey loses the same of its pieces."""
        self.round_trip, self.up, self.down = line.round_trip, line.up, line.down
        self.origins: dict[str, Origin] = {}
        self.late = Losses(line, journey).late
        self._wire = wire

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send once and wait for the whole answer."""
        return self._wire.send(request, headers, self)

    def alive(self, attempt: Attempt) -> None:
        """Something has moved; called by the connection."""
        self._wire.alive(attempt)

    def close(self) -> None:
        """Hang up."""
        for origin in self.origins.values():
            origin.close()
        self.origins.clear()
