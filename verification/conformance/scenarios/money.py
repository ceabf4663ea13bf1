"""Fees: to the đồng, once, and before the result."""

from __future__ import annotations

import uuid

from verification.conformance.inspector import Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import Accept, Decide, Examine, HandBack


def paid_online(to: Inspector) -> None:
    """A payment counts to the đồng, and once however often it is told."""
    clerk, submission = to.who("reception_clerk", "department"), to.submission("licence", "department")
    to.product.submit(submission, key=str(uuid.uuid4()))
    to.product.do(clerk, Accept(submission.code), key=str(uuid.uuid4()))
    order = f"ORD{uuid.uuid4().hex[:12]}"
    to.product.pay(submission.code, order, submission.fee, key=str(uuid.uuid4()))
    once = to.look(clerk, submission.code).paid
    to.same("payment-to-the-dong", submission.fee, once)
    to.product.pay(submission.code, order, submission.fee, key=str(uuid.uuid4()))
    to.same("payment-once", once, to.look(clerk, submission.code).paid)


def paid_with_the_result(to: Inspector) -> None:
    """Nothing is given before its fee is paid, and no more cash is taken than is owed."""
    clerk, fee = to.who("reception_clerk", "department"), to.agreement.procedure("licence").fee
    to.refused("cash-limit", "thu quá lệ phí khi tiếp nhận", to.tries(clerk, to.handed("licence", cash=fee + 1000)))
    for point, what, cash in (
        ("fee-before-result", "trả kết quả khi chưa nộp lệ phí", 0),
        ("cash-limit", "thu quá số còn phải nộp", fee + 1000),
    ):
        code = to.act(clerk, to.handed("licence", cash=0), "received").code
        to.act(to.who("specialist", "department"), Examine(code, "approve"), "examined")
        to.act(to.who("leader", "department"), Decide(code, "approve"), "approved")
        if to.refused(point, what, to.tries(clerk, HandBack(code, cash=cash))):
            to.act(clerk, HandBack(code, cash=fee), "returned")
            to.same("payment-to-the-dong", fee, to.look(clerk, code).paid)


SCENARIOS = (
    Scenario(
        name="money-online",
        title=Words("Lệ phí nộp trực tuyến, tin báo lặp lại", "A fee paid online and told twice"),
        play=paid_online,
        points=("payment-to-the-dong", "payment-once"),
    ),
    Scenario(
        name="money-with-result",
        title=Words("Lệ phí thu khi trả kết quả", "A fee taken with the result"),
        play=paid_with_the_result,
        points=("cash-limit", "fee-before-result", "payment-to-the-dong"),
    ),
)
