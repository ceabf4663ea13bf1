"""Dossiers that the portal passes on."""

from __future__ import annotations

import uuid

from verification.conformance.inspector import Abandoned, Inspector, Scenario
from verification.conformance.points import Words
from verification.conformance.product import Accept, Decide, Examine, HandBack
from verification.conformance.scenarios import telling


def rejected(to: Inspector) -> None:
    """An online dossier keeps its code, gets its deadline at acceptance, and a rejection stays one."""
    clerk, submission = to.who("reception_clerk"), to.submission()
    to.product.submit(submission, key=str(uuid.uuid4()))
    answer = to.product.do(clerk, Accept(submission.code), key=str(uuid.uuid4()))
    if not to.same("code-kept", submission.code, answer.code) or not to.same(
        "state-after-act", "received", answer.state
    ):
        raise Abandoned
    due = to.working(to.agreement.procedure("plain").deadline_hours)
    to.check_due("deadline-from-acceptance", answer.due_at, due)
    to.act(to.who("specialist"), Examine(submission.code, "reject"), "examined")
    to.act(to.who("leader"), Decide(submission.code, "reject"), "rejected", point="outcome-kept")
    to.act(clerk, HandBack(submission.code), "returned")
    telling.check(to, submission.code, ("received", "examined", "rejected", "returned"))


def six_digits(to: Inspector) -> None:
    """A code of the national portal with six digits at its end is taken."""
    submission = to.submission(digits=6)
    with to.must_do("code-six-digits", f"nhận {submission.code}"):
        to.product.submit(submission, key=str(uuid.uuid4()))
        to.product.do(to.who("reception_clerk"), Accept(submission.code), key=str(uuid.uuid4()))


def told_again(to: Inspector) -> None:
    """The portal, unsure whether it was heard, tells the same dossier again after work has begun."""
    clerk, submission = to.who("reception_clerk"), to.submission()
    to.product.submit(submission, key=str(uuid.uuid4()))
    to.product.do(clerk, Accept(submission.code), key=str(uuid.uuid4()))
    before = to.look(clerk, submission.code).state
    with to.must_do("online-once", "nhận lại mà không đổi gì"):
        to.product.submit(submission, key=str(uuid.uuid4()))
    to.same("online-once", before, to.look(clerk, submission.code).state)


SCENARIOS = (
    Scenario(
        name="online-rejected",
        title=Words("Hồ sơ trực tuyến bị từ chối", "An online dossier is rejected"),
        play=rejected,
        points=("code-kept", "state-after-act", "deadline-from-acceptance", "outcome-kept", *telling.POINTS),
    ),
    Scenario(
        name="online-six-digits",
        title=Words("Mã của cổng quốc gia có phần đuôi sáu chữ số", "A national code with six digits at its end"),
        play=six_digits,
        points=("code-six-digits",),
    ),
    Scenario(
        name="online-told-again",
        title=Words("Cổng gửi lại hồ sơ đang giải quyết", "The portal tells again of a dossier at work"),
        play=told_again,
        points=("online-once",),
    ),
)
