"""`tinhmau capacity`: the highest load that keeps the objectives, with an interval, and what sets the limit."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from loadtests import planted
from tinhmau import capacity_summary, earlier_paces, exits, phases, probing, run_folder, screen, targets
from tinhmau.attempts import Attempts
from tinhmau.commands import options
from tinhmau.language import number, say, t
from verification.answer import WORDS
from verification.capacity import page, search
from verification.capacity.verdict import Probed, conclude, paced
from verification.objectives import files

_OBJECTIVES = run_folder.ROOT / "fixtures" / "objectives" / "capacity.toml"


@click.command(
    name="capacity",
    help=t(
        "Tìm mức tải cao nhất còn giữ được mục tiêu: thử nhiều mức trên cùng một hệ thống đang chạy, cho biết khoảng "
        "tin cậy và chỗ nghẽn kèm bằng chứng.",
        "Find the highest load that keeps the objectives: probes many loads on one running stack, gives an interval, "
        "and names the bottleneck with evidence.",
    ),
)
@click.argument("scenario", default="toy_plateau", metavar=t("[KỊCH_BẢN]", "[SCENARIO]"))
@click.option(
    "--objectives",
    "objectives_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=_OBJECTIVES,
    metavar=options.FILE,
    help=t(
        "Tệp mục tiêu (như tinhmau objectives); mặc định p(95)<800 ms, lỗi <1 %.",
        "File of objectives (as for tinhmau objectives); p(95)<800 ms and errors <1 % by default.",
    ),
)
@click.option(
    "--within",
    type=click.FloatRange(0.05, 2.0),
    default=0.12,
    show_default=True,
    metavar=options.NUMBER,
    help=t(
        "Độ rộng của khoảng 90 % thì dừng, so với giới hạn.", "Width of the 90 % interval to stop at, of the limit."
    ),
)
@click.option(
    "--probes",
    type=click.IntRange(2, 60),
    default=24,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Số lần thử nhiều nhất.", "Probes at most."),
)
@click.option(
    "--first",
    type=click.FloatRange(0.05, 1000),
    default=1.0,
    show_default=True,
    metavar=options.NUMBER,
    help=t("Mức tải thử đầu tiên.", "Load of the first probe."),
)
@click.option(
    "--plant",
    default="",
    metavar="KIND:SERVICE",
    help=t(
        f"Cố ý tạo một chỗ nghẽn để thấy nó được gọi đúng tên: {', '.join(planted.kinds())}.",
        f"Plant a bottleneck to see that it is named: {', '.join(planted.kinds())}.",
    ),
)
@click.option(
    "--markdown",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=options.FILE,
    help=t("Ghi thêm tóm tắt Markdown.", "Write a Markdown summary, too."),
)
@options.seed
@options.runs
@options.workers
def command(
    *,
    scenario: str,
    objectives_file: Path,
    within: float,
    probes: int,
    first: float,
    plant: str,
    markdown: Path | None,
    seed: int,
    runs: Path,
    workers: int,
) -> int:
    """Search."""
    with Attempts() as attempt:
        objectives = attempt(files.load, objectives_file)
        bottleneck = attempt(planted.parse, plant) if plant else None
        attempt(phases.read, scenario)
    assert objectives is not None  # noqa: S101 -- it was read, or the block has raised
    run = run_folder.create(runs, f"capacity-{scenario}")
    screen.line(t(f"Lần chạy: {run}", f"Run: {run}"))
    run_folder.write_environment(run, scenario=scenario, seed=seed, target="local", workers=workers, plant=plant)
    world = phases.draw(scenario, seed=seed, folder=run / "plan")
    target = targets.make_planted(run, bottleneck) if bottleneck else targets.make("local", run)
    seen: list[Probed] = []
    earlier = earlier_paces.since_boot(run)
    with phases.placed(world, run, target=target) as stack:
        while not (why := search.finished(seen, within=within, budget=probes)):
            load = search.next_load(seen, first=first)
            told = probing.probe(
                world,
                stack,
                run / "probes" / f"{len(seen) + 1:02}",
                number=len(seen) + 1,
                load=load,
                objectives=objectives,
                workers=workers,
                acting=bottleneck.acting if bottleneck else None,
            )
            seen = paced([*seen, told], earlier)
            screen.line(_line(seen[-1]))
    found = conclude(seen, why)
    (run / "capacity.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    page.render(run, found, scenario=scenario, environment=run_folder.environment(run))
    capacity_summary.show(found, run)
    if markdown:
        markdown.write_text(capacity_summary.markdown(found, scenario=scenario), encoding="utf-8")
    return exits.OF_ANSWER[found.answer]


def _line(told: Probed) -> str:
    load, p95 = number(told.load, places=2), number(told.p95 * 1000)
    errors, good = number(100 * told.errors, places=2), number(told.good_per_second, places=1)
    answer = say(WORDS[told.answer])
    unknown = next((one.reason for one in told.results if one.answer == "UNKNOWN"), told.disturbed)
    reason = say(unknown) if told.answer == "UNKNOWN" and unknown else ""
    slower = number(100 * (told.slow - 1))
    return t(
        f"{told.number:>3}. tải ×{load}: {answer}; p95 {p95} ms, lỗi {errors} %, {good} thành công/giây, "
        f"máy chậm {slower} % {reason}",
        f"{told.number:>3}. load ×{load}: {answer}; p95 {p95} ms, errors {errors} %, {good} good operations/s, "
        f"machine {slower} % slow {reason}",
    ).rstrip()
