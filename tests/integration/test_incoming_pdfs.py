"""PDFs that come with a document: who signed them, when, over what, and whether that holds, for people and programs.

Office and signing authority are real, between them stands the stand-in LGSP. The office signs as it does for the
one-stop, and receives by push.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from page_reader import PageReader, untranslated
from passing_through import passing_to
from running_service import AUDIT_TOKEN, PASSCODE_KEY, Place, Running
from signing_keys import NINE, Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE, account, write_empty_registers
from standin_lgsp import StandinLgsp

from loadtests.accounts import passcode
from services.kit.edxml.trust import Trust
from services.office.pdf import Page, laid_out

KEYS = Keys()
STAMP, LIST = "national.signing.timestamp", "national.signing.revocations"
PLAIN = laid_out(
    Page(agency="Sở", place="Tỉnh Mẫu", notation="1/S", issued_at=NINE, kind="Công văn", subject="V/v",
         content="Nội dung.", addressees=[], position="Giám đốc", signed="(đã ký số)", signer="Lê Thị Út")
)  # fmt: skip


@pytest.fixture(scope="module")
def national(place: Place, reference_folder: Path) -> Running:
    """The counterparts, the signing authority among them."""
    KEYS.write(reference_folder)
    write_empty_registers(reference_folder)
    return place("national")


@pytest.fixture(autouse=True)
def honest(lgsp: StandinLgsp, national: Running) -> Iterator[None]:
    """The authority stamps and tells what it has revoked."""
    for name in (STAMP, LIST):
        lgsp.answers[name] = passing_to(national, consumer="office")
    yield
    lgsp.answers.clear()


@pytest.fixture(scope="module")
def office(place: Place, national: Running) -> Running:
    """An office beside it."""
    assert national
    return place("office")


def sealed(office: Running, pdf: bytes = PLAIN) -> bytes:
    """Have the department sign, as the one-stop does."""
    body = {"agency": DEPARTMENT, "subject": "H07-1", "reason": "Kết quả", "pdf": base64.b64encode(pdf).decode()}
    answer = office.call("papers.seal", consumer="onestop", body=body)
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["pdf"])


def came(office: Running, number: int, **pdfs: bytes) -> str:
    """Push a document of the other commune to the first one; returns its DocumentId."""
    files = {f"{name}.pdf": content for name, content in pdfs.items()}
    text = KEYS.sealed(number, sender=OTHER_COMMUNE, addressees=(COMMUNE,), files=files)
    document = str(Trust(KEYS.authority.pem.encode()).open(text, at=NINE).id)
    pushed = {"installation": "an-mau", "document": document, "digest": hashlib.sha256(text.encode()).hexdigest(),
              "addressees": [COMMUNE], "xml": text}  # fmt: skip
    (result,) = office.deliver("envelopes.push", pushed, consumer="dochub")
    assert result["result"] == "done", result
    return document


def told(office: Running, document: str, *, role: str = "leader") -> dict[str, Any]:
    """What the API says, by the name of the PDF."""
    answer = asked(office, document, account(role, COMMUNE))
    assert answer.status_code == 200, answer.text
    return {pdf["name"]: pdf for pdf in answer.json()["pdfs"]}


def asked(office: Running, document: str, who: str) -> requests.Response:
    """Ask as somebody."""
    return requests.get(
        f"{office.url}/api/incoming/signatures", params={"document": document},
        headers={"Authorization": f"Bearer {office.sign_in(who)}"}, timeout=60,
    )  # fmt: skip


def browser(office: Running, role: str) -> PageReader:
    """Sign an official of the commune in."""
    who = account(role, COMMUNE)
    return PageReader(office.url).open("/sign-in").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))


def altered(pdf: bytes) -> bytes:
    """Change one byte of what was signed."""
    return pdf.replace(b"/MediaBox", b"/MediaBoy", 1)


def bomb(pdf: bytes) -> bytes:
    """Add a stream of 100 MB of zeros, packed."""
    packed = zlib.compress(bytes(100 << 20), 9)
    head = b"9 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    return b"".join((pdf, b"\n", head, packed, b"\nendstream\nendobj\n", pdf[pdf.rindex(b"startxref") :]))


def test_sys_sign_page_and_programs_are_told_who_signed_when_and_whether_it_holds(
    office: Running, lgsp: StandinLgsp
) -> None:
    """SYS-SIGN: with and without a time stamp, altered, and not signed; in both languages; asked once for all."""
    stamped = sealed(office)
    lgsp.answers[STAMP] = lambda _call: (503, {})
    plain = sealed(office)
    document = came(office, 1, stamped=stamped, plain=plain, altered=altered(stamped), unsigned=PLAIN)

    pdfs = told(office, document)
    page = browser(office, "document_clerk").open("/incoming", document=document)
    text = page.text

    (good,), (claimed,), (bad,) = (pdfs[f"{name}.pdf"]["signatures"] for name in ("stamped", "plain", "altered"))
    who = {"signer": "Sở Giao thông vận tải", "agency": "Sở Giao thông vận tải", "code": DEPARTMENT}
    assert good == who | {
        "verdict": "valid", "told": "hợp lệ", "form": "ETSI.CAdES.detached", "signed_at": "2018-08-22T02:00:00Z",
        "stamp": "good", "judged_as_of": "2018-08-22T02:00:00Z", "covers": "whole", "weak": False, "since": None,
    }  # fmt: skip
    assert (claimed["verdict"], claimed["stamp"], bad["verdict"]) == ("valid", "none", "altered")
    assert claimed["signed_at"].startswith("2018-08-22T02:00:0"), "official time, not the machine's"
    assert pdfs["unsigned.pdf"]["signatures"] == []
    assert "22/08/2018 09:00, theo dấu thời gian" in text
    assert "22/08/2018 09:00, theo người ký khai, không có dấu thời gian" in text
    assert "KHÔNG hợp lệ: nội dung đã bị sửa sau khi ký" in text
    assert "unsigned.pdf: không có chữ ký số trong tệp PDF này." in text
    english = page.open("/incoming", document=document, lang="en")
    assert "NOT valid: altered after it was signed" in english.text
    assert untranslated(english.answer.text) == []
    page.close()
    assert sum(call.name == LIST for call in lgsp.calls) >= 1


def test_taking_over_waits_for_no_pdf(office: Running, lgsp: StandinLgsp) -> None:
    """Hostile ones arrive as any other: nothing is asked or started for them; who looks is told why not."""
    calls = len(lgsp.calls)
    document = came(office, 2, bomb=bomb(PLAIN), garbage=b"%PDF-1.7 and no more")

    begun = office.children()
    called = [call.name for call in lgsp.calls[calls:]]
    pdfs = told(office, document)

    assert [row["document"] for row in office.export("incoming")].count(document) == 1
    assert (begun, LIST in called) == ([], False)
    assert {name: pdf["problem"] for name, pdf in pdfs.items()} == {"bomb.pdf": "too-big", "garbage.pdf": "unreadable"}
    page = browser(office, "specialist").open("/incoming", document=document)
    assert "KHÔNG mở: tệp bung ra quá lớn" in page.text
    assert "KHÔNG đọc được tệp PDF này" in page.text
    page.close()
    assert office.children() == []


def test_only_officials_of_the_agency_are_told(office: Running) -> None:
    """The same as of the page."""
    document = came(office, 3, a=PLAIN)
    assert asked(office, document, account("leader", OTHER_COMMUNE)).status_code == 404
    assert asked(office, document, "poller.an-mau").status_code == 403
    assert requests.get(f"{office.url}/api/incoming/signatures", timeout=60).status_code == 401


@pytest.mark.parametrize(("number", "wanted", "shown"), [
    (4, "valid", "đã kiểm tra, hợp lệ"), (5, "invalid", "đã kiểm tra, KHÔNG hợp lệ"),
])  # fmt: skip
def test_trb_two_track_a_filing_says_whether_the_signature_held(
    office: Running, number: int, wanted: str, shown: str
) -> None:
    """TRB-TWO-TRACK: signed on screen either way, and told whether that was verified."""
    pdf = sealed(office)
    document = came(office, number, a=pdf if wanted == "valid" else altered(pdf))
    clerk = office.sign_in(account("document_clerk", COMMUNE))
    refusal = {"agency": COMMUNE, "document": document, "reason": "Gửi nhầm."}
    assert office.post("/api/incoming/refusal", refusal, token=clerk).ok

    filed = office.post("/api/filings", {"document": document, "paper": True}, token=clerk).json()

    assert filed == {"document": document, "paper": True, "signed": "digital", "held": wanted, "pages": 1,
                     "two_tracks": True}  # fmt: skip
    assert [row["held"] for row in office.export("filings") if row["document"] == document] == [wanted]
    archive = browser(office, "document_clerk").open("/archive")
    (row,) = archive.tree.xpath(f"//tr[td/code[text()='{document}']]")
    assert row.xpath("td[4]")[0].text_content() == shown
    assert untranslated(archive.open("/archive", lang="en").answer.text) == []
    archive.close()


def test_a_revoked_certificate_is_told_and_without_a_list_nothing_is_valid(
    office: Running, national: Running, place: Place, lgsp: StandinLgsp
) -> None:
    """TRB-SLOW-MINISTRY: an office that has never heard of the authority decides nothing; one that has says revoked."""
    pdf = sealed(office)
    silent, hearing = place("office"), place("office")
    lgsp.answers[LIST] = lambda _call: (503, {})
    (undecided,) = told(silent, came(silent, 6, a=pdf))["a.pdf"]["signatures"]
    lgsp.answers[LIST] = passing_to(national, consumer="office")
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}
    revoked = requests.put(
        f"{national.url}/control/revocations", json={"holder": DEPARTMENT}, headers=headers, timeout=30
    )
    assert revoked.ok
    (gone,) = told(hearing, came(hearing, 7, a=pdf))["a.pdf"]["signatures"]

    assert (undecided["verdict"], undecided["told"][:4]) == ("unchecked", "CHƯA")
    assert (gone["verdict"], gone["told"]) == (
        "revoked", "KHÔNG hợp lệ: chứng thư số đã bị thu hồi (22/08/2018 09:00)",
    )  # fmt: skip
