"""Workers: many like pieces of work at once, on processes of this machine or on a Dask cluster that is there already.

Work is a function of its item alone, so what comes back does not depend on how many workers there are or who is first.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.trouble import TroubleError

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
_MB = 1024


class Workers(NamedTuple):
    """Who does the work."""

    processes: int = 0  #: processes of this machine; 0 is this process, one piece after another
    memory_mb: int = 2000  #: what a process may take before it is stopped
    scheduler: str = ""  #: address of a Dask cluster, which then replaces the processes


class Peak:
    """The most memory that one process took, in MB; known when all work is done."""

    mb: int = 0


def each(
    work: Callable[[str], T], items: Sequence[str], *, workers: Workers, peak: Peak | None = None
) -> Iterator[tuple[str, T]]:
    """Yield every item with its result, as they come.

    Raises BadInputError where Dask is wanted and not installed, and TroubleError for a worker that was lost, most
    likely because its work needs more memory than it may take. What the work itself raises comes through.
    """
    peak = peak or Peak()
    if not workers.processes and not workers.scheduler:
        for item in items:
            yield item, work(item)
        peak.mb = _peak_mb()
        return
    with _client(workers) as client:
        yield from _collected(client, work, items, workers)
        peak.mb = max(client.run(_peak_mb).values())


def _collected(
    client: Client, work: Callable[[str], T], items: Sequence[str], workers: Workers
) -> Iterator[tuple[str, T]]:
    from distributed import KilledWorker, as_completed  # noqa: PLC0415 -- an extra that few installations have

    # Earlier items first: they are the largest.
    names = {
        client.submit(work, item, pure=False, priority=len(items) - place): item for place, item in enumerate(items)
    }
    for done in as_completed(names):
        try:
            result: T = done.result()
        except KilledWorker:
            raise TroubleError(
                Text(
                    f"Một tiến trình bị mất khi làm “{names[done]}”, có lẽ vì cần hơn {workers.memory_mb} MB. "
                    "Tăng --memory-mb.",
                    f"A worker was lost over “{names[done]}”, most likely because it needs more than "
                    f"{workers.memory_mb} MB. Raise --memory-mb.",
                )
            ) from None
        yield names.pop(done), result
        done.release()  # so that neither side keeps results that have been taken


@contextmanager
def _client(workers: Workers) -> Iterator[Client]:
    """Connect to the cluster, or start processes on loopback, which talk encrypted and only to each other."""
    try:
        import dask  # noqa: PLC0415 -- an extra that few installations have
        from distributed import Client, LocalCluster  # noqa: PLC0415
    except ImportError:
        found = Text("chưa cài Dask.", "Dask is not installed.")
        way_out = Text(
            "Cài: pip install --require-hashes -r requirements/large.txt; hoặc bỏ --workers.",
            "Install it: pip install --require-hashes -r requirements/large.txt; or leave out --workers.",
        )
        raise BadInputError([Mistake(file="tinhmau nation", key="--workers", found=found, way_out=way_out)]) from None
    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": 0,  # a province that does not fit once will not fit the next time
        "distributed.scheduler.work-stealing": False,
        "distributed.scheduler.worker-saturation": 1.0,  # a worker is given its next province when it is free
        "distributed.admin.log-length": 0,
        "distributed.logging": {"distributed": "error"},
    }
    with dask.config.set(settings):
        if workers.scheduler:
            with Client(workers.scheduler, timeout=10) as client:
                yield client
            return
        with (
            LocalCluster(
                n_workers=workers.processes,
                threads_per_worker=1,
                processes=True,
                memory_limit=f"{workers.memory_mb}MB",
                dashboard_address=None,
                host="127.0.0.1",
                security=True,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MB
