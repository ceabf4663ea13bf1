"""Districts and communes of a province, from `districts.csv` and `communes.csv`."""

from __future__ import annotations

import re
from pathlib import Path

from simulation.province import Commune, District
from simulation.province_files.era import EraFacts
from simulation.province_files.reading import Findings, Row, no_twice, read_csv
from simulation.text import Text

DISTRICT_CODE = re.compile(r"[0-9]{3}")
COMMUNE_CODE = re.compile(r"[0-9]{5}")
#: How far the sum of the communes may be from the total that the profile states: communes are estimates.
POPULATION_TOLERANCE = 0.005


def read_districts(folder: Path, *, era: EraFacts, findings: Findings) -> tuple[District, ...]:
    """Read the districts; an era without districts has no such file."""
    path = folder / "districts.csv"
    file = f"{folder.name}/districts.csv"
    if not era.districts:
        if path.is_file():
            found = Text(f"giai đoạn {era.id} không có cấp huyện.", f"era {era.id} has no districts.")
            findings.add(file, "file", found, Text("Bỏ tệp này.", "Remove the file."))
        return ()
    rows = read_csv(path, file=file, columns=("code", "name"), findings=findings)
    districts = [District(code=_code(row, DISTRICT_CODE, "829"), name=row.text("name")) for row in rows]
    no_twice((row, "code", district.code) for row, district in zip(rows, districts, strict=True))
    return tuple(districts)


def read_communes(
    folder: Path, *, era: EraFacts, districts: tuple[District, ...], findings: Findings
) -> tuple[Commune, ...]:
    """Read the communes and check that each lies in a district of the province."""
    columns = ("code", "name", "district", "population", "unit_source", "population_source")
    rows = read_csv(folder / "communes.csv", file=f"{folder.name}/communes.csv", columns=columns, findings=findings)
    known = {district.code: district.name for district in districts}
    communes = []
    for row in rows:
        district = row.text("district", may_be_empty=not era.districts)
        if district and known and district not in known:
            row.unknown("district", district, known)
        communes.append(
            Commune(
                code=_code(row, COMMUNE_CODE, "28756"),
                name=row.text("name"),
                district=district,
                population=row.integer("population", low=1, high=1_000_000),
            )
        )
        row.text("unit_source")
        row.text("population_source")
    no_twice((row, "code", commune.code) for row, commune in zip(rows, communes, strict=True))
    return tuple(communes)


def check_population(total: Row, communes: tuple[Commune, ...]) -> None:
    """Compare the sum of the communes with the total that the profile states."""
    stated = total.integer("total", low=1, high=20_000_000)
    total.text("source")
    total.no_more()
    found = sum(commune.population for commune in communes)
    if stated and communes and abs(found - stated) > stated * POPULATION_TOLERANCE:
        total.wrong(
            "total",
            Text(
                f"ghi {stated}, nhưng các xã cộng lại là {found}.", f"is {stated}, but the communes add up to {found}."
            ),
            Text(
                "Sửa tổng số hoặc dân số xã (lệch tối đa 0,5 %).", "Correct the total or the communes (within 0.5 %)."
            ),
        )


def _code(row: Row, pattern: re.Pattern[str], example: str) -> str:
    code = row.text("code")
    if code and not pattern.fullmatch(code):
        row.wrong(
            "code",
            Text(f"“{code}” không phải mã đơn vị hành chính.", f"“{code}” is no code of an administrative unit."),
            Text(
                f"Mã có dạng “{example}”, kể cả số 0 ở đầu.", f"A code looks like “{example}”, leading zeros included."
            ),
        )
    return code
