"""Papers of the office say when they were signed: the national authority's time stamp in the signature (PAdES B-T).

Office and national authority are real; between them stands the stand-in LGSP.
"""

from __future__ import annotations

import base64
import io
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest
import requests
from asn1crypto import keys, tsp
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from page_reader import PageReader
from passing_through import passing_to
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from running_service import PASSCODE_KEY, Place, Running, lgsp_token
from signing_keys import NINE, Keys
from small_province import COMMUNE, DEPARTMENT, account, write_empty_registers
from standin_lgsp import Answerer, Call, StandinLgsp

from loadtests.accounts import passcode
from services.office.pdf import Page, laid_out

KEYS, STRANGERS = Keys(), Keys()
STAMP = "national.signing.timestamp"
TOLD = "(chưa có dấu thời gian)"
PLAIN = laid_out(
    Page(agency="Sở", place="Tỉnh Mẫu", notation="1/S", issued_at=NINE, kind="Kết quả", subject="V/v",
         content="Nội dung.", addressees=[], position="Giám đốc", signed="(đã ký số)", signer="Lê Thị Út")
)  # fmt: skip
#: Nine o'clock in Việt Nam, as a stamp has it.
_GEN_TIME, _OTHER_TIME = b"20180822020000Z", b"20180822010000Z"
_BEFORE_THE_CLIENT_GIVES_UP_SECONDS = 15  # the office's door to the LGSP waits 20 s where nobody is in a hurry


@pytest.fixture(scope="module")
def national(place: Place, reference_folder: Path) -> Running:
    """The counterparts, the time-stamping authority among them."""
    KEYS.write(reference_folder)
    write_empty_registers(reference_folder)
    return place("national")


@pytest.fixture(scope="module")
def office(place: Place, national: Running) -> Running:
    """An office beside it."""
    assert national
    return place("office")


@pytest.fixture
def honest(lgsp: StandinLgsp, national: Running) -> Iterator[Answerer]:
    """What the authority answers; it is asked unless a test says otherwise."""
    answerer = passing_to(national, consumer="office")
    lgsp.answers[STAMP] = answerer
    yield answerer
    lgsp.answers[STAMP] = answerer


def sealed(office: Running) -> bytes:
    """Have a paper sealed, as the one-stop does."""
    asked = {"agency": DEPARTMENT, "subject": "H07-1", "reason": "Kết quả", "pdf": PLAIN}
    answer = requests.post(
        f"{office.url}/lgsp/papers.seal",
        data=msgspec.json.encode(asked),
        headers={"X-Lgsp-Token": lgsp_token(provider="office", operation="papers.seal", consumer="onestop")},
        timeout=_BEFORE_THE_CLIENT_GIVES_UP_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["pdf"])


def signature_of(pdf: bytes) -> EmbeddedPdfSignature:
    """The one signature in a paper."""
    embedded: EmbeddedPdfSignature
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return embedded


def judged(pdf: bytes) -> tuple[bool, datetime | None]:
    """Whether signature and stamp are good with the province's authority as the only root, and when it was stamped."""
    root = asn1_x509.Certificate.load(asn1_pem.unarmor(KEYS.authority.pem.encode())[2])
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=NINE.astimezone())
    status = validate_pdf_signature(signature_of(pdf), context, ts_validation_context=context)
    good, stamp = status.intact and status.valid and status.trusted, status.timestamp_validity
    if stamp is None:
        return good, None
    return good and stamp.intact and stamp.valid and stamp.trusted, stamp.timestamp


def test_sys_sign_a_paper_carries_official_time_by_the_national_authority(
    office: Running, lgsp: StandinLgsp, honest: Answerer, tmp_path: Path
) -> None:
    """SYS-SIGN: pyHanko and OpenSSL find the stamp good, by the province's root; moved by an hour it is broken."""
    assert honest
    pdf = sealed(office)
    (call,) = [one for one in lgsp.calls if one.name == STAMP][-1:]
    moved = pdf.replace(_GEN_TIME.hex().upper().encode(), _OTHER_TIME.hex().upper().encode())
    signature = signature_of(pdf)
    (stamp,) = [one["values"][0] for one in signature.signer_info["unsigned_attrs"]
                if one["type"].native == "signature_time_stamp_token"]  # fmt: skip
    (tmp_path / "ca.pem").write_text(KEYS.authority.pem)
    (tmp_path / "stamp.der").write_bytes(stamp.dump())
    (tmp_path / "signature").write_bytes(signature.signer_info["signature"].native)
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-token_in", "-in", "stamp.der", "-data", "signature", "-CAfile", "ca.pem",
         "-attime", str(int(NINE.timestamp()))],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert call.headers["x-purpose"] == "time-stamp"
    assert judged(pdf) == (True, NINE)
    assert signature.sig_object["/Reason"] == "Kết quả"
    assert "Verification: OK" in done.stdout + done.stderr, done.stderr
    assert moved != pdf
    assert not judged(moved)[0]


