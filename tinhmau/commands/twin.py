"""`tinhmau twin`: measure a stack at a few loads, fit a twin, and ask it about loads that nobody has tried."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import msgspec
from rich.table import Table

from infra import pricing
from infra.sizing import BUSY
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.twin import fitting, growth
from simulation.twin.fitting import MACHINE, Forecast, Twin
from simulation.twin.observed import P95, Observed, interval, middle
from tinhmau import exits, phases, probing, run_folder, screen, targets, twin_page, twin_runs
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.language import number, say, t
from verification.answer import WORDS, Answer, overall
from verification.capacity.verdict import Probed
from verification.objectives import files

_OBJECTIVES = run_folder.ROOT / "fixtures" / "objectives" / "capacity.toml"
_TWIN = "twin.json"
_TRIES = 3  # of a day whose probe other programs disturbed
_WITHIN = 0.15  # of what was measured: a forecast is believed where unseen runs were told so closely
_GB_PER_VCPU = 2  # as in infra/sizing.py; assumed
_NOT_RENTED = (MACHINE, "generator", "supervisor")  #: the whole, and what belongs to the testbed; as names begin
_DATABASE = "postgresql"  # a process for every session: it uses all processors


@click.group(
    name="twin",
    help=t(
        "Bản sao số: đo vài mức tải, khớp mô hình hàng đợi, dự báo mức tải chưa ai thử.",
        "The twin: measure a few loads, fit a queueing model, forecast loads that nobody has tried.",
    ),
)
def group() -> None:
    """The twin."""


@group.command(
    name="measure",
    help=t(
        "Dựng một hệ thống và cho chạy kịch bản ở từng mức tải.", "Place a stack and drive the scenario at each load."
    ),
)
@click.argument("scenario", default="toy", metavar=t("[KỊCH_BẢN]", "[SCENARIO]"))
@click.option(
    "--loads",
    default="8,16,24,12,20",
    show_default=True,
    metavar=options.NUMBER,
    help=t("Các mức tải, cách nhau bằng dấu phẩy: một vòng.", "Loads, with commas between them: a round."),
)
@click.option(
    "--rounds",
    type=click.IntRange(1, 100),
    default=20,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Số vòng nhiều nhất; một ngày cho mỗi mức tải.", "Rounds at most, a day of each load."),
)
@click.option(
    "--within",
    type=click.FloatRange(0.01, 1.0),
    default=0.1,
    show_default=True,
    metavar=options.NUMBER,
    help=t(
        "Dừng khi p95 của mọi mức tải đã biết sát đến thế (90 % chắc, mỗi phía).",
        "Stop when p95 of every load is known so closely (90 % sure, to either side).",
    ),
)
@options.seed
@options.runs
@options.workers
def measure(*, scenario: str, loads: str, rounds: int, within: float, seed: int, runs: Path, workers: int) -> int:
    """Measure."""
    with Attempts() as attempt:
        objectives = attempt(files.load, _OBJECTIVES)
        wanted = attempt(_numbers, loads, "--loads")
        attempt(phases.read, scenario)
    assert objectives is not None and wanted is not None  # noqa: S101, PT018 -- or the block has raised
    run = run_folder.create(runs, f"twin-{scenario}")
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    run_folder.write_environment(run, scenario=scenario, seed=seed, target="local", workers=workers)
    world = phases.draw(scenario, seed=seed, folder=run / "plan")
    with phases.placed(world, run, target=targets.make("local", run)) as stack:
        # The first day of a new stack is slower than all others: caches are cold, connections not yet made.
        probing.probe(
            world, stack, run / "warm-up" / "00", number=0, load=wanted[0], objectives=objectives, workers=workers,
            to_the_end=True,
        )  # fmt: skip
        seen: list[Probed] = []
        while len(seen) < rounds * len(wanted):
            place, load = len(seen) + 1, wanted[len(seen) % len(wanted)]
            folder = run / "probes" / f"{place:02}"
            for attempt_number in range(1, _TRIES + 1):
                told = probing.probe(
                    world, stack, folder, number=place, load=load, objectives=objectives, workers=workers,
                    to_the_end=True,
                )  # fmt: skip
                if told.disturbed is None or attempt_number == _TRIES:
                    break
                screen.line(f"     ×{number(load, places=2)}: {say(told.disturbed)}")
                aside = run / "disturbed" / f"{place:02}-{attempt_number}"
                aside.parent.mkdir(exist_ok=True)
                folder.rename(aside)
            screen.line(
                t(
                    f"{place:>3}. tải ×{number(load, places=2)}: p95 {number(told.p95 * 1000)} ms, "
                    f"{number(told.good_per_second, places=1)} thao tác thành công/giây",
                    f"{place:>3}. load ×{number(load, places=2)}: p95 {number(told.p95 * 1000)} ms, "
                    f"{number(told.good_per_second, places=1)} good operations/s",
                )
            )
            seen.append(told)
            twin_runs.write_loads(run, [one.load for one in seen])  # a measurement that is stopped can be fitted to
            if len(seen) % len(wanted) == 0:
                known = _known(seen)
                screen.line(_round(len(seen) // len(wanted), known))
                if max(known.values()) <= within:
                    break
    return exits.KEPT


def _known(seen: Sequence[Probed]) -> dict[float, float]:
    """How closely p95 of each load is known: how far its 90 % interval reaches to the wider side, as a share."""
    days: defaultdict[float, list[float]] = defaultdict(list)
    for one in seen:
        days[one.load].append(one.p95)
    return {load: _reach(float(middle(found)), interval(found)) for load, found in sorted(days.items())}


def _reach(of: float, sure: tuple[float, float]) -> float:
    low, high = sure
    return max(of / low, high / of) - 1 if low > 0 else math.inf


def _round(done: int, known: Mapping[float, float]) -> str:
    told = ", ".join(
        f"×{number(load, places=2)} ±{number(100 * reach)} %"
        if math.isfinite(reach)
        else f"×{number(load, places=2)} ?"
        for load, reach in known.items()
    )
    return t(f"     sau {done} vòng biết p95: {told}", f"     p95 known after {done} rounds: {told}")


@group.command(
    name="fit",
    help=t(
        "Khớp bản sao số với vài lần thử của một lần chạy (twin measure hoặc capacity), đối chiếu với những lần thử "
        "còn lại. Mã thoát 0: mọi mức tải chưa thấy được dự báo trong 15 %; 1: không; 2: không còn gì để đối chiếu, "
        "hoặc số ngày chưa đủ để biết p95 đến 15 %.",
        "Fit a twin to some probes of a run (twin measure or capacity) and hold it against the others. Exit codes: 0 "
        "every unseen load told within 15 %, 1 not, 2 nothing was left to hold it against, or too few days to know p95 "
        "to 15 %.",
    ),
)
@click.argument("run", type=click.Path(file_okay=False, path_type=Path), metavar=t("LẦN_CHẠY", "RUN"))
@click.option(
    "--on",
    default="",
    metavar=options.NUMBER,
    help=t("Các mức tải để khớp, ví dụ 1,2,4; mặc định ba mức: thấp nhất, giữa, cao nhất.",
           "Loads to fit to, e.g. 1,2,4; by default three: lowest, middle, highest."),
)  # fmt: skip
def fit(*, run: Path, on: str) -> int:
    """Fit."""
    found = twin_runs.read(run, run_folder.environment(run))
    chosen = _chosen(found.runs, on)
    try:
        twin = fitting.fit(
            [found.runs[place] for place in chosen], processors=found.processors, replicas={_DATABASE: found.processors}
        )
    except ValueError as error:
        words = Text(f"không khớp được: {error}.", f"cannot be fitted: {error}.")
        way_out = Text(
            "Đo thêm mức tải: tinhmau twin measure --loads 1,2,4", "Measure more loads: twin measure --loads"
        )
        raise BadInputError([Mistake(file=str(run), key="probes", found=words, way_out=way_out)]) from error
    unseen = [one for place, one in enumerate(found.runs) if place not in chosen]
    told = [fitting.forecast(twin, one.load, slow=one.slow) for one in unseen]
    (run / _TWIN).write_bytes(msgspec.json.format(msgspec.json.encode(twin), indent=2) + b"\n")
    page = twin_page.render(
        run / "twin.html", twin, seen=[found.runs[place] for place in chosen], unseen=unseen,
        environment=run_folder.environment(run), scenario=found.scenario,
    )  # fmt: skip
    screen.out.print(_stations(twin))
    screen.out.print(_against(unseen, told))
    screen.line(t(f"Bản sao số: {run / _TWIN}", f"Twin: {run / _TWIN}"))
    screen.line(t(f"Trang: {page}", f"Page: {page}"))
    return exits.OF_ANSWER[overall(map(judged, unseen, told))]


def judged(seen: Observed, told: Forecast) -> Answer:
    """Whether p95 and throughput were told within 15 %; UNKNOWN where the days do not say so closely what p95 was."""
    low, high = seen.interval
    if abs(told.throughput / seen.good - 1) > _WITHIN or not low / (1 + _WITHIN) <= told.p95 <= high * (1 + _WITHIN):
        return "BROKEN"
    known = _reach(seen.latency(P95), seen.interval) <= _WITHIN
    return "KEPT" if known and abs(told.p95 / seen.latency(P95) - 1) <= _WITHIN else "UNKNOWN"


def _chosen(runs: tuple[Observed, ...], on: str) -> list[int]:
    if on:
        wanted, loads = _numbers(on, "--on"), [run.load for run in runs]
        strange = [one for one in wanted if one not in loads]
        if strange:
            found = Text(f"không có lần chạy ở tải {strange}.", f"there is no run at load {strange}.")
            way_out = Text(f"Chọn trong {loads}.", f"Choose from {loads}.")
            raise BadInputError([Mistake(file="tinhmau twin fit", key="--on", found=found, way_out=way_out)])
        return [loads.index(one) for one in wanted]
    return sorted({0, len(runs) // 2, len(runs) - 1})


def _numbers(text: str, key: str) -> list[float]:
    try:
        values = [float(one) for one in text.split(",")]
    except ValueError:
        values = [0.0]
    if any(not 0 < value <= 1000 for value in values):  # noqa: PLR2004 -- as for tinhmau capacity
        found = Text(f"“{text}” không phải các số từ trên 0 tới 1000.", f"“{text}” are no numbers above 0 up to 1000.")
        way_out = Text("Ví dụ: 1,2,4", "For example: 1,2,4")
        raise BadInputError([Mistake(file="tinhmau twin", key=key, found=found, way_out=way_out)])
    return values


@group.command(
    name="forecast",
    help=t(
        "Dự báo từ twin.json: tăng trưởng, chuyển sang trực tuyến, sáp nhập tỉnh; chờ bao lâu, phải thuê mấy vCPU, bao "
        "nhiêu đồng một tháng.",
        "Forecast from twin.json: growth, adoption, mergers; how long people wait, vCPU to rent, đồng a month.",
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path), metavar="twin.json")
@click.option(
    "--growth",
    "yearly",
    type=click.FloatRange(-0.5, 3),
    default=0.1,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Tăng mỗi năm (0.1 là 10 %).", "Growth a year (0.1 is 10 %)."),
)
@click.option(
    "--years",
    type=click.IntRange(0, 30),
    default=5,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Số năm.", "Years."),
)
@click.option(
    "--online",
    "online",
    type=(click.FloatRange(0, 1), click.FloatRange(0, 1)),
    default=(0.17, 0.5),
    show_default=True,
    metavar=f"{options.NUMBER} {options.NUMBER}",
    help=t(
        "Tỷ lệ trực tuyến hôm nay và mai sau (0.1694: bình quân các tỉnh 10 tháng đầu 2025).",
        "Share online today and then (0.1694: provinces in the first ten months of 2025).",
    ),
)
@click.option(
    "--province",
    "code",
    default="83",
    show_default=True,
    metavar=options.NAME,
    help=t("Mã tỉnh năm 2018, để biết sáp nhập với tỉnh nào.", "Code of the province of 2018."),
)
@click.option(
    "--p95",
    "p95_ms",
    type=click.FloatRange(1, 600_000),
    default=800.0,
    show_default=True,
    metavar=options.NUMBER,
    help=t("p95 cần giữ, ms.", "p95 to keep, ms."),
)
@click.option("--prices", default="vietnam_2026", show_default=True, metavar=options.NAME,
              help=t("Bảng giá, như tinhmau plan.", "Price list, as for tinhmau plan."))  # fmt: skip
def forecast(
    *, file: Path, yearly: float, years: int, online: tuple[float, float], code: str, p95_ms: float, prices: str
) -> int:
    """Forecast."""
    with Attempts() as attempt:
        price_list = attempt(pricing.load, prices)
        twin = attempt(twin_runs.load_twin, file)
    assert price_list is not None and twin is not None  # noqa: S101, PT018 -- or the block has raised
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (
        t("tương lai", "future"), t("vì", "because"), t("tải", "load"), t("thao tác/giây", "operations/s"), "p95, ms",
        t("đầy nhất", "fullest"), "vCPU", t("đồng/tháng", "đồng a month"),
    ):  # fmt: skip
        table.add_column(heading, overflow="fold")
    futures = growth.futures(yearly=yearly, years=years, online_now=online[0], online_then=online[1], code=code)
    for one in futures:
        told = fitting.forecast(twin, one.factor)
        vcpu = sum(sizes(twin, one.factor).values())
        cost = vcpu * (price_list.prices["vcpu"].value + _GB_PER_VCPU * price_list.prices["memory_gb"].value)
        fullest = max(told.use.values())
        table.add_row(
            say(one.name), say(one.reason), f"×{number(one.factor, places=2)}", number(told.offered, places=1),
            number(told.p95 * 1000), f"{told.bottleneck} {number(100 * fullest)} %", number(vcpu), number(cost),
        )  # fmt: skip
    screen.out.print(table)
    knee = fitting.knee(twin, p95=p95_ms / 1000)
    limit = f"×{number(knee, places=2)}" if knee else t("không mức nào", "no load")
    beyond, bound = f"×{number(max(twin.loads), places=2)}", number(p95_ms)
    screen.line(
        t(
            f"Máy đã đo giữ p95 ≤ {bound} ms tới tải {limit}; đã đo tới {beyond}, xa hơn là ngoại suy. vCPU: để lúc "
            "đông nhất chỉ dùng một nửa; giá vCPU và 2 GB bộ nhớ mỗi vCPU, chưa có đĩa, VAT.",
            f"The measured machine keeps p95 ≤ {bound} ms up to {limit}; measured up to {beyond}, beyond that it is "
            "extrapolated. vCPU: half used at the busiest moment; price of vCPU with 2 GB of memory each, without "
            "disks and VAT.",
        )
    )
    return exits.KEPT


def sizes(twin: Twin, load: float) -> dict[str, int]:
    """Processors of each service for a load, so that half of them are used in its busiest second."""
    busiest = max(twin.profile) * fitting.wanted(twin, load)
    return {
        one.name: max(1, math.ceil((busiest * one.demand + one.idle) / BUSY))
        for one in twin.usual
        if not one.name.startswith(_NOT_RENTED)
    }


def _stations(twin: Twin) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (t("nơi chờ", "station"), t("số máy", "servers"), t("ms mỗi thao tác", "ms an operation"),
                    t("lúc rỗi", "idle")):  # fmt: skip
        table.add_column(heading)
    for one in sorted(twin.stations, key=lambda station: -station.demand):
        demand, idle = number(one.demand * 1000, places=2), number(one.idle, places=2)
        table.add_row(one.name, str(one.servers), demand, idle)
    return table


def _against(unseen: list[Observed], told: list[Forecast]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in (
        t("tải chưa thấy", "unseen load"), t("p95 đo, ms", "p95 measured, ms"), t("90 % chắc", "90 % sure"),
        t("máy chậm, %", "machine slow, %"), t("p95 dự báo", "p95 told"),
        t("thành công/giây, đo", "succeeded/s, measured"), t("dự báo", "told"), t("trong 15 %", "within 15 %"),
    ):  # fmt: skip
        table.add_column(heading)
    for seen, one in zip(unseen, told, strict=True):
        table.add_row(
            f"×{number(seen.load, places=2)}", number(seen.latency(P95) * 1000), say(twin_page.known(seen)),
            number(100 * (seen.slow - 1)), number(one.p95 * 1000),
            number(seen.good, places=1), number(one.throughput, places=1), say(WORDS[judged(seen, one)]),
        )  # fmt: skip
    return table
