"""Made-up provinces for tests of the population: a few communes, personas, companies, and nothing else."""

from __future__ import annotations

from simulation.province import Commune, District, Era, Figure, Persona, Province

PERSONAS = (
    Persona(
        id="accountant",
        name="Trần Thị Ngọc Duyên",
        sex="female",
        born="1984-07-19",
        commune="28756",
        story="Kế toán dịch vụ.",
    ),
    Persona(
        id="mother-of-two",
        name="Phạm Thị Kim Loan",
        sex="female",
        born="1988-11-03",
        commune="29182",
        story="Mẹ của em bé mới sinh.",
    ),
    Persona(
        id="newborn", name="Lê Gia Hân", sex="female", born="2018-08-20", commune="29182", story="Em bé hai ngày tuổi."
    ),
    Persona(
        id="out-of-province-director",
        name="Huỳnh Quốc Khánh",
        sex="male",
        born="1976-04-25",
        commune="29182",
        story="Giám đốc sống ở tỉnh khác.",
    ),
    Persona(
        id="old-farmer",
        name="Nguyễn Văn Bảy",
        sex="male",
        born="1946-02-10",
        commune="29230",
        story="Không điện thoại.",
    ),
    # Not known to personas.toml, with a surname that no list has.
    Persona(id="schoolgirl", name="Ưng Thị Mẫu", sex="female", born="2008-01-05", commune="29230", story="Học sinh."),
)


def made_up(
    *,
    people: tuple[int, ...] = (30_000, 12_000, 800),
    companies: int = 120,
    code: str = "83",
    era: Era = "2018",
    personas: tuple[Persona, ...] = PERSONAS,
    figures: dict[str, Figure] | None = None,
    name: str = "made_up",
) -> Province:
    """Return a province with a ward, a township and communes of so many people."""
    codes = ("28756", "29182", "29230", "29236", "29239")
    kinds = ("Phường", "Thị trấn", "Xã", "Xã", "Xã")
    communes = tuple(
        Commune(code=code, name=f"{kind} Mẫu {number}", district="829" if era == "2018" else "", population=population)
        for number, (code, kind, population) in enumerate(zip(codes, kinds, people, strict=False), start=1)
    )
    return Province(
        id=name,
        name="Tỉnh Thử",
        code=code,
        agency_code="H07",
        era=era,
        districts=(District(code="829", name="Huyện Thử"),) if era == "2018" else (),
        communes=communes,
        agencies=(),
        staff=(),
        schools=(),
        health=(),
        procedures=(),
        personas=personas,
        companies=companies,
        figures=figures or {},
    )
