"""Gates of the infrastructure while a run goes on, and what is said of a run that one of them ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest
from objective_runs import TIMELINE, run_folder
from verification_world import World

from simulation.journal import Event, Writer
from tinhmau.following import Following, follow
from verification import evidence, verdict
from verification.capacity.sights import Backend, Look, Pressure
from verification.machine import Sample
from verification.objectives import files
from verification.objectives.ending import Ending
from verification.objectives.hopeless import Hope
from verification.objectives.judging import judge
from verification.objectives.news import News

BEGAN = 1000.0  #: Unix time of run second 0


def wanted(folder: Path, text: str) -> files.Objectives:
    """Objectives of a text."""
    path = folder / files.FILE
    path.write_text(f"[phases]\nrush = '08:00 09:00'\n[thresholds]\n{text}\n", encoding="utf-8")
    return files.load(path)


def ending(folder: Path, threshold: str, *, delay: str = "0s") -> Ending:
    """What follows a run with one objective that may end it: `memory max<900`."""
    name, _, bound = threshold.partition(" ")
    text = f'"{name}" = [{{ threshold = "{bound}", abortOnFail = true, delayAbortEval = "{delay}" }}]'
    return Ending(wanted(folder, text), timeline=TIMELINE, steps=1000)


def moment(second: float, *, restarts: int = 0, **used: float) -> tuple[Sample, ...]:
    """The samples of one moment: megabytes by service, and as many percent of a core."""
    return tuple(
        Sample(at=BEGAN + second, service=name, cpu_percent=value, memory_mb=value, restarts=restarts)
        for name, value in used.items()
    )


def look(second: float, *, busy: Mapping[str, float] | None = None, waits: str = "", free: float | None = None) -> Look:
    """One look: connections of ten that are busy by service, what each session of the portal waits for, room."""
    services = {name: Pressure(most=10.0, busy=value) for name, value in (busy or {"portal": 1.0}).items()}
    backends = [Backend(database="portal", state="active", wait=wait, statement="SELECT 1", seconds=0.1)
                for wait in waits.split()]  # fmt: skip
    return Look(at=BEGAN + second, processors=2, busy=1.0, backends=tuple(backends), services=services,
                disk_free_mb=free)  # fmt: skip


def seen(*samples: tuple[Sample, ...], looks: tuple[Look, ...] = ()) -> News:
    """News of the machine alone."""
    return News(began=BEGAN, samples=[one for group in samples for one in group], looks=looks)


FINE = seen(
    moment(1, portal=400, lgsp=300),
    looks=(look(1, busy={"portal": 8, "lgsp": 1}, waits="- IO:WalSync - -", free=700.0),),
)
CERTAIN = {
    "memory max<900": seen(moment(2, portal=600, lgsp=350)),
    "memory{service:lgsp} max<=300": seen(moment(2, lgsp=300.5)),
    "cpu max<900": seen(moment(2, portal=600, lgsp=350)),
    "memory min>650": seen(moment(2, portal=100, lgsp=100)),
    "restarts count<1": seen(moment(2, restarts=1, portal=400)),
    "restarts count==0": seen(moment(2, restarts=1, portal=400)),
    "pool max<90": seen(looks=(look(2, busy={"portal": 9.5}),)),
    "pool{service:lgsp} max<90": seen(looks=(look(2, busy={"lgsp": 10}),)),
    "disk max<50": seen(looks=(look(2, waits="IO:WalSync IO:DataFileRead -"),)),
    "disk_free min>500": seen(looks=(look(2, free=499.0),)),
}


@pytest.mark.parametrize("threshold", CERTAIN)
def test_what_is_certain_ends_the_load_at_once(tmp_path: Path, threshold: str) -> None:
    """A maximum passed, a minimum not reached, a restart: long before its delay is over, in verify and in probes."""
    follows = ending(tmp_path, threshold, delay="10m")
    hope = Hope(files.load(tmp_path / files.FILE), timeline=TIMELINE, steps=1000)
    for one in (follows, hope):
        one.see(FINE)
        assert one.lost() == []
        one.see(CERTAIN[threshold])
        assert [lost.title for lost in one.lost()] == [threshold]
        one.see(FINE)
        assert [lost.title for lost in one.lost()] == [threshold], "what is certain does not pass"


@pytest.mark.parametrize("threshold", ["cpu avg<80", "memory med<80", "pool avg<80", "disk p(50)<80"])
def test_a_mean_ends_the_load_from_its_delay_on(tmp_path: Path, threshold: str) -> None:
    """A mean can come right again: it is looked at when its delay is over, and no probe is given up by it."""
    follows = ending(tmp_path, threshold, delay="10s")
    hope = Hope(files.load(tmp_path / files.FILE), timeline=TIMELINE, steps=1000)

    def at(second: float) -> News:
        return seen(moment(second, portal=95), looks=(look(second, busy={"portal": 9.5}, waits="IO:WalSync"),))

    follows.see(at(9))
    hope.see(at(9))
    assert follows.lost() == hope.lost() == []
    follows.see(at(10))
    assert [one.title for one in follows.lost()] == [threshold]


def test_a_mean_that_has_come_right_by_its_delay_goes_on(tmp_path: Path) -> None:
    """One busy second at the start, ten idle ones."""
    follows = ending(tmp_path, "cpu avg<80", delay="10s")
    follows.see(seen(*(moment(second, portal=95 if second == 0 else 20) for second in range(11))))
    assert follows.lost() == []


def test_only_what_asks_for_it_ends_a_run(tmp_path: Path) -> None:
    """Memory is passed and a service restarted, but no abortOnFail: laws are worth the rest of the day."""
    objectives = wanted(tmp_path, '"memory" = ["max<900"]\n"restarts" = [{ threshold = "count<1" }]')
    follows = Ending(objectives, timeline=TIMELINE, steps=1000)
    follows.see(seen(moment(1, portal=400), moment(2, restarts=1, portal=1000)))
    assert follows.lost() == []


def test_what_comes_before_the_load_is_not_held_against_it(tmp_path: Path) -> None:
    """Starting takes a whole core each; the phase sees its own hour alone."""
    busy = ending(tmp_path, "cpu max<90")
    busy.see(seen(moment(-1, portal=100)))
    assert busy.lost() == []
    rush = ending(tmp_path, "cpu{service:portal,phase:rush} max<90")
    rush.see(seen(moment(19, portal=100), moment(30, portal=100)))
    assert rush.lost() == [], "second 20 to 30 is eight to nine o'clock"
    rush.see(seen(moment(20, portal=100)))
    assert len(rush.lost()) == 1


def test_restarts_are_counted_from_the_first_look(tmp_path: Path) -> None:
    """A later probe does not pay for what happened in an earlier one; a counter that began anew is no restart."""
    follows = ending(tmp_path, "restarts count<1")
    follows.see(seen(moment(0, restarts=3, portal=1), moment(1, restarts=3, portal=1), moment(2, restarts=0, portal=1)))
    assert follows.lost() == []
    follows.see(seen(moment(3, restarts=1, portal=1)))
    assert len(follows.lost()) == 1


def lines(*structs: msgspec.Struct) -> bytes:
    """As a sampler writes them."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in structs)


