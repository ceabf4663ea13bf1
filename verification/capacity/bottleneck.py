"""Names what a loaded stack is short of, from what was seen while it suffered: recorded evidence in, suspects out.

Causes come before their effects. A lock or a slow statement fills the pool, and a full pool fills the queue before it,
so who looks at queues first blames the pool every time. Thresholds are assumed; `tinhmau capacity --plant` (see
loadtests/planted) makes each kind scarce on purpose, to hold them against.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

import msgspec

from simulation.text import Text
from verification.capacity.sights import Backend, Look, Pressure, Sights
from verification.wording import number

Kind = Literal["lock", "slow-query", "throttled", "machine", "one-process", "disk", "pool", "turned-away", "generator"]

LOOKS_WANTED = 4  # two seconds: fewer say nothing
_MOST = 0.5  # of what is looked at: half or more is "most"
_WAITING = 1.0  # sessions that wait on average: one that always waits
_SLOW_SECONDS = 0.05  # mean age of a running statement; p95 < 800 ms leaves no room for many of those
_SHORT_OF = 0.9  # of all processors, or of one: full
_STOPPED = 0.25
_HELD_BACK = 0.4
#: Share of the machine up to which waiting for a processor is somebody's doing. With two of them in use to 60 %, work
#: waits half as long as it runs by chance alone (M/M/2: ρ²/(1 - ρ²)); at 85 % it waits two and a half times as long.
_ROOM = 0.6
_SHORT = 90
_GENERATOR = "generator"
_DATABASE = "postgresql"
_DISK = ("IO:", "LWLock:WALWrite", "LWLock:WALSync")


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the stack is short of."""

    kind: Kind
    service: str  #: whose; empty for the machine as a whole
    weight: float  #: share of the suffering looks that it explains, 0 to 1
    what: Text
    evidence: tuple[Text, ...]
    way_out: Text


def suspects(sights: Sights) -> tuple[Suspect, ...]:
    """Everything that is scarce, the likeliest cause first; nothing where nothing scarce was seen or too little was."""
    if len(sights.looks) < LOOKS_WANTED:
        return ()
    found = [suspect for rule in _RULES for suspect in rule(sights)]
    return tuple(found)


def _locks(sights: Sights) -> Iterator[Suspect]:
    for database, seen in _by_database(sights.looks).items():
        waiting = [one for one in seen if one.wait.startswith("Lock:")]
        mean, share = len(waiting) / len(sights.looks), len(waiting) / len(seen)
        if mean < _WAITING or share < _MOST:
            continue
        statement, _ = Counter(one.statement for one in waiting).most_common(1)[0]
        holders = Counter(one.holder for one in waiting if one.holder and one.holder != one.statement)
        told = [_statement(Text("chờ", "waiting"), statement)]
        if holders:
            told.append(_statement(Text("đang giữ khoá", "holding it"), holders.most_common(1)[0][0]))
        yield Suspect(
            kind="lock",
            service=database,
            weight=share,
            what=Text(f"Khoá trong cơ sở dữ liệu của {database}", f"A lock in the database of {database}"),
            evidence=(
                Text(
                    f"trung bình {_vi(mean)} phiên chờ khoá ({_percent(share)} số phiên đang làm việc)",
                    f"{mean:.1f} sessions wait for a lock on average ({_percent(share)} of all at work)",
                ),
                *told,
            ),
            way_out=Text(
                "Rút ngắn giao dịch giữ khoá, hoặc chia nhỏ thứ mà mọi giao dịch cùng sửa.",
                "Shorten the transaction that holds it, or split what all of them change.",
            ),
        )


def _slow_statements(sights: Sights) -> Iterator[Suspect]:
    for database, seen in _by_database(sights.looks).items():
        working = [
            one for one in seen if one.state == "active" and not one.wait.startswith(("Lock:", "Client:", *_DISK))
        ]
        if not working:
            continue
        statement, times = Counter(one.statement for one in working).most_common(1)[0]
        ages = [one.seconds for one in working if one.statement == statement]
        mean, share, age = times / len(sights.looks), times / len(seen), sum(ages) / len(ages)
        if mean < _WAITING or share < _MOST or age < _SLOW_SECONDS:
            continue
        old = number(age * 1000)
        yield Suspect(
            kind="slow-query",
            service=database,
            weight=share,
            what=Text(
                f"Câu lệnh chậm trong cơ sở dữ liệu của {database}", f"A slow statement in the database of {database}"
            ),
            evidence=(
                _statement(Text("câu lệnh", "statement"), statement),
                Text(
                    f"trung bình {_vi(mean)} phiên đang chạy nó ({_percent(share)} số phiên), đã chạy {old.vi} ms",
                    f"{mean:.1f} sessions run it on average ({_percent(share)} of all), {old.en} ms old when seen",
                ),
            ),
            way_out=Text(
                "Xem EXPLAIN ANALYZE; thường là thiếu chỉ mục.", "See EXPLAIN ANALYZE; often an index is missing."
            ),
        )


