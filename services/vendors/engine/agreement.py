"""What a product is given before it starts: agencies, procedures and staff of the province, and the key of passcodes.

Files as docs/reference-data.md describes them; passcodes by the rule of docs/wire.md.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec


class Agency(msgspec.Struct, frozen=True):
    """Who receives and decides."""

    code: str
    name: str
    tier: str


class Procedure(msgspec.Struct, frozen=True, kw_only=True):
    """One thing one can apply for."""

    code: str
    name: str
    tier: str
    department: str = ""
    fee: int  #: đồng
    deadline_hours: float  #: of working time
    same_day: bool
    needs_leader: bool


class Official(msgspec.Struct, frozen=True):
    """Somebody who works at a one-stop."""

    account: str
    name: str
    role: str
    agency: str = ""


class Agreement(msgspec.Struct, frozen=True):
    """All of it."""

    agencies: Mapping[str, Agency]
    procedures: Mapping[str, Procedure]
    staff: Mapping[str, Official]
    key: str

    def passcode_is_right(self, account: str, passcode: str) -> bool:
        """Whether the passcode belongs to the account."""
        right = hmac.new(self.key.encode(), account.encode(), hashlib.sha256).hexdigest()[:12]
        return hmac.compare_digest(right.encode(), passcode.encode())


_Row = TypeVar("_Row", Agency, Procedure, Official)


def read(folder: Path, key: str) -> Agreement:
    """Read the folder. Raises FileNotFoundError or msgspec.ValidationError."""

    def rows(name: str, wanted: type[_Row]) -> list[_Row]:
        return msgspec.json.decode((folder / name).read_bytes(), type=list[wanted])  # type: ignore[valid-type]

    return Agreement(
        {agency.code: agency for agency in rows("agencies.json", Agency)},
        {procedure.code: procedure for procedure in rows("procedures.json", Procedure)},
        {official.account: official for official in rows("staff.json", Official)},
        key,
    )
