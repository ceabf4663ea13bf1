"""The bottleneck is named by its cause, not by the queue that it makes in front of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tinhmau.probing import telling
from verification.capacity.bottleneck import suspects
from verification.capacity.sights import Backend, Kept, Look, Pressure, Sights, read
from verification.machine import Sample

_INSERT = "INSERT INTO request (key, digest) VALUES ($1, $2)"
_FULL = Pressure(most=16, busy=16, under_way=120)
_EASY = Pressure(most=16, busy=2, under_way=3)


def _session(wait: str = "", *, seconds: float = 0.004, state: str = "active", database: str = "portal") -> Backend:
    return Backend(database=database, state=state, wait=wait, seconds=seconds, statement=_INSERT, holder="")


def _sights(
    *backends: Backend,
    busy: float = 0.8,
    portal: Pressure = _EASY,
    cpu: dict[str, float] | None = None,
    kept: Kept = Kept(),  # noqa: B008 -- frozen
) -> Sights:
    """Ten looks that are all alike, on a machine of two processors."""
    look = Look(
        at=0.0, processors=2, busy=busy, backends=backends, services={"portal": portal}, processes={"portal": kept}
    )
    samples = [
        Sample(at=float(at), service=name, cpu_percent=percent, memory_mb=100)
        for at in range(5)
        for name, percent in (cpu or {"portal": 30.0, "postgresql": 15.0}).items()
    ]
    return Sights(looks=(look,) * 10, samples=tuple(samples))


def _first(sights: Sights) -> tuple[str, str]:
    found = suspects(sights)
    return (found[0].kind, found[0].service) if found else ("", "")


@pytest.mark.parametrize(
    ("sights", "kind", "service"),
    [
        pytest.param(_sights(*[_session("Lock:advisory", seconds=2)] * 15, _session(), portal=_FULL), "lock", "portal",
                     id="lock, though the pool is full of those who wait for it"),
        pytest.param(_sights(*[_session("Timeout:PgSleep", seconds=0.12)] * 16, portal=_FULL), "slow-query", "portal",
                     id="slow statement, though the pool is full of it"),
        pytest.param(_sights(*[_session(seconds=0.12)] * 4, busy=1.98, portal=_FULL), "slow-query", "portal",
                     id="slow statement, though it fills the processors"),
        pytest.param(_sights(_session("Timeout:PgSleep", seconds=0.012), portal=Pressure(most=1, busy=1, under_way=40)),
                     "pool", "portal", id="one connection that is always busy with short statements"),
        pytest.param(_sights(_session("Timeout:PgSleep", seconds=0.012), busy=2.0,
                             portal=Pressure(most=1, busy=1, under_way=40)), "pool", "portal",
                     id="one connection that waits for a far database on a full machine"),
        pytest.param(_sights(*[_session()] * 3, busy=2.0, portal=_FULL, cpu={"portal": 90.0, "office": 60.0}),
                     "machine", "portal", id="a pool that is full for want of processors"),
        pytest.param(_sights(portal=_FULL, kept=Kept(stopped=True)), "throttled", "portal", id="stopped by a throttle"),
        pytest.param(_sights(portal=_FULL, kept=Kept(waited=0.7)), "throttled", "portal",
                     id="held back by a quota while the machine has room"),
        pytest.param(_sights(busy=1.2, portal=_FULL, cpu={"portal": 97.0, "postgresql": 10.0}), "one-process", "portal",
                     id="one process that fills its processor, the other is free"),
        pytest.param(_sights(busy=2.0, portal=_FULL, cpu={"office": 90.0, "portal": 60.0, "generator-worker-1": 40.0}),
                     "machine", "office", id="the machine, most of it the office"),
        pytest.param(_sights(busy=2.0, cpu={"office": 30.0}), "", "", id="programs of somebody else"),
        pytest.param(_sights(*[_session("IO:WalSync")] * 6), "disk", "postgresql", id="the disk of the log"),
        pytest.param(_sights(busy=1.1, cpu={"generator-worker-1": 99.0}), "generator", "generator-worker-1",
                     id="our own generator"),
        pytest.param(_sights(_session(), _session("Client:ClientRead")), "", "", id="nothing is scarce"),
    ],
)  # fmt: skip
def test_the_first_suspect_is_the_cause(sights: Sights, kind: str, service: str) -> None:
    """Each kind of bottleneck as it looks from outside, with the effects that it has on everything before it."""
    assert _first(sights) == (kind, service)


def test_a_busy_machine_comes_with_what_each_service_used_in_both_languages() -> None:
    """On a small machine the honest answer is often this one, and it must say where the processors went."""
    found = suspects(_sights(busy=2.0, cpu={"office": 90.0, "portal": 60.0, "generator-worker-1": 40.0}))[0]
    told = " ".join(one.vi for one in found.evidence)
    assert "2,0 trên 2 bộ xử lý" in told
    assert "office 90 %, portal 60 %, generator-worker-1 40 %" in told
    assert "office" in found.what.en


def test_a_processor_that_is_waited_for_on_a_full_machine_is_no_throttle() -> None:
    """Everybody waits there; only somebody who waits while others idle is held back."""
    found = suspects(_sights(busy=2.0, cpu={"portal": 90.0, "office": 80.0}, kept=Kept(waited=0.7)))
    assert [one.kind for one in found] == ["machine"]


def test_a_processor_that_is_waited_for_by_chance_is_no_throttle() -> None:
    """At 85 % of two processors everybody waits longer than they run; the cause is the pool."""
    found = suspects(_sights(busy=1.7, portal=_FULL, kept=Kept(waited=0.45)))
    assert [one.kind for one in found] == ["pool"]


@pytest.mark.parametrize("answers", [1, 3])
def test_a_service_that_seldom_answers_is_not_told_by_its_pool(answers: int) -> None:
    """Its process is too busy to answer; that its pool was full once, or that it turned some away, says nothing."""
    busy = Pressure(most=16, busy=16, under_way=120, turned_away=40)
    cpu = {"portal": 97.0, "postgresql": 10.0}
    sights = _sights(busy=1.2, portal=busy, cpu=cpu)
    silent = [msgspec.structs.replace(look, services={}) for look in sights.looks[answers:]]
    found = suspects(msgspec.structs.replace(sights, looks=(*sights.looks[:answers], *silent)))
    assert [(one.kind, one.service) for one in found] == [("one-process", "portal")]


def test_too_few_looks_name_nobody() -> None:
    """Half a second of evidence is none."""
    sights = _sights(*[_session("Lock:advisory")] * 15)
    assert suspects(Sights(looks=sights.looks[:3], samples=sights.samples)) == ()


def test_what_was_watched_is_read_back_only_for_the_moments_that_are_asked_for(tmp_path: Path) -> None:
    """A day has quiet hours, and what is scarce shows in the others; a line that was torn is passed over."""

    def line(at: float, **more: Any) -> bytes:
        return msgspec.json.encode({"at": at, "processors": 2, "busy": 1.0, **more}) + b"\n"

    services = {"portal": {"database_connections_most": 16.0, "http_requests_under_way": 3.0}}
    (tmp_path / "watch.ndjson").write_bytes(line(10.2) + line(11.7, services=services) + b'{"at": 12')
    seen = read(tmp_path, moments=[(11.0, 12.0)])
    assert [look.at for look in seen.looks] == [11.7]
    assert seen.looks[0].services["portal"] == Pressure(most=16.0, under_way=3.0)
    assert len(read(tmp_path).looks) == 2


@pytest.mark.parametrize(
    ("moments", "named"), [([(12.0, 20.0)], "slow-query"), ([(5.0, 11.5)], "lock"), ([], "slow-query")]
)
def test_where_the_worst_seconds_tell_nothing_the_whole_day_does(
    tmp_path: Path, moments: list[tuple[float, float]], named: str
) -> None:
    """Clients who wait for their time-outs after all others have gone do not hide the cause; other seconds stay out."""
    slow, locked = [_session(seconds=0.2)] * 9, [_session("Lock:advisory", seconds=2)] * 9
    with (tmp_path / "watch.ndjson").open("wb") as out:
        for at in range(20):
            seen = slow if at < 5 else locked if at < 7 else []
            seen = slow * 3 if at < 5 else seen
            out.write(msgspec.json.encode(Look(at=float(at), processors=2, busy=0.5, backends=tuple(seen))) + b"\n")

    assert suspects(telling(tmp_path, moments))[0].kind == named
