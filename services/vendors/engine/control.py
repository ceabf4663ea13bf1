"""What a double offers beside its dialect, for whoever tests with it: set its clock, plant mismatches, start over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.vendors import quirks, weaknesses
from services.vendors.engine.hours import VIETNAM
from services.vendors.engine.http import Answerer, Asked, Told, json
from services.vendors.engine.office import Office


class _Clock(msgspec.Struct):
    moment: datetime  #: official time, which then stands still


class _Planting(msgspec.Struct):
    names: list[str]  #: mismatches that hold from now on; everything else is forgotten


def control(product: str, office: Office, start_over: Callable[[], None]) -> Answerer:
    """`GET /control`, `PUT /control/clock {"moment"}`, `PUT /control/mismatches {"names"}`."""

    def set_clock(body: bytes) -> Told:
        moment = msgspec.json.decode(body, type=_Clock).moment.astimezone(VIETNAM)
        with office.lock:
            office.clock = lambda: moment
        return json({"moment": moment})

    def plant(body: bytes) -> Told:
        names = msgspec.json.decode(body, type=_Planting).names
        unknown = quirks.check(product, names)
        if unknown:
            known = [*quirks.of_product(product), *weaknesses.of_product(product)]
            return json({"unknown": unknown, "known": known}, 422)
        with office.working():
            office.start_over()
            start_over()
            office.planted = frozenset(names)
        return json({"names": names})

    def answer(asked: Asked) -> Told:
        try:
            if (asked.method, asked.path) == ("PUT", "/control/clock"):
                return set_clock(asked.body)
            if (asked.method, asked.path) == ("PUT", "/control/mismatches"):
                return plant(asked.body)
        except msgspec.MsgspecError as error:
            return json({"error": str(error)}, 422)
        if (asked.method, asked.path) == ("GET", "/control"):
            return json({"product": product, "planted": sorted(office.planted)})
        return json({"error": "GET /control, PUT /control/clock, PUT /control/mismatches"}, 404)

    return answer