def _altered(answer: tuple[int, Any]) -> tuple[int, Any]:
    raw = base64.b64decode(answer[1]["response"])
    assert _GEN_TIME in raw
    return 200, {"response": base64.b64encode(raw.replace(_GEN_TIME, _OTHER_TIME)).decode()}


def _by_a_stranger(call: Call) -> tuple[int, Any]:
    held = STRANGERS.authority.stamper()
    certificate, key = (asn1_pem.unarmor(one.encode())[2] for one in (held.certificate, held.key))
    stamper = DummyTimeStamper(asn1_x509.Certificate.load(certificate), keys.PrivateKeyInfo.load(key), fixed_dt=NINE)
    asked = tsp.TimeStampReq.load(base64.b64decode(call.body["request"]))
    return 200, {"response": base64.b64encode(stamper.request_tsa_response(asked).dump()).decode()}


@pytest.mark.parametrize("what", ["down", "empty", "cut", "too long", "altered", "replayed", "by a stranger"])
def test_without_a_stamp_that_can_be_believed_a_paper_goes_out_and_says_so(
    office: Running, lgsp: StandinLgsp, honest: Answerer, what: str
) -> None:
    """TRB-SLOW-MINISTRY: the agency's signature is good, there is no stamp in it, and its reason tells."""
    kept: list[tuple[int, Any]] = []

    def recording(call: Call) -> tuple[int, Any]:
        kept.append(honest(call))
        return kept[-1]

    lgsp.answers[STAMP] = recording
    sealed(office)  # gives an answer to replay
    answers: dict[str, Answerer] = {
        "down": lambda _call: (503, {}),
        "empty": lambda _call: (200, {}),
        "cut": lambda call: (200, {"response": honest(call)[1]["response"][:400]}),
        "too long": lambda _call: (200, {"response": base64.b64encode(bytes(50_000)).decode()}),
        "altered": lambda call: _altered(honest(call)),
        "replayed": lambda _call: kept[0],
        "by a stranger": _by_a_stranger,
    }
    lgsp.answers[STAMP] = answers[what]
    told = office.log().count("paper-not-stamped")
    pdf = sealed(office)

    assert judged(pdf) == (True, None)
    assert signature_of(pdf).sig_object["/Reason"] == f"Kết quả {TOLD}"
    assert office.log().count("paper-not-stamped") == told + 1


def test_a_silent_ministry_does_not_hold_a_paper_up(office: Running, lgsp: StandinLgsp, honest: Answerer) -> None:
    """TRB-SLOW-MINISTRY: no answer comes as long as the paper is waited for."""
    assert honest
    arrived = Event()

    def silent(_call: Call) -> tuple[int, Any]:
        arrived.wait()
        return 503, {}

    lgsp.answers[STAMP] = silent
    try:
        pdf = sealed(office)
    finally:
        arrived.set()

    assert judged(pdf) == (True, None)


def test_an_issued_document_is_handed_out_as_a_signed_pdf_and_kept_once_it_is_stamped(
    office: Running, lgsp: StandinLgsp, honest: Answerer
) -> None:
    """Not before it is issued, to nobody of another agency; the first with a stamp stays, byte for byte."""

    def act(role: str, path: str, body: Any = None) -> Any:
        answer = office.post(f"/api/documents{path}", body, token=office.sign_in(account(role, DEPARTMENT)))
        assert answer.ok, answer.text
        return answer.json()

    letter = {"kind": "Công văn", "subject": "V/v rà soát", "content": "Kính gửi.", "addressees": [COMMUNE]}
    draft = act("specialist", "", letter)["draft"]
    act("leader", f"/{draft}/signature")
    clerk, stranger = (_browser(office, agency) for agency in (DEPARTMENT, COMMUNE))
    address = f"/documents/{draft}/pdf"
    early = clerk.open(address).status
    act("document_clerk", f"/{draft}/issue")
    listed = clerk.open(f"/documents/{draft}").links
    lgsp.answers[STAMP] = lambda _call: (503, {})
    first = clerk.open(address).answer
    lgsp.answers[STAMP] = honest
    second, third = (clerk.open(address).answer.content for _ in range(2))
    foreign = stranger.open(address).status
    for browser in (clerk, stranger):
        browser.close()

    assert (early, foreign) == (409, 404)
    assert address in listed
    assert first.headers["Content-Type"] == "application/pdf"
    assert b"ETSI.CAdES.detached" in first.content
    assert judged(first.content) == (True, None)
    assert signature_of(first.content).sig_object["/Reason"].endswith(TOLD)
    assert judged(second) == (True, NINE)
    assert third == second


def _browser(office: Running, agency: str) -> PageReader:
    reader, who = PageReader(office.url), account("document_clerk", agency)
    return reader.open("/").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
