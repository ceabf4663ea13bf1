"""What the tests of the local target place: an empty province whose services are all stand-ins."""

from __future__ import annotations

import sys
from pathlib import Path

from infra.blueprint import SERVICES, draw_up
from infra.demand import demand_of_province
from infra.local.target import LocalTarget
from infra.stack import Stack
from simulation.progress import Progress, silent
from simulation.province import Province
from simulation.timeline import Timeline

PROGRAM = str(Path(__file__).with_name("service.py"))
COMMANDS = dict.fromkeys(SERVICES, (sys.executable, PROGRAM))
PROVINCE = Province(
    id="tinh_trong",
    name="tỉnh Trống",
    code="00",
    agency_code="H00",
    era="2018",
    districts=(),
    communes=(),
    agencies=(),
    staff=(),
    schools=(),
    health=(),
    procedures=(),
    personas=(),
    companies=0,
    figures={},
)
BLUEPRINT = draw_up(PROVINCE, demand_of_province(PROVINCE))


def place(target: LocalTarget, folder: Path, *, timeline: Timeline | None = None, progress: Progress = silent) -> Stack:
    """Place the stand-ins with an empty folder of reference data."""
    return target.place(BLUEPRINT, reference=folder, province=PROVINCE, timeline=timeline, progress=progress)
