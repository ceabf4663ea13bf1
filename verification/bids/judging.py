"""From what was written down to a verdict, with nothing else: the same evidence gives the same verdict, years later.

Six criterion groups of TT 41/2026/TT-BKHCN, điều 14 khoản 1 (by a legal index; check the original).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import msgspec
import numpy as np

from simulation.text import Text
from verification.answer import Answer, overall
from verification.bids.bid import GRADES, Bid
from verification.bids.evidence import Before, Call, Evidence, Point, Probe, Settled
from verification.capacity import search
from verification.wording import dong, number, some

GROUPS = {
    1: Text("Chức năng", "Function"),
    2: Text("Hiệu năng", "Performance"),
    3: Text("An toàn thông tin mạng, an ninh dữ liệu", "Cyber and data security"),
    4: Text("Yêu cầu phi chức năng khác", "Other non-functional requirements"),
    5: Text("Mức độ hài lòng của người sử dụng", "Satisfaction of users"),
    6: Text("Quản lý dịch vụ", "Service management"),
}
#: The older era's form (TT 24/2020/TT-BTTTT, from memory [M]): tests of function and tests of everything else.
OLDER_FORM = {
    "A": (Text("Kiểm thử chức năng", "Functional tests"), (1,)),
    "B": (Text("Kiểm thử phi chức năng", "Non-functional tests"), (2, 3, 4, 5, 6)),
}
_SAFETY_AREA, _PRIVATE = "rights", "news-private"
#: States as officials call them.
_STATES = {
    "submitted": "đã nộp",
    "received": "đã tiếp nhận",
    "awaiting_supplement": "chờ bổ sung",
    "examined": "đã thẩm định",
    "approved": "đã duyệt",
    "rejected": "đã từ chối",
    "posted": "đã gửi bưu điện",
    "returned": "đã trả kết quả",
}
#: Fields of a dossier, as officials call them.
_FIELDS = {
    "code": "mã hồ sơ", "name": "họ tên", "number": "số định danh", "fee": "lệ phí", "paid": "tiền đã nộp",
    "steps": "lịch sử", "state": "trạng thái", "procedure": "thủ tục", "agency": "cơ quan",
}  # fmt: skip
#: How a dossier of the load comes to each of its states, once it is taken in.
_PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "submitted": ((),),
    "received": (("received",),),
    "examined": (("received", "examined"),),
    "approved": (("received", "examined", "approved"),),
    "rejected": (("received", "examined", "rejected"),),
    "returned": (("received", "examined", "approved", "returned"), ("received", "examined", "rejected", "returned")),
}
#: Nothing beyond so many times the promise is looked for: who offers more is to promise more.
MOST_LOAD = 2.0
#: The limit is thought to be below so many times the promise where anything broke on the way there. Assumed.
MOST_LIMIT = 4.0
#: A generator later than this share of the promised p95 measures itself.
_LATE_SHARE = 0.1
#: Of fewer dossiers nobody can say within what 95 of 100 requests are answered, nor whether they pile up. Assumed.
_FEWEST_DOSSIERS = 10
#: A load is not carried where a dossier that begins a second later takes so many seconds longer, or more, by two
#: standard errors. At an overload of a half it is half a second. Waits near the limit wander, so less is not told from
#: chance in ten seconds (tests/theory/test_theory_piling_up.py).
_SLOWER_A_SECOND = 0.2
_MOST = 5
_NOT_BACK = Text("sau nâng cấp không phục vụ lại", "it did not serve again after the upgrade")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One question that the evidence answers."""

    id: str
    group: int
    title: Text
    answer: Answer
    promised: Text
    found: Text
    reasons: tuple[Text, ...] = ()


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What load the product has carried."""

    per_second: float  #: dossiers a second: the interval's low end, or the highest load tried where all were kept
    low: float
    high: float | None  #: None: nothing broke up to twice what was promised


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a bid."""

    answer: Answer
    checks: tuple[Check, ...]
    grade: str | None
    proven: Proven | None
    dong_per_dossier_second: float | None  #: đồng a month for one dossier a second of proven capacity


