"""Schools and health facilities, from `schools.csv` and `health.csv`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from simulation.province import Site
from simulation.province_files.reading import Findings, no_twice, read_csv

SCHOOL_KINDS = ("mam_non", "tieu_hoc", "thcs", "thpt")
HEALTH_KINDS = ("benh_vien", "trung_tam", "tram_y_te")


def read_sites(
    folder: Path, name: str, *, kinds: tuple[str, ...], communes: Collection[str], findings: Findings
) -> tuple[Site, ...]:
    """Read the sites of one file; each stands in a commune of the province."""
    columns = ("code", "name", "kind", "commune")
    rows = read_csv(folder / name, file=f"{folder.name}/{name}", columns=columns, findings=findings)
    sites = []
    for row in rows:
        commune = row.text("commune")
        if commune and communes and commune not in communes:
            row.unknown("commune", commune, communes)
        sites.append(
            Site(code=row.text("code"), name=row.text("name"), kind=row.choice("kind", kinds), commune=commune)
        )
    no_twice((row, "code", site.code) for row, site in zip(rows, sites, strict=True))
    return tuple(sites)
