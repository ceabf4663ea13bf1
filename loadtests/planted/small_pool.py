"""`pool`: a service has one database connection for all its requests, towards a database that is not next door."""

from loadtests.planted.bottleneck import Bottleneck, on_every_write

KIND = "pool"
_FAR_SECONDS = 0.025  # a write's way there and back; harmless with sixteen connections


def plant(service: str) -> Bottleneck:
    """Leave the service one connection."""
    return Bottleneck(
        kind=KIND,
        service=service,
        settings={"DATABASE_CONNECTIONS": "1"},
        acting=on_every_write(service, f"PERFORM pg_sleep({_FAR_SECONDS});"),
    )
