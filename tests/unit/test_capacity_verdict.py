"""What a search came to is concluded from its probes, and shown on a page that stands alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from lxml import html

from simulation.text import Text
from tinhmau import capacity_summary
from verification.answer import Answer
from verification.capacity import page
from verification.capacity.bottleneck import Kind, Suspect
from verification.capacity.pace import Pace
from verification.capacity.verdict import Probed, conclude, paced, why_unnamed


def _suspect(kind: Kind, service: str, weight: float) -> Suspect:
    text = Text(f"{kind} của {service}", f"{kind} of {service}")
    return Suspect(kind=kind, service=service, weight=weight, what=text, evidence=(text,), way_out=text)


def _probe(load: float, answer: Answer, *suspects: Suspect, number: int = 1, looks: int = 9) -> Probed:
    return Probed(
        load=load, answer=answer, number=number, seed=7, results=(), operations=1000, seconds=14.0, busiest=100,
        good_per_second=60.0 * load, errors=0.0 if answer == "KEPT" else 0.031, p50=0.02, p95=0.05 * load, left=0,
        suspects=suspects, cpu={}, looks=looks,
    )  # fmt: skip


_LOCK, _LATER, _POOL = _suspect("lock", "portal", 0.9), _suspect("lock", "portal", 0.7), _suspect("pool", "portal", 1.0)


def _search() -> list[Probed]:
    loads: list[tuple[float, Answer]] = [(1, "KEPT"), (2, "KEPT"), (4, "BROKEN"), (2.8, "KEPT"), (3.3, "BROKEN")]
    return [
        _probe(load, answer, *((_LOCK if load > 3.5 else _LATER, _POOL) if answer == "BROKEN" else ()), number=number)
        for number, (load, answer) in enumerate(loads, start=1)
    ]


def test_the_cause_in_most_broken_probes_comes_first_with_its_strongest_evidence() -> None:
    """One probe may have been disturbed; what is scarce in all of them is what sets the limit."""
    found = conclude(_search(), "found")
    assert [(one.kind, one.weight) for one in found.suspects] == [("lock", 0.9), ("pool", 1.0)]
    assert found.limit is not None
    assert 2.8 < found.limit.load < 3.4
    assert found.good_per_second == 60.0 * 2.8
    assert found.answer == "KEPT"


def test_nobody_is_suspected_for_one_of_two_reasons() -> None:
    """Nothing scarce is a finding; too few looks are none, and whoever reads it is told which it was."""
    calm = [_probe(1, "BROKEN", looks=4), _probe(2, "BROKEN", looks=3)]
    assert "nothing was seen to be scarce" in why_unnamed(conclude(calm, "too low")).en
    blind = [_probe(1, "BROKEN", looks=2), _probe(2, "BROKEN", looks=3), _probe(0.5, "KEPT", looks=9)]
    assert "quá ít" in why_unnamed(conclude(blind, "budget")).vi
    assert "3 looks, 4 are needed" in why_unnamed(conclude(blind, "budget")).en


def test_a_limit_below_the_scenario_s_own_volume_is_broken_and_no_limit_is_unknown() -> None:
    """The exit code answers the plain question: does it carry the load it was built for?"""
    weak = [_probe(1, "BROKEN"), _probe(0.5, "KEPT"), _probe(0.7, "BROKEN"), _probe(0.6, "BROKEN")]
    assert conclude(weak, "found").answer == "BROKEN"
    assert conclude([_probe(1, "UNKNOWN")] * 2, "unknown").answer == "UNKNOWN"
    near = conclude([_probe(1.1, "BROKEN"), _probe(1.0, "KEPT")], "budget")
    assert near.limit is not None
    assert near.limit.low < 1 < near.limit.load
    assert near.answer == "UNKNOWN", "the interval reaches to both sides"
    assert conclude([_probe(1, "UNKNOWN")] * 2, "unknown").limit is None


def _slowed(usual: float) -> list[Probed]:
    """The same search where every probe's pieces of work took so many times what the quickest did."""
    pace = Pace(usual=0.0004 * usual, quick=0.0004)
    return paced([msgspec.structs.replace(one, pace=pace) for one in _search()])


