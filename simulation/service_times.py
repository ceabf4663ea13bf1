"""How long the systems take: what the twin knows of each operation before anything has been measured.

Times are of a server's hand on one visit, without waiting. All are assumed, after the echo, insert and signature rates
of a small machine; replace them by measured ones (`source="calibrated: ..."`) before reading seconds off a twin.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Visit(msgspec.Struct, frozen=True):
    """One call at one system."""

    station: str
    milliseconds: float  #: mean service time


class Spread(msgspec.Struct, frozen=True):
    """What an operation makes known elsewhere, after it has been acknowledged."""

    message: str  #: what arrives, e.g. "dossier at onestop"
    visits: tuple[Visit, ...]


class ServiceTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the twin takes as given about the systems."""

    servers: Mapping[str, int]  #: station -> how many calls it works on at once
    visits: Mapping[str, tuple[Visit, ...]]  #: operation -> the calls it makes before it is answered, in turn
    spreads: Mapping[str, tuple[Spread, ...]]  #: operation -> what it makes known elsewhere
    needs: Mapping[str, str]  #: operation -> message that must have arrived, if its journey has caused it
    variation: float  #: coefficient of variation of service times (lognormal)
    network_milliseconds: float  #: on the way there and back, a call
    outbox_milliseconds: float  #: mean wait of a message before it leaves (exponential)
    retry_seconds: float  #: pause of a client whose subject has not arrived yet, in run seconds
    patience_seconds: float  #: a client begins no new attempt after this long, and its journey ends there
    source: str


def _v(station: str, milliseconds: float) -> Visit:
    return Visit(station, milliseconds)


_LGSP = _v("lgsp", 1.5)
_TO_PORTAL = (_LGSP, _v("portal", 3.0))
_TO_ONESTOP = (_LGSP, _v("onestop", 3.0))
_TO_NATIONAL = (_LGSP, _v("national", 2.0))
_TO_HUB = (_LGSP, _v("dochub", 6.0))
_STATE = (Spread("state at portal", _TO_PORTAL), Spread("state at national", _TO_NATIONAL))
_STATUS = (Spread("status at hub", (_LGSP, _v("dochub", 3.0))),)

ASSUMED = ServiceTimes(
    servers={"portal": 1, "onestop": 1, "lgsp": 1, "dochub": 1, "office": 1, "national": 1, "sector": 1},
    visits={
        "portal.home": (_v("portal", 3.0),),
        "portal.search": (_v("portal", 3.0),),
        "portal.procedure": (_v("portal", 3.0),),
        "portal.form": (_v("portal", 2.0),),
        "portal.sign_in": (_v("portal", 3.0), *_TO_NATIONAL),
        "portal.submit": (_v("portal", 7.0),),
        "portal.pay": (_v("portal", 5.0), *_TO_NATIONAL),
        "national.pay": (_v("national", 4.0),),
        "portal.track": (_v("portal", 2.0),),
        "portal.supplement": (_v("portal", 6.0),),
        "portal.result": (_v("portal", 2.5),),
        "portal.rate": (_v("portal", 4.0),),
        "onestop.sign_in": (_v("onestop", 2.0),),
        "office.sign_in": (_v("office", 2.0),),
        "onestop.desk": (_v("onestop", 4.0),),
        "onestop.receive": (_v("onestop", 7.0),),
        "onestop.accept": (_v("onestop", 6.0),),
        "onestop.ask_supplement": (_v("onestop", 5.0),),
        "onestop.refer": (_v("onestop", 5.0),),
        "onestop.give_opinion": (_v("onestop", 5.0),),
        "onestop.examine": (_v("onestop", 5.0),),
        "onestop.decide": (_v("onestop", 5.0),),
        "onestop.hand_back": (_v("onestop", 6.0),),
        "national.deliver": (_v("national", 4.0),),
        "office.draft": (_v("office", 5.0),),
        "office.sign": (_v("office", 6.0),),
        "office.print": (_v("office", 4.0),),
        "office.scan": (_v("office", 5.0),),
        "office.issue": (_v("office", 9.0),),
        "office.seal_again": (_v("office", 9.0),),
        "office.file": (_v("office", 4.0),),
        "office.delegate": (_v("office", 4.0),),
        "office.poll": (_v("office", 4.0), _LGSP, _v("dochub", 2.0), _LGSP, _v("dochub", 2.0)),
        "office.register": (_v("office", 5.0),),
        "office.assign": (_v("office", 5.0),),
        "office.finish": (_v("office", 5.0),),
        "office.refuse": (_v("office", 5.0),),
        "sector.enrol": (_v("sector", 4.0), *_TO_NATIONAL),
        "sector.visit": (_v("sector", 4.0), *_TO_NATIONAL),
        "sector.appoint": (_v("sector", 4.0), *_TO_NATIONAL),
        "sector.declare": (_v("sector", 4.0),),
    },
    spreads={
        "portal.submit": (Spread("dossier at onestop", _TO_ONESTOP),),
        "portal.supplement": (Spread("supplement at onestop", _TO_ONESTOP),),
        "national.pay": (Spread("payment at portal", (*_TO_PORTAL, *_TO_ONESTOP)),),
        "onestop.receive": _STATE,
        "onestop.accept": _STATE,
        "onestop.ask_supplement": _STATE,
        "onestop.refer": _STATE,
        "onestop.give_opinion": _STATE,
        "onestop.examine": _STATE,
        "onestop.decide": _STATE,
        "onestop.hand_back": (*_STATE, Spread("parcel at post", _TO_NATIONAL)),
        "national.deliver": (Spread("state at portal", (*_TO_ONESTOP, *_TO_PORTAL)),),
        # Sent to the hub, then fetched by the addressee's office; the poll that fetches it is taken to be in time.
        "office.issue": (Spread("envelope at office", (*_TO_HUB, *_TO_HUB, _v("office", 4.0))),),
        "office.seal_again": (Spread("envelope at office", (*_TO_HUB, *_TO_HUB, _v("office", 4.0))),),
        "office.register": _STATUS,
        "office.assign": _STATUS,
        "office.finish": _STATUS,
        "office.refuse": _STATUS,
    },
    needs={
        "onestop.accept": "dossier at onestop",
        "onestop.refer": "supplement at onestop",
        "onestop.examine": "supplement at onestop",
        "portal.track": "state at portal",
        "portal.supplement": "state at portal",
        "portal.result": "state at portal",
        "portal.rate": "state at portal",
        "national.deliver": "parcel at post",
        "office.register": "envelope at office",
        "office.refuse": "envelope at office",
    },
    variation=0.5,
    network_milliseconds=0.2,
    outbox_milliseconds=50.0,
    retry_seconds=0.2,
    patience_seconds=15.0,
    source="assumed: not measured yet",
)