def judge(bid: Bid, evidence: Evidence) -> Verdict:
    """Answer every question, and all together."""
    grade, minutes = rating(evidence.points)
    proven = capacity(bid, evidence)
    checks = (
        _function(bid, evidence.points, grade),
        *_laws(evidence.settled),
        _capacity(bid, evidence, proven),
        _errors(bid, evidence),
        _safety(evidence),
        _readiness(evidence),
        _handover(evidence),
        _rework(bid, evidence.points, minutes),
        _upgrade(bid, evidence),
        _deletion(evidence),
    )
    price = bid.price.all_in_month / proven.per_second if proven and proven.per_second else None
    return Verdict(
        answer=overall(check.answer for check in checks),
        checks=tuple(sorted(checks, key=lambda one: one.group)),
        grade=grade,
        proven=proven,
        dong_per_dossier_second=price,
    )


def rating(points: Sequence[Point]) -> tuple[str | None, int]:
    """The grade by the heaviest mismatch (None: unknown), and the minutes that mismatches cost."""
    broken = [one for one in points if one.judgement == "broken"]
    minutes = sum(one.minutes for one in broken)
    worst = max((one.weight for one in broken), default=0)
    if worst == 3:  # noqa: PLR2004 -- grave
        return "D", minutes
    if not points or any(one.judgement == "unknown" for one in points):
        return None, minutes
    return "ABC"[worst], minutes


def _function(bid: Bid, points: Sequence[Point], grade: str | None) -> Check:
    broken = [one for one in points if one.judgement == "broken"]
    unknown = [one for one in points if one.judgement == "unknown"]
    kept = grade is not None and GRADES.index(grade) >= GRADES.index(bid.promise.grade)
    reasons = [
        Text(
            f"{one.title} ({one.id}): cần {one.expected}, thấy {one.found}",
            f"{one.id}: expected {one.expected}, found {one.found}",
        )
        for one in sorted(broken, key=lambda one: -one.weight)[:_MOST]
    ]
    reasons += [Text(f"Chưa rõ {one.id}: {one.found}", f"Unknown {one.id}: {one.found}") for one in unknown[:_MOST]]
    shown = grade or "?"
    return Check(
        id="conformance",
        group=1,
        title=Text("Khớp với quy phạm một cửa", "Fits the norm of one-stops"),
        answer="UNKNOWN" if grade is None else "KEPT" if kept else "BROKEN",
        promised=Text(f"hạng {bid.promise.grade} trở lên", f"grade {bid.promise.grade} or better"),
        found=Text(
            f"hạng {shown}: {len(broken)} trong {len(points)} điểm lệch",
            f"grade {shown}: {len(broken)} of {len(points)} points broken",
        ),
        reasons=tuple(reasons) if not kept else (),
    )


def _laws(settled: Sequence[Settled]) -> list[Check]:
    there = [one for one in settled if one.found]
    twice = [Text(code, code) for code, times in Counter(one.code for one in settled).items() if times > 1]
    laws = (
        (
            "law-kept",
            3,
            Text("Điều đã báo “xong” thì còn", "What was acknowledged is there"),
            [_told_and_found(one) for one in settled if lost(one)],
        ),
        ("law-unique", 1, Text("Mỗi hồ sơ một mã", "Every dossier its own code"), twice),
        (
            "law-history",
            1,
            Text("Lịch sử liền nhau và dẫn tới trạng thái hiện tại", "History without gaps, up to the state"),
            [Text(one.code, one.code) for one in there if not _whole(one)],
        ),
        (
            "law-content",
            1,
            Text("Nội dung hồ sơ đúng như đã nộp", "Every dossier holds what was handed in"),
            [_field(f"{one.code}: {field}") for one in there for field in one.wrong],
        ),
        (
            "law-money",
            1,
            Text("Tiền đã nộp ghi đúng đến đồng", "Money paid is right to the đồng"),
            [
                Text(
                    f"{one.code}: {dong(one.paid).vi}, ghi {dong(one.paid_found).vi}",
                    f"{one.code}: {dong(one.paid).en}, noted {dong(one.paid_found).en}",
                )
                for one in there
                if one.paid_found not in {one.paid, max(one.paid, one.may_be_paid)}
            ],
        ),
        (
            "law-news",
            1,
            Text("Mỗi thay đổi báo cổng đúng một lần, đúng thứ tự", "Every change told to the portal once, in order"),
            [Text(one.code, one.code) for one in there if one.told != one.history],
        ),
    )
    checks = []
    for name, group, title, wrong in laws:
        counted = len(settled) if name in {"law-kept", "law-unique"} else len(there)
        answer: Answer = "BROKEN" if wrong else "KEPT" if counted else "UNKNOWN"
        checks.append(
            Check(
                id=name,
                group=group,
                title=title,
                answer=answer,
                promised=Text("0 vi phạm", "0 violations"),
                found=Text(
                    f"{len(wrong)} vi phạm trong {counted} hồ sơ", f"{len(wrong)} violations in {counted} dossiers"
                ),
                reasons=_listed(wrong),
            )
        )
    return checks


