"""Every document exactly once, whatever is killed or lost: rounds of faults, each from a seed, and one checker for all.

`docs/wire.md` promises it; the rounds try to break it. A failing seed is kept in FOUND and played first from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from document_rounds import Stack
from faulty_wire import FaultyWire
from running_service import LGSP_SECRET, PROVIDER_SECRET, Place, Postgres
from signing_keys import Keys

#: Seeds that once found a fault.
FOUND: list[int] = []
_SHORT_ROUNDS, _NIGHTLY_ROUNDS, _ROUNDS_AT_ONCE = 10, 200, 10
_OPERATIONS = (
    "envelopes.send", "envelopes.list", "envelopes.get", "envelopes.received", "statuses.send", "statuses.list",
)  # fmt: skip


@pytest.fixture(scope="module")
def stack(place: Place, tmp_path_factory: pytest.TempPathFactory, reference_folder: Path) -> Iterator[Stack]:
    """Office, LGSP and hub on a database that keeps what it has acknowledged, with wires between them."""
    Keys(every_leader=True).write(reference_folder)
    contracts = [{"consumer": "office", "provider": "dochub", "operation": name} for name in _OPERATIONS]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    postgres = Postgres(durable=True)
    try:
        hub = place("dochub", DATABASE_URL=postgres.create_database("dochub"))
        to_hub = FaultyWire(hub.url)
        systems = {
            "office": {"secret": LGSP_SECRET, "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"},
            "dochub": {"secret": "other", "provider_secret": PROVIDER_SECRET, "url": to_hub.url},
        }
        registry = tmp_path_factory.mktemp("registry") / "registry.json"
        registry.write_bytes(msgspec.json.encode({"systems": systems}))
        lgsp = place("lgsp", DATABASE_URL=postgres.create_database("lgsp"), LGSP_REGISTRY=str(registry))
        to_lgsp = FaultyWire(lgsp.url)
        office = place("office", DATABASE_URL=postgres.create_database("office"), LGSP_URL=to_lgsp.url)
        try:
            yield Stack(postgres=postgres, office=office, lgsp=lgsp, hub=hub, wires=[to_lgsp, to_hub])
        finally:
            for service in (office, lgsp, hub):
                service.close()
            for wire in (to_lgsp, to_hub):
                wire.close()
    finally:
        postgres.close()


def _played(stack: Stack, seeds: list[int], *, documents: int, kills: int, seconds: float) -> Counter[str]:
    for seed in seeds:
        found = stack.play(seed, documents=documents, kills=kills, seconds=seconds)
        assert not found, f"seed {seed}: {found}"
    return Counter(stack.killed) + sum((wire.done for wire in stack.wires), Counter())


@pytest.mark.timeout(900)  # each kill may open the LGSP's breaker, for fifteen seconds at most
def test_ten_short_rounds_leave_no_doubt(stack: Stack) -> None:
    """One kill a round, of each part in turn by chance, and a wire that loses, repeats, delays and replays."""
    played = _played(stack, [*FOUND, *range(_SHORT_ROUNDS)], documents=2, kills=1, seconds=0.6)
    assert sum(played[part] for part in ("office", "hub", "lgsp", "postgres")) >= _SHORT_ROUNDS
    assert played["cut"] + played["lose"] + played["repeat"] + played["delay"] + played["replay"] > _SHORT_ROUNDS
    assert len(stack.journal.issues) >= 2 * _SHORT_ROUNDS


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 1000 + _NIGHTLY_ROUNDS, _ROUNDS_AT_ONCE))
def test_two_hundred_rounds_leave_no_doubt(stack: Stack, first: int) -> None:
    """Longer histories, three kills in as many seconds, of every part many times over all rounds."""
    _played(stack, list(range(first, first + _ROUNDS_AT_ONCE)), documents=4, kills=3, seconds=3.0)
    if first + _ROUNDS_AT_ONCE == 1000 + _NIGHTLY_ROUNDS and len(stack.killed) >= 3 * _NIGHTLY_ROUNDS:
        killed = Counter(stack.killed)
        assert min(killed[part] for part in ("office", "hub", "lgsp", "postgres")) > _NIGHTLY_ROUNDS // 4
