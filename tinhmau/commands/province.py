"""`tinhmau province`: what a province consists of, and its files to change by hand."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import click
from rich.table import Table

from simulation import province_files, synthesis
from simulation.agency_code import BadAgencyCodeError, Form, convert
from simulation.mistakes import BadInputError, Mistake
from simulation.province import Province, is_urban
from simulation.text import Text
from tinhmau import screen
from tinhmau.commands import options
from tinhmau.language import number, t

_CODES = "agency-codes.csv"


@click.command(
    name="province",
    help=t(
        "Một tỉnh gồm những gì. TỈNH là tên (vinh_phuc_2018, vinh_long_2026, toy) hoặc thư mục; bỏ trống để liệt kê. "
        "Tỉnh chưa ai ghi chép được ghép từ danh mục đơn vị hành chính và các tỷ lệ giả định.",
        "What a province consists of. PROVINCE is a name (vinh_phuc_2018, vinh_long_2026, toy) or a folder; without it "
        "all names are listed. A province that nobody has written down is made from the lists of units and assumed "
        "ratios.",
    ),
)
@click.argument("province", required=False, metavar=t("TỈNH", "PROVINCE"))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=options.FOLDER,
    help=t(
        "Ghi các tệp của tỉnh vào đây để sửa tay, kèm mã cơ quan theo cả hai dạng.",
        "Write the province's files here to change by hand, with agencies' codes in both forms.",
    ),
)
def command(*, province: str | None, out: Path | None) -> None:
    """Show a province, or list all."""
    if province is None:
        screen.line("\n".join(province_files.known()))
        return
    facts = province_files.load(province)
    screen.out.print(_table(facts))
    if out is not None:
        _write(facts, out)


def _table(province: Province) -> Table:
    table = Table(title=f"{province.name}, {province.era} ({province.code}, {province.agency_code})", show_header=False)
    urban = sum(commune.population for commune in province.communes if is_urban(commune.name))
    tiers = Counter(agency.tier for agency in province.agencies)
    rows = [
        (t("dân số", "people"), number(province.population)),
        (t("trong đó ở phường, thị trấn", "of them in wards and townships"), number(urban)),
        (t("huyện, quận, thị xã, thành phố", "districts"), number(len(province.districts))),
        (t("xã, phường, thị trấn", "communes"), number(len(province.communes))),
        (t("cơ quan", "agencies"), number(len(province.agencies))),
        (t("trong đó sở, ban, ngành", "of them departments"), number(tiers["department"])),
        (t("người ở các bàn làm việc", "people at desks"), number(len(province.staff))),
        (t("trường học", "schools"), number(len(province.schools))),
        (t("cơ sở y tế", "health facilities"), number(len(province.health))),
        (t("doanh nghiệp", "companies"), number(province.companies)),
        (t("thủ tục", "procedures"), number(len(province.procedures))),
        (t("hồ sơ một ngày làm việc", "dossiers a working day"), number(province.figures["dossiers_per_day"].value)),
    ]
    for title, value in rows:
        table.add_row(title, value)
    return table


def _write(province: Province, out: Path) -> None:
    if synthesis.find(province.id) is None or province.id in province_files.available():
        found = Text(
            f"{province.id} đã có thư mục trong fixtures/provinces.",
            f"{province.id} has a folder in fixtures/provinces.",
        )
        way_out = Text("Chép thư mục đó.", "Copy that folder.")
        raise BadInputError([Mistake(file="tinhmau province", key="--out", found=found, way_out=way_out)])
    if out.exists() and any(out.iterdir()):
        found = Text(f"thư mục {out} không trống.", f"the folder {out} is not empty.")
        way_out = Text("Chọn một thư mục mới.", "Choose a new folder.")
        raise BadInputError([Mistake(file="tinhmau province", key="--out", found=found, way_out=way_out)])
    synthesis.write(province.id, out)
    with (out / _CODES).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("old", "new", "name", "tier"))
        writer.writerows(
            (_spelt(agency.code, "old"), _spelt(agency.code, "new"), agency.name, agency.tier)
            for agency in province.agencies
        )
    screen.line(
        t(
            f"Đã ghi vào {out}. Sửa rồi dùng: tinhmau population {out} --out …",
            f"Written to {out}. Change it, then: tinhmau population {out} --out …",
        )
    )


def _spelt(code: str, form: Form) -> str:
    """Return the code in a form; empty where that form cannot hold it."""
    try:
        return convert(code, form)
    except BadAgencyCodeError:
        return ""
