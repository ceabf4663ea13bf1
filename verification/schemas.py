"""JSON Schemas of what crosses the layers: journal, plan, and every system's books.

They are made from the types that read those files, so a vendor's system can be checked against them before it is
plugged in. `python -m verification.schemas` writes them anew into fixtures/schemas; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from simulation.journal import Event, Observation
from simulation.plan import Journey, Plan
from verification import records

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> Mapping[str, Mapping[str, Any]]:
    """File name -> schema."""
    made = {
        "journal.observation": Observation,
        "journal.event": Event,
        "plan.head": Plan,
        "plan.journey": Journey,
        **{f"book.{kind.EXPORT}": kind for kind in _books(records.Record)},
    }
    return {
        f"{name}.schema.json": {"$schema": _DIALECT, **msgspec.json.schema(kind)} for name, kind in sorted(made.items())
    }


def _books(base: type[records.Record]) -> list[type[records.Record]]:
    found = [base] if base.EXPORT else []
    for kind in base.__subclasses__():
        found += _books(kind)
    return found


def encode(schema: Mapping[str, Any]) -> bytes:
    """Readable, the same bytes for the same schema."""
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=2) + b"\n"


def main() -> None:
    """Write all schemas."""
    for name, schema in schemas().items():
        (FOLDER / name).write_bytes(encode(schema))


if __name__ == "__main__":
    main()