def _throttled(sights: Sights) -> Iterator[Suspect]:
    room = _used(sights) < _ROOM * sights.looks[0].processors
    for service in sorted({name for look in sights.looks for name in look.processes}):
        seen = [look.processes[service] for look in sights.looks if service in look.processes]
        stopped = sum(one.stopped for one in seen) / len(seen)
        waited = sum(one.waited for one in seen) / len(seen)
        if stopped < _STOPPED and (waited < _HELD_BACK or not room):
            continue
        yield Suspect(
            kind="throttled",
            service=service,
            weight=max(stopped, waited),
            what=Text(f"{service} bị hạn chế bộ xử lý", f"{service} is kept from the processor"),
            evidence=(
                Text(
                    f"bị dừng trong {_percent(stopped)} số lần quan sát, chờ bộ xử lý {_percent(waited)} thời gian",
                    f"stopped in {_percent(stopped)} of all looks, "
                    f"waited for a processor {_percent(waited)} of the time",
                ),
                _machine_use(sights),
            ),
            way_out=Text(
                "Nới hạn mức bộ xử lý (cgroup, cpulimit, gói thuê) của dịch vụ.",
                "Raise the service's processor quota (cgroup, cpulimit, the rented size).",
            ),
        )


def _machine(sights: Sights) -> Iterator[Suspect]:
    processors, used = sights.looks[0].processors, _used(sights)
    if used < _SHORT_OF * processors:
        return
    by_service = cpu_by_service(sights)
    ours = sum(by_service.values()) / 100
    largest = next(iter(by_service), "")
    shares = Text(_listed(by_service, "vi"), _listed(by_service, "en"))
    if ours < used / 2:  # others have most of it (disturbance.py)
        return
    yield Suspect(
        kind="machine",
        service=largest,
        weight=min(1.0, ours / used),
        what=Text(
            f"Bộ xử lý của máy này, {largest} dùng nhiều nhất",
            f"The processors of this machine, most of all {largest}",
        ),
        evidence=(_machine_use(sights), shares),
        way_out=Text(
            "Thêm bộ xử lý, hoặc chuyển bộ sinh tải và cơ sở dữ liệu sang máy khác.",
            "Add processors, or move the generator and the database to other machines.",
        ),
    )


def _one_process(sights: Sights) -> Iterator[Suspect]:
    if _used(sights) >= _SHORT_OF * sights.looks[0].processors:
        return
    for service, percent in cpu_by_service(sights).items():
        if percent < 100 * _SHORT_OF * _SHORT_OF or service == _DATABASE:
            continue
        generates = service.startswith(_GENERATOR)
        yield Suspect(
            kind="generator" if generates else "one-process",
            service=service,
            weight=min(1.0, percent / 100),
            what=Text(
                f"Bộ sinh tải ({service}) đã hết một bộ xử lý" if generates else f"{service} chỉ có một tiến trình",
                f"The generator ({service}) fills a processor" if generates else f"{service} is one process only",
            ),
            evidence=(
                Text(
                    f"{service} dùng {percent:.0f} % của một bộ xử lý, không thể hơn",
                    f"{service} uses {percent:.0f} % of one processor, and cannot use more",
                ),
                _machine_use(sights),
            ),
            way_out=Text("Thêm --workers.", "Add --workers.")
            if generates
            else Text(f"Chạy thêm bản sao của {service}.", f"Run further replicas of {service}."),
        )


def _disk(sights: Sights) -> Iterator[Suspect]:
    seen = [one for look in sights.looks for one in look.backends if not one.wait.startswith("Client:")]
    waiting = [one for one in seen if one.wait.startswith(_DISK)]
    if len(waiting) / len(sights.looks) < _WAITING or len(waiting) < _MOST * len(seen):
        return
    wait, _ = Counter(one.wait for one in waiting).most_common(1)[0]
    yield Suspect(
        kind="disk",
        service=_DATABASE,
        weight=len(waiting) / len(seen),
        what=Text("Đĩa của PostgreSQL", "The disk of PostgreSQL"),
        evidence=(
            Text(
                f"trung bình {_vi(len(waiting) / len(sights.looks))} phiên chờ đĩa, phần lớn {wait}",
                f"{len(waiting) / len(sights.looks):.1f} sessions wait for the disk on average, most for {wait}",
            ),
        ),
        way_out=Text("Dùng đĩa nhanh hơn cho WAL.", "Put the WAL on a faster disk."),
    )