def _field(where: str) -> Text:
    """`code: field`, with the field as people call it."""
    code, _, field = where.rpartition(": ")
    return Text(f"{code}: {_FIELDS.get(field, field)}", where)


def _state(state: str) -> Text:
    return Text(f"“{_STATES.get(state, state)}”", f"“{state.replace('_', ' ')}”")


def _listed(wrong: Sequence[Text]) -> tuple[Text, ...]:
    """As one reason, the first of them; nothing of nothing."""
    if not wrong:
        return ()
    vietnamese, english = ([one.vi for one in wrong], [one.en for one in wrong])
    return (Text(some(vietnamese, most=_MOST, between="; ").vi, some(english, most=_MOST, between="; ").en),)


def lost(one: Settled) -> bool:
    """Whether what was acknowledged of a dossier is not there."""
    return not one.found or one.state not in {one.acknowledged, one.maybe}


def _told_and_found(one: Settled) -> Text:
    told, seen = _state(one.acknowledged), _state(one.state)
    found = Text(f"thấy {seen.vi}", f"found {seen.en}") if one.found else Text("nay không còn", "gone now")
    return Text(f"{one.code}: đã báo {told.vi}, {found.vi}", f"{one.code}: told {told.en}, {found.en}")


def _whole(one: Settled) -> bool:
    """Whether its history has no gap, and is the way that such a dossier goes: no step invented, none left out."""
    seqs = [step.seq for step in one.history]
    if not seqs or seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        return False
    states = [state for state, _ in groupby(step.state for step in one.history)]
    if one.channel == "online" and states[0] == "submitted":
        states = states[1:]
    return one.history[-1].state == one.state and tuple(states) in _PATHS.get(one.state, ())


def p95_ms(calls: Sequence[Call]) -> float:
    """Milliseconds from the moment at which somebody wanted to act, for 95 of 100 requests."""
    return 1000 * float(np.percentile([call.ended - call.intended for call in calls], 95)) if calls else 0.0


def error_share(calls: Sequence[Call]) -> float:
    """Share of requests that were not answered as they should be."""
    return sum(call.outcome != "ok" for call in calls) / len(calls) if calls else 0.0


def probes(bid: Bid, evidence: Evidence) -> list[search.Probe]:
    """Each load with whether latency and errors were as promised there, and no dossier was lost."""
    told = []
    for probe, calls in zip(evidence.probes, evidence.calls, strict=True):
        gone = any(lost(one) for one in evidence.settled if one.probe == probe.number)
        kept = p95_ms(calls) <= bid.promise.p95_ms and error_share(calls) <= bid.promise.error_share and not gone
        kept = kept and not piles_up(calls)
        answer: Answer = "UNKNOWN" if _untold(bid, probe, calls) else "KEPT" if kept else "BROKEN"
        told.append(search.Probe(load=probe.load, answer=answer))
    return told


def _untold(bid: Bid, probe: Probe, calls: Sequence[Call]) -> Text | None:
    """Why a load says nothing of the product; None where it does."""
    if probe.late_ms > _LATE_SHARE * bid.promise.p95_ms:
        return Text("máy đo bị chậm, không tính", "the generator was late: not counted")
    begun = len({call.journey for call in calls})
    if begun < _FEWEST_DOSSIERS:
        return Text(
            f"chỉ {begun} hồ sơ, không tính: tăng --seconds", f"{begun} dossiers only, not counted: more --seconds"
        )
    return None


