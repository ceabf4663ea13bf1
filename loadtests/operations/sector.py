"""What the neighbours record: schools enrol pupils (VnEdu), health facilities receive patients (HIS)."""

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
)
