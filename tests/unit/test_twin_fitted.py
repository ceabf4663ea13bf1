"""The fitted twin's surroundings: futures with their sources, runs read from folders, and the commands over them."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from simulation.journal import Event, Observation, Writer
from simulation.mistakes import BadInputError
from simulation.twin import fitting, growth, observed
from tinhmau import twin_page, twin_runs
from tinhmau.commands import plan
from tinhmau.commands import twin as command

ENVIRONMENT = {"machine": {"processors": 2}, "scenario": "toy"}


def write_run(folder: Path, loads: tuple[float, ...], *, lasts: float = 10.0) -> None:
    """Write probes of so many seconds: 20 operations a second at load 1, of 20 ms of the portal's processor each."""
    for number, load in enumerate(loads, 1):
        probe = folder / "probes" / f"{number:02}"
        for name in ("journal", "metrics"):
            (probe / name).mkdir(parents=True)
        writer = Writer(probe / "journal" / "walker.ndjson")
        count = round(20 * load * lasts)
        for place in range(count):
            at = lasts * place / count
            writer.write(
                Observation(
                    journey=f"j{place}", step=0, operation="portal.search", actor="citizen", planned=at, intended=at,
                    start=at, end=at + 0.05, outcome="ok", status=200,
                )
            )  # fmt: skip
        writer.close()
        row = {"service": "portal", "cpu_percent": 100 * (20 * load * 0.02 + 0.1), "memory_mb": 60.0}
        lines = [msgspec.json.encode({"at": 1000.0 + second, **row}) + b"\n" for second in range(10)]
        (probe / "metrics" / "processes.ndjson").write_bytes(b"".join(lines))
    twin_runs.write_loads(folder, loads)


def test_provinces_that_became_one_are_weighed_by_people() -> None:
    """Bến Tre went into Vĩnh Long with Trà Vinh; Hà Nội stayed alone; 99 is nobody's code."""
    future = growth.merged("83")

    assert future is not None
    assert future.factor == pytest.approx((1_288_463 + 1_022_791 + 1_009_168) / 1_288_463, rel=0.001)
    assert "Trà Vinh" in future.reason.vi
    alone = growth.merged("01")
    assert alone is not None
    assert alone.factor == 1.0
    assert growth.merged("99") is None


def test_every_future_has_a_reason_and_the_last_is_their_product() -> None:
    """Growth compounds; going online weighs by requests; all at once multiplies."""
    futures = growth.futures(yearly=0.1, years=5, online_now=0.2, online_then=0.6, code="83")

    factors = [one.factor for one in futures]
    assert factors[0] == 1.0
    assert factors[1] == pytest.approx(1.1**5)
    assert factors[2] == pytest.approx((1 + 1.5 * 0.6) / (1 + 1.5 * 0.2))
    assert factors[-1] == pytest.approx(math.prod(factors[1:-1]))
    assert all(one.reason.vi and one.reason.en for one in futures)


def test_a_twin_is_fitted_from_a_run_s_folder(tmp_path: Path) -> None:
    """20 ms of the portal's processor and a tenth idling come back; sizes leave half of the processors free."""
    write_run(tmp_path, (0.5, 1.0, 2.0))
    found = twin_runs.read(tmp_path, ENVIRONMENT)

    twin = fitting.fit(found.runs, processors=found.processors, replicas={})

    (portal,) = [one for one in twin.stations if one.name == "portal"]
    assert portal.demand == pytest.approx(0.02, rel=0.01)
    assert portal.idle == pytest.approx(0.1, rel=0.05)
    assert fitting.forecast(twin, 1.5).offered == pytest.approx(30.0, rel=0.02)
    # 40 operations a second at twice the load, of 20 ms: 0.8 processors and 0.1 idling, at half use nearly two.
    assert command.sizes(twin, 2.0) == {"portal": 2}
    slower = msgspec.structs.replace(twin, slow=1.3)
    assert command.sizes(slower, 2.0) == {"portal": 3}, "what is rented will have neighbours, too"


def test_what_a_load_asks_for_lies_on_lines_between_the_loads_that_were_fitted(tmp_path: Path) -> None:
    """A town of a thousand that is asked four times as often does not do four times as much: 200, 300, 400 operations.

    A straight line through all three would tell 250 and 550 wrong. Nobody asks for less than nothing.
    """
    write_run(tmp_path, (1.0, 1.5, 2.0))
    twin = fitting.fit(twin_runs.read(tmp_path, ENVIRONMENT).runs, processors=2, replicas={})
    bent = msgspec.structs.replace(twin, loads=(1.0, 2.0, 4.0), operations=(200.0, 300.0, 400.0))

    wanted = {load: fitting.wanted(bent, load) for load in (0.5, 1.5, 2.0, 3.0, 7.0)}

    assert wanted == pytest.approx({0.5: 150.0, 1.5: 250.0, 2.0: 300.0, 3.0: 350.0, 7.0: 550.0})
    assert fitting.wanted(msgspec.structs.replace(bent, operations=(10.0, 300.0, 400.0)), 0.1) == 0.0