def test_the_limit_is_told_for_full_pace_and_for_the_pace_that_the_machine_had(tmp_path: Path) -> None:
    """A quarter slower in every probe: 3.0 as measured is 3.8 at full pace; both are said wherever the limit is."""
    plain, slow = conclude(_search(), "found"), conclude(_slowed(1.25), "found")
    assert plain.limit is not None
    assert slow.limit is not None
    assert abs(slow.limit.load / plain.limit.load - 1.25) < 0.01
    environment = {"seed": 7, "tinhmau": "0.1", "git": "abc", "plant": "",
                   "machine": {"processors": 2, "memory_mb": 8000, "system": "Linux"}}  # fmt: skip
    path = page.render(tmp_path, slow, scenario="toy", environment=environment)
    for told in (capacity_summary.markdown(slow, scenario="toy"), path.read_text("utf-8")):
        assert f"chậm hơn 25 %, khi ấy giới hạn là ×{slow.limit.load / 1.25:.2f}".replace(".", ",") in told
    assert "hết tốc độ" not in capacity_summary.markdown(plain, scenario="toy"), "nobody measured its pace"


def test_an_earlier_search_can_have_seen_the_machine_quicker_than_any_probe_of_this_one() -> None:
    """One that meets neighbours from its first probe to its last takes their company for full pace otherwise."""
    probes = [msgspec.structs.replace(one, pace=Pace(usual=0.6e-3, quick=0.5e-3)) for one in _search()]
    alone, beside = conclude(paced(probes), "found"), conclude(paced(probes, [Pace(usual=9.0, quick=0.4e-3)]), "found")

    assert (alone.slow, beside.slow) == pytest.approx((1.2, 1.5))
    assert alone.limit is not None
    assert beside.limit is not None
    assert beside.limit.load / alone.limit.load == pytest.approx(1.25, rel=0.01)


def test_what_is_carried_only_at_full_pace_is_not_promised() -> None:
    """The scenario's own volume is asked of the machine as it was: 1.1 at full pace is 0.9 on one a quarter slower."""
    told: list[tuple[float, Answer]] = [(0.8, "KEPT"), (0.92, "BROKEN")]
    pace = Pace(usual=0.0005, quick=0.0004)
    probes = [msgspec.structs.replace(_probe(load, answer), pace=pace) for load, answer in told * 8]
    found = conclude(paced(probes), "found")
    assert found.limit is not None
    assert found.limit.low > 1
    assert found.answer == "BROKEN"


def test_the_page_shows_limit_cause_and_every_probe_in_both_languages(tmp_path: Path) -> None:
    """It opens without a network and needs no other file."""
    environment = {"seed": 7, "tinhmau": "0.1", "git": "abc", "plant": "lock:portal",
                   "machine": {"processors": 2, "memory_mb": 8000, "system": "Linux"}}  # fmt: skip
    path = page.render(tmp_path, conclude(_search(), "found"), scenario="toy", environment=environment)
    document = html.fromstring(path.read_text("utf-8"))
    said = document.text_content()
    assert "lock của portal" in said
    assert "lock of portal" in said
    assert "lock:portal" in said
    drawn = {text: document.xpath(f"//*[local-name()='tspan'][@lang='{text}']/text()") for text in ("vi", "en")}
    assert {"×2,80", "3,1 %"} <= set(drawn["vi"])
    assert {"×2.80", "3.1 %"} <= set(drawn["en"])
    assert len(document.xpath("//table/tbody/tr")) == 5
    assert len(document.xpath("//*[local-name()='circle']")) == 3
    assert not document.xpath("//*[@src or self::script or self::link[@href != 'data:,']]")


def test_a_change_request_is_told_the_limit_its_cause_and_every_probe() -> None:
    """In Markdown, the answer first; a search without a limit says why."""
    told = capacity_summary.markdown(conclude(_search(), "found"), scenario="toy")
    assert told.startswith("### ✅ Giới hạn của toy: Đạt (KEPT)")
    assert "90 % chắc trong" in told
    assert "- lock của portal: lock của portal" in told
    assert told.count("\n| ") == 1 + 5
    lost = capacity_summary.markdown(conclude([_probe(1, "UNKNOWN")] * 3, "unknown"), scenario="toy")
    assert "Chưa rõ giới hạn: ba lần thử liền không đo được gì chắc chắn." in lost
