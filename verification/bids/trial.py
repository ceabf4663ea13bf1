"""One trial of one offer: inspection, load with settling, attempts on safety, upgrade, hand-over. It judges nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulation.progress import Progress
from simulation.text import Text
from simulation.trouble import TroubleError
from verification.bids import guarding, judging
from verification.bids.bid import Bid
from verification.bids.desk import Desk
from verification.bids.driving import drive
from verification.bids.evidence import Before, Call, Evidence, Handover, Point, Probe, Settled, Upgrade
from verification.bids.handing_over import hand_over
from verification.bids.settling import settle
from verification.bids.upgrading import upgrade
from verification.capacity import search
from verification.conformance import agreement, dialects
from verification.conformance.access import Access
from verification.conformance.inspection import inspect
from verification.conformance.listener import Listener
from verification.conformance.product import OutOfReach, Product, Refusal, Unreadable
from verification.conformance.rating import Judged
from verification.conformance.readable import readable
from verification.conformance.wire import Pace
from verification.wording import number

_WITHIN = 0.25
_NO_ANSWER = (Refusal, Unreadable, OutOfReach)


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How the product on trial is reached."""

    dialect: str
    access: Access
    listener: Listener
    upgrade: str
    handover: str
    start_over: Callable[[], None]  #: after the inspection, where the product lets one: its clock runs again


def hold(bid: Bid, reach: Reach, *, seconds: float, budget: int, seed: int, pace: Pace, tell: Progress) -> Evidence:
    """Try everything; each load's dossiers begin during `seconds`, and at most `budget` loads are tried.

    Every request to the product waits for `pace`.
    """
    agreed = agreement.of_era(bid.era)
    tell(0.0, Text("Soát theo quy phạm", "Inspecting against the norm"))
    rating = inspect(reach.dialect, reach.access, agreed, reach.listener, pace=pace)
    seen = Evidence(points=tuple(map(_point, rating.judged)))
    reach.start_over()
    product = readable(dialects.DIALECTS[reach.dialect](reach.access, reach.listener, pace))
    spare = Listener()

    def make(access: Access) -> Product:
        return readable(dialects.DIALECTS[reach.dialect](access, spare, pace))

    try:
        return _beyond(
            bid, reach, seen, lambda: Desk(product, reach.access, agreed), make,
            seconds=seconds, budget=budget, seed=seed, pace=pace, tell=tell,
        )  # fmt: skip
    finally:
        product.close()
        spare.close()


def _beyond(
    bid: Bid,
    reach: Reach,
    seen: Evidence,
    sign_in: Callable[[], Desk],
    make: guarding.Make,
    *,
    seconds: float,
    budget: int,
    seed: int,
    pace: Pace,
    tell: Progress,
) -> Evidence:
    probes: list[Probe] = []
    calls: list[tuple[Call, ...]] = []
    settled: list[Settled] = []
    try:  # whoever stops answering, or lets the owner's window run out, has not undone what has been seen
        desk = sign_in()
        while (load := _next(bid, seen, budget)) is not None:
            rate, begun = load * bid.promise.dossiers_per_second, len(probes)
            tell(0.1 + 0.7 * begun / budget, _told(load, rate))
            driven = drive(desk, number=begun + 1, load=load, per_second=rate, seconds=seconds, seed=seed, pace=pace)
            settled += settle(desk, driven.probe.number, driven.walked)
            probes.append(driven.probe)
            calls.append(driven.calls)
            seen = msgspec.structs.replace(seen, probes=tuple(probes), calls=tuple(calls), settled=tuple(settled))
        tell(0.8, Text("Thử an toàn", "Attempts on safety"))
        ends = guarding.Ends(reach.handover, pace)
        guarded = tuple(guarding.attempt(bid, desk, reach.access, desk.agreement, make, ends))
        seen = msgspec.structs.replace(seen, guarded=guarded)
        tell(0.85, Text("Nâng cấp", "Upgrade"))
        upgraded = upgrade(reach.upgrade, desk, reach.access, sign_in, pace)
        seen = msgspec.structs.replace(seen, upgrade=upgraded)
        tell(0.95, Text("Bàn giao dữ liệu", "Hand-over"))
        if upgraded.back:
            desk = sign_in()
        handed = hand_over(reach.handover, desk, reach.access, settled, _known_after(upgraded), pace)
    except (*_NO_ANSWER, TroubleError) as error:
        return _given_up(seen, error)
    return msgspec.structs.replace(seen, handover=handed)


def _given_up(seen: Evidence, error: Exception) -> Evidence:
    """What has been seen so far; what was still to be tried says why it was not."""
    why = error.text.vi if isinstance(error, TroubleError) else str(error)
    return msgspec.structs.replace(
        seen,
        upgrade=seen.upgrade if seen.upgrade.tried else Upgrade(tried=False, why_not=why),
        handover=Handover(tried=False, why_not=why),
    )


def _told(load: float, rate: float) -> Text:
    times, each = number(load, places=2), number(rate, places=1)
    return Text(f"Tải ×{times.vi}: {each.vi} hồ sơ/giây", f"Load ×{times.en}: {each.en} dossiers/s")


def _next(bid: Bid, seen: Evidence, budget: int) -> float | None:
    """The next load to try, as a factor on the promise; None when enough is known."""
    told = judging.probes(bid, seen)
    if not told:
        return 1.0
    kept = [one.load for one in told if one.answer == "KEPT"]
    if (kept and max(kept) >= judging.MOST_LOAD) or search.finished(
        told, within=_WITHIN, budget=budget, most=judging.MOST_LIMIT
    ):
        return None
    return min(search.next_load(told, most=judging.MOST_LIMIT), judging.MOST_LOAD)


def _known_after(upgraded: Upgrade) -> tuple[Before, ...]:
    """Dossiers of the upgrade, whose fate is judged there; one of them was worked on since."""
    return tuple(one for one in upgraded.dossiers if one.after and one.before != "received")


def _point(judged: Judged) -> Point:
    witness = judged.witness if judged.judgement != "kept" else None
    return Point(
        id=judged.point.id, area=judged.point.area, weight=judged.point.weight, minutes=judged.point.minutes,
        title=judged.point.title.vi, judgement=judged.judgement, where=witness.where if witness else "",
        expected=witness.expected if witness else "", found=witness.found if witness else "",
    )  # fmt: skip