def test_a_day_is_as_long_as_until_its_last_operation_and_not_to_the_next_whole_second(tmp_path: Path) -> None:
    """Twenty operations a second until 9.5 s: over ten seconds throughput would be told a twentieth too low."""
    write_run(tmp_path, (0.5, 1.0, 2.0), lasts=9.55)
    runs = twin_runs.read(tmp_path, ENVIRONMENT).runs
    twin = fitting.fit(runs, processors=2, replicas={})

    assert runs[1].seconds == pytest.approx(9.5)
    assert runs[1].rate == pytest.approx(20, rel=0.01)
    assert fitting.forecast(twin, 1.0).throughput == pytest.approx(runs[1].good, rel=0.02)


def test_a_probe_that_was_given_up_is_left_out(tmp_path: Path) -> None:
    """Its day was not played to the end."""
    write_run(tmp_path, (0.5, 1.0, 2.0, 4.0))
    writer = Writer(tmp_path / "probes" / "04" / "journal" / "driver.ndjson")
    writer.write(Event(at=3.0, event="given-up", detail="errors rate<0.01"))
    writer.close()

    assert [run.load for run in twin_runs.read(tmp_path, ENVIRONMENT).runs] == [0.5, 1.0, 2.0]


def test_how_slow_the_machine_was_is_read_with_every_run(tmp_path: Path) -> None:
    """Pieces of work took half as long again in the last: its demands are those of the others, told slow by half."""
    write_run(tmp_path, (0.5, 1.0, 2.0, 1.5))
    for number, took in enumerate((0.0004, 0.0004, 0.0004, 0.0006), 1):
        lines = [msgspec.json.encode({"at": 1000 + piece / 10, "seconds": took}) + b"\n" for piece in range(100)]
        (tmp_path / "probes" / f"{number:02}" / "metrics" / "yardstick.ndjson").write_bytes(b"".join(lines))

    runs = twin_runs.read(tmp_path, ENVIRONMENT).runs

    assert {run.load: run.slow for run in runs} == pytest.approx({0.5: 1.0, 1.0: 1.0, 1.5: 1.5, 2.0: 1.0})


def test_repeated_loads_count_by_their_medians(tmp_path: Path) -> None:
    """One disturbed run of three does not decide; a load of its own stays as it is."""
    write_run(tmp_path, (1.0, 2.0, 1.0, 1.0))
    disturbed = tmp_path / "probes" / "03" / "journal" / "walker.ndjson"
    lines = disturbed.read_text("utf-8").replace('"end":', '"end":9')
    disturbed.write_text(lines, encoding="utf-8")

    runs = twin_runs.read(tmp_path, ENVIRONMENT).runs

    assert [run.load for run in runs] == [1.0, 2.0]
    assert runs[0].latency(0.95) == pytest.approx(0.05)
    assert runs[0].operations == pytest.approx(200)
    with pytest.raises(ValueError, match="one load"):
        observed.together(runs)


def test_a_day_is_as_long_as_it_is_where_nobody_waits() -> None:
    """At a heavy load next steps begin later, beyond the day: a light load's rate is told by the day, not by that."""
    runs = [
        observed.Observed(
            load=load,
            profile=(*(100 * load for _ in range(10)), *late),
            used={"portal": load},
            quantiles=tuple([0.01 * load] * (observed.STEPS + 1)),
            good=100 * load,
        )
        for load, late in ((1.0, ()), (2.0, ()), (4.0, (30.0, 20.0, 10.0, 5.0)))
    ]
    twin = fitting.fit(runs, processors=2, replicas={})
    assert fitting.forecast(twin, 1.5).throughput == pytest.approx(150, rel=0.02)


def test_a_repeated_day_is_as_long_as_most_were() -> None:
    """One that was disturbed went on for longer; nothing that was wanted is lost."""
    plain = observed.Observed(load=1.0, profile=(4.0, 4.0), used={}, quantiles=(0.0,) * (observed.STEPS + 1), good=4.0)
    longer = msgspec.structs.replace(plain, profile=(4.0, 2.0, 1.0, 1.0))
    assert observed.together([plain, longer, plain]).profile == pytest.approx((4.0, 4.0))


def test_repeated_days_are_told_from_the_lowest_p95_to_the_highest() -> None:
    """A median of days that differ by three times is not what one day will be; people see how far they were apart."""
    plain = observed.Observed(load=1.0, profile=(4.0,), used={}, quantiles=(0.2,) * (observed.STEPS + 1), good=4.0)
    slow, slower = (msgspec.structs.replace(plain, quantiles=(wait,) * (observed.STEPS + 1)) for wait in (0.3, 1.157))
    seen = observed.together([slow, plain, slower])
    assert seen.latency(0.95) == pytest.approx(0.3)
    assert seen.spread == pytest.approx((0.2, 1.157))
    assert twin_page.days(seen).vi == "200 – 1.157 (3 ngày)"
    assert twin_page.days(seen).en == "200 – 1,157 (3 days)"
    assert not twin_page.days(plain).vi


