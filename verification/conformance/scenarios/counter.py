"""Dossiers handed in at the counter."""

from __future__ import annotations

import re
import unicodedata

from msgspec.structs import replace

from verification.conformance.inspector import NAME, NUMBER, Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import Decide, Examine, HandBack, Refusal
from verification.conformance.scenarios import telling


def whole_life(to: Inspector) -> None:
    """Reception, examination, decision, return: codes, content, states, history and news."""
    clerk, specialist, leader = (to.who(role) for role in ("reception_clerk", "specialist", "leader"))
    procedure, agency = to.agreement.procedure("plain"), to.agreement.agency("commune")

    code = to.act(clerk, to.handed(), "received").code
    _check_code(to, code, agency.code)
    seen = to.look(clerk, code)
    to.check_moment(seen.received_at)
    to.check_due("deadline-working-time", seen.due_at, to.working(procedure.deadline_hours))
    to.same("agency-code-kept", agency.code, seen.agency)
    to.same("procedure-code-kept", procedure.code, seen.procedure)
    to.same("fee-to-the-dong", procedure.fee, seen.fee)
    to.same("payment-to-the-dong", procedure.fee, seen.paid)
    to.note("name-kept", seen.name == NAME, _spelt(NAME), _spelt(seen.name))
    to.same("identity-kept", "*" * (len(NUMBER) - 3) + NUMBER[-3:], seen.number)
    to.note("acknowledged-kept", code in to.product.desk(clerk), "có trên bàn làm việc", "xem danh sách hồ sơ mở")

    to.act(specialist, Examine(code, "approve"), "examined")
    to.act(leader, Decide(code, "approve"), "approved")
    to.act(clerk, HandBack(code), "returned")
    to.note("acknowledged-kept", code not in to.product.desk(clerk), "đã rời bàn làm việc", "xem danh sách hồ sơ mở")
    _check_history(to, code)
    telling.check(to, code, ("received", "examined", "approved", "returned"))


def _check_code(to: Inspector, code: str, agency: str) -> None:
    shape = re.fullmatch(rf"{re.escape(agency)}-(\d{{6}})-\d{{4,}}", code, re.ASCII)
    if to.note("code-form", shape is not None, f"{agency}-YYMMDD-XXXX", code) and shape:
        to.note("code-day", shape[1] in to.days, f"{to.now:%y%m%d}", shape[1])


def _check_history(to: Inspector, code: str) -> None:
    account = to.agreement.account
    expected = [
        (account("reception_clerk", "commune"), "received"),
        (account("specialist", "commune"), "examined"),
        (account("leader", "commune"), "approved"),
        (account("reception_clerk", "commune"), "returned"),
    ]
    steps = to.look(to.who("reception_clerk"), code).steps
    to.same("history-attributed", expected, [(step.actor, step.state) for step in steps])


def early_morning(to: Inspector) -> None:
    """At half past six the day in the code is today's, and the deadline runs from seven."""
    clerk, procedure = to.who("reception_clerk"), to.agreement.procedure("plain")
    to.turn_clock(6.5)
    answer = to.act(clerk, to.handed(), "received")
    _check_code(to, answer.code, to.agreement.agency("commune").code)
    to.check_due("deadline-working-time", answer.due_at, to.working(procedure.deadline_hours))


def two_at_once(to: Inspector) -> None:
    """Two people are served in the same moment: two codes, two dossiers."""
    clerk = to.who("reception_clerk")
    answers = to.product.receive_together(clerk, [to.handed(), to.handed()])
    codes = [answer.code for answer in answers]
    to.note("code-unique", len(set(codes)) == len(codes), "hai mã khác nhau", ", ".join(codes))


def by_post(to: Inspector) -> None:
    """A result that goes by post is returned when the post says so."""
    clerk = to.who("reception_clerk")
    code = to.act(clerk, to.handed(), "received").code
    to.act(to.who("specialist"), Examine(code, "approve"), "examined")
    to.act(to.who("leader"), Decide(code, "approve"), "approved")
    parcel = to.act(clerk, HandBack(code, "post"), "posted", point="post-closes").parcel
    to.product.deliver(parcel)
    to.same("post-closes", "returned", to.look(clerk, code).state)


def content_checked(to: Inspector) -> None:
    """A procedure that no catalogue has is refused; what is wrong with a reception is named."""
    clerk, good = to.who("reception_clerk"), to.handed()
    to.refused("procedure-known", "thủ tục 9.999999", to.tries(clerk, replace(good, procedure="9.999999")))
    named: list[str] = []
    try:
        to.tries(clerk, replace(good, name=" ", number="12a"))()
    except Refusal as refusal:
        named = sorted(refusal.fields)
    to.note("mistakes-named", named == ["name", "number"], "name, number", ", ".join(named) or "không nêu trường nào")


def _spelt(name: str) -> str:
    """Show a name so that a decomposed letter is seen."""
    form = "dựng sẵn" if unicodedata.is_normalized("NFC", name) else "tổ hợp"
    return f"{name} ({len(name)} ký tự, {form})"


_LIFE = (
    "code-form", "code-day", "moment-day", "moment-hour", "deadline-working-time", "agency-code-kept",
    "procedure-code-kept", "fee-to-the-dong", "payment-to-the-dong", "name-kept", "identity-kept", "acknowledged-kept",
    "state-after-act", "history-attributed", "lawful-act-done", "answer-readable",
)  # fmt: skip

SCENARIOS = (
    Scenario(
        name="counter-whole-life",
        title=Words("Hồ sơ tại quầy, từ tiếp nhận đến trả kết quả", "A counter dossier from reception to result"),
        play=whole_life,
        points=(*_LIFE, *telling.POINTS),
    ),
    Scenario(
        name="counter-early-morning",
        title=Words("Tiếp nhận lúc 6 giờ 30 sáng", "Reception at half past six in the morning"),
        play=early_morning,
        needs_clock=True,
        points=("code-form", "code-day", "deadline-working-time"),
    ),
    Scenario(
        name="counter-two-at-once",
        title=Words("Hai người được tiếp nhận cùng lúc", "Two people are served in the same moment"),
        play=two_at_once,
        points=("code-unique",),
    ),
    Scenario(
        name="counter-by-post",
        title=Words("Trả kết quả qua bưu điện", "The result goes by post"),
        play=by_post,
        points=("post-closes",),
    ),
    Scenario(
        name="counter-content",
        title=Words("Dữ liệu sai bị từ chối và được nói rõ", "Wrong content is refused, and said to be"),
        play=content_checked,
        points=("procedure-known", "mistakes-named"),
    ),
)
