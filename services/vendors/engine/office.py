"""What a one-stop does, by the norm; `quirky` marks each place where a product can be told to break it.

Dossiers are worked on in memory and kept in the product's store: an act is on the disk before it is answered for, and
told of only after that.
"""

from __future__ import annotations

import copy
import secrets
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import RLock

from services.vendors import weaknesses
from services.vendors.engine.agreement import Agreement, Official, Procedure
from services.vendors.engine.dossier import CLOSED, NATIONAL, Dossier, Handed, News, Step, Trouble
from services.vendors.engine.hours import VIETNAM, Hours
from services.vendors.engine.store import Store

_NUMBER_LENGTHS = (9, 12)  # identity card of old, personal number (NĐ 137/2015)
_DELIVERIES = ("counter", "online", "post")
_OUTCOMES: Mapping[str, str] = {"approve": "approved", "reject": "rejected"}
_TAIL_OF_CIRCULAR = 4

CLERK, SPECIALIST, LEADER = "reception_clerk", "specialist", "leader"

_TOLD = "told"  #: counter of news, beside those of codes and parcels

#: Asked with the name of a mismatch: whether it is planted.
Quirky = Callable[[str], bool]


class Office:
    """The rules of a one-stop over dossiers. All methods may be called from several threads."""

    def __init__(self, agreement: Agreement, store: Store) -> None:
        """Start with what the store has kept, the machine's clock, and nothing planted."""
        self.agreement = agreement
        self.lock = RLock()
        self.planted: Collection[str] = ()
        self.listeners: list[Callable[[News], None]] = []
        self.at_once = 0  #: requests under way
        self._latest = (0.0, "")  #: when somebody was last received, and who
        self.clock: Callable[[], datetime] = _now
        self._store, self._depth = store, 0
        self.dossiers = store.read("dossier", Dossier)
        self.news = list(store.read("news", News).values())
        self._numbers = store.read("counter", int)
        self._replies = store.read("reply", bytes)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let one thread work; when this ends, what it has done is kept. Within another one it is part of that."""
        outermost = False
        try:
            with self.lock:
                outermost = not self._depth
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    if outermost:
                        self._store.end_act()
        finally:
            if outermost:
                self._store.keep()

    def once(self, request: str, work: Callable[[], bytes]) -> bytes:
        """Do the work, or give the reply that this request's number had; one of no letters is never remembered."""
        with self.working():
            if request and request in self._replies:
                return self._replies[request]
            reply = work()
            if request:
                self._replies[request] = reply
                self._store.put("reply", request, reply)
            return reply

    def start_over(self) -> None:
        """Forget everything, also the clock that was set."""
        with self.working():
            self.clock = _now
            for kept in (self.dossiers, self.news, self._numbers, self._replies):
                kept.clear()
            self._store.clear()

    def delete(self) -> None:
        """Delete every dossier and all that was told; numbers go on."""
        with self.working():
            self.dossiers.clear()
            self.news.clear()
            self._store.clear("dossier", "news")
            self._note_told(0)

    def forget_waiting(self) -> None:
        """Forget dossiers that wait for a supplement: what a careless upgrade does."""
        with self.working():
            for code in [code for code, one in self.dossiers.items() if one.state == "awaiting_supplement"]:
                self._drop(code)

    def quirky(self, name: str) -> bool:
        """Whether the mismatch of that name is planted."""
        return name in self.planted

    def hold(self) -> None:
        """Let one more request be under way; a product that writes behind takes its time outside every lock."""
        with self.lock:
            self.at_once += 1
        if self.quirky("loses-under-load"):
            time.sleep(weaknesses.WRITING_SECONDS)

    def let_go(self) -> None:
        """That request is answered."""
        with self.lock:
            self.at_once -= 1

    # Who is there

    def new_session(self) -> str:
        """Make the name of a session."""
        if self.quirky("sessions-guessable"):
            with self.working():
                return f"{self._count('session'):06d}"
        return secrets.token_urlsafe(24)

    def sign_in(self, account: str, passcode: str) -> Official:
        """Let an official in."""
        official = self.agreement.staff.get(account)
        if official is None or not self.agreement.passcode_is_right(account, passcode):
            raise Trouble("sign-in", "Sai tài khoản hoặc mã đăng nhập.")
        return official

    # Reception

    def receive(self, who: Official, handed: Handed, *, number_of: Dossier | None = None) -> Dossier:
        """Take a dossier in at the counter; `number_of` is the dossier before it in the same batch."""
        with self.working():
            self._allow(who, CLERK)
            procedure = self._check(handed, who.agency)
            now = self.clock()
            shared = number_of is not None and self.quirky("batch-number-shared")
            code = number_of.code if number_of and shared else self._next_code(who.agency, now)
            dossier = Dossier(
                code=code, procedure=handed.procedure, agency=who.agency, channel="counter", delivery=handed.delivery,
                number=handed.number, name=self._name(handed.name), company=handed.company, fee=procedure.fee,
                state="received", paid=handed.cash, received_at=now, due_at=self._due(procedure, now),
            )  # fmt: skip
            self.dossiers[code] = dossier
            return self._move(dossier, "received", "received", who)

    def _check(self, handed: Handed, agency: str) -> Procedure:
        wrong: dict[str, str] = {}
        procedure = self.agreement.procedures.get(handed.procedure)
        if procedure is None and self.quirky("unknown-procedure-taken"):
            procedure = next(iter(self.agreement.procedures.values()))
        if procedure is None:
            wrong["procedure"] = "không có trong danh mục"
        elif procedure.tier != self.agreement.agencies[agency].tier or procedure.department not in {"", agency}:
            wrong["procedure"] = "không thuộc cơ quan này"
        if procedure and not 0 <= handed.cash <= procedure.fee and not self.quirky("cash-over"):
            wrong["cash"] = f"thu từ 0 đến {procedure.fee} đồng"
        if handed.delivery not in _DELIVERIES:
            wrong["delivery"] = "không có cách trả này"
        if not (handed.number.isdecimal() and len(handed.number) in _NUMBER_LENGTHS):
            wrong["number"] = "không phải 9 hoặc 12 chữ số"
        if not handed.name.strip():
            wrong["name"] = "để trống"
        if wrong:
            raise Trouble("content", "Dữ liệu có lỗi.", wrong)
        assert procedure is not None  # noqa: S101 -- otherwise raised above
        return procedure

    def _next_code(self, agency: str, now: datetime) -> str:
        if self.quirky("code-own-number"):
            return f"SEN{self._count('sen'):08d}"
        day = now.astimezone(UTC) if self.quirky("code-day-utc") else now
        stem = f"{agency}-{day:%y%m%d}"
        return f"{stem}-{self._count(stem):04d}"

    def _count(self, what: str) -> int:
        self._numbers[what] = self._numbers.get(what, 0) + 1
        self._store.put("counter", what, self._numbers[what])
        return self._numbers[what]

    def _name(self, name: str) -> str:
        if self.quirky("mixes-people"):
            now, (before, other) = time.monotonic(), self._latest
            self._latest = (now, name)
            name = other if now - before < weaknesses.MIXED_WITHIN_SECONDS else name
        if self.quirky("name-decomposed"):
            return unicodedata.normalize("NFD", name)
        if self.quirky("name-uppercase"):
            plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
            return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()
        return name

    def _due(self, procedure: Procedure, since: datetime) -> datetime:
        if procedure.same_day:
            return Hours().add(since, 8) if self.quirky("same-day-eight-hours") else Hours().close(since)
        return self._hours().add(since, procedure.deadline_hours)

    def _hours(self) -> Hours:
        if self.quirky("deadline-calendar-hours"):
            return Hours(shifts=((0.0, 24.0),), days=7)
        return Hours(shifts=((7.0, 17.0),)) if self.quirky("lunch-counted") else Hours()

    # From the portal, the payment platform and the post

    def submit(self, code: str, agency: str, handed: Handed, *, fee: int, at: datetime) -> None:
        """Enter a dossier submitted at the portal; the same one again changes nothing."""
        with self.working():
            if handed.procedure not in self.agreement.procedures:
                raise Trouble("content", f"Danh mục không có thủ tục {handed.procedure}.", {"procedure": "không có"})
            if len(code.rpartition("-")[2]) != _TAIL_OF_CIRCULAR and self.quirky("tail-four-only"):
                raise Trouble("content", f"Mã hồ sơ {code} không đúng mẫu.", {"code": "phần đuôi phải có bốn chữ số"})
            if code in self.dossiers and not self.quirky("online-twice"):
                return
            dossier = Dossier(
                code=code, procedure=handed.procedure, agency=agency, channel="online", delivery=handed.delivery,
                number=handed.number, name=self._name(handed.name), company=handed.company, fee=fee,
                state="submitted", seq=-1, submitted_at=at,
            )  # fmt: skip
            self.dossiers[code] = dossier
            self._move(dossier, "submitted", "submitted", None)

    def accept(self, who: Official, code: str) -> Dossier:
        """Take an online dossier in; its deadline runs from now on."""
        with self.working():
            self._allow(who, CLERK)
            dossier = self._find(who, code, "accepted", ("submitted",))
            dossier.received_at = self.clock()
            since = dossier.received_at
            if self.quirky("deadline-from-submission") and dossier.submitted_at:
                since = dossier.submitted_at
            dossier.due_at = self._due(self.agreement.procedures[dossier.procedure], since)
            if self.quirky("code-replaced"):
                dossier.code = self._next_code(dossier.agency, dossier.received_at)
                self.dossiers[dossier.code] = dossier
            return self._move(dossier, "accepted", "examined" if self.quirky("skips-received") else "received", who)

    def pay(self, code: str, order: str, amount: int) -> None:
        """Enter a fee paid online, once for each order."""
        with self.working():
            dossier = self._known(code)
            if order in dossier.orders and not self.quirky("payment-twice"):
                return
            dossier.orders.append(order)
            dossier.paid += round(amount, -3) if self.quirky("payment-rounded") else amount
            self._store.put("dossier", code, dossier)

    def follow_parcel(self, parcel: str) -> None:
        """The post says that a parcel was delivered."""
        with self.working():
            for dossier in self.dossiers.values():
                if parcel and dossier.parcel == parcel:
                    if dossier.state == "posted":
                        self._move(dossier, "delivered", CLOSED, None)
                    return
            raise Trouble("unknown", f"Không có bưu gửi {parcel}.")

    # Work on a dossier

    def ask_supplement(self, who: Official, code: str, what: str) -> Dossier:
        """Ask the applicant for more; the deadline stands still."""
        with self.working():
            self._allow(who, CLERK, SPECIALIST)
            _said("what", what)
            dossier = self._find(who, code, "supplement_asked", ("received",))
            dossier.paused_at = self.clock()
            return self._move(dossier, "supplement_asked", "awaiting_supplement", who)

    def supplement(self, who: Official | None, code: str, what: str) -> Dossier:
        """Take a supplement in, from the counter or (with nobody's account) from the portal."""
        with self.working():
            if who:
                self._allow(who, CLERK)
            _said("what", what)
            dossier = self._find(who, code, "supplemented", ("awaiting_supplement",))
            if dossier.due_at and dossier.paused_at:
                dossier.due_at = self._resumed(dossier, dossier.due_at, dossier.paused_at)
            dossier.paused_at = None
            return self._move(dossier, "supplemented", "received", who)

    def _resumed(self, dossier: Dossier, due_at: datetime, paused_at: datetime) -> datetime:
        if self.quirky("pause-restarts"):
            return self._due(self.agreement.procedures[dossier.procedure], self.clock())
        if self.quirky("pause-ignored") or due_at <= paused_at:
            return due_at
        hours = self._hours()
        return hours.at(hours.passed(self.clock()) + hours.passed(due_at) - hours.passed(paused_at))

    def examine(self, who: Official, code: str, proposal: str) -> Dossier:
        """Examine, and propose an outcome."""
        with self.working():
            self._allow(who, SPECIALIST)
            _outcome("proposal", proposal)
            dossier = self._find(who, code, "examined", ("received",))
            if self.quirky("lost-ack"):
                dossier = copy.deepcopy(dossier)  # answered for, and forgotten
                dossier.state = "examined"
                return dossier
            return self._move(dossier, "examined", "examined", who)

    def decide(self, who: Official, code: str, decision: str) -> Dossier:
        """Decide: the leader, or the specialist where the procedure needs none."""
        with self.working():
            self._allow(who, LEADER, SPECIALIST)
            outcome = _outcome("decision", decision)
            before = ("examined", "received") if self.quirky("decides-unexamined") else ("examined",)
            dossier = self._find(who, code, "decided", before)
            leader = who.role == LEADER or self.quirky("clerk-decides")
            if not leader and self.agreement.procedures[dossier.procedure].needs_leader:
                raise Trouble("rights", "Thủ tục này phải do lãnh đạo quyết định.")
            if self.quirky("rejection-as-approval"):
                outcome = "approved"
            return self._move(dossier, "decided", outcome, who)

    def hand_back(self, who: Official, code: str, by: str, cash: int) -> Dossier:
        """Give the result back; what is granted, only once its fee is paid."""
        with self.working():
            self._allow(who, CLERK)
            if by not in _DELIVERIES:
                raise Trouble("content", "Dữ liệu có lỗi.", {"by": "không có cách trả này"})
            before = ("approved", "rejected") + (("examined",) if self.quirky("handed-back-undecided") else ())
            dossier = self._find(who, code, "handed_back", before)
            owed = max(dossier.fee - dossier.paid, 0)
            if not 0 <= cash <= owed and not self.quirky("cash-over"):
                raise Trouble("content", "Dữ liệu có lỗi.", {"cash": f"còn phải nộp {owed} đồng"})
            if dossier.state == "approved" and cash < owed and not self.quirky("unpaid-result"):
                raise Trouble("fee", f"Hồ sơ còn phải nộp {owed} đồng.")
            dossier.paid += cash
            if by == "post":
                dossier.parcel = f"BG{self._count('parcel'):09d}VN"
            posted = by == "post" and not self.quirky("post-closes-at-once")
            told = self._move(dossier, "handed_back", "posted" if posted else CLOSED, who)
            if self.quirky("loses-under-load") and self.at_once >= weaknesses.WRITERS:
                self._drop(code)
            return told

    # Looking

    def look(self, who: Official, code: str) -> Dossier:
        """One dossier of the official's agency."""
        with self.lock:
            dossier = self._known(code)
            if dossier.agency != who.agency and not self.quirky("reads-everywhere"):
                raise Trouble("rights", "Hồ sơ thuộc cơ quan khác.")
            return copy.deepcopy(dossier)

    def desk(self, who: Official) -> list[Dossier]:
        """Open dossiers of the official's agency."""
        with self.lock:
            self._allow(who, CLERK, SPECIALIST, LEADER)
            mine = {id(dossier): dossier for dossier in self.dossiers.values() if dossier.agency == who.agency}
            return [copy.deepcopy(dossier) for dossier in mine.values() if dossier.state != CLOSED]

    # Inside

    def _allow(self, who: Official, *roles: str) -> None:
        if who.role not in roles and not self.quirky("clerk-decides"):
            raise Trouble("rights", f"Vai trò {who.role} không được làm việc này.")

    def _known(self, code: str) -> Dossier:
        if code not in self.dossiers:
            raise Trouble("unknown", f"Không tìm thấy hồ sơ {code}.")
        return self.dossiers[code]

    def _find(self, who: Official | None, code: str, event: str, before: tuple[str, ...]) -> Dossier:
        dossier = self._known(code)
        if who and dossier.agency != who.agency and not self.quirky("any-agency"):
            raise Trouble("rights", "Hồ sơ thuộc cơ quan khác.")
        if dossier.state not in before:
            if self.quirky("refused-but-done"):
                self._move(dossier, event, "examined", who)
            raise Trouble("order", f"Hồ sơ đang ở trạng thái {dossier.state}, việc này cần {' hoặc '.join(before)}.")
        return dossier

    def _move(self, dossier: Dossier, event: str, state: str, who: Official | None) -> Dossier:
        if self.quirky("slow"):
            time.sleep(weaknesses.SLOW_SECONDS)
        dossier.seq += 1
        dossier.state = state
        others = {"delivered": "post"}
        actor = who.account if who else others.get(event, "applicant")
        if self.quirky("actor-system"):
            actor = "hethong"
        dossier.steps.append(Step(dossier.seq, event, state, actor, self.clock()))
        self._store.put("dossier", dossier.code, dossier)
        self._tell(dossier)
        return copy.deepcopy(dossier)

    def _tell(self, dossier: Dossier) -> None:
        state = dossier.state
        if state == "awaiting_supplement" and self.quirky("news-silent"):
            return
        if state == "awaiting_supplement" and self.quirky("waits-as-received"):
            state = "received"
        national = NATIONAL[dossier.state]
        if self.quirky("national-numbers-swapped"):
            national = {"9": "10", "10": "9"}.get(national, national)
        for _ in range(2 if self.quirky("news-doubled") else 1):
            news = News(
                number=len(self.news) + 1, code=dossier.code, procedure=dossier.procedure, agency=dossier.agency,
                channel=dossier.channel, state=state, national=national,
                seq=dossier.seq * 2 if self.quirky("seq-gap") else dossier.seq, at=self.clock(), fee=dossier.fee,
                received_at=dossier.received_at, due_at=dossier.due_at,
                applicant=dossier.number if self.quirky("number-in-news") else "",
            )  # fmt: skip
            self.news.append(news)
            self._store.put("news", news.number, news)
            for listener in self.listeners:
                self._store.then(partial(listener, news))

    def _drop(self, code: str) -> None:
        del self.dossiers[code]
        self._store.drop("dossier", code)

    # What a face has told so far

    def untold(self) -> list[News]:
        """News that were kept, and of which nobody has said that they were told."""
        with self.lock:
            return [news for news in self.news if news.number > self._numbers.get(_TOLD, 0)]

    def told(self, news: News) -> None:
        """Note that news were told: kept with the next act, so that after a crash some may be told again."""
        with self.lock:
            if self.knows(news):
                self._note_told(news.number)

    def _note_told(self, number: int) -> None:
        self._numbers[_TOLD] = number
        self._store.put("counter", _TOLD, number)

    def knows(self, news: News) -> bool:
        """Whether the news are of what is there, and not of what was before it all started over."""
        return len(self.news) >= news.number and self.news[news.number - 1] is news


def _now() -> datetime:
    return datetime.now(VIETNAM)


def _said(field: str, what: str) -> None:
    if not what.strip():
        raise Trouble("content", "Dữ liệu có lỗi.", {field: "để trống"})


def _outcome(field: str, word: str) -> str:
    if word not in _OUTCOMES:
        raise Trouble("content", "Dữ liệu có lỗi.", {field: "không có kết quả này"})
    return _OUTCOMES[word]
