"""What was seen of a stack while a probe went on: `metrics/watch.ndjson` and `metrics/processes.ndjson` as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from verification import machine
from verification.machine import Sample


class Backend(msgspec.Struct, frozen=True, kw_only=True):
    """A session of PostgreSQL that was not idle."""

    database: str  #: of the service of that name
    state: str  #: as in pg_stat_activity: active, idle in transaction, ...
    wait: str = ""  #: "Lock:transactionid", "IO:WalSync", ...; empty while it computes
    seconds: float  #: since its statement began
    statement: str
    holder: str = ""  #: statement of a session that holds the lock it waits for


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """How full a service is."""

    most: float = msgspec.field(name="database_connections_most", default=0.0)
    busy: float = msgspec.field(name="database_connections_busy", default=0.0)
    under_way: float = msgspec.field(name="http_requests_under_way", default=0.0)
    turned_away: float = msgspec.field(name="http_requests_turned_away_total", default=0.0)  #: since it was started


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How far a service's process was kept from a processor."""

    stopped: bool = False  #: it was seen stopped, as cpulimit does it
    waited: float = 0.0  #: share of the time since the look before in which it wanted a processor and had none


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at everything."""

    at: float  #: Unix time, seconds
    processors: int
    busy: float  #: processors in use by anything on the machine since the look before
    processes: Mapping[str, Kept] = {}
    backends: tuple[Backend, ...] = ()
    services: Mapping[str, Pressure] = {}
    disk_free_mb: float | None = None  #: where the stack keeps its state; None where that is not on this machine


class Sights(msgspec.Struct, frozen=True, kw_only=True):
    """All looks and samples that belong together."""

    looks: tuple[Look, ...]
    samples: tuple[Sample, ...]  #: processor and memory by service, the generator's processes included


def read(metrics: Path, *, moments: Sequence[tuple[float, float]] = ()) -> Sights:
    """Read a probe's `metrics` folder; only what was seen in one of the `moments` (Unix seconds), all without any.

    What was not written is empty: naming then says that nothing is known, and why.
    """
    samples, _ = machine.read(metrics / "processes.ndjson")
    path = metrics / "watch.ndjson"
    raw = path.read_bytes() if path.exists() else b""
    looks = msgspec.json.Decoder(Look).decode_lines(raw[: raw.rfind(b"\n") + 1])

    def meant(at: float) -> bool:
        return not moments or any(since <= at <= until for since, until in moments)

    return Sights(
        looks=tuple(look for look in looks if meant(look.at)),
        samples=tuple(sample for sample in samples if meant(sample.at)),
    )