@pytest.fixture
def metrics(tmp_path: Path) -> Iterator[Path]:
    """The folder of a run that is being sampled."""
    (tmp_path / "metrics").mkdir()
    return tmp_path / "metrics"


def test_a_moment_that_is_not_written_whole_waits(tmp_path: Path, metrics: Path) -> None:
    """Half of a moment's services would be half of its memory. What is damaged is passed over."""
    following = Following(tmp_path)
    with (metrics / "processes.ndjson").open("ab", buffering=0) as out:
        out.write(lines(*moment(1, portal=400)))
        assert following.more(began=BEGAN).samples == []
        out.write(lines(*moment(1, lgsp=300)) + b"{}\n" + lines(*moment(2, portal=400)))
        assert [(one.service, one.at) for one in following.more(began=BEGAN).samples] == [
            ("portal", 1001.0),
            ("lgsp", 1001.0),
        ]
        out.write(lines(*moment(3, portal=400)))
        assert [one.at for one in following.more(began=BEGAN).samples] == [1002.0]


@pytest.mark.parametrize("file", ["processes.ndjson", "watch.ndjson"])
def test_what_the_sampler_writes_ends_a_drive(tmp_path: Path, metrics: Path, file: str) -> None:
    """From its file to the name of the gate, without any observation of a client."""
    clock = iter(range(100))
    gate = "memory max<900" if file == "processes.ndjson" else "disk_free min>500"
    ask = follow(ending(tmp_path, gate), tmp_path, now=lambda: float(next(clock) * 2))
    with (metrics / file).open("ab", buffering=0) as out:
        out.write(lines(*moment(1, portal=400)) if file == "processes.ndjson" else lines(look(1, free=700)))
        assert ask(BEGAN) == ""
        out.write(
            lines(*moment(2, portal=950), *moment(3, portal=1)) if file == "processes.ndjson" else
            lines(look(2, free=300))
        )  # fmt: skip
        assert ask(BEGAN) == gate


def ended_by(folder: Path, gate: str, text: str, samples: tuple[Sample, ...]) -> Path:
    """A day whose load a gate ended after six seconds; the sampler went on for a while."""
    world = World()
    begin = msgspec.structs.replace(world.events[0], detail="1970-01-01T00:16:40+00:00, 2 workers")
    world.events = [begin, Event(at=6.0, event="given-up", detail=gate)]
    world.samples = [msgspec.to_builtins(one) for one in samples]
    world.books.clear()
    run = world.write(folder / "run")
    wanted(run, text)
    return run


