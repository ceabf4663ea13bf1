"""What a search came to: the limit with its interval, why it ended, and what the stack was short of beyond it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec
import numpy as np

from simulation.text import Text
from verification.answer import Answer
from verification.capacity.bottleneck import LOOKS_WANTED, Suspect
from verification.capacity.pace import Pace, slowness
from verification.capacity.search import Limit, Probe, Why, limit
from verification.objectives.judging import ObjectiveResult
from verification.wording import number

_SHOWN = 3
WHY: dict[Why, Text] = {
    "found": Text("khoảng tin cậy đã đủ hẹp", "the interval is as narrow as was wanted"),
    "budget": Text(
        "hết số lần thử cho phép; khoảng còn rộng", "all probes that were allowed are used up; the interval is wide"
    ),
    "too low": Text(
        "không giữ được mục tiêu ngay cả khi gần như không có tải",
        "the objectives are not kept even under next to no load",
    ),
    "too high": Text("không gặp giới hạn nào trong phạm vi tìm", "no limit was met within what is looked at"),
    "unknown": Text("ba lần thử liền không đo được gì chắc chắn", "three probes running could not be relied upon"),
}


class Probed(Probe, frozen=True, kw_only=True):
    """What one probe showed."""

    number: int
    seed: int
    results: tuple[ObjectiveResult, ...]
    operations: int  #: that came to an end
    seconds: float  #: of traffic
    busiest: int  #: operations that the plan wanted in its busiest second
    good_per_second: float  #: operations that succeeded, a second of traffic
    errors: float  #: share
    p50: float  #: seconds, from the intended start
    p95: float
    left: int  #: messages that were still on their way when the next probe began
    suspects: tuple[Suspect, ...]
    cpu: dict[str, float]  #: percent of one processor by service, while clients waited longest
    looks: int = 0  #: that the naming rests on
    disturbed: Text | None = None  #: how much of the machine other programs took, where it was too much
    pace: Pace | None = None  #: of the machine itself; None where nobody measured it


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to `tinhmau capacity`."""

    answer: Answer  #: KEPT when the scenario's own volume is carried, BROKEN when it is not, UNKNOWN otherwise
    limit: Limit | None  #: with the machine at its full pace; None where none was found
    slow: float  #: by what factor the machine was slower than that in most probes
    why: Why
    good_per_second: float  #: of the highest load that kept the objectives
    suspects: tuple[Suspect, ...]  #: the likeliest first; from the lowest loads that broke them
    probes: tuple[Probed, ...]


def conclude(probes: Sequence[Probed], why: Why) -> Found:
    """Sum a search up."""
    known = why in {"found", "budget"} and {"KEPT", "BROKEN"} <= {probe.answer for probe in probes}
    place = limit(probes) if known else None
    slow = float(np.median([probe.slow for probe in probes])) if probes else 1.0
    named = _named(probes)
    answer: Answer = "UNKNOWN"
    if why == "too low" or (place and place.high / slow < 1):
        answer = "BROKEN"
    elif why == "too high" or (place and place.low / slow >= 1):
        answer = "KEPT"
    return Found(
        answer=answer,
        limit=place,
        slow=slow,
        why=why,
        good_per_second=max((probe.good_per_second for probe in probes if probe.answer == "KEPT"), default=0.0),
        suspects=named,
        probes=tuple(probes),
    )


def paced(probes: Sequence[Probed], earlier: Sequence[Pace] = ()) -> list[Probed]:
    """Say of each probe how much slower the machine was in it than these, and `earlier` ones, saw that it can be."""
    paces = [*earlier, *(probe.pace for probe in probes)]
    return [msgspec.structs.replace(probe, slow=slowness(probe.pace, paces)) for probe in probes]


def at_full_pace(found: Found) -> Text:
    """Say what the limit was counted for, and what it came to at the pace that the machine had."""
    if found.limit is None or not any(probe.pace for probe in found.probes):
        return Text("", "")
    slower, then = number(100 * (found.slow - 1)), number(found.limit.load / found.slow, places=2)
    return Text(
        f"Tính cho máy chạy hết tốc độ; lúc đo máy thường chậm hơn {slower.vi} %, khi ấy giới hạn là ×{then.vi}.",
        f"With the machine at its full pace; it was mostly {slower.en} % slower, the limit then ×{then.en}.",
    )


def why_unnamed(found: Found) -> Text:
    """Say why nobody is suspected: nothing was scarce, or too little was seen to tell."""
    broken = [probe for probe in found.probes if probe.answer == "BROKEN"]
    if broken and all(probe.looks < LOOKS_WANTED for probe in broken):
        most = max(probe.looks for probe in broken)
        return Text(
            f"quan sát được quá ít trong các lần thử không đạt ({most} lần, cần ít nhất {LOOKS_WANTED}). "
            "Thử lại, hoặc dùng kịch bản có ngày dài hơn.",
            f"too little was seen in the probes that broke the objectives ({most} looks, {LOOKS_WANTED} are needed). "
            "Try again, or take a scenario with a longer day.",
        )
    return Text(
        "không thấy thứ gì khan hiếm trong các lần thử không đạt.",
        "nothing was seen to be scarce in the probes that broke the objectives.",
    )


def _named(probes: Sequence[Probed]) -> tuple[Suspect, ...]:
    """Who is suspected in most of the probes that broke the objectives by the least load; evidence of the heaviest."""
    broken = sorted((probe for probe in probes if probe.answer == "BROKEN"), key=lambda probe: probe.load)[:_SHOWN]
    votes: defaultdict[tuple[str, str], list[Suspect]] = defaultdict(list)
    places: defaultdict[tuple[str, str], float] = defaultdict(float)
    for probe in broken:
        for place, suspect in enumerate(probe.suspects):
            votes[suspect.kind, suspect.service].append(suspect)
            places[suspect.kind, suspect.service] += 1 / (1 + place)  # the first counts for more than the second
    order = sorted(votes, key=lambda name: -places[name])
    return tuple(max(votes[name], key=lambda suspect: suspect.weight) for name in order)
