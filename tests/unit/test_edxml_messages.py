"""Messages about earlier documents, status messages, and forms that real programs write."""

from __future__ import annotations

from datetime import date

import edxml_samples as samples
import msgspec
import pytest

from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Changes, Envelope, Organ, Receiver, Replacement, Response, Trace
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.status_message import StatusMessage, compose_status, read_status
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust

AUTHORITY = samples.SmallAuthority()
TRUST = Trust(AUTHORITY.pem)
SEAL = AUTHORITY.seal(samples.DEPARTMENT)
EARLIER = DocumentId(samples.DEPARTMENT.code, date(2018, 8, 20), 9, "SNV-VP")
FULL = msgspec.structs.replace(
    samples.envelope(),
    sender=Organ(
        samples.DEPARTMENT.code, "Sở Nội vụ", in_charge="UBND tỉnh", address="Số 1, đường Mẫu", email="sonoivu@mau.vn",
        telephone="0275 000 000", fax="0275 000 001", website="sonoivu.mau.vn",
    ),
    signer_competence="KT. GIÁM ĐỐC",
    due=date(2018, 9, 28),
    to_places=("Như trên", "Lưu: VT"),
    typer="TVC",
    appendixes=("Phụ lục 1", "Phụ lục 2"),
    responses=(Response(organ="000.01.32.H07", code="7/TTr", document=EARLIER), Response(organ="000.02.32.H07")),
    steering=1,
    paper=1,
    staff_email="vanthu@mau.vn",
    staff_mobile="0900000000",
    passed_on=(Trace("000.00.00.H07", samples.NOON),),
)  # fmt: skip
SIGNED = SEAL.sign_envelope(compose(FULL))
MESSAGES = {
    "full": FULL,
    "recall": msgspec.structs.replace(FULL, doc_type="recall", about=EARLIER),
    "update": msgspec.structs.replace(
        FULL, doc_type="update", about=EARLIER,
        changes=Changes(document=False, receivers=(Receiver(organ="000.03.32.H07", kind="0"),)),
    ),
    "replace": msgspec.structs.replace(
        FULL, doc_type="replace",
        replaces=(Replacement(document=EARLIER, organs=("000.01.32.H07",)), Replacement(document=EARLIER)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_kind_of_message_reads_back_as_it_was_written(kind: str) -> None:
    """With every field filled; and the schema has no objection."""
    root = parse(compose(MESSAGES[kind]).encode())
    assert structure_problems(root) == []
    assert read(root) == MESSAGES[kind]


def test_a_message_says_what_it_is_about() -> None:
    """A recall and an update one document, a replacement all it replaces, a new document none."""
    assert [MESSAGES[kind].targets for kind in MESSAGES] == [(), (EARLIER,), (EARLIER,), (EARLIER, EARLIER)]


def test_a_recall_may_name_its_document_as_the_one_it_answers() -> None:
    """Public samples of recalls leave Bussiness/DocumentId out and fill ResponseFor."""
    text = compose(MESSAGES["recall"]).replace(
        f"<edXML:Bussiness><edXML:DocumentId>{EARLIER}</edXML:DocumentId>", "<edXML:Bussiness>"
    )
    assert read(parse(text.encode())).about == EARLIER


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (msgspec.structs.replace(samples.envelope(), doc_type="recall"), "cần Bussiness/DocumentId"),
        (msgspec.structs.replace(samples.envelope(), doc_type="replace"), "ReplacementInfoList"),
        (msgspec.structs.replace(FULL, doc_type="update", about=FULL.id), "chính nó"),
        (
            msgspec.structs.replace(FULL, doc_type="recall", about=DocumentId("000.00.13.H07", EARLIER.day, 1, "X")),
            "không do 000.00.12.H07 ban hành",
        ),
    ],
)
def test_a_message_that_aims_at_nothing_or_at_anothers_document_is_refused(message: Envelope, says: str) -> None:
    """Only who issued a document may change it, and never by that document itself."""
    with pytest.raises(EdxmlError, match=says):
        read(parse(compose(message).encode()))


STATUS = StatusMessage(
    sender=samples.COMMUNE,
    about=Response(organ=samples.DEPARTMENT.code, code="15/SNV-VP", document=samples.envelope().id),
    code="13",
    description="Nơi gửi yêu cầu lấy lại <văn bản>",
    at=samples.NOON,
    staff_department="Văn thư",
    staff_name="Lê Văn Út",
)


@pytest.mark.parametrize("code", ["01", "02", "03", "04", "05", "06", "13", "15", "16"])
def test_a_status_message_reads_back_as_it_was_written(code: str) -> None:
    """All nine codes."""
    message = msgspec.structs.replace(STATUS, code=code)
    assert read_status(compose_status(message).encode()) == message


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (">13<", ">14<", "StatusCode"),
        (">13<", ">1<", "StatusCode"),
        ("2018/08/22 12:00:00", "trưa", "Timestamp"),
        (">000.00.12.H07,2018/08/22,15/SNV-VP<", ">15/SNV-VP<", "DocumentId"),
        ("2018/08/22,15/", "2018/02/31,15/", "ngày không tồn tại"),
    ],
)
def test_a_wrong_status_message_is_refused_with_the_reason(old: str, new: str, says: str) -> None:
    """Unknown codes, moments and documents."""
    text = compose_status(STATUS)
    assert old in text
    with pytest.raises(EdxmlError, match=says):
        read_status(text.replace(old, new).encode())


