"""Verdicts on bids, from evidence alone: each promise can be broken by itself, and what was not seen is unknown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from verification.bids import bid as bids
from verification.bids import evidence as evidences
from verification.bids import judging
from verification.bids.evidence import Before, Call, Evidence, Guarded, Handover, Point, Probe, Settled, Step, Upgrade

BID = bids.load(Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml")
LIFE = (Step(1, "received"), Step(2, "examined"), Step(3, "approved"), Step(4, "returned"))
PROMISE = BID.promise.dossiers_per_second


def call(number: float, *, wait: float = 0.02, outcome: evidences.Outcome = "ok", journey: int | None = None) -> Call:
    """One request that was wanted at second `number`."""
    journey = int(number) if journey is None else journey
    return Call(journey=journey, act="hand_back", intended=number, began=number, ended=number + wait, outcome=outcome)


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


def piling(seen: Evidence) -> Evidence:
    """Whoever comes a second later takes half a second longer, up to half of what is promised: half goes through."""
    return change(
        seen,
        calls=tuple(
            tuple(
                change(each, intended=each.intended / 100, ended=each.intended / 100 + 0.1 + each.intended / 200)
                for each in part
            )
            for part in seen.calls
        ),
    )


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
    "a step left out": (
        one(history=(Step(1, "received"), Step(2, "returned")), told=(Step(1, "received"), Step(2, "returned"))),
        {"law-history"}),
    "a history of another channel": (one(history=(Step(0, "submitted"), *LIFE), told=(Step(0, "submitted"), *LIFE)),
        {"law-history"}),
    "somebody else's name": (one(wrong=("name",)), {"law-content"}),
    "a đồng too little": (one(paid_found=7999), {"law-money"}),
    "news told twice": (one(told=(*LIFE, LIFE[-1])), {"law-news"}),
    "slow at every load": (slow, {"capacity"}),
    "dossiers that pile up": (piling, {"capacity"}),
    "a door that is open to all data": (
        lambda seen: change(seen, guarded=(*seen.guarded, Guarded(id="handover-key", what="", kept=False, found=""))),
        {"security"}),
    "an open door": (lambda seen: change(seen, guarded=(change(seen.guarded[0], kept=False),)), {"security"}),
    "a long interruption": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, interrupted_seconds=11.0)), {"upgrade-interruption"}),
    "lost in an upgrade": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, dossiers=(Before("C-1", "received", ""),))),
        {"upgrade-data"}),
    "changed by an upgrade": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, differing=("C-1: paid",))), {"upgrade-data"}),
    "not back after an upgrade": (
        lambda seen: change(seen, upgrade=change(seen.upgrade, back=False)), {"upgrade-data", "upgrade-interruption"}),
    "a short hand-over": (lambda seen: change(seen, handover=change(seen.handover, missing=("C-9",))), {"handover"}),
    "a list of more than is handed over": (
        lambda seen: change(seen, handover=change(seen.handover, promised_lines=12)), {"handover"}),
    "one dossier on two lines": (
        lambda seen: change(seen, handover=change(seen.handover, twice=("C-1",))), {"handover"}),
    "a wrong digest": (lambda seen: change(seen, handover=change(seen.handover, digest_right=False)), {"handover"}),
    "deleted by anybody": (
        lambda seen: change(seen, handover=change(seen.handover, deletes_for_anybody=True)), {"deletion"}),
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


def test_an_upgrade_that_upgraded_nothing_interrupted_nobody_and_proves_nothing() -> None:
    """No new version: data are not said to have been kept through one, nor an interruption to have been short."""
    seen = change(GOOD, upgrade=change(GOOD.upgrade, version_after="", interrupted_seconds=0.0))

    assert answers(seen, "BROKEN") == {"upgrade-data"}
    assert answers(seen, "UNKNOWN") == {"upgrade-interruption"}


def test_a_payment_that_was_not_answered_for_may_or_may_not_have_been_taken() -> None:
    """The product is not blamed for money that it took and could not say so; any other amount is wrong."""
    for found, answer in ((0, "KEPT"), (8000, "KEPT"), (16000, "BROKEN")):
        seen = one(paid=0, may_be_paid=8000, paid_found=found)(GOOD)
        assert "law-money" in answers(seen, answer), found


def test_an_online_dossiers_history_may_begin_with_its_submission() -> None:
    """As long as the rest is whole."""
    history = (Step(1, "submitted"), *(Step(step.seq + 1, step.state) for step in LIFE))
    assert "law-history" in answers(one(channel="online", history=history, told=history)(GOOD), "KEPT")


def test_too_few_dossiers_prove_no_load() -> None:
    """A promise so small that one dossier begins is not kept by one that was quick."""
    few = change(GOOD, calls=tuple(part[:9] for part in GOOD.calls))

    (found,) = [check for check in judging.judge(BID, few).checks if check.id == "capacity"]

    assert found.answer == "UNKNOWN"
    assert "more --seconds" in found.reasons[0].en


def test_a_patient_promise_does_not_prove_what_only_waits() -> None:
    """With 30 s promised for a request, a load of twice what goes through is within it for a while, and piles up."""
    patient = change(BID, promise=change(BID.promise, p95_ms=30_000))
    piled = judging.judge(patient, piling(GOOD))

    assert judging.judge(patient, GOOD).proven is not None
    assert piled.proven is None
    (found,) = [check for check in piled.checks if check.id == "capacity"]
    assert (found.answer, "pile up" in found.reasons[0].en) == ("BROKEN", True)


@pytest.mark.parametrize("waits", [0.02, 2.0, 20.0])
def test_a_slow_product_that_keeps_up_does_not_pile_up(waits: float) -> None:
    """However long each takes, if the last takes as long as the first; waits differ by chance."""
    dice = np.random.default_rng(5)
    calls = tuple(call(n / 8, wait=waits * dice.uniform(0.5, 1.5), journey=n) for n in range(80))
    assert not judging.piles_up(calls)


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
