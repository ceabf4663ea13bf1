"""Envelopes as text: written, read back, and refused when their parts disagree."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import edxml_samples as samples
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.kit import edxml
from services.kit.edxml import archive
from services.kit.edxml.composing import PLACEHOLDER, compose
from services.kit.edxml.limits import MAX_BYTES
from services.kit.edxml.names import EDXML
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.trouble import EdxmlError

ROOT = Path(__file__).resolve().parents[2]
#: Letters that XML can carry, without line ends that XML would normalise.
_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
    min_size=1,
    max_size=60,
)


@given(subject=_WORDS, signer=_WORDS)
def test_an_envelope_reads_back_as_it_was_written(subject: str, signer: str) -> None:
    """Whatever words a document carries, its reader sees the same."""
    written = msgspec.structs.replace(samples.envelope(subject=subject), signer_name=signer)
    assert read(parse(compose(written).encode())) == written


def test_names_on_the_wire_are_those_that_receivers_know() -> None:
    """Root, prefixed children, `Bussiness` (sic) and the place of the signature are as in public samples."""
    text = compose(samples.envelope())
    root = parse(text.encode())
    names = {"e": EDXML}
    assert root.tag == f"{{{EDXML}}}edXML"
    assert root.prefix is None
    header = root.find("e:edXMLEnvelope/e:edXMLHeader", names)
    assert header is not None
    assert header.prefix == "edXML"
    assert [etree.QName(child).localname for child in header] == ["MessageHeader", "TraceHeaderList", "Signature"]
    assert root.findtext(".//e:Bussiness/e:BussinessDocType", namespaces=names) == "0"
    assert root.findtext(".//e:TraceHeader/e:Timestamp", namespaces=names) == "2018/08/22 12:00:00"
    assert root.findtext(".//e:PromulgationDate", namespaces=names) == "2018/08/22"
    assert [node.text for node in root.findall(".//e:To/e:OrganId", names)] == ["000.01.32.H07", "000.02.32.H07"]


def test_a_composed_envelope_has_the_structure_of_the_schema() -> None:
    """What we write is what we ask of others."""
    assert structure_problems(parse(compose(samples.envelope()).encode())) == []


def test_the_schema_that_services_carry_is_the_one_that_is_published() -> None:
    """The kit has its own copy, since a placed service has no fixtures; the two are the same, byte for byte."""
    carried = Path(edxml.__file__).parent / "edxml.xsd"
    assert carried.read_bytes() == (ROOT / "fixtures" / "schemas" / "edxml.xsd").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("<edXML:Subject>", "<edXML:Title>x</edXML:Title><edXML:Subject>", "Title"),
        ("<edXML:Priority>2<", "<edXML:Priority>5<", "Priority"),
        ("<edXML:BussinessDocType>0<", "<edXML:BussinessDocType>9<", "BussinessDocType"),
        ("Bussiness>", "Business>", "Business"),
        ("<edXML:OrganId>000.01.32.H07<", "<edXML:OrganId>xã Thới Thạnh<", "OrganId"),
        ("2018/08/22 12:00:00", "22/08/2018 12:00", "Timestamp"),
        (PLACEHOLDER, "", "edXMLHeader"),
    ],
)
def test_a_wrong_structure_is_named(old: str, new: str, says: str) -> None:
    """The reason names the element."""
    text = compose(samples.envelope())
    assert old in text
    problems = structure_problems(parse(text.replace(old, new).encode()))
    assert says in " ".join(problems)


def test_everything_that_disagrees_is_said_at_once() -> None:
    """Number, notation, day, sender, addressee, manifest and time are all held against each other."""
    text = compose(samples.envelope())
    for old, new in (
        ("<edXML:CodeNumber>15<", "<edXML:CodeNumber>16<"),
        ("<edXML:CodeNotation>SNV-VP<", "<edXML:CodeNotation>SNV<"),
        ("<edXML:PromulgationDate>2018/08/22<", "<edXML:PromulgationDate>2018/08/23<"),
        ("<edXML:From><edXML:OrganId>000.00.12.H07<", "<edXML:From><edXML:OrganId>000.00.13.H07<"),
        ("<edXML:OrganId>000.02.32.H07<", "<edXML:OrganId>000.01.32.H07<"),
        ("<edXML:ContentId>cid:1<", "<edXML:ContentId>cid:2<"),
        ("2018/08/22 12:00:00", "2018/13/22 12:00:00"),
    ):
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(EdxmlError) as caught:
        read(parse(text.encode()))
    said = " | ".join(caught.value.reasons)
    for word in ("CodeNumber", "CodeNotation", "PromulgationDate", "From/OrganId", "hai lần", "ContentId", "Timestamp"):
        assert word in said


BOMB = '<!DOCTYPE edXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE edXML [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB + compose(samples.envelope()).replace("Kính", "&b;"),
        OUTSIDE + compose(samples.envelope()),
        compose(samples.envelope()).replace("Sở Nội vụ", "Sở <!-- ẩn -->Nội vụ"),
        compose(samples.envelope()).replace("Sở Nội vụ", "Sở <?ẩn?>Nội vụ"),
        compose(samples.envelope()).replace("Sở Nội vụ", "<![CDATA[Sở Nội vụ]]>"),
        "<edXML>" * 100_000,
        "<edXML",
        "",
        "\x00",
        "<a>" + "x" * MAX_BYTES + "</a>",
    ],
    ids=["bomb", "outside", "comment", "instruction", "cdata", "deep", "torn", "empty", "nul", "huge"],
)
def test_hostile_text_is_refused_before_it_is_interpreted(hostile: str) -> None:
    """Entities, outside references, hidden parts, depth and size all end in a refusal with a reason."""
    with pytest.raises(EdxmlError) as caught:
        parse(hostile.encode())
    assert caught.value.reasons


def test_an_attachment_must_be_a_zip() -> None:
    """Base64 of anything else, and no base64 at all, are told apart."""
    envelope = samples.envelope()
    spoilt = msgspec.structs.replace(envelope.attachments[0], archive=b"PK but not really")
    with pytest.raises(EdxmlError, match="không phải zip"):
        read(parse(compose(msgspec.structs.replace(envelope, attachments=(spoilt,))).encode()))
    torn = compose(envelope).replace("<ContentTransferEncoded>", "<ContentTransferEncoded>*")
    with pytest.raises(EdxmlError, match="base64"):
        read(parse(torn.encode()))


def test_a_zip_that_would_swell_is_refused_unopened() -> None:
    """A hundred megabytes of nothing pack into little; the table of contents gives them away."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("lon.bin", bytes(100 << 20))
    assert archive.problems(out.getvalue())
    with pytest.raises(ValueError, match="giới hạn"):
        archive.unpack(out.getvalue())


def test_the_same_files_pack_into_the_same_bytes() -> None:
    """Digests of what went out can be compared later."""
    files = {"a.txt": b"a" * 1000, "b.txt": b"b"}
    assert archive.pack(files) == archive.pack(dict(files))
    assert archive.unpack(archive.pack(files)) == files
