"""What inspection and product agree on beforehand: agencies, procedures, accounts of one era, and the day."""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from simulation.timeline import VIETNAM
from verification.conformance.points import FOLDER

ROLES: Mapping[str, str] = {"reception_clerk": "Cán bộ một cửa", "specialist": "Chuyên viên", "leader": "Lãnh đạo"}


class Agency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who receives and decides; `role` is its part in the scenarios."""

    role: str
    code: str
    name: str
    tier: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is applied for; `role` is its part in the scenarios."""

    role: str
    code: str
    name: str
    tier: str
    department: str = ""
    fee: int
    deadline_hours: float
    same_day: bool = False


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it."""

    era: str
    day: date
    province: dict[str, str]
    agencies: list[Agency]
    procedures: list[Procedure]

    def agency(self, role: str) -> Agency:
        """Find the agency that plays this part."""
        return next(agency for agency in self.agencies if agency.role == role)

    def procedure(self, role: str) -> Procedure:
        """Find the procedure that plays this part."""
        return next(procedure for procedure in self.procedures if procedure.role == role)

    def account(self, role: str, agency: str) -> str:
        """Name the account of the official with that role in the agency that plays that part."""
        return f"{role}.{self.agency(agency).code}.1"

    def moment(self, hours: float, *, days: int = 0) -> datetime:
        """Return the moment `hours` after midnight, `days` after the day of the inspection."""
        midnight = datetime.combine(self.day, datetime.min.time(), tzinfo=VIETNAM)
        return midnight + timedelta(days=days, hours=hours)

    def write(self, folder: Path) -> None:
        """Write it as products are given it: the files of docs/reference-data.md that a one-stop reads."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self._files().items():
            (folder / name).write_bytes(msgspec.json.encode(content))

    def _files(self) -> dict[str, Any]:
        procedures = [
            {
                "code": procedure.code, "name": procedure.name, "field": "Thử", "level": 4, "tier": procedure.tier,
                "department": procedure.department, "applicant": "person", "fee": procedure.fee,
                "deadline_hours": procedure.deadline_hours, "same_day": procedure.same_day, "needs_leader": True,
                "share_of_demand": 1.0 / len(self.procedures), "sources": {},
            }
            for procedure in self.procedures
        ]  # fmt: skip
        staff = [
            {"account": self.account(role, agency.role), "name": f"{name} {agency.name}", "role": role,
             "agency": agency.code, "signs_digitally": False}
            for agency in self.agencies
            for role, name in ROLES.items()
        ]  # fmt: skip
        agencies = [
            {"code": agency.code, "name": agency.name, "tier": agency.tier, "installation": "thu"}
            for agency in self.agencies
        ]
        return {
            "province.json": self.province | {"era": self.era},
            "agencies.json": agencies,
            "procedures.json": procedures,
            "national_procedures.json": procedures,
            "staff.json": staff,
        }


def of_era(era: str) -> Agreement:
    """Read the agreement of an era. Raises FileNotFoundError or msgspec.ValidationError."""
    return msgspec.convert(tomllib.loads((FOLDER / f"agreement_{era}.toml").read_text("utf-8")), Agreement)


def eras() -> list[str]:
    """Eras that have an agreement."""
    return sorted(path.stem.removeprefix("agreement_") for path in FOLDER.glob("agreement_*.toml"))


def passcode(key: str, account: str) -> str:
    """Derive the passcode of an account by the rule of docs/wire.md."""
    return hmac.new(key.encode(), account.encode(), hashlib.sha256).hexdigest()[:12]
