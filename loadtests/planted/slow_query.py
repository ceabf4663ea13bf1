"""`slow-query`: one statement of a service takes a quarter of a second, as one without its index would."""

from loadtests.planted.bottleneck import Bottleneck, on_every_write

KIND = "slow-query"
_SECONDS = 0.25


def plant(service: str) -> Bottleneck:
    """Slow down what every write of the service begins with."""
    return Bottleneck(kind=KIND, service=service, acting=on_every_write(service, f"PERFORM pg_sleep({_SECONDS});"))
