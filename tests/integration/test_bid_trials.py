"""Trials of running doubles: each weakness breaks its own check, and products of other dialects are tried alike."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path

import msgspec
import pytest

from services.vendors import weaknesses
from tinhmau import bids
from verification.bids import bid as bid_files
from verification.bids import judging, trial
from verification.bids.bid import Bid, Double, Promise
from verification.bids.judging import Verdict
from verification.conformance import wire
from verification.conformance.wire import Pace, Unhurried

_BID = bid_files.load(Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml")
#: A load that any double carries beside a busy machine's other work; what it is tried with is not the question here.
_GENTLE = msgspec.structs.replace(_BID.promise, dossiers_per_second=4.0, p95_ms=20_000.0, upgrade_seconds=60.0)
#: Weaknesses that a gentle load does not show are in tests/acceptance/test_bids.py.
BREAKS = {
    "forgets-on-upgrade": {"upgrade-data"},
    "exports-closed-only": {"handover"},
    "keeps-after-deletion": {"deletion"},
    "exports-without-key": {"security", "deletion"},
    "exports-garbled": {"handover"},
    "exports-after-deletion": {"deletion"},
    "version-by-itself": {"upgrade-data", "upgrade-interruption"},
    "mixes-people": {"law-content", "handover", "security"},
    "sessions-guessable": {"security"},
}
_UNDER_LOAD = {"slow", "loses-under-load"}


def tried(
    product: str, *planted: str, era: str = "2026", pace: Pace | None = None, promise: Promise = _GENTLE
) -> Verdict:
    """Try a double at a promise, gentle by default, and twice that, three seconds each."""
    bid: Bid = msgspec.structs.replace(_BID, era=era, double=Double(product=product, planted=planted), promise=promise)
    with bids.reached(bid, folder=Path()) as reach:
        seen = trial.hold(
            bid, reach, seconds=3, budget=2, seed=5, pace=pace or Unhurried(), tell=lambda _done, _what: None
        )
    return judging.judge(bid, seen)


def broken(verdict: Verdict) -> dict[str, str]:
    """Checks that are not kept, with what was found."""
    return {one.id: f"{one.answer}: {one.found.vi} {one.reasons}" for one in verdict.checks if one.answer != "KEPT"}


@pytest.mark.parametrize("name", BREAKS)
def test_each_weakness_breaks_its_own_check(name: str) -> None:
    """Planted alone it is found, and nothing else is."""
    found = broken(tried("sen", name))

    assert set(found) == BREAKS[name], found


def test_a_patient_promise_makes_no_capacity_of_a_queue() -> None:
    """Four dossiers a second go through, ten begin: for three seconds all are within 20 s, and they pile up."""
    patient = msgspec.structs.replace(_GENTLE, dossiers_per_second=10.0)

    assert "dồn lại" in broken(tried("sen", "slow", promise=patient))["capacity"]


def test_every_weakness_is_tried_somewhere() -> None:
    """None is in the list that no test breaks a check with."""
    assert set(BREAKS) | _UNDER_LOAD == set(weaknesses.WEAKNESSES)


@pytest.mark.parametrize(("product", "era"), [("sen", "2018"), ("truc", "2026"), ("dua", "2026")])
def test_products_of_every_dialect_are_tried_alike(product: str, era: str) -> None:
    """JSON, SOAP and files keep what they promise; a passcode in every row is no session."""
    found = broken(tried(product, era=era))

    assert set(found) == ({"security"} if product == "dua" else set()), found


class Counting(Unhurried):
    """A pace that only counts who asks."""

    asked = 0

    def __call__(self) -> None:
        """Count one."""
        self.asked += 1


@pytest.mark.parametrize("product", ["sen", "truc"])
def test_every_request_of_a_trial_waits_for_the_owners_rate(product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inspection, load, looking up, attempts on safety, watching an upgrade, hand-over: none goes round the pace."""
    sent = []

    class Counted(HTTPConnection):
        def request(self, *what: object, **more: object) -> None:
            sent.append(what)
            super().request(*what, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(wire, "HTTPConnection", Counted)
    pace = Counting()

    tried(product, pace=pace)

    assert len(sent) > 500
    assert pace.asked == len(sent)