def test_the_middle_of_days_is_their_median_where_they_are_few_and_uses_most_of_them_where_they_are_many() -> None:
    """Chance differs by factors, so by logarithms; one day that went wrong moves nothing far."""
    assert float(observed.middle([0.1, 0.2, 30.0])) == pytest.approx(0.2)
    assert float(observed.middle([0.1, 0.4])) == pytest.approx(0.2)
    assert float(observed.middle([0.1, 0.2, 0.2, 0.4, 30.0])) == pytest.approx((0.2 * 0.2 * 0.4) ** (1 / 3))
    assert observed.middle([[0.1, 1.0], [0.2, 2.0], [0.3, 3.0]]) == pytest.approx([0.2, 2.0])


def test_how_sure_the_middle_is_holds_as_often_as_it_says_and_needs_five_days() -> None:
    """Nine in ten are promised of days that scatter by 35 %; eight in ten over two hundred is within the method."""
    dice = np.random.default_rng(5)
    held = [low <= 0.2 <= high for low, high in map(observed.interval, 0.2 * np.exp(dice.normal(0, 0.35, (200, 12))))]

    assert observed.interval([0.1, 0.2, 0.3, 0.4]) == (0.0, math.inf)
    assert np.mean(held) >= 0.8
    many, few = observed.together(_days([0.1, 0.2, 0.2, 0.3, 0.3])), observed.together(_days([0.1, 0.2]))
    assert "90 % chắc" in twin_page.days(many).vi
    assert twin_page.known(many).en.endswith("(5 days)")
    assert twin_page.known(few).en == "? (2 days)"


@pytest.mark.parametrize(
    ("days", "told", "answer"),
    [
        ([0.20, 0.19, 0.21, 0.20, 0.20, 0.21], 0.21, "KEPT"),
        ([0.20, 0.19, 0.21, 0.20, 0.20, 0.21], 0.26, "BROKEN"),
        ([0.20, 0.19, 0.21], 0.21, "UNKNOWN"),  # three days say nothing of how sure they are
        ([0.10, 0.40, 0.15, 0.30, 0.20, 0.25], 0.21, "UNKNOWN"),  # that it is close is luck
        ([0.10, 0.40, 0.15, 0.30, 0.20, 0.25], 0.60, "BROKEN"),  # beyond whatever the days allow
    ],
)
def test_a_forecast_is_believed_only_where_days_say_what_would_have_been_right(
    days: list[float], told: float, answer: str
) -> None:
    """Within 15 % of what was measured, which has to be known to 15 % itself; throughput was told exactly."""
    forecast = fitting.Forecast(load=1.0, offered=4.0, throughput=4.0, p50=0.1, p95=told, use={})
    seen = observed.together(_days(days))

    assert command.judged(seen, forecast) == answer
    late = msgspec.structs.replace(forecast, throughput=3.0)
    assert command.judged(seen, late) == "BROKEN"


def _days(p95: list[float]) -> list[observed.Observed]:
    return [
        observed.Observed(load=1.0, profile=(4.0,), used={}, quantiles=(wait,) * (observed.STEPS + 1), good=4.0)
        for wait in p95
    ]


def test_a_folder_without_probes_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """What was found, and which commands write such folders."""
    with pytest.raises(BadInputError, match="twin measure"):
        twin_runs.read(tmp_path, ENVIRONMENT)


def test_a_twin_is_written_and_read_as_it_was(tmp_path: Path) -> None:
    """`twin.json` is the whole twin, so that a forecast needs nothing else."""
    write_run(tmp_path, (0.5, 1.0, 2.0))
    twin = fitting.fit(twin_runs.read(tmp_path, ENVIRONMENT).runs, processors=2, replicas={})

    assert msgspec.json.decode(msgspec.json.encode(twin), type=fitting.Twin) == twin


def test_a_plan_sizes_processors_by_the_twin_where_it_knows_the_service(tmp_path: Path) -> None:
    """A portal that needs minutes of a processor for an operation wants many; the reason says what was measured."""
    write_run(tmp_path, (0.5, 1.0, 2.0))
    twin = fitting.fit(twin_runs.read(tmp_path, ENVIRONMENT).runs, processors=2, replicas={})
    slow = tuple(msgspec.structs.replace(one, demand=1000.0) if one.name == "portal" else one for one in twin.stations)
    file = tmp_path / "twin.json"
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(twin, stations=slow)))

    def printed(*more: str) -> str:
        done = CliRunner().invoke(plan.command, ["toy", *more], standalone_mode=False)
        assert done.exception is None
        return done.output

    assumed, measured = printed(), printed("--twin", str(file))

    assert "fitted to loads" not in assumed
    assert "fitted to loads" in " ".join(measured.split())
    row = [next(line for line in text.splitlines() if "portal " in line) for text in (assumed, measured)]
    assert row[0] != row[1]
