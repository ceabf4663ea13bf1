"""Fixed people who are in every population of a province, from the tables `personas` of its profile."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from simulation.province import Persona
from simulation.province_files.reading import Row, no_twice
from simulation.text import Text

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_personas(profile: Row, *, communes: Collection[str]) -> tuple[Persona, ...]:
    """Read the personas; each is registered in a commune of the province, wherever they live."""
    rows = list(profile.rows("personas"))
    personas = []
    for row in rows:
        slug = row.text("id")
        if slug and not SLUG.fullmatch(slug):
            found = Text(f"“{slug}” không dùng làm mã được.", f"“{slug}” is no usable id.")
            row.wrong("id", found, Text("Chỉ dùng a–z, 0–9 và dấu gạch nối.", "Use a–z, 0–9 and hyphens."))
        commune = row.text("commune")
        if commune and communes and commune not in communes:
            row.unknown("commune", commune, communes)
        sex = row.choice("sex", ("female", "male"))
        personas.append(
            Persona(
                id=slug,
                name=row.text("name"),
                sex="male" if sex == "male" else "female",
                born=_iso_date(row),
                commune=commune,
                story=row.text("story"),
            )
        )
        row.no_more()
    no_twice((row, "id", persona.id) for row, persona in zip(rows, personas, strict=True))
    return tuple(personas)


def _iso_date(row: Row) -> str:
    born = row.text("born")
    try:
        date.fromisoformat(born)
    except ValueError:
        if born:
            found = Text(f"“{born}” không phải ngày.", f"“{born}” is no date.")
            row.wrong("born", found, Text("Viết theo dạng 1956-02-10.", "Write it as 1956-02-10."))
    return born
