"""What outlives an upgrade: dossiers and counters in one file, put away before the program is replaced."""

from __future__ import annotations

from pathlib import Path

import msgspec

from services.vendors.engine.dossier import Dossier, News
from services.vendors.engine.office import Office


class _Kept(msgspec.Struct):
    dossiers: dict[str, Dossier]
    news: list[News]
    numbers: dict[str, int]


def put_away(office: Office, path: Path) -> None:
    """Write everything that the next version needs; the caller holds the office's lock."""
    dossiers = office.dossiers
    if office.quirky("forgets-on-upgrade"):
        dossiers = {code: one for code, one in dossiers.items() if one.state != "awaiting_supplement"}
    path.write_bytes(msgspec.json.encode(_Kept(dossiers, office.news, office.numbers)))


def take_out(office: Office, path: Path) -> None:
    """Read what the version before has left, and remove the file."""
    kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    office.dossiers, office.news, office.numbers = kept.dossiers, kept.news, kept.numbers
    path.unlink()
