"""Events in life and their procedures, read from `fixtures/procedures/life_events.toml` (which says what they mean)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from simulation.province import Procedure

_FILE = Path(__file__).resolve().parents[1] / "fixtures" / "procedures" / "life_events.toml"


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"applicant": "for"}):
    id: str
    applicant: Literal["person", "company"]
    name: str
    english: str
    procedures: tuple[str, ...]
    fields: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    event: tuple[_Event, ...]


def life_events_of(procedures: Sequence[Procedure], path: Path = _FILE) -> list[dict[str, Any]]:
    """Events with the codes of those of the procedures that belong to them; without any an event is left out.

    Raises msgspec.ValidationError.
    """
    events = msgspec.toml.decode(path.read_bytes(), type=_File).event
    found = [
        {
            "id": event.id,
            "applicant": event.applicant,
            "name": event.name,
            "english": event.english,
            "procedures": [
                one.code
                for one in procedures
                if one.code in event.procedures or (one.field in event.fields and one.applicant == event.applicant)
            ],
        }
        for event in events
    ]
    return [event for event in found if event["procedures"]]
