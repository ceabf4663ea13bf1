"""Plays scenarios against a product and writes down what matches, what does not, and what cannot be told."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from simulation.calendar import add_working_time, calendar_of
from simulation.timeline import VIETNAM
from verification.conformance.access import Access
from verification.conformance.agreement import Agreement, passcode
from verification.conformance.clock import SetClock
from verification.conformance.points import Words
from verification.conformance.product import (
    UNDOCUMENTED,
    Act,
    Answer,
    OutOfReach,
    Product,
    Receive,
    Refusal,
    Sight,
    Submission,
    Unreadable,
    Who,
)

Judgement = Literal["kept", "broken", "unknown"]
#: With no clock of its own to set, a product's now may differ so much from ours.
_CLOCKS_DIFFER = timedelta(minutes=5)
_ZONES = timedelta(hours=14)  # no time zone is further from another's day

#: Points that every scenario watches over.
_WATCHING = ("lawful-act-done", "answer-readable")

NAME = "Nguyễn Thị Đoàn Thuỵ Ưu"  # composed and stacked marks, đ, ư: letters that get lost
NUMBER = "083190000017"  # begins with a zero; belongs to nobody


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one point at one place."""

    point: str
    judgement: Judgement
    scenario: str
    where: str = ""
    expected: str = ""
    found: str = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A short story with a point or more."""

    name: str
    title: Words
    play: Callable[[Inspector], None]
    needs_clock: bool = False
    points: tuple[str, ...]  #: what it looks at


#: What is promised to whoever comes at a moment.
Promise = Callable[[datetime], datetime]


class Abandoned(Exception):  # noqa: N818 -- the scenario's end, not an error
    """What was found makes the rest of the scenario meaningless."""


def official_now() -> datetime:
    """Official time, from this machine's clock."""
    return datetime.now(VIETNAM)