def piles_up(calls: Sequence[Call]) -> bool:
    """Whether dossiers took longer and longer: they came faster than they went, however patient the promise is."""
    walks: dict[int, list[Call]] = {}
    for call in calls:
        walks.setdefault(call.journey, []).append(call)
    whole = [walk for walk in walks.values() if all(call.outcome == "ok" for call in walk)]
    if len(whole) < _FEWEST_DOSSIERS:
        return False
    begins = np.array([min(call.intended for call in walk) for walk in whole])
    took = np.array([max(call.ended for call in walk) for walk in whole]) - begins
    apart = begins - begins.mean()
    spread = float((apart**2).sum())
    if not spread:
        return False
    slope = float((apart * took).sum()) / spread
    rest = took - took.mean() - slope * apart
    error = math.sqrt(float((rest**2).sum()) / (len(whole) - 2) / spread)
    return slope - 2 * error > _SLOWER_A_SECOND


def capacity(bid: Bid, evidence: Evidence) -> Proven | None:
    """What load is proven; None where nothing was kept or nothing could be told."""
    told = probes(bid, evidence)
    kept = [one.load for one in told if one.answer == "KEPT"]
    broken = [one.load for one in told if one.answer == "BROKEN"]
    promised = bid.promise.dossiers_per_second
    if not kept:
        return None
    if not broken:
        return Proven(per_second=max(kept) * promised, low=max(kept) * promised, high=None)
    limit = search.limit(told, most=MOST_LIMIT)
    return Proven(per_second=limit.low * promised, low=limit.low * promised, high=limit.high * promised)


def _capacity(bid: Bid, evidence: Evidence, proven: Proven | None) -> Check:
    promised = bid.promise.dossiers_per_second
    told = probes(bid, evidence)
    answer: Answer = "UNKNOWN"
    if proven and proven.low >= promised:
        answer = "KEPT"
    elif any(one.answer == "BROKEN" for one in told) and (proven is None or (proven.high or promised) < promised):
        answer = "BROKEN"
    gone = Counter(one.probe for one in evidence.settled if lost(one))
    reasons = [
        Text(
            f"Ở {number(probe.per_second, places=1).vi} hồ sơ/giây: p95 {number(p95_ms(calls)).vi} ms, "
            f"lỗi {number(100 * error_share(calls), places=2).vi} %, "
            f"mất {gone[probe.number]} hồ sơ{_besides(bid, probe, calls).vi}",
            f"At {number(probe.per_second, places=1).en} dossiers/s: p95 {number(p95_ms(calls)).en} ms, "
            f"errors {number(100 * error_share(calls), places=2).en} %, "
            f"{gone[probe.number]} lost{_besides(bid, probe, calls).en}",
        )
        for probe, calls, state in zip(evidence.probes, evidence.calls, told, strict=True)
        if state.answer != "KEPT"
    ]
    return Check(
        id="capacity",
        group=2,
        title=Text("Chịu được tải đã cam kết", "Carries the promised load"),
        answer=answer,
        promised=Text(
            f"{number(promised, places=1).vi} hồ sơ/giây, p95 ≤ {number(bid.promise.p95_ms).vi} ms",
            f"{number(promised, places=1).en} dossiers/s, p95 ≤ {number(bid.promise.p95_ms).en} ms",
        ),
        found=proven_text(proven),
        reasons=tuple(reasons[:_MOST]) if answer != "KEPT" else (),
    )


def proven_text(proven: Proven | None) -> Text:
    """Say how much is proven."""
    if proven is None:
        return Text("không mức tải nào đạt", "no load kept the promise")
    if proven.high is None:
        value = number(proven.low, places=1)
        return Text(f"ít nhất {value.vi} hồ sơ/giây", f"at least {value.en} dossiers/s")
    low, high = number(proven.low, places=1), number(proven.high, places=1)
    return Text(f"{low.vi} … {high.vi} hồ sơ/giây (khoảng 90 %)", f"{low.en} … {high.en} dossiers/s (90 % interval)")


def _besides(bid: Bid, probe: Probe, calls: Sequence[Call]) -> Text:
    """What is to be said of a load besides its numbers."""
    if (why := _untold(bid, probe, calls)) is not None:
        return Text(f" ({why.vi})", f" ({why.en})")
    if piles_up(calls):
        return Text(
            ", hồ sơ dồn lại: càng về sau càng lâu", ", dossiers pile up: each takes longer than the one before"
        )
    return Text("", "")


