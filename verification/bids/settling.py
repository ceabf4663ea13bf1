"""After a load: every dossier that the product has answered for is looked up, with its history, money and news."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import msgspec

from verification.bids.desk import Desk
from verification.bids.driving import Walked
from verification.bids.evidence import Settled, Step
from verification.conformance.inspector import NUMBER
from verification.conformance.product import OutOfReach, Refusal, Sight, Unreadable

_SHOWN = 3  # digits of a personal number that officials see


def settle(desk: Desk, probe: int, walked: Iterable[Walked]) -> list[Settled]:
    """Look every one up; what was never answered for is left out."""
    return [_settled(desk, probe, one) for one in walked if one.acknowledged]


def _settled(desk: Desk, probe: int, walked: Walked) -> Settled:
    known = Settled(
        code=walked.code,
        probe=probe,
        journey=walked.journey,
        channel=walked.channel,
        acknowledged=walked.acknowledged,
        maybe=walked.maybe,
        paid=walked.paid,
        may_be_paid=walked.may_be_paid,
        name=walked.name,
        found=False,
    )
    try:
        seen = desk.product.look(desk.clerk, walked.code)
        told = desk.product.told(walked.code).portal
    except (Refusal, OutOfReach, Unreadable) as error:
        return msgspec.structs.replace(known, said=str(error))
    return msgspec.structs.replace(
        known,
        found=True,
        state=seen.state,
        paid_found=seen.paid,
        wrong=tuple(_wrong(seen, walked, desk)),
        history=tuple(Step(step.seq, step.state) for step in seen.steps),
        told=tuple(Step(news.seq, news.state) for news in told),
    )


def _wrong(seen: Sight, walked: Walked, desk: Desk) -> Iterable[str]:
    """Name the fields that are another dossier's, or nobody's.

    How a name or a number is written is for the norm to judge, and for its grade; here it matters whose it is.
    """
    fields = {
        "code": (seen.code, walked.code), "name": (_plain(seen.name), _plain(walked.name)),
        "number": (seen.number[-_SHOWN:], NUMBER[-_SHOWN:]), "procedure": (seen.procedure, desk.procedure.code),
        "agency": (seen.agency, desk.agency.code), "fee": (seen.fee, desk.procedure.fee),
    }  # fmt: skip
    return [field for field, (found, handed_in) in fields.items() if found != handed_in]


def _plain(name: str) -> str:
    """Without marks and capitals: names that differ in more are two people's."""
    letters = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