class Inspector:
    """One inspection of one product."""

    def __init__(
        self,
        product: Product,
        agreement: Agreement,
        access: Access,
        clock: SetClock | None,
        wall: Callable[[], datetime],
    ) -> None:
        """Without a clock, it is `wall` for the product, and scenarios that need another hour stay unknown."""
        self.product, self.agreement = product, agreement
        self.findings: list[Finding] = []
        self._access, self._clock, self._wall = access, clock, wall
        self._calendar = calendar_of(agreement.era)
        self._scenario = ""
        self._signed_in: dict[str, Who] = {}
        self._now: datetime | None = None
        self._shift = timedelta()  #: by how much the product's hours are off
        self._counter = 5000

    # The course of an inspection

    def play(self, scenarios: Sequence[Scenario]) -> None:
        """Play all; where the product stops answering, the rest is unknown."""
        lost = ""
        for scenario in scenarios:
            self._scenario = scenario.name
            if lost:
                self._unknown(scenario.points, lost)
                continue
            if scenario.needs_clock and self._clock is None:
                self._unknown(scenario.points, "không đặt được đồng hồ sản phẩm (--access: clock_url hoặc clock_file)")
                continue
            try:
                self._play(scenario)
            except OutOfReach as error:
                lost = f"không nối được với sản phẩm: {error}"
                self._unknown((*scenario.points, *_WATCHING), lost)

    def _play(self, scenario: Scenario) -> None:
        self.turn_clock(9)
        try:
            scenario.play(self)
        except Abandoned:
            pass
        except Refusal as refusal:
            self.note("lawful-act-done", False, "việc được làm", f"bị từ chối: {refusal.said}")
        except (Unreadable, KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            self.note("answer-readable", False, "đúng tài liệu", f"{type(error).__name__}: {error}")
        else:
            for point in _WATCHING:
                self.note(point, kept=True)
        seen = {finding.point for finding in self.findings if finding.scenario == scenario.name}
        self._unknown([point for point in scenario.points if point not in seen], "kịch bản dừng trước khi tới đây")

    def _unknown(self, points: Sequence[str], why: str) -> None:
        self.findings += [
            Finding(point=point, judgement="unknown", scenario=self._scenario, found=why) for point in points
        ]

    def note(self, point: str, kept: bool, expected: str = "", found: str = "") -> bool:  # noqa: FBT001 -- the fact itself
        """Write down whether a point held here; returns it."""
        judgement: Judgement = "kept" if kept else "broken"
        self.findings.append(
            Finding(
                point=point, judgement=judgement, scenario=self._scenario, where=self.product.last,
                expected=expected, found=found,
            )
        )  # fmt: skip
        return kept

    def same(self, point: str, expected: object, found: object) -> bool:
        """Write down whether what was found is what was expected."""
        return self.note(point, expected == found, str(expected), str(found))

    def broken(self, point: str) -> bool:
        """Whether the point has been found broken so far."""
        return any(finding.point == point and finding.judgement == "broken" for finding in self.findings)

    # Time

    def turn_clock(self, hours: float, *, days: int = 0) -> None:
        """Let the product's clock stand at `hours` of the inspection's day, or `days` later; no clock, no change."""
        if self._clock:
            moment = self.agreement.moment(hours, days=days)
            if moment != self._now:
                self._clock(moment)
                self._now = moment

    @property
    def now(self) -> datetime:
        """Official time as the product should have it."""
        return self._now or self._wall()

    def check_moment(self, found: datetime | None) -> None:
        """Look at a moment that must be now, and learn by how much the product's hours are off."""
        if found is None:
            self.note("moment-day", False, f"{self.now:%d/%m/%Y %H:%M}", "để trống")
            return
        off = found - self.now
        close = abs(off) <= self._tolerance
        day = close or abs(off) <= _ZONES
        self.note("moment-day", day, f"{self.now:%d/%m/%Y}", f"{found:%d/%m/%Y}")
        if day:
            self._shift = timedelta() if close else off
            self.note("moment-hour", close, f"{self.now:%H:%M}", f"{found:%H:%M}")

    def check_due(self, point: str, found: datetime | None, promised: Promise) -> None:
        """Look at a promised moment; where the product's days cannot be trusted, nothing is said of it.

        A product with a clock of its own may be some minutes before or after us: for it the office may have closed
        already, or not yet. What is promised at any moment between is right.
        """
        if self.broken("moment-day"):
            self._unknown([point], "ngày của sản phẩm không đọc đúng được, nên không xét thời hạn")
            return
        earliest, latest = promised(self.now - self._apart), promised(self.now + self._apart)
        step = self.product.resolution
        right = found is not None and earliest - step <= found - self._shift <= latest + step
        told = f"{found - self._shift:%d/%m/%Y %H:%M}" if found else "để trống"
        self.note(point, right, f"{promised(self.now):%d/%m/%Y %H:%M}", told)

    def working(self, hours: float) -> Promise:
        """Promise of `hours` of working time."""
        return lambda since: add_working_time(self._calendar, since, timedelta(hours=hours))

    @property
    def days(self) -> frozenset[str]:
        """Official days, as codes write them, that it may be for the product."""
        return frozenset(f"{self.now + apart:%y%m%d}" for apart in (-self._apart, self._apart))

    @property
    def _apart(self) -> timedelta:
        """By how much the product's clock may differ from ours."""
        return timedelta() if self._now else _CLOCKS_DIFFER

    @property
    def _tolerance(self) -> timedelta:
        return self.product.resolution if self._now else _CLOCKS_DIFFER

    # People and dossiers

    def who(self, role: str, agency: str = "commune") -> Who:
        """Sign an official in, once."""
        account = self.agreement.account(role, agency)
        if account not in self._signed_in:
            self._signed_in[account] = self.product.sign_in(account, self.passcode(account))
        return self._signed_in[account]

    def passcode(self, account: str) -> str:
        """Find an account's passcode."""
        return self._access.passcodes.get(account) or passcode(self._access.passcode_key, account)

    def handed(self, procedure: str = "plain", *, cash: int | None = None) -> Receive:
        """Make what somebody hands in at the counter; the fee is paid in cash unless said otherwise."""
        wanted = self.agreement.procedure(procedure)
        return Receive(procedure=wanted.code, number=NUMBER, name=NAME, cash=wanted.fee if cash is None else cash)

    def submission(self, procedure: str = "plain", agency: str = "commune", *, digits: int = 4) -> Submission:
        """Make what the portal passes on; handed in two hours ago."""
        self._counter += 1
        wanted, code = self.agreement.procedure(procedure), self.agreement.agency(agency).code
        tail = f"{self._counter:04d}" if digits == 4 else f"{890_000 + self._counter}"  # noqa: PLR2004 -- the circular's
        return Submission(
            code=f"{code}-{self.now:%y%m%d}-{tail}", procedure=wanted.code, agency=code, number=NUMBER, name=NAME,
            fee=wanted.fee, submitted_at=(self.now - timedelta(hours=2)).replace(microsecond=0),
        )  # fmt: skip

    def act(self, who: Who, act: Act, state: str, *, point: str = "state-after-act") -> Answer:
        """Do a lawful act: it leads to `state`, and it has been kept. Raises Abandoned where it has not."""
        answer = self.product.do(who, act, key=str(uuid.uuid4()))
        documented = not answer.state.startswith(UNDOCUMENTED)
        if not documented:
            self.note("answer-readable", False, state, answer.state)
        reached = not documented or self.same(point, state, answer.state)
        held = self.look(who, answer.code).state
        kept = self.note("acknowledged-kept", held == answer.state, answer.state, held)
        if not (reached and kept):
            raise Abandoned
        return answer

    def look(self, who: Who, code: str) -> Sight:
        """Look at a dossier."""
        return self.product.look(who, code)

    def refused(self, point: str, what: str, do: Callable[[], object]) -> Refusal | None:
        """Try what must be refused; returns how it was, None if it was done."""
        try:
            do()
        except Refusal as refusal:
            self.note(point, True, f"từ chối: {what}", refusal.said)
            return refusal
        self.note(point, False, f"từ chối: {what}", "được làm")
        return None

    def tries(self, who: Who, act: Act) -> Callable[[], object]:
        """Make the attempt of an act, to be handed to `refused`."""
        return lambda: self.product.do(who, act, key=str(uuid.uuid4()))

    @contextmanager
    def must_do(self, point: str, what: str) -> Iterator[None]:
        """Within the block a refusal breaks this point."""
        try:
            yield
        except Refusal as refusal:
            self.note(point, False, what, f"bị từ chối: {refusal.said}")
            raise Abandoned from refusal
        self.note(point, True, what, what)
