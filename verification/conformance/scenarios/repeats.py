"""Requests sent again, as every weak line does."""

from __future__ import annotations

import uuid

from verification.conformance.inspector import Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import Examine


def same_request(to: Inspector) -> None:
    """The same request, sent again, gets the same answer and is not done again."""
    clerk, handed, key = to.who("reception_clerk"), to.handed(), str(uuid.uuid4())
    first = to.product.do(clerk, handed, key=key)
    before = len(to.product.desk(clerk))
    with to.must_do("repeated-once", "gửi lại yêu cầu tiếp nhận"):
        again = to.product.do(clerk, handed, key=key)
    to.same("repeated-once", first.code, again.code)
    to.same("repeated-once", before, len(to.product.desk(clerk)))
    specialist, key = to.who("specialist"), str(uuid.uuid4())
    to.product.do(specialist, Examine(first.code, "approve"), key=key)
    with to.must_do("repeated-once", "gửi lại yêu cầu thẩm định"):
        to.product.do(specialist, Examine(first.code, "approve"), key=key)


SCENARIOS = (
    Scenario(
        name="repeat-same-request",
        title=Words("Gửi lại cùng một yêu cầu", "The same request sent again"),
        play=same_request,
        points=("repeated-once",),
    ),
)
