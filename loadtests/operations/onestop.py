"""What officials do at the one-stop: reception clerks, specialists, leaders.

Only the one-stop changes a dossier's state, so an act waits for news only after another system's act: an online
dossier to accept, a supplement to examine, a payment to arrive before the result is handed back.
"""

from __future__ import annotations

from functools import partial

from loadtests.operations.operation import ARRIVAL, Operation

_Act = partial(Operation, write=True, signs_in="staff", crowd="dossiers", subject="code")

OPERATIONS = (
    Operation(name="onestop.sign_in", path="/api/sign-in", body=("account", "passcode"), remembers=("token",)),
    Operation(name="onestop.desk", method="GET", path="/api/desk", signs_in="staff"),
    _Act(
        name="onestop.receive",
        path="/api/dossiers",
        body=("procedure", "applicant", "company?", "fee_cash", "delivery"),
        remembers=("code",),
        money="fee_cash",
    ),
    _Act(name="onestop.accept", path="/api/dossiers/{code}/acceptance", waits_for=ARRIVAL),
    _Act(name="onestop.ask_supplement", path="/api/dossiers/{code}/supplement-request", body=("what",)),
    _Act(name="onestop.refer", path="/api/dossiers/{code}/referral", body=("to?",), waits_for=ARRIVAL),
    _Act(name="onestop.give_opinion", path="/api/dossiers/{code}/opinion", body=("opinion", "note")),
    _Act(name="onestop.examine", path="/api/dossiers/{code}/examination", body=("proposal",), waits_for=ARRIVAL),
    _Act(name="onestop.decide", path="/api/dossiers/{code}/decision", body=("decision",)),
    _Act(
        name="onestop.hand_back",
        path="/api/dossiers/{code}/return",
        body=("by", "fee_cash"),
        waits_for=(*ARRIVAL, "fee-unpaid"),
        remembers=("parcel?",),
        money="fee_cash",
    ),
)