def _errors(bid: Bid, evidence: Evidence) -> Check:
    """Errors at loads up to the promise; overload may refuse."""
    calls = [
        call for probe, those in zip(evidence.probes, evidence.calls, strict=True) for call in those if probe.load <= 1
    ]
    share, said = error_share(calls), Counter(call.said or call.outcome for call in calls if call.outcome != "ok")
    written, counted = number(100 * share, places=2), number(len(calls))
    return Check(
        id="errors",
        group=2,
        title=Text("Lỗi ở tải không quá mức cam kết", "Errors at loads up to the promise"),
        answer="UNKNOWN" if not calls else "KEPT" if share <= bid.promise.error_share else "BROKEN",
        promised=Text(
            f"≤ {number(100 * bid.promise.error_share, places=2).vi} %",
            f"≤ {number(100 * bid.promise.error_share, places=2).en} %",
        ),
        found=Text(f"{written.vi} % trong {counted.vi} yêu cầu", f"{written.en} % of {counted.en} requests"),
        reasons=tuple(Text(f"{times} × {what}", f"{times} × {what}") for what, times in said.most_common(3)),
    )


def _safety(evidence: Evidence) -> Check:
    points = [one for one in evidence.points if one.area == _SAFETY_AREA or one.id == _PRIVATE]
    wrong = [f"{one.title} ({one.id})" for one in points if one.judgement == "broken"]
    wrong += [f"{one.what}: {one.found}" for one in evidence.guarded if one.kept is False]
    open_ = [one.id for one in points if one.judgement == "unknown"]
    open_ += [one.id for one in evidence.guarded if one.kept is None]
    tried = len(points) + len(evidence.guarded)
    answer: Answer = "BROKEN" if wrong else "UNKNOWN" if open_ or not evidence.guarded else "KEPT"
    return Check(
        id="security",
        group=3,
        title=Text("Quyền, phiên, khoá, dữ liệu gây hại", "Rights, sessions, keys, hostile input"),
        answer=answer,
        promised=Text("mọi phép thử đều giữ được", "every attempt withstood"),
        found=Text(
            f"{len(wrong)} hở, {len(open_)} chưa rõ trong {tried} phép thử",
            f"{len(wrong)} open, {len(open_)} unknown of {tried}",
        ),
        reasons=tuple(Text(one, one) for one in [*wrong, *open_][:_MOST]),
    )


def _before_and_after(one: Before) -> Text:
    before, after = _state(one.before), _state(one.after) if one.after else Text("không còn", "gone")
    return Text(f"{one.code}: {before.vi}, nay {after.vi}", f"{one.code}: {before.en}, now {after.en}")


def _readiness(evidence: Evidence) -> Check:
    """A new version keeps every dossier and lets work go on: maintainability."""
    told = evidence.upgrade
    versions = f"{told.version_before or '?'} → {told.version_after or '?'}"
    lost = [_before_and_after(one) for one in told.dossiers if one.before != one.after]
    lost += [Text(f"khác trước: {one.vi}", f"changed: {one.en}") for one in map(_field, told.differing)]
    answer: Answer = "KEPT"
    reasons = lost[:_MOST]
    if not told.tried:
        answer = "UNKNOWN"
        reasons = [Text(told.why_not, told.why_not)]
    elif lost or not told.back or not told.works_on or not told.version_after:
        answer = "BROKEN"
        if not told.version_after:
            reasons.append(Text(told.why_not or "không thấy phiên bản mới", told.why_not or "no new version seen"))
        elif not told.back:
            reasons.append(_NOT_BACK)
        elif not told.works_on:
            reasons.append(Text("hồ sơ đang mở không làm tiếp được", "an open dossier could not be worked on"))
    return Check(
        id="upgrade-data",
        group=4,
        title=Text("Nâng cấp không mất hồ sơ", "An upgrade loses nothing"),
        answer=answer,
        promised=Text("mọi hồ sơ còn nguyên", "every dossier as before"),
        found=Text(
            f"{len(lost)} trong {len(told.dossiers)} hồ sơ khác trước; phiên bản {versions}",
            f"{len(lost)} of {len(told.dossiers)} dossiers changed; version {versions}",
        ),
        reasons=tuple(reasons),
    )


