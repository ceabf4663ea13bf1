"""What other provinces' LGSPs are spoken to in, beside our own words (docs/adr/0033).

Each dialect only translates: who calls, what is called, how it is answered. Authorisation, limits and audit are the
gateway's, as for every call.
"""

from __future__ import annotations

from starlette.routing import Route

from services.lgsp.dialects import catalogue, documents, population_check, token_point
from services.lgsp.dialects.door import Door
from services.lgsp.gateway import Gateway


def routes(gateway: Gateway) -> list[Route]:
    """Addresses of all dialects."""
    door = Door(gateway)
    return [
        *token_point.routes(gateway.admission),
        *catalogue.routes(door),
        *documents.routes(door),
        *population_check.routes(door),
    ]
