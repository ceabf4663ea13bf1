"""Acts out of order, each tried on a fresh dossier."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from verification.conformance.inspector import Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import Accept, Act, AskSupplement, Decide, Examine, HandBack, Supplement


class Attempt(msgspec.Struct, frozen=True):
    """Something that must not be done in a state."""

    state: str  #: "received", "examined" or "returned"
    role: str
    what: str
    act: Callable[[str], Act]


ATTEMPTS = (
    Attempt("received", "leader", "quyết định khi chưa thẩm định", lambda code: Decide(code, "approve")),
    Attempt("received", "reception_clerk", "tiếp nhận lại hồ sơ đã nhận", Accept),
    Attempt("received", "reception_clerk", "nhận bổ sung khi không yêu cầu", lambda code: Supplement(code, "Đơn")),
    Attempt("received", "reception_clerk", "trả kết quả khi chưa thẩm định", HandBack),
    Attempt("examined", "reception_clerk", "trả kết quả khi chưa quyết định", HandBack),
    Attempt("examined", "specialist", "thẩm định lại", lambda code: Examine(code, "reject")),
    Attempt("examined", "specialist", "yêu cầu bổ sung sau thẩm định", lambda code: AskSupplement(code, "Đơn")),
    Attempt("returned", "specialist", "thẩm định hồ sơ đã trả", lambda code: Examine(code, "approve")),
    Attempt("returned", "reception_clerk", "trả kết quả lần nữa", HandBack),
)


def out_of_order(to: Inspector) -> None:
    """Whatever the state machine does not know is refused, and leaves the dossier as it was."""
    clerk = to.who("reception_clerk")
    for attempt in ATTEMPTS:
        code = _brought_to(to, attempt.state)
        before = to.look(clerk, code)
        refusal = to.refused("legal-order", attempt.what, to.tries(to.who(attempt.role), attempt.act(code)))
        after = to.look(clerk, code)
        if refusal:
            kept = (before.state, len(before.steps)) == (after.state, len(after.steps))
            to.note("refusal-without-effect", kept, f"{attempt.what}: vẫn {before.state}", after.state)


def _brought_to(to: Inspector, state: str) -> str:
    code = to.act(to.who("reception_clerk"), to.handed(), "received").code
    if state != "received":
        to.act(to.who("specialist"), Examine(code, "approve"), "examined")
    if state == "returned":
        to.act(to.who("leader"), Decide(code, "approve"), "approved")
        to.act(to.who("reception_clerk"), HandBack(code), "returned")
    return code


SCENARIOS = (
    Scenario(
        name="order-kept",
        title=Words("Việc trái trình tự", "Acts out of order"),
        play=out_of_order,
        points=("legal-order", "refusal-without-effect"),
    ),
)