def _upgrade(bid: Bid, evidence: Evidence) -> Check:
    told = evidence.upgrade
    bound, seconds = number(bid.promise.upgrade_seconds, places=1), number(told.interrupted_seconds, places=2)
    kept = told.back and told.interrupted_seconds <= bid.promise.upgrade_seconds
    nothing = told.back and not told.version_after  # nobody was interrupted by what did not take place
    reasons: tuple[Text, ...] = ()
    if not told.tried or nothing:
        why = told.why_not or "không thấy phiên bản mới"
        reasons = (Text(why, told.why_not or "no new version seen"),)
    elif not told.back:
        reasons = (_NOT_BACK,)
    return Check(
        id="upgrade-interruption",
        group=6,
        title=Text("Gián đoạn khi nâng cấp", "Interruption by an upgrade"),
        answer="UNKNOWN" if not told.tried or nothing else "KEPT" if kept else "BROKEN",
        promised=Text(f"≤ {bound.vi} giây", f"≤ {bound.en} s"),
        found=Text(f"{seconds.vi} giây", f"{seconds.en} s") if told.tried else Text("chưa thử", "not tried"),
        reasons=reasons,
    )


def _handover(evidence: Evidence) -> Check:
    told = evidence.handover
    wrong = [Text(f"thiếu {code}", f"{code} is missing") for code in told.missing]
    wrong += [Text(f"khác {one.vi}", f"{one.en} differs") for one in map(_field, told.differing)]
    if told.unreadable:
        wrong.append(Text(f"{told.unreadable} dòng không đọc được", f"{told.unreadable} lines cannot be read"))
    wrong += [Text(f"{code} có hơn một dòng", f"{code} has more than one line") for code in told.twice]
    if told.tried and told.promised_lines != told.lines and not told.why_not:
        wrong.append(
            Text(
                f"bản kê nói {told.promised_lines} hồ sơ, tệp có {told.lines} dòng",
                f"the list says {told.promised_lines} dossiers, the file has {told.lines} lines",
            )
        )
    if told.tried and not told.digest_right and not told.why_not:
        wrong.append(Text("mã băm không khớp bản kê", "the digest is not the list's"))
    if told.tried and told.why_not:
        wrong.append(Text(told.why_not, told.why_not))
    answer: Answer = "UNKNOWN" if not told.tried else "BROKEN" if wrong else "KEPT" if told.expected else "UNKNOWN"
    return Check(
        id="handover",
        group=4,
        title=Text("Bàn giao toàn bộ dữ liệu ở dạng mở", "All data handed over in an open form"),
        answer=answer,
        promised=Text("đủ và đúng mọi hồ sơ", "every dossier, as it is"),
        found=Text(
            f"{told.expected - len(told.missing)} trong {told.expected} hồ sơ, {len(told.differing)} chỗ khác",
            f"{told.expected - len(told.missing)} of {told.expected} dossiers, {len(told.differing)} differences",
        ),
        reasons=_listed(wrong) if wrong or told.tried else (Text(told.why_not, told.why_not),),
    )


def _deletion(evidence: Evidence) -> Check:
    told = evidence.handover
    left = told.left_after_deletion
    return Check(
        id="deletion",
        group=6,
        title=Text("Xoá dữ liệu sau khi bàn giao", "Deletion after the hand-over"),
        answer="BROKEN" if left or told.deletes_for_anybody else "UNKNOWN" if left is None else "KEPT",
        promised=Text("không còn hồ sơ nào", "nothing left"),
        found=Text("chưa thử hoặc không rõ", "not tried, or cannot be told")
        if left is None
        else Text(f"còn thấy {left} hồ sơ", f"{left} dossiers still seen"),
        reasons=(Text("sai khoá vẫn xoá được", "a wrong key was enough"),) if told.deletes_for_anybody else (),
    )


def _rework(bid: Bid, points: Sequence[Point], minutes: int) -> Check:
    """What a machine can say of satisfaction: work that officials have to add. A survey goes beside it."""
    open_ = not points or any(one.judgement == "unknown" for one in points)
    return Check(
        id="rework",
        group=5,
        title=Text("Công sức cán bộ phải bỏ thêm", "Extra work for officials"),
        answer="BROKEN" if minutes > bid.promise.rework_minutes else "UNKNOWN" if open_ else "KEPT",
        promised=Text(
            f"≤ {bid.promise.rework_minutes} phút/hồ sơ", f"≤ {bid.promise.rework_minutes} minutes a dossier"
        ),
        found=Text(f"{minutes} phút/hồ sơ (giả định)", f"{minutes} minutes a dossier (assumed figures)"),
        reasons=(
            Text(
                "Khảo sát người dùng do bên đánh giá bổ sung; máy không đo được.",
                "The survey of users is the evaluator's to add; no machine measures it.",
            ),
        ),
    )
