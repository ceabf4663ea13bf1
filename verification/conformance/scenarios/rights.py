"""Who may do and see what."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from verification.conformance.inspector import Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import NOBODY, Act, AskSupplement, Decide, Examine, HandBack, Who


class Attempt(msgspec.Struct, frozen=True):
    """An act by somebody of the wrong role."""

    role: str
    what: str
    act: Callable[[str], Act]


_RECEIVED = (
    Attempt("leader", "lãnh đạo yêu cầu bổ sung", lambda code: AskSupplement(code, "Đơn")),
    Attempt("reception_clerk", "cán bộ một cửa thẩm định", lambda code: Examine(code, "approve")),
    Attempt("leader", "lãnh đạo thẩm định", lambda code: Examine(code, "approve")),
)
_EXAMINED = (
    Attempt("reception_clerk", "cán bộ một cửa quyết định", lambda code: Decide(code, "approve")),
    Attempt("specialist", "chuyên viên quyết định thay lãnh đạo", lambda code: Decide(code, "approve")),
)
_DECIDED = (
    Attempt("specialist", "chuyên viên trả kết quả", HandBack),
    Attempt("leader", "lãnh đạo trả kết quả", HandBack),
)


def roles(to: Inspector) -> None:
    """Every act belongs to its role; each attempt is made on a dossier on which the act itself is in order."""
    clerk, specialist, leader = (to.who(role) for role in ("reception_clerk", "specialist", "leader"))
    for stranger, called in ((specialist, "chuyên viên"), (leader, "lãnh đạo")):
        to.refused("roles", f"{called} tiếp nhận tại quầy", to.tries(stranger, to.handed()))
    for attempt in _RECEIVED:
        code = to.act(clerk, to.handed(), "received").code
        to.refused("roles", attempt.what, to.tries(to.who(attempt.role), attempt.act(code)))
    for attempt in (*_EXAMINED, *_DECIDED):
        code = to.act(clerk, to.handed(), "received").code
        to.act(specialist, Examine(code, "approve"), "examined")
        if attempt in _DECIDED:
            to.act(leader, Decide(code, "approve"), "approved")
        to.refused("roles", attempt.what, to.tries(to.who(attempt.role), attempt.act(code)))


def another_agency(to: Inspector) -> None:
    """One commune neither reads nor changes the dossiers of another."""
    code = to.act(to.who("reception_clerk"), to.handed(), "received").code
    stranger = to.who("specialist", "other_commune")
    to.refused("other-agency-read", "xem hồ sơ của xã khác", lambda: to.product.look(stranger, code))
    listed = code in to.product.desk(stranger)
    to.note("other-agency-read", not listed, "không có trong danh sách", "có" if listed else "không có")
    to.refused("other-agency-change", "thẩm định hồ sơ của xã khác", to.tries(stranger, Examine(code, "reject")))


def nobody(to: Inspector) -> None:
    """Who has not signed in does and sees nothing; a wrong passcode lets nobody in."""
    code = to.act(to.who("reception_clerk"), to.handed(), "received").code
    account = to.agreement.account("reception_clerk", "commune")
    forged = Who(account, "phien-bia-dat")
    for stranger, called in ((NOBODY, "không đăng nhập"), (forged, "phiên bịa đặt")):
        to.refused("sign-in-needed", f"{called}: xem hồ sơ", _looks(to, stranger, code))
        to.refused("sign-in-needed", f"{called}: xem danh sách", _lists(to, stranger))
        to.refused("sign-in-needed", f"{called}: tiếp nhận", to.tries(stranger, to.handed()))
    wrong = "0" * len(to.passcode(account))
    to.refused("sign-in-needed", "mã đăng nhập sai", lambda: to.product.sign_in(account, wrong))


def _looks(to: Inspector, who: Who, code: str) -> Callable[[], object]:
    return lambda: to.product.look(who, code)


def _lists(to: Inspector, who: Who) -> Callable[[], object]:
    return lambda: to.product.desk(who)


SCENARIOS = (
    Scenario(
        name="rights-roles",
        title=Words("Mỗi vai trò một việc", "Every role its own acts"),
        play=roles,
        points=("roles",),
    ),
    Scenario(
        name="rights-another-agency",
        title=Words("Cán bộ xã khác", "Officials of another commune"),
        play=another_agency,
        points=("other-agency-read", "other-agency-change"),
    ),
    Scenario(
        name="rights-nobody",
        title=Words("Người chưa đăng nhập", "Somebody who has not signed in"),
        play=nobody,
        points=("sign-in-needed",),
    ),
)
