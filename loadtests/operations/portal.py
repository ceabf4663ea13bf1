"""What people do at the portal."""

from __future__ import annotations

from loadtests.operations.operation import ARRIVAL, Operation

OPERATIONS = (
    Operation(name="portal.home", method="GET", path="/"),
    Operation(name="portal.search", method="GET", path="/api/procedures", query=("q", "level?")),
    Operation(name="portal.procedure", method="GET", path="/procedures/{procedure}", subject="procedure"),
    Operation(
        name="portal.form",
        method="GET",
        path="/api/procedures/{procedure}/form",
        expects=("wrong-level",),
        subject="procedure",
    ),
    Operation(name="portal.sign_in", path="/api/sign-in", body=("account", "passcode"), remembers=("token",)),
    Operation(
        name="portal.submit",
        path="/api/dossiers",
        body=("procedure", "agency", "company?", "form", "prefilled?", "delivery"),
        write=True,
        signs_in="citizen",
        crowd="dossiers",
        expects=("wrong-level",),
        remembers=("code",),
        subject="code",
    ),
    Operation(
        name="portal.pay",
        path="/api/dossiers/{code}/payment",
        write=True,
        signs_in="citizen",
        crowd="dossiers",
        expects=("wrong-level",),
        remembers=("order", "pay_url"),
        subject="code",
    ),
    Operation(name="portal.track", method="GET", path="/api/dossiers/{code}", waits_for=ARRIVAL, subject="code"),
    Operation(
        name="portal.supplement",
        path="/api/dossiers/{code}/supplements",
        body=("form",),
        write=True,
        signs_in="citizen",
        crowd="dossiers",
        waits_for=ARRIVAL,
        subject="code",
    ),
    Operation(
        name="portal.result",
        method="GET",
        path="/api/dossiers/{code}/result",
        signs_in="citizen",
        crowd="dossiers",
        waits_for=ARRIVAL,
        subject="code",
    ),
    Operation(
        name="portal.rate",
        path="/api/dossiers/{code}/rating",
        body=("score",),
        write=True,
        signs_in="citizen",
        crowd="dossiers",
        waits_for=ARRIVAL,
        subject="code",
    ),
)
