"""What officials do with documents at the office (iOffice), and its machines' polls of the hub.

Drafts live in one office; an incoming document first has to travel over the hub and be fetched.
"""

from __future__ import annotations

from functools import partial

from loadtests.operations.operation import ARRIVAL, Operation

_Act = partial(Operation, write=True, signs_in="staff", crowd="documents")
_Outgoing = partial(_Act, subject="draft")
_Incoming = partial(_Act, subject="document")

OPERATIONS = (
    Operation(name="office.sign_in", path="/api/sign-in", body=("account", "passcode"), remembers=("token",)),
    _Outgoing(
        name="office.draft",
        path="/api/documents",
        body=("kind", "subject", "content", "addressees", "priority"),
        remembers=("draft",),
    ),
    _Outgoing(name="office.sign", path="/api/documents/{draft}/signature"),
    _Outgoing(name="office.print", path="/api/documents/{draft}/print"),
    _Outgoing(name="office.scan", path="/api/documents/{draft}/scan", body=("pages",)),
    _Act(name="office.issue", path="/api/documents/{draft}/issue", remembers=("document",), subject="document"),
    _Incoming(name="office.seal_again", path="/api/documents/{draft}/seal", waits_for=ARRIVAL),
    _Incoming(name="office.file", path="/api/filings", body=("document", "paper")),
    _Act(name="office.delegate", path="/api/delegations", body=("deputy", "since", "until"), subject="deputy"),
    Operation(
        name="office.poll",
        path="/api/polls",
        body=("installation",),
        write=True,
        signs_in="poller",
        crowd="pollers",
        subject="installation",
    ),
    _Incoming(
        name="office.register", path="/api/incoming/registration", body=("agency", "document"), waits_for=ARRIVAL
    ),
    _Incoming(name="office.assign", path="/api/incoming/assignment", body=("agency", "document")),
    _Incoming(name="office.finish", path="/api/incoming/completion", body=("agency", "document")),
    _Incoming(
        name="office.refuse", path="/api/incoming/refusal", body=("agency", "document", "reason"), waits_for=ARRIVAL
    ),
)
