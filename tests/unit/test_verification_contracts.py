"""Where verification meets what others make: their envelopes, the documents that promise names, the how-to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import edxml_samples
import pytest

from services.kit.edxml.composing import compose
from services.kit.edxml.envelope import Organ
from verification import requirement_tables, requirements
from verification.ledger import _KINDS
from verification.operations import BOOK_OF, READS
from verification.records import CALLERS, SENDERS, Envelope
from verification.signature import examine
from verification.yardsticks import YARDSTICKS

ROOT = Path(__file__).resolve().parents[2]
WIRE = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")


def test_an_envelope_as_offices_make_it_verifies() -> None:
    """What the reference office composes and seals passes the independent check; the seal of another does not."""
    authority = edxml_samples.SmallAuthority()
    letter = edxml_samples.envelope()

    def sealed_by(holder: Organ) -> Envelope:
        xml = authority.seal(holder).sign_envelope(compose(letter))
        return Envelope(
            document=str(letter.id),
            sender=letter.sender.code,
            addressees=tuple(organ.code for organ in letter.addressees),
            digest=hashlib.sha256(xml.encode()).hexdigest(),
            xml=xml,
        )

    assert examine(sealed_by(edxml_samples.DEPARTMENT), authority.pem) == ()
    (problem,) = examine(sealed_by(edxml_samples.COMMUNE), authority.pem)
    assert edxml_samples.COMMUNE.code in problem.en
    assert examine(sealed_by(edxml_samples.DEPARTMENT), edxml_samples.SmallAuthority().pem)


def test_every_operation_of_the_wire_is_known() -> None:
    """Reads and writes are those of docs/wire.md; every write has a book in which law 5 looks for it."""
    rows = [line for line in WIRE.splitlines() if re.match(r"\| `(portal|onestop|office|national|sector)\.", line)]
    promised: dict[str, bool] = {}
    for row in rows:
        first = row.split("|")[1]
        if " -> " not in first:
            promised |= {name: first.strip().endswith("W") for name in re.findall(r"`([a-z]+\.[a-z_]+)`", first)}
    books = set(_KINDS)

    assert {name for name, write in promised.items() if write} == set(BOOK_OF)
    assert {name for name, write in promised.items() if not write} - books == set(READS)


@pytest.mark.parametrize("name", sorted(_KINDS))
def test_every_field_asked_for_is_promised(name: str) -> None:
    """Verification asks of a book only what docs/wire.md says it has."""
    row = next(line for line in WIRE.splitlines() if line.startswith("|") and f"`{name}`" in line.split("|")[1])
    fields = set(_KINDS[name].__struct_fields__)

    assert {field for field in fields if not re.search(rf"\b{field}\b", row.split("|", 2)[2])} == set()


def test_callers_and_senders_are_those_of_the_table_of_calls() -> None:
    """Who keeps a book of calls and who may have dead letters follows from the table of calls between systems."""
    rows = re.findall(r"^\| `(\w+) -> (\w+)\.[\w.]+` \| ([^|]+) \|", WIRE, flags=re.MULTILINE)

    assert {service for consumer, provider, _ in rows for service in (consumer, provider)} == set(CALLERS)
    assert {consumer for consumer, _, kind in rows if kind.strip() == "outbox"} == set(SENDERS)


def test_every_yardstick_can_be_taken_and_is_told_in_the_how_to() -> None:
    """No measure without a function, none that the how-to keeps silent about."""
    guide = (ROOT / "docs" / "howto" / "add-a-requirement.md").read_text(encoding="utf-8")

    assert set(requirements._TAKE) == set(YARDSTICKS)
    assert all(f"`{name}`" in guide for name in YARDSTICKS)


def test_the_how_to_s_example_works(tmp_path: Path) -> None:
    """The table that the how-to starts from can be read as it stands."""
    guide = (ROOT / "docs" / "howto" / "add-a-requirement.md").read_text(encoding="utf-8")
    match = re.search(r"```toml\n(.*?)```", guide, flags=re.DOTALL)
    assert match
    (tmp_path / "our_tender.toml").write_text(match[1], encoding="utf-8")

    (table, *_) = requirement_tables.load(["our_tender"], folders=(tmp_path, requirement_tables.FOLDER))

    assert [requirement.id for requirement in table.requirements] == ["OUR-01"]
