"""The estimate of QĐ 766/QĐ-TTg (23/06/2022): points of how an agency serves people and businesses, 100 in all.

Points and shape of the formulas: a public reverse-engineering, fitted to the national portal's own figures within 0.015
(secondary source). What each share counts is ASSUMED here, as far as a portal knows it. In runs of the older era the
decision did not exist yet: there it is a later yardstick.
"""

from __future__ import annotations

import msgspec

from services.kit.languages import Text
from services.kit.problems import Problem

#: Most points by group, in the decision's order; 100 in all.
GROUPS = {
    "openness": (Text("Công khai, minh bạch", "Openness"), 18),
    "progress": (Text("Tiến độ giải quyết", "Progress"), 20),
    "online_service": (Text("Dịch vụ trực tuyến", "Online service"), 12),
    "online_payment": (Text("Thanh toán trực tuyến", "Online payment"), 10),
    "digitisation": (Text("Số hóa hồ sơ", "Digitisation"), 22),
    "satisfaction": (Text("Mức độ hài lòng", "Satisfaction"), 18),
}
_DIGITISED_POINTS = 20  # of 22; the other two are for use again


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an agency, each between 0 and 1."""

    published: float  #: procedures that agree with the national catalogue
    on_time: float  #: dossiers finished within their day
    offered: float  #: procedures at level 3 or 4 (A of online service)
    used: float  #: of these, those with a dossier that came online (B)
    filed_online: float  #: dossiers that came online (C)
    fee_offered: float  #: procedures with a fee that can be paid online (A of online payment)
    fee_used: float  #: of these, those with an online payment (B)
    paid_online: float  #: dossiers with a fee that were paid online (C)
    digitised: float  #: dossiers kept in electronic form with their result
    reused: float  #: online dossiers whose form the registers filled in
    satisfied: float  #: ratings of 4 or 5


def estimate(shares: Shares) -> dict[str, float]:
    """Points by group. Raises a 500 Problem for a share that is none: the caller has counted wrongly."""
    for name in Shares.__struct_fields__:
        if not 0 <= getattr(shares, name) <= 1:
            raise Problem(500, "internal", f"tỷ lệ {name} nằm ngoài 0–1")
    online = min(2, 2 * shares.offered / 0.8) + 4 * shares.used + min(6, 6 * shares.filed_online / 0.5)
    payment = 6 * shares.fee_offered + min(2, 2.5 * shares.fee_used) + 2.5 * shares.paid_online
    satisfied = shares.satisfied
    return {
        "openness": 18 * shares.published,
        "progress": 20 * shares.on_time,
        "online_service": online,
        "online_payment": min(10.0, payment),
        "digitisation": _DIGITISED_POINTS * shares.digitised + min(2, 2 * shares.reused / 0.8),
        "satisfaction": min(6, 6 * satisfied / 0.9) + 6 * satisfied + 6 * satisfied,
    }
