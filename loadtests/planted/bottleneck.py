"""What a planted bottleneck is: settings to place the stack with, and something that acts while it is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import msgspec

from infra.stack import Stack
from loadtests.sabotage.damage import transaction


@contextmanager
def nothing(_stack: Stack) -> Iterator[None]:
    """Leave the running stack as it is."""
    yield


class Bottleneck(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that will be scarce."""

    kind: str  #: what the naming has to say, in words of verification/capacity/bottleneck.py
    service: str
    settings: Mapping[str, str] = {}  #: optional variables of docs/reference-data.md for that service
    command: Sequence[str] = ()  #: command that stands in for the service's own
    acting: Callable[[Stack], AbstractContextManager[None]] = nothing  #: as long as the block lasts


def on_every_write(service: str, body: str) -> Callable[[Stack], AbstractContextManager[None]]:
    """Let the database of `service` do something before every write: each keeps its key in the table `request`."""
    make = f"""
    CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$;
    CREATE TRIGGER planted BEFORE INSERT ON request FOR EACH ROW EXECUTE FUNCTION planted();
    """

    async def run(stack: Stack, orders: str) -> None:
        async with transaction(stack, service) as connection:
            await connection.execute(orders)

    @contextmanager
    def acting(stack: Stack) -> Iterator[None]:
        asyncio.run(run(stack, make))
        try:
            yield
        finally:
            asyncio.run(run(stack, "DROP FUNCTION planted() CASCADE"))

    return acting