def test_a_status_in_a_soap_envelope_is_read_leniently() -> None:
    """Older programs wrap it so, with every element in SOAP's own namespace and days as dd/mm/yyyy."""
    inner = compose_status(STATUS).split("<edXML:edXMLHeader>")[1].split("</edXML:edXMLHeader>")[0]
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    text = (
        f'<s:Envelope xmlns:s="{soap}" xmlns:edXML="{soap}"><s:Header>{inner}</s:Header><s:Body/></s:Envelope>'
    ).replace("2018/08/22 12:00:00", "22/08/2018 12:00:00")
    assert read_status(text.encode(), lenient=True) == STATUS
    with pytest.raises(EdxmlError):
        read_status(text.encode())


# What public programs write, each as a change of our own text (shapes only).
def _other_order(text: str) -> str:
    """DocumentId and SteeringType at the end of the header."""
    told = f"<edXML:DocumentId>{FULL.id}</edXML:DocumentId>"
    return text.replace(told, "", 1).replace("</edXML:MessageHeader>", f"{told}</edXML:MessageHeader>")


DIALECTS = {
    "order": (_other_order, "không theo thứ tự"),
    "attributes": (
        lambda text: text.replace(
            "<edXML:TraceHeaderList>", '<edXML:TraceHeaderList id="1" version="1.0" mustUnderstand="1" actor="x">'
        ),
        "thuộc tính ngoài quy chuẩn: actor, id, mustUnderstand",
    ),
    "links": (
        lambda text: text.replace(
            "<edXML:Reference>",
            '<edXML:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="cid:1" xlink:type="simple">',
        ),
        "Reference có thuộc tính",
    ),
    "spelling": (
        lambda text: text.replace("Bussiness>", "Business>").replace("BussinessDoc", "BusinessDoc"),
        "Business viết là Bussiness",
    ),
    "dates": (
        lambda text: text.replace(
            "<edXML:PromulgationDate>2018/08/22", "<edXML:PromulgationDate>2018-08-22"
        ).replace("2018/08/22 12:00:00", "2018-08-22T12:00:00.000"),
        "dạng khác yyyy/MM/dd",
    ),
    "blanks": (lambda text: text.replace("><edXML:", ">\n  <edXML:"), ""),
    "unprefixed": (
        lambda text: text.replace("<edXML:", "<").replace("</edXML:", "</"),
        "",
    ),
    "unknown element": (
        lambda text: text.replace("<edXML:OtherInfo>", "<edXML:Secret>1</edXML:Secret><edXML:OtherInfo>"),
        "phần tử lạ Secret",
    ),
    "left out": (lambda text: text.replace("<edXML:Place>Bến Tre</edXML:Place>", ""), "PromulgationInfo thiếu Place"),
    "other number": (
        lambda text: text.replace("<edXML:CodeNumber>15<", "<edXML:CodeNumber>15a<"),
        "",
    ),
    "content id": (lambda text: text.replace(">cid:1<", ">209<"), "cid:"),
}  # fmt: skip
#: Forms that the schema itself leaves open.
ALSO_STRICT = {"blanks", "unprefixed"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_is_taken_leniently_and_told_and_refused_strictly(dialect: str) -> None:
    """The seal is over the text as its writer wrote it, and still holds; what the envelope says is the same."""
    change, told = DIALECTS[dialect]
    text = change(compose(FULL))
    assert text != compose(FULL)
    signed = SEAL.sign_envelope(text)
    opened = TRUST.examine(signed, at=samples.NOON, strict=False)
    assert told in " ".join(opened.tolerated)
    content_id = "cid:209" if dialect == "content id" else "cid:1"
    place = "" if dialect == "left out" else "Bến Tre"
    attachment = msgspec.structs.replace(FULL.attachments[0], content_id=content_id)
    assert opened.envelope == msgspec.structs.replace(FULL, place=place, attachments=(attachment,))
    if dialect in ALSO_STRICT:
        assert TRUST.open(signed, at=samples.NOON) == FULL
    else:
        with pytest.raises(EdxmlError):
            TRUST.open(signed, at=samples.NOON)


def test_character_data_sections_are_plain_text_to_a_lenient_reader() -> None:
    """The seal does not tell them from text; strict reading does not let them in."""
    text = SEAL.sign_envelope(compose(FULL)).replace(">Công văn<", "><![CDATA[Công văn]]><")
    assert TRUST.examine(text, at=samples.NOON, strict=False).envelope == FULL
    with pytest.raises(EdxmlError, match="CDATA"):
        TRUST.open(text, at=samples.NOON)


def test_lenient_reading_believes_no_more_than_strict_reading() -> None:
    """A dialect does not excuse a missing, foreign or broken seal, nor another sender than the seal's."""
    text = _other_order(compose(FULL))
    for spoilt in (
        text,
        text.replace("Signature", "DigitalSignature"),
        SEAL.sign_envelope(text).replace("Sở Nội vụ", "Sở Ngoại vụ"),
        AUTHORITY.seal(samples.COMMUNE).sign_envelope(text),
        samples.SmallAuthority().seal(samples.DEPARTMENT).sign_envelope(text),
    ):
        with pytest.raises(EdxmlError):
            TRUST.examine(spoilt, at=samples.NOON, strict=False)