def test_a_run_that_a_gate_ended_says_which_with_what_and_when(tmp_path: Path) -> None:
    """The value with its service, the moment, the way out; nothing else is called kept or broken."""
    samples = (*moment(1, portal=400, lgsp=300), *moment(5, portal=612, lgsp=300), *moment(7, portal=5000))
    text = '"memory" = [{ threshold = "max<900", abortOnFail = true }]\n"cpu" = ["avg<1"]\n"errors" = ["rate<0.5"]'
    told = verdict.judge(ended_by(tmp_path, "memory max<900", text, samples))

    assert (told.answer, told.exit_code) == ("BROKEN", 1)
    reason = told.reasons[0].en
    assert reason.startswith("Objective memory max<900: ended the load early at ")
    assert "(run second 6): 912 MB (most of it: portal), wanted < 900 MB." in reason
    assert reason.endswith("To see the whole day, leave abortOnFail out.")
    assert "nhiều nhất: portal" in told.reasons[0].vi
    assert [one.answer for one in told.objectives] == ["BROKEN", "UNKNOWN", "UNKNOWN"]
    assert all("memory max<900" in one.reason.en for one in told.objectives[1:])
    assert {law.answer for law in told.laws} == {one.answer for one in told.requirements} == {"UNKNOWN"}


def test_a_mean_is_told_as_it_was_when_it_ended_the_load(tmp_path: Path) -> None:
    """An idle second after the decision does not make the reason contradict itself."""
    samples = tuple(one for second in range(5) for one in moment(second, portal=90)) + moment(5.9, portal=0)
    text = '"cpu" = [{ threshold = "avg<80", abortOnFail = true }]'
    run = ended_by(tmp_path, "cpu avg<80", text, samples)
    (result,) = judge(files.load(run / files.FILE), evidence.gather(run))
    assert result.value == 90


def test_a_gate_speaks_of_the_load_alone_when_the_day_is_over(tmp_path: Path) -> None:
    """Start before second 0 and the taking of books after the end are no load; a restart counts whenever it was."""
    run = run_folder(tmp_path / "run")
    book = Writer(run / "journal" / "master.ndjson")
    book.write(Event(at=0.0, event="begin", detail="1970-01-01T00:16:40+00:00, 2 workers"))
    book.close()
    samples = (*moment(-2, portal=100), *moment(0, portal=20), *moment(50, portal=30), *moment(102, portal=100))
    last = moment(103, restarts=1, portal=100)
    (run / "metrics" / "processes.ndjson").write_bytes(lines(*samples, *last))
    objectives = wanted(tmp_path, '"cpu" = ["max<90"]\n"restarts" = ["count<1"]')

    cpu, restarts = judge(objectives, evidence.gather(run))

    assert (cpu.answer, cpu.value) == ("KEPT", 30)
    assert (restarts.answer, restarts.value) == ("BROKEN", 1)
    assert "portal" in restarts.reason.en


def test_samples_of_one_second_are_not_added_up(tmp_path: Path) -> None:
    """A sampler that is a little late and then on time takes two looks in one second of the clock."""
    run = run_folder(tmp_path / "run")
    samples = (*moment(1.01, portal=500), *moment(1.99, portal=500))
    (run / "metrics" / "processes.ndjson").write_bytes(lines(*samples))
    (result,) = judge(wanted(tmp_path, '"memory" = ["max<900"]'), evidence.gather(run))
    assert (result.answer, result.value) == ("KEPT", 500)


def test_everybody_who_was_restarted_is_named(tmp_path: Path) -> None:
    """Two in one moment, one later."""
    run = run_folder(tmp_path / "run")
    samples = [moment(at, restarts=number, portal=1, lgsp=1) for at, number in ((1, 0), (2, 1))]
    later = (
        *moment(3, restarts=1, portal=1, lgsp=1),
        *moment(3, restarts=0, onestop=1),
        *moment(4, restarts=1, onestop=1),
    )
    (run / "metrics" / "processes.ndjson").write_bytes(lines(*samples[0], *samples[1], *later))
    (result,) = judge(wanted(tmp_path, '"restarts" = ["count<1"]'), evidence.gather(run))
    assert (result.value, "3 (portal, lgsp, onestop), wanted < 1" in result.reason.en) == (3, True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"memory{service:portal,phase:rush}" = ["max<1"]', "or in that phase"),
        ('"memory{service:portl}" = ["max<1"]', "Did you mean “portal”?"),
        ('"disk{service:portl}" = ["max<1"]', "tinhmau verify --objectives"),
        ('"latency{actor:citzen}" = ["max<1"]', "Did you mean “citizen”?"),
    ],
)
def test_a_pattern_that_fits_nobody_is_unknown_with_the_nearest_name(tmp_path: Path, text: str, told: str) -> None:
    """A misspelt service is not kept because it used nothing."""
    (result,) = judge(wanted(tmp_path, text), evidence.gather(run_folder(tmp_path / "run")))
    assert result.answer == "UNKNOWN"
    assert told in result.reason.en


def test_a_misspelt_service_of_a_watched_run_is_not_kept(tmp_path: Path) -> None:
    """Nobody of that name waits for a disk, and nobody of that name exists."""
    run = run_folder(tmp_path / "run")
    (run / "metrics" / "watch.ndjson").write_bytes(
        msgspec.json.encode({**msgspec.to_builtins(look(1)), "services": {"portal": {}}}) + b"\n"
    )
    (result,) = judge(wanted(tmp_path, '"disk{service:portl}" = ["max<1"]'), evidence.gather(run))
    assert (result.answer, "Did you mean “portal”?" in result.reason.en) == ("UNKNOWN", True)
