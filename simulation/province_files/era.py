"""What an era fixes for every province in it: tiers, forms of codes, service levels, the door that citizens use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from simulation.agency_code import Form
from simulation.mistakes import BadInputError
from simulation.province import Era
from simulation.province_files.reading import Findings, Row, read_toml
from simulation.text import Text

#: The project's own data.
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
ERAS: tuple[Era, ...] = ("2018", "2026")


class EraFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of an era that are data. Working hours and holidays are in `simulation.calendar`."""

    id: Era
    name: Text
    districts: bool  #: whether there are huyện, quận and thành phố thuộc tỉnh between province and commune
    agency_code_form: Form  #: the form that agencies' codes are written in
    portal: Literal["provincial", "national"]  #: whose portal is the public's door
    document_hub_levels: int  #: levels of the state that exchange documents
    dossier_code_tail_digits: tuple[int, ...]  #: lengths seen of the counter at the end of a dossier's code
    service_levels: Mapping[str, str]  #: what the levels of online service are called, from the lowest up
    signature_algorithm: str  #: what documents are signed with in this model
    signature_profile: Literal["xmldsig", "xades"]  #: form of an agency's seal on an envelope
    signatures_accepted: tuple[str, ...]  #: algorithms that the document hub takes
    sources: Mapping[str, str]  #: for each of the above: where it is from, or "assumed: ..."


def load_era(era: str, *, fixtures: Path | None = None) -> EraFacts:
    """Read the facts of an era. Raises BadInputError with every mistake found."""
    findings = Findings()
    facts = read_era(era, fixtures=fixtures or FIXTURES, findings=findings)
    if facts is None or findings.mistakes:
        raise BadInputError(findings.mistakes)
    return facts


def read_era(era: str, *, fixtures: Path, findings: Findings) -> EraFacts | None:
    """Read the facts of an era, noting mistakes; None where there is nothing to read."""
    folder = fixtures / "eras"
    known = next((name for name in ERAS if name == era), None)
    if known is None:
        findings.unknown("eras", "era", era, ERAS)
        return None
    row = read_toml(folder / f"{known}.toml", file=f"eras/{known}.toml", findings=findings)
    if row is None:
        return None
    name = row.row("name")
    portal = row.choice("portal", ("provincial", "national"))
    form = row.choice("agency_code_form", ("old", "new"))
    facts = EraFacts(
        id=known,
        name=Text(name.text("vi"), name.text("en")),
        districts=row.flag("districts"),
        agency_code_form="new" if form == "new" else "old",
        portal="national" if portal == "national" else "provincial",
        document_hub_levels=row.integer("document_hub_levels", low=1, high=9),
        dossier_code_tail_digits=_numbers(row, "dossier_code_tail_digits"),
        service_levels=_texts_by_name(row, "service_levels"),
        signature_algorithm=row.text("signature_algorithm"),
        signature_profile="xades" if row.choice("signature_profile", ("xmldsig", "xades")) == "xades" else "xmldsig",
        signatures_accepted=row.texts("signatures_accepted"),
        sources=_texts_by_name(row, "sources"),
    )
    for field in (
        "districts",
        "agency_code_form",
        "portal",
        "document_hub_levels",
        "dossier_code_tail_digits",
        "service_levels",
        "signature_algorithm",
        "signature_profile",
        "signatures_accepted",
    ):
        if field not in facts.sources:
            row.row("sources").wrong(
                field,
                Text("chưa ghi nguồn.", "has no source."),
                Text("Ghi nguồn, hoặc “assumed: lý do”.", "Name the source, or write “assumed: why”."),
            )
    row.no_more()
    return facts


def _texts_by_name(row: Row, name: str) -> dict[str, str]:
    table = row.row(name)
    return {key: table.text(key) for key in table.names()}


def _numbers(row: Row, name: str) -> tuple[int, ...]:
    values = row.values().get(name, [])
    if isinstance(values, list) and values and all(type(value) is int for value in values):
        return tuple(values)
    row.wrong(
        name,
        Text(
            f"phải là danh sách số nguyên, nhưng là {values!r}.",
            f"has to be a list of whole numbers, found {values!r}.",
        ),
        Text("Ví dụ: [4, 6].", "For example: [4, 6]."),
    )
    return ()
