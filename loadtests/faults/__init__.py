"""Faults: one bad thing a file. `parse` reads them as the command line writes them: KIND[:VICTIM]@HH:MM[-HH:MM]."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import get_args

from infra.target import Disturbance
from loadtests.books import SERVICES
from loadtests.faults.counterpart import COUNTERPARTS, Outage, Slow
from loadtests.faults.disturbance import Disturb, Relieve
from loadtests.faults.drift import Drift
from loadtests.faults.failover import Failover
from loadtests.faults.fault import Fault
from loadtests.faults.kill import Kill
from loadtests.faults.nothing import Nothing
from loadtests.faults.release import Rollback, Upgrade
from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from simulation.timeline import Timeline

_DATABASE = "postgresql"
#: What can be hit: every service, and the database server under them by the supervisor's name for it.
VICTIMS = (*SERVICES, _DATABASE)
#: Kinds that hit one service, kinds that hit a service or a national counterpart and may end, and kinds that hit none.
_AT_A_SERVICE: Mapping[str, Callable[..., Fault]] = {"kill": Kill, "upgrade": Upgrade, "rollback": Rollback}
#: Kinds that only the database server can have.
_AT_THE_DATABASE: Mapping[str, Callable[..., Fault]] = {"failover": Failover}
_AT_A_COUNTERPART: Mapping[str, Callable[..., Fault]] = {"slow": Slow, "outage": Outage}
_DISTURBANCES: tuple[Disturbance, ...] = get_args(Disturbance)
_AT_NONE: Mapping[str, Callable[..., Fault]] = {"nothing": Nothing, "drift": Drift}
_SHAPE = re.compile(r"(?P<kind>[^:@]*)(?::(?P<service>[^@]*))?(?:@(?P<time>.*))?", re.DOTALL)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_OPTION = "--fault"


def kinds() -> tuple[str, ...]:
    """How each kind of fault is written."""
    return (
        *(f"{kind}@HH:MM" for kind in _AT_NONE),
        *(f"{kind}:SERVICE@HH:MM" for kind in _AT_A_SERVICE),
        *(f"{kind}:{_DATABASE}@HH:MM" for kind in _AT_THE_DATABASE),
        *(f"{kind}:SERVICE@HH:MM[-HH:MM]" for kind in _DISTURBANCES),
        *(f"{kind}:COUNTERPART@HH:MM[-HH:MM]" for kind in _AT_A_COUNTERPART),
    )


def only_on_docker(faults: Iterable[Fault], *, docker: bool) -> None:
    """Raise BadInputError for faults that only containers can have, where there are none."""
    found = Text("đích này không làm được sự cố ấy.", "this target cannot do that.")
    way_out = Text("Thêm --target docker.", "Add --target docker.")
    mistakes = [
        Mistake(file=_OPTION, key=fault.spec, found=found, way_out=way_out)
        for fault in faults
        if isinstance(fault, Upgrade | Rollback | Disturb | Failover) and not docker
    ]
    if mistakes:
        raise BadInputError(mistakes)


def only_with_standby(faults: Iterable[Fault]) -> None:
    """Raise BadInputError for faults that need a second database server, where there is none."""
    found = Text("không có máy chủ dự phòng nào để lên thay.", "there is no standby that could take over.")
    way_out = Text("Thêm --target docker --standby.", "Add --target docker --standby.")
    mistakes = [
        Mistake(file=_OPTION, key=fault.spec, found=found, way_out=way_out)
        for fault in faults
        if isinstance(fault, Failover)
    ]
    if mistakes:
        raise BadInputError(mistakes)


def parse(spec: str) -> Fault:
    """Read a fault, e.g. "kill:portal@10:30" (official time). Raises BadInputError with every mistake in it."""
    parts = _SHAPE.fullmatch(spec)
    assert parts is not None  # noqa: S101 -- the shape fits any text
    kind, service, time = parts["kind"], parts["service"], parts["time"]
    first, _, last = (time or "").partition("-")
    if kind not in _AT_A_COUNTERPART and kind not in _DISTURBANCES:
        first, last = time or "", ""
    mistakes = [*_of_kind(spec, kind), *_of_service(spec, kind, service), *_of_time(spec, first)]
    if last:
        mistakes += _of_time(spec, last) or _of_order(spec, first, last)
    if mistakes:
        raise BadInputError(mistakes)
    at, until = _seconds(first), _seconds(last) if last else None
    if kind in _AT_A_COUNTERPART:
        return _AT_A_COUNTERPART[kind](spec=spec, at=at, service=service, until=until)
    for disturbance in _DISTURBANCES:
        if kind == disturbance:
            return Disturb(spec=spec, at=at, service=str(service), kind=disturbance, until=until)
    if kind in {**_AT_A_SERVICE, **_AT_THE_DATABASE}:
        return {**_AT_A_SERVICE, **_AT_THE_DATABASE}[kind](spec=spec, at=at, service=service)
    return _AT_NONE[kind](spec=spec, at=at)


def check(faults: Iterable[Fault], timeline: Timeline) -> Sequence[Fault]:
    """Return the faults in order of time, and the ends of those that end.

    Raises BadInputError for those outside the day that is played.
    """
    first, last = timeline.points[0][0], timeline.points[-1][0]
    whole = [part for fault in faults for part in (fault, *_end_of(fault))]
    outside = [fault for fault in whole if not first <= fault.at < last]
    if outside:
        raise BadInputError(_outside(fault, first, last) for fault in outside)
    return sorted(whole, key=lambda fault: fault.at)


def _end_of(fault: Fault) -> tuple[Fault, ...]:
    if not isinstance(fault, Disturb) or fault.until is None:
        return ()
    return (Relieve(spec=f"{fault.spec} (end)", at=fault.until, service=fault.service, kind=fault.kind),)


def _of_kind(spec: str, kind: str) -> list[Mistake]:
    known = {*_AT_A_SERVICE, *_AT_THE_DATABASE, *_DISTURBANCES, *_AT_A_COUNTERPART, *_AT_NONE}
    if kind in known:
        return []
    found = Text(f"không có loại sự cố “{kind}”.", f"there is no kind of fault “{kind}”.")
    return [Mistake(file=_OPTION, key=spec, found=found, way_out=did_you_mean(kind, known))]


def _of_service(spec: str, kind: str, service: str | None) -> list[Mistake]:
    if kind in _AT_NONE and service is not None:
        found = Text(f"“{kind}” không nhắm vào dịch vụ nào.", f"“{kind}” hits no service.")
        way_out = Text(f"Viết “{kind}@HH:MM”.", f"Write “{kind}@HH:MM”.")
        return [Mistake(file=_OPTION, key=spec, found=found, way_out=way_out)]
    victims = COUNTERPARTS if kind in _AT_A_COUNTERPART else (_DATABASE,) if kind in _AT_THE_DATABASE else VICTIMS
    if kind in _AT_NONE or service in victims:
        return []
    found = Text(f"không có dịch vụ “{service or ''}”.", f"there is no service “{service or ''}”.")
    return [Mistake(file=_OPTION, key=spec, found=found, way_out=did_you_mean(service or "", victims))]


def _of_time(spec: str, time: str | None) -> list[Mistake]:
    if time is not None and _TIME.fullmatch(time):
        return []
    found = Text(f"giờ “{time or ''}” không đọc được.", f"the time “{time or ''}” cannot be read.")
    way_out = Text(
        "Viết giờ chính thức dạng HH:MM sau dấu @, ví dụ kill:portal@10:30.",
        "Write the official time as HH:MM after an @, e.g. kill:portal@10:30.",
    )
    return [Mistake(file=_OPTION, key=spec, found=found, way_out=way_out)]


def _of_order(spec: str, first: str, last: str) -> list[Mistake]:
    if not _TIME.fullmatch(first) or _seconds(first) < _seconds(last):
        return []
    found = Text(f"kết thúc lúc {last}, trước khi bắt đầu.", f"it ends at {last}, before it begins.")
    way_out = Text("Viết giờ bắt đầu trước, ví dụ 09:30-11:00.", "Write the beginning first, e.g. 09:30-11:00.")
    return [Mistake(file=_OPTION, key=spec, found=found, way_out=way_out)]


def _seconds(time: str) -> float:
    hours, minutes = (int(number) for number in time.split(":"))
    return hours * 3600.0 + minutes * 60.0


def _outside(fault: Fault, first: float, last: float) -> Mistake:
    span = f"{_clock(first)}–{_clock(last)}"
    return Mistake(
        file=_OPTION,
        key=fault.spec,
        found=Text(f"{_clock(fault.at)} nằm ngoài ngày được chạy.", f"{_clock(fault.at)} is outside the day played."),
        way_out=Text(f"Chọn giờ trong khoảng {span}.", f"Choose a time within {span}."),
    )


def _clock(official: float) -> str:
    return f"{int(official // 3600):02d}:{int(official % 3600 // 60):02d}"
