"""Verdicts on bids, from evidence alone: each promise can be broken by itself, and what was not seen is unknown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from verification.bids import bid as bids
from verification.bids import evidence as evidences
from verification.bids import judging
from verification.bids.evidence import Before, Call, Evidence, Guarded, Handover, Point, Probe, Settled, Step, Upgrade

BID = bids.load(Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml")
LIFE = (Step(1, "received"), Step(2, "examined"), Step(3, "approved"), Step(4, "returned"))
PROMISE = BID.promise.dossiers_per_second


def call(number: int, *, wait: float = 0.02, outcome: evidences.Outcome = "ok") -> Call:
    """One request that was wanted at second `number`."""
    return Call(journey=number, act="receive", intended=number, began=number, ended=number + wait, outcome=outcome)


def probe(number: int, load: float, *, late_ms: float = 1.0) -> Probe:
    """One load."""
    return Probe(number=number, load=load, per_second=load * PROMISE, seed=1, seconds=4, took=5, late_ms=late_ms)


def settled(number: int) -> Settled:
    """A dossier as it should be afterwards."""
    return Settled(
        code=f"C-{number}", probe=1, journey=number, channel="counter", acknowledged="returned", paid=8000,
        found=True, state="returned", paid_found=8000, history=LIFE, told=LIFE,
    )  # fmt: skip


POINT = Point(id="roles", area="rights", weight=3, minutes=5, title="Vai trò", judgement="kept")
GOOD = Evidence(
    points=(POINT, msgspec.structs.replace(POINT, id="error-text", area="errors", weight=1, minutes=2)),
    probes=(probe(1, 1.0), probe(2, 2.0)),
    calls=(tuple(call(n) for n in range(40)), tuple(call(n) for n in range(80))),
    settled=tuple(settled(n) for n in range(10)),
    guarded=(Guarded(id="sessions", what="phiên", kept=True, found=""),),
    upgrade=Upgrade(
        tried=True, version_before="1", version_after="2", interrupted_seconds=0.3, back=True,
        dossiers=(Before("C-1", "received", "received"),), works_on=True,
    ),
    handover=Handover(tried=True, lines=10, promised_lines=10, digest_right=True, expected=10, left_after_deletion=0),
)  # fmt: skip
change = msgspec.structs.replace


def one(**changes: object) -> Callable[[Evidence], Evidence]:
    """Change the first settled dossier."""
    return lambda seen: change(seen, settled=(change(seen.settled[0], **changes), *seen.settled[1:]))


def load(**changes: object) -> Callable[[Evidence], Evidence]:
    """Change all calls at the promised load."""
    return lambda seen: change(seen, calls=(tuple(change(each, **changes) for each in seen.calls[0]), seen.calls[1]))


def slow(seen: Evidence) -> Evidence:
    """Let everybody wait two seconds, at every load."""
    return change(seen, calls=tuple(tuple(change(each, ended=each.ended + 2) for each in part) for part in seen.calls))


def point(place: int, **changes: object) -> Callable[[Evidence], Evidence]:
    """Change one point of the norm."""
    return lambda seen: change(
        seen, points=tuple(change(each, **changes) if at == place else each for at, each in enumerate(seen.points))
    )


BROKEN: dict[str, tuple[Callable[[Evidence], Evidence], set[str]]] = {
    "a grave mismatch": (point(0, judgement="broken"), {"conformance", "security", "rework"}),
    "a slight mismatch": (point(1, judgement="broken"), {"conformance", "rework"}),
    "a lost dossier": (one(found=False), {"law-kept"}),
    "another state": (one(state="approved"), {"law-kept", "law-history"}),
    "one code for two": (one(code="C-1"), {"law-unique"}),
    "a gap in history": (one(history=(LIFE[0], *LIFE[2:]), told=(LIFE[0], *LIFE[2:])), {"law-history"}),
    "a đồng too little": (one(paid_found=7999), {"law-money"}),
    "news told twice": (one(told=(*LIFE, LIFE[-1])), {"law-news"}),
    "slow at every load": (slow, {"capacity"}),
    "an open door": (lambda seen: change(seen, guarded=(change(seen.guarded[0], kept=False),)), {"security"}),
    "a long interruption": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, interrupted_seconds=11.0)), {"upgrade-interruption"}),
    "lost in an upgrade": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, dossiers=(Before("C-1", "received", ""),))),
        {"upgrade-data"}),
    "not back after an upgrade": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, back=False)), {"upgrade-data", "upgrade-interruption"}),
    "a short hand-over": (lambda seen: change(seen, handover=change(seen.handover, missing=("C-9",))), {"handover"}),
    "a wrong digest": (lambda seen: change(seen, handover=change(seen.handover, digest_right=False)), {"handover"}),
    "still there": (lambda seen: change(seen, handover=change(seen.handover, left_after_deletion=3)), {"deletion"}),
}  # fmt: skip


def answers(seen: Evidence, answer: str) -> set[str]:
    """Names of the checks with that answer."""
    return {check.id for check in judging.judge(BID, seen).checks if check.answer == answer}


def test_good_evidence_keeps_everything_and_has_a_price() -> None:
    """Nothing broke up to twice the promise: 16 dossiers a second are proven, for 105 million đồng a month all in."""
    verdict = judging.judge(BID, GOOD)

    assert (verdict.answer, verdict.grade) == ("KEPT", "A")
    assert verdict.proven == judging.Proven(per_second=16.0, low=16.0, high=None)
    assert verdict.dong_per_dossier_second == pytest.approx((95_000_000 + 600_000_000 / 60) / 16)


@pytest.mark.parametrize("name", BROKEN)
def test_each_promise_is_broken_by_its_own_evidence(name: str) -> None:
    """One thing wrong breaks exactly the checks that ask for it, and the whole verdict."""
    spoil, broken = BROKEN[name]

    seen = spoil(GOOD)

    assert answers(seen, "BROKEN") == broken
    assert judging.judge(BID, seen).answer == "BROKEN"


def test_a_system_that_does_not_come_back_is_told_so() -> None:
    """Both checks of the upgrade say that, instead of seconds that would look kept."""
    seen = change(GOOD, upgrade=change(GOOD.upgrade, back=False))

    told = {check.id: check.reasons for check in judging.judge(BID, seen).checks if check.id.startswith("upgrade")}

    assert set(told) == {"upgrade-data", "upgrade-interruption"}
    assert all("not serve again" in reasons[0].en for reasons in told.values())


def test_what_was_lost_is_told_in_both_languages() -> None:
    """The state that was acknowledged, and that it is gone, for readers of either."""
    checks = judging.judge(BID, BROKEN["a lost dossier"][0](GOOD)).checks
    (reason,) = next(check for check in checks if check.id == "law-kept").reasons
    assert reason.vi == "C-0: đã báo “đã trả kết quả”, nay không còn"
    assert reason.en == "C-0: told “returned”, gone now"


def test_every_check_can_be_broken() -> None:
    """No check is one that cannot fail; errors at the promised load are the one not in the table above."""
    failing = load(outcome="refused", said="Có lỗi")(GOOD)

    assert {"errors", "capacity"} <= answers(failing, "BROKEN") | answers(failing, "UNKNOWN")
    assert "errors" in answers(failing, "BROKEN")
    covered = set().union(*(broken for _, broken in BROKEN.values())) | {"errors"}
    assert covered == {check.id for check in judging.judge(BID, GOOD).checks}


def test_what_was_not_tried_is_unknown_and_no_pass() -> None:
    """Of no evidence at all nothing is kept, and nothing is held against the vendor."""
    verdict = judging.judge(BID, Evidence())

    assert verdict.answer == "UNKNOWN"
    assert {check.answer for check in verdict.checks} == {"UNKNOWN"}
    assert verdict.proven is None


def test_points_that_could_not_be_looked_at_cost_unknown_minutes() -> None:
    """A product that does not answer breaks nothing and keeps nothing."""
    seen = change(GOOD, points=tuple(change(each, judgement="unknown") for each in GOOD.points))

    assert {"conformance", "security", "rework"} == answers(seen, "UNKNOWN")


def test_a_late_generator_says_nothing_of_the_product() -> None:
    """Probes whose generator was late count neither for nor against it."""
    seen = change(GOOD, probes=(probe(1, 1.0, late_ms=200.0), probe(2, 2.0, late_ms=200.0)))

    assert "capacity" in answers(seen, "UNKNOWN")


def test_evidence_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """What is judged again is what was seen."""
    evidences.save(GOOD, tmp_path / "raw")

    assert evidences.load(tmp_path / "raw") == GOOD