def _pools(sights: Sights, *, waiting: bool) -> Iterator[Suspect]:
    """Full pools: those whose connections wait for the database (`waiting`), or those that lack a processor."""
    for service, seen in _answers(sights).items():
        full = [one for one in seen if one.most and one.busy >= one.most and one.under_way > one.most]
        if len(full) < _MOST * len(seen) or _waits(sights, service) != waiting:
            continue
        under_way = sum(one.under_way for one in full) / len(full)
        yield Suspect(
            kind="pool",
            service=service,
            weight=len(full) / len(seen),
            what=Text(f"Kết nối cơ sở dữ liệu của {service}", f"The database connections of {service}"),
            evidence=(
                Text(
                    f"cả {full[0].most:.0f} kết nối đều bận trong {_percent(len(full) / len(seen))} số lần quan sát, "
                    f"khi có {_vi(under_way)} yêu cầu",
                    f"all {full[0].most:.0f} connections busy in {_percent(len(full) / len(seen))} of all looks, "
                    f"with {under_way:.1f} requests under way",
                ),
            ),
            way_out=Text(
                f"Tăng DATABASE_CONNECTIONS của {service}; xem max_connections.",
                f"Raise DATABASE_CONNECTIONS of {service}; mind max_connections.",
            ),
        )


def _answers(sights: Sights) -> Mapping[str, Sequence[Pressure]]:
    """What services said of themselves; of one that seldom answered too little is known to call its pool full."""
    names = sorted({name for look in sights.looks for name in look.services})
    said = {name: [look.services[name] for look in sights.looks if name in look.services] for name in names}
    return {name: told for name, told in said.items() if len(told) >= LOOKS_WANTED}


def _waits(sights: Sights, service: str) -> bool:
    """Whether most of what a service's connections do is to wait for something that is no processor."""
    seen = [one for look in sights.looks for one in look.backends if one.database.startswith(service)]
    return sum(bool(one.wait) and not one.wait.startswith("Client:") for one in seen) >= max(1, _MOST * len(seen))


def _turned_away(sights: Sights) -> Iterator[Suspect]:
    for service, seen in _answers(sights).items():
        counts = [one.turned_away for one in seen]
        grew = sum(later > earlier for earlier, later in itertools.pairwise(counts))
        if grew < _MOST * (len(counts) - 1):
            continue
        turned = counts[-1] - counts[0]
        yield Suspect(
            kind="turned-away",
            service=service,
            weight=grew / (len(counts) - 1),
            what=Text(
                f"{service} từ chối vì quá nhiều yêu cầu một lúc", f"{service} turns away what is too much at once"
            ),
            evidence=(
                Text(f"{number(turned).vi} yêu cầu bị trả 503 busy", f"{number(turned).en} requests answered 503 busy"),
            ),
            way_out=Text(
                f"Thêm bản sao của {service}, hoặc nới MOST_UNDER_WAY.",
                f"More replicas of {service}, or a larger MOST_UNDER_WAY.",
            ),
        )


_RULES: Sequence[Callable[[Sights], Iterator[Suspect]]] = (
    _locks, _slow_statements, _throttled, partial(_pools, waiting=True), _machine, _one_process, _disk,
    partial(_pools, waiting=False), _turned_away,
)  # fmt: skip


def cpu_by_service(sights: Sights) -> Mapping[str, float]:
    """Mean percent of one processor by service, the largest first; the generator's processes are kept apart."""
    used: defaultdict[str, list[float]] = defaultdict(list)
    for sample in sights.samples:
        used[sample.service].append(sample.cpu_percent)
    means = {name: sum(values) / len(values) for name, values in used.items()}
    return dict(sorted(means.items(), key=lambda one: -one[1]))


def _by_database(looks: Sequence[Look]) -> Mapping[str, list[Backend]]:
    """Sessions by database that do something or wait for something other than their client."""
    found: defaultdict[str, list[Backend]] = defaultdict(list)
    for look in looks:
        for one in look.backends:
            if not one.wait.startswith("Client:"):
                found[one.database].append(one)
    return found


def _used(sights: Sights) -> float:
    return sum(look.busy for look in sights.looks) / len(sights.looks)


def _machine_use(sights: Sights) -> Text:
    used, processors = _used(sights), sights.looks[0].processors
    return Text(
        f"cả máy dùng {_vi(used)} trên {processors} bộ xử lý",
        f"the whole machine uses {used:.1f} of {processors} processors",
    )


def _listed(by_service: Mapping[str, float], language: Literal["vi", "en"]) -> str:
    told = ", ".join(f"{name} {percent:.0f} %" for name, percent in by_service.items() if percent >= 1)
    return f"phần trăm của một bộ xử lý: {told}" if language == "vi" else f"percent of one processor: {told}"


def _statement(word: Text, statement: str) -> Text:
    shown = statement if len(statement) <= _SHORT else f"{statement[:_SHORT]}…"
    return Text(f"{word.vi}: {shown}", f"{word.en}: {shown}")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _vi(value: float) -> str:
    return number(value, places=1).vi
