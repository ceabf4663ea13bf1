"""`lock`: all writes of a service queue for one lock, as they do for the one row of a badly made counter."""

from loadtests.planted.bottleneck import Bottleneck, on_every_write

KIND = "lock"
_HELD_SECONDS = 0.06


def plant(service: str) -> Bottleneck:
    """Let every write take the same lock and hold it for a while."""
    body = f"PERFORM pg_advisory_xact_lock(7301); PERFORM pg_sleep({_HELD_SECONDS});"
    return Bottleneck(kind=KIND, service=service, acting=on_every_write(service, body))
