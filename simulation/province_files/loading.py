"""Puts a province together from its folder."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from simulation import synthesis
from simulation.agency_code import ROOT
from simulation.mistakes import BadInputError
from simulation.province import Procedure, Province
from simulation.province_files import agencies, catalogue, desks, personas, sites, units
from simulation.province_files.era import ERAS, FIXTURES, EraFacts, read_era
from simulation.province_files.figures import read_figures
from simulation.province_files.reading import Findings, Row, read_toml
from simulation.text import Text

PROFILE = "province.toml"
#: Names of folders are ids of provinces: they stand in paths, reports and commands.
PROVINCE_ID = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
PROVINCE_CODE = re.compile(r"[0-9]{2}")


def available(*, fixtures: Path | None = None) -> list[str]:
    """Names of the provinces whose folders ship, sorted."""
    return sorted(path.parent.name for path in ((fixtures or FIXTURES) / "provinces").glob(f"*/{PROFILE}"))


def known(*, fixtures: Path | None = None) -> list[str]:
    """Names of all provinces that can be loaded: those that ship, and those that are synthesised on demand."""
    return sorted({*available(fixtures=fixtures), *synthesis.names()})


def load(name: str, *, fixtures: Path | None = None) -> Province:
    """Read and check a province, given by its name or by the path of its folder.

    A name without a folder among the fixtures is synthesised where it is a province of the nation in one of the eras.
    Catalogue and eras are read from `fixtures` (the project's own by default) wherever the folder is. Raises
    BadInputError with every mistake found: file, place in it, what was found, the way out.
    """
    base = fixtures or FIXTURES
    listed = None if _is_path(name) else synthesis.find(name)
    if listed is not None and listed.id not in available(fixtures=base):
        with TemporaryDirectory(prefix="tinhmau-province-") as scratch:
            folder = Path(scratch) / listed.id
            synthesis.write(listed.id, folder)
            return _checked(folder, base, Findings())
    findings = Findings()
    folder = _find(name if listed is None else listed.id, base, findings)
    findings.raise_if_any()
    return _checked(folder, base, findings)


def _checked(folder: Path, base: Path, findings: Findings) -> Province:
    province = _read(folder, base, findings)
    findings.raise_if_any()
    return province


def _is_path(name: str) -> bool:
    return len(Path(name).parts) > 1 or name in {".", ".."} or Path(name).is_absolute()


def _find(name: str, base: Path, findings: Findings) -> Path:
    path = Path(name)
    if _is_path(name):
        if not (path / PROFILE).is_file():
            found = Text(f"thư mục không có tệp {PROFILE}.", f"the folder has no {PROFILE}.")
            way_out = Text("Chép thư mục của tỉnh mẫu nhỏ (toy) rồi sửa.", "Copy the folder of “toy” and change it.")
            findings.add(name, "folder", found, way_out)
        return path.resolve()
    if name not in available(fixtures=base):
        findings.unknown("provinces", "name", name, known(fixtures=base))
    return base / "provinces" / name


def _read(folder: Path, base: Path, findings: Findings) -> Province:
    profile = read_toml(folder / PROFILE, file=f"{folder.name}/{PROFILE}", findings=findings)
    if profile is None:
        raise BadInputError(findings.mistakes)
    if not PROVINCE_ID.fullmatch(folder.name):
        found = Text(
            f"tên thư mục “{folder.name}” không dùng làm mã được.",
            f"the folder's name “{folder.name}” is no usable id.",
        )
        findings.add(folder.name, "folder", found, Text("Chỉ dùng a–z, 0–9 và _.", "Use a–z, 0–9 and _ only."))
    era = read_era(profile.choice("era", ERAS), fixtures=base, findings=findings)
    if era is None:
        raise BadInputError(findings.mistakes)
    return _assemble(folder, base, profile, era, findings)


def _assemble(folder: Path, base: Path, profile: Row, era: EraFacts, findings: Findings) -> Province:
    root = _code(profile, "agency_code", ROOT, "H07")
    code = _code(profile, "code", PROVINCE_CODE, "83")
    offered = _catalogue(folder, base, profile, era, findings)
    districts = units.read_districts(folder, era=era, findings=findings)
    communes = units.read_communes(folder, era=era, districts=districts, findings=findings)
    units.check_population(profile.row("population"), communes)
    lines = agencies.read_agencies(
        folder,
        territory=agencies.Territory(
            root=root, era=era, districts=districts, communes=communes, kinds=offered.departments
        ),
        findings=findings,
    )
    figures = read_figures(profile)
    names = desks.read_names(base, findings=findings)
    share = figures["leader_signs_digitally_share"].value if "leader_signs_digitally_share" in figures else 0.0
    known = {commune.code for commune in communes}
    province = Province(
        id=folder.name,
        name=profile.text("name"),
        code=code,
        agency_code=root,
        era=era.id,
        districts=districts,
        communes=communes,
        agencies=tuple(line.agency for line in lines),
        staff=desks.man_desks(lines, names=names, digital_share=min(max(share, 0.0), 1.0)),
        schools=sites.read_sites(folder, "schools.csv", kinds=sites.SCHOOL_KINDS, communes=known, findings=findings),
        health=sites.read_sites(folder, "health.csv", kinds=sites.HEALTH_KINDS, communes=known, findings=findings),
        procedures=_settled(folder, offered, lines, findings),
        personas=personas.read_personas(profile, communes=known),
        companies=_companies(profile.row("companies")),
        figures=figures,
    )
    profile.no_more()
    return province


def _catalogue(folder: Path, base: Path, profile: Row, era: EraFacts, findings: Findings) -> catalogue.Catalogue:
    name = profile.text("catalogue")
    shared = base / "procedures"
    own = folder / name if name.endswith(".toml") else None
    known = sorted(path.stem for path in shared.glob("*.toml"))
    if own is None and name not in known:
        if name:
            profile.unknown("catalogue", name, known)
        return catalogue.Catalogue(file="", departments={}, procedures=())
    path, file = (own, f"{folder.name}/{name}") if own else (shared / f"{name}.toml", f"procedures/{name}.toml")
    return catalogue.with_demand(catalogue.read_catalogue(path, file=file, era=era, findings=findings), profile)


def _settled(
    folder: Path, offered: catalogue.Catalogue, lines: Collection[agencies.AgencyLine], findings: Findings
) -> tuple[Procedure, ...]:
    if not lines:
        return ()
    file = f"{folder.name}/agencies.csv"
    return catalogue.settle(offered, agencies.by_kind(tuple(lines)), file=file, findings=findings)


def _companies(table: Row) -> int:
    value = table.integer("value", low=0, high=2_000_000)
    table.text("source")
    table.no_more()
    return value


def _code(profile: Row, name: str, pattern: re.Pattern[str], example: str) -> str:
    code = profile.text(name)
    if code and not pattern.fullmatch(code):
        found = Text(f"“{code}” không đúng dạng.", f"“{code}” has not the right form.")
        profile.wrong(name, found, Text(f"Mã có dạng “{example}”.", f"A code looks like “{example}”."))
    return code
