"""Reads the table `[shape]` of a scenario file."""

from __future__ import annotations

from pathlib import Path

from simulation.calendar import second_of_day
from simulation.province_files.reading import Row
from simulation.shape import OF_K6, SHAPES, Shape
from simulation.text import Text

_DAY = 86_400.0
_LARGEST = 1000.0
_CLOCK = Text('Viết dạng "09:00".', 'Write it like "09:00".')
#: Parameters that say nothing about a kind: accepted and passed over they would be a day that nobody asked for.
_NOT_OF = {"ramping": ("factor", "from", "until"), "replay": ("from", "until")}
_STAGE = Text('Viết dạng "09:00 2.5", giờ tăng dần.', 'Write them like "09:00 2.5", with rising times.')


def read(row: Row, *, folder: Path) -> Shape | None:
    """Return the shape, or None where it cannot be used (which is noted). Traces are files of `folder`."""
    before = len(row.findings.mistakes)
    name = row.text("kind")
    kind = OF_K6.get(name, name)
    if kind not in SHAPES:
        if name:
            row.unknown("kind", name, (*SHAPES, *OF_K6))
        row.values()
        return None
    usual = SHAPES[kind]
    for strange in filter(row.has, _NOT_OF.get(kind, ())):
        row.wrong(strange, Text(f"{kind} không dùng.", f"{kind} does not use it."), Text("Bỏ đi.", "Take it out."))
    shape = Shape(
        kind=kind,
        factor=row.number("factor", low=0.001, high=_LARGEST) if row.has("factor") else usual.factor,
        begins=_clock(row, "from", usual.begins),
        ends=_clock(row, "until", usual.ends),
        stages=_stages(row) if kind == "ramping" else (),
        trace=_trace(row, folder) if kind == "replay" else (),
    )
    row.no_more()
    if shape.ends <= shape.begins:
        row.wrong("until", Text("không sau from.", "is not after from."), _CLOCK)
    return shape if len(row.findings.mistakes) == before else None


def _clock(row: Row, name: str, usual: float) -> float:
    if not row.has(name):
        return usual
    text = row.text(name)
    try:
        return float(second_of_day(text))
    except ValueError:
        if text:
            row.wrong(name, Text(f"tìm thấy “{text}”.", f"found “{text}”."), _CLOCK)
        return usual


def _stages(row: Row) -> tuple[tuple[float, float], ...]:
    stages = []
    for index, text in enumerate(row.texts("stages")):
        try:
            clock, factor = text.split()
            stages.append((float(second_of_day(clock)), float(factor)))
        except ValueError:
            row.wrong(f"stages[{index}]", Text(f"tìm thấy “{text}”.", f"found “{text}”."), _STAGE)
    times = [second for second, _ in stages]
    if times != sorted(set(times)) or any(not 0 <= factor <= _LARGEST for _, factor in stages):
        row.wrong("stages", Text("giờ không tăng hoặc hệ số ngoài khoảng.", "do not rise, or leave the range."), _STAGE)
    if not any(factor > 0 for _, factor in stages):
        row.wrong("stages", Text("không có giai đoạn nào.", "there is no stage."), _STAGE)
    return tuple(stages)


def _trace(row: Row, folder: Path) -> tuple[float, ...]:
    name = row.text("trace")
    path = folder / name
    one_a_line = Text("Mỗi dòng một giờ đến, dạng HH:MM:SS.", "One arrival a line, as HH:MM:SS.")
    if not name or Path(name).name != name or not path.is_file():
        found = Text(f"không có tệp “{name}” cạnh kịch bản.", f"there is no file “{name}” beside the scenario.")
        row.wrong("trace", found, one_a_line)
        return ()
    arrivals = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            moment = second_of_day(line.strip())
        except ValueError:
            moment = -1.0
        if 0 <= moment < _DAY:
            arrivals.append(moment)
        else:
            row.wrong("trace", Text(f"{name}:{number}: “{line}”.", f"{name}:{number}: “{line}”."), one_a_line)
    if not arrivals:
        row.wrong("trace", Text("không có lượt đến nào.", "holds no arrival."), one_a_line)
    return tuple(arrivals)
