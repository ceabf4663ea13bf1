"""What the neighbours record: pupils (VnEdu), patients (HIS), officials (CCVC), and their monthly declarations."""

from __future__ import annotations

from loadtests.operations.operation import Operation

OPERATIONS = (
    Operation(
        name="sector.enrol",
        path="/vnedu/enrolments",
        body=("school", "pupil", "parent"),
        write=True,
        crowd="neighbours",
        remembers=("enrolment",),
        subject="enrolment",
    ),
    Operation(
        name="sector.visit",
        path="/his/visits",
        body=("facility", "patient"),
        write=True,
        crowd="neighbours",
        remembers=("visit",),
        subject="visit",
    ),
    Operation(
        name="sector.appoint",
        path="/ccvc/appointments",
        body=("agency", "official"),
        write=True,
        crowd="neighbours",
        remembers=("appointment",),
        subject="appointment",
    ),
    Operation(
        name="sector.declare",
        path="/declarations",
        body=("system", "site", "month"),
        write=True,
        crowd="neighbours",
        remembers=("declaration",),
        subject="declaration",
    ),
)
