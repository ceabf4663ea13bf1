"""Reference data: what the services are placed with (docs/reference-data.md).

`people.csv` and `companies.csv` come from `simulation.population`, because they belong to the population that the plan
was drawn from; whoever places a stack writes them into the same folder, or names the folder that has them.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import msgspec

from infra import bodies, pki, shared_lists
from infra.contracts import CONTRACTS
from infra.form_files import forms_of
from infra.life_event_files import life_events_of
from simulation.calendar import calendar_of
from simulation.province import Province
from simulation.province_files.era import load_era

#: The day around which certificates are valid where the caller has no scenario's day. 2018: the day to which the press
#: figures of the older era reach. 2026: the day on which the decrees on IT services of the newer era came into force.
DAY_OF_ERA: Mapping[str, date] = {"2018": date(2018, 8, 22), "2026": date(2026, 7, 1)}
#: Who looks after the LGSP (docs/wire.md, "The LGSP's administrator").
ADMINISTRATOR: Mapping[str, str] = {
    "account": "lgsp.admin", "role": "administrator", "name": "Quản trị viên LGSP", "agency": "", "installation": "",
}  # fmt: skip
POPULATION_FILES = ("people.csv", "companies.csv")


def write_product(folder: Path, *, name: str, planted: Sequence[str] = ()) -> None:
    """Let a vendor's product stand behind the one-stop (SYS-ONESTOP-VENDORS); no name leaves the reference alone."""
    if name:
        _write(folder / "onestop_product.json", {"name": name, "planted": list(planted)})


def write(
    province: Province,
    folder: Path,
    *,
    population_folder: Path | None = None,
    day: date | None = None,
    misformed: Collection[str] = (),
    edxml_mode: str = "strict",
    certificates_asked: str = "crl",
) -> None:
    """Write every reference file into `folder` (made where missing), with keys made anew.

    `day` is the official day; certificates hold ten years either side of it. The offices of agencies in `misformed`
    seal in a form that the axis refuses; `edxml_mode` and `certificates_asked` are the scenario's. Raises
    FileNotFoundError when `population_folder` is given and lacks one of `POPULATION_FILES`.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    head = {name: getattr(province, name) for name in ("id", "name", "code", "agency_code", "era")}
    _write(folder / "province.json", head)
    _write(folder / "agencies.json", province.agencies)
    _write(folder / "procedures.json", province.procedures)
    # The nation's catalogue is the province's own here: drift between the two is a scenario of its own.
    _write(folder / "national_procedures.json", province.procedures)
    _write(folder / "forms.json", forms_of(province.procedures))
    _write(folder / "life_events.json", life_events_of(province.procedures))
    _write(folder / "staff.json", [*province.staff, *_pollers(province), ADMINISTRATOR])
    _write(folder / "sites.json", {"schools": province.schools, "health": province.health})
    _write(folder / "ndxp.json", bodies.all_bodies())
    _write(folder / "shared_lists.json", shared_lists.of(province))
    _write(folder / "calendar.json", _calendar(province.era))
    era = load_era(province.era)
    axis = {
        "mode": edxml_mode,
        "levels": era.document_hub_levels,
        "profile": era.signature_profile,
        "algorithms": era.signatures_accepted,
        "revocation": certificates_asked,
    }
    _write(folder / "document_axis.json", axis)
    # No province's rules (quy chế) were at hand: review is possible everywhere and demanded nowhere (assumed).
    _write(folder / "office_rules.json", {"reviewed": [], "misformed": sorted(misformed)})
    _write(folder / "contracts.json", [contract.terms() for contract in CONTRACTS])
    authority = pki.Authority(province=province, day=day or DAY_OF_ERA[province.era])
    pki.save(authority, pki.issue_all(province, authority), folder)
    if population_folder is not None and population_folder.resolve() != folder.resolve():
        for name in POPULATION_FILES:
            shutil.copyfile(population_folder / name, folder / name)


def _calendar(era: str) -> dict[str, Any]:
    """The era's working calendar as services read it."""
    calendar = calendar_of(era)
    return {
        "weekdays": sorted(calendar.weekdays),
        "shifts": [[_clock(second) for second in shift] for shift in calendar.shifts],
        "holidays": sorted(calendar.holidays),
        "worked": sorted(calendar.worked),
    }


def _clock(second: float) -> time:
    hours, minutes = divmod(round(second) // 60, 60)
    return time(hours, minutes)


def _pollers(province: Province) -> list[dict[str, str]]:
    """Accounts of the installations' own schedules, one each."""
    return [
        {
            "account": f"poller.{installation}",
            "role": "poller",
            "name": f"Lịch tự động {installation}",
            "agency": "",
            "installation": installation,
        }
        for installation in sorted({agency.installation for agency in province.agencies})
    ]


def _write(path: Path, content: Any) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
