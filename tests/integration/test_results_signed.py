"""A result is a paper with the agency's signature, the same by every way; then it goes to the archive (SYS-SIGN).

One-stop, office and portal are real; between them stands a relay in place of the LGSP.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import small_province
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1_x509
from page_reader import PageReader
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from running_service import PASSCODE_KEY, Running, lgsp_token
from signing_keys import NINE, Keys
from small_province import DEPARTMENT, FREE, LAN, account
from standin_lgsp import Answerer, Call, StandinLgsp

from loadtests.accounts import passcode

Place = Callable[..., Running]
KEYS = Keys()
SCAN = b"%PDF-1.7 a scanned paper"


@pytest.fixture(scope="module")
def reference_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small province with signing keys."""
    folder = tmp_path_factory.mktemp("reference")
    small_province.write(folder)
    KEYS.write(folder)
    return folder


def relay(provider: Running, consumer: str) -> Answerer:
    """Pass a call on as the LGSP does."""

    def answer(call: Call) -> tuple[int, Any]:
        token = lgsp_token(provider=provider.name, operation=call.operation, consumer=consumer)
        found = requests.request(
            "GET" if call.body is None else "POST",
            f"{provider.url}/lgsp/{call.operation}",
            params=call.query,
            json=call.body,
            headers={"X-Lgsp-Token": token},
            timeout=30,
        )
        return found.status_code, found.json()

    return answer


@pytest.fixture(scope="module")
def onestop(place: Place, lgsp: StandinLgsp) -> Running:
    """A one-stop whose document office signs for it."""
    office = place("office")
    lgsp.answers["office.papers.seal"] = relay(office, "onestop")
    return place("onestop")


class Case:
    """One online dossier, worked on up to its result."""

    def __init__(self, onestop: Running, number: int) -> None:
        """Let it arrive from the portal and be accepted."""
        self.onestop, self.code = onestop, f"{DEPARTMENT}-180822-{number}"
        self.tokens = {
            role: onestop.sign_in(account(role, DEPARTMENT)) for role in ("reception_clerk", "specialist", "leader")
        }
        submission = {
            "code": self.code, "procedure": FREE, "agency": DEPARTMENT, "delivery": "online", "fee": 0,
            "applicant": {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"},
            "submitted_at": "2018-08-22T08:30:00+07:00", "form": {}, "request_key": f"key-{number}",
        }  # fmt: skip
        onestop.deliver("dossiers.submit", submission, consumer="portal")
        self.act("reception_clerk", "acceptance", None)

    def act(self, role: str, path: str, body: Any) -> requests.Response:
        """One act of an official."""
        return self.onestop.post(f"/api/dossiers/{self.code}/{path}", body, token=self.tokens[role])

    def decide(self) -> None:
        """Examine and approve."""
        self.act("specialist", "examination", {"proposal": "approve"})
        assert self.act("leader", "decision", {"decision": "approve"}).status_code == 200

    def paper(self) -> requests.Response:
        """What the clerk prints."""
        return self.onestop.get(f"/dossiers/{self.code}/result", token=self.tokens["reception_clerk"])

    def at_the_portal(self) -> requests.Response:
        """What the portal is given for the applicant."""
        token = lgsp_token(provider="onestop", operation="results.paper", consumer="portal")
        address = f"{self.onestop.url}/lgsp/results.paper"
        return requests.get(address, params={"code": self.code}, headers={"X-Lgsp-Token": token}, timeout=30)


def judged(pdf: bytes) -> tuple[bool, str, str]:
    """Whether the signature is good under the province's authority, who signed, and what is covered."""
    root = asn1_x509.Certificate.load(asn1_pem.unarmor(KEYS.authority.pem.encode())[2])
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=NINE.astimezone())
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    status = validate_pdf_signature(embedded, context)
    signer = embedded.signer_cert.subject.native
    return status.intact and status.valid and status.trusted, str(signer), str(status.coverage)


def test_sys_sign_the_result_is_one_signed_paper_at_the_counter_and_online(onestop: Running) -> None:
    """SYS-ONESTOP, SYS-SIGN: signed by the agency over the whole file, and the applicant gets the very same bytes."""
    case = Case(onestop, 7001)
    undecided = case.paper()
    case.decide()
    printed = case.paper()
    too_early = case.at_the_portal()
    case.act("reception_clerk", "return", {"by": "online", "fee_cash": 0})
    given = case.at_the_portal()

    assert undecided.status_code == 409
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")
    good, signer, coverage = judged(printed.content)
    assert good
    assert DEPARTMENT in signer
    assert coverage.endswith("ENTIRE_FILE")
    assert too_early.status_code == 409
    assert given.json()["digest"] == hashlib.sha256(printed.content).hexdigest()


def test_no_paper_leaves_unsigned_while_the_office_is_out_of_reach(onestop: Running, lgsp: StandinLgsp) -> None:
    """Without the document office there is no result paper, with the reason; afterwards there is."""
    case = Case(onestop, 7002)
    case.decide()
    sealing = lgsp.answers.pop("office.papers.seal")
    lgsp.answers["office.papers.seal"] = lambda _call: (409, {"title": "no-certificate"})
    refused = case.paper()
    lgsp.answers["office.papers.seal"] = sealing

    assert refused.status_code == 503
    assert "chưa ký được" in refused.text
    assert case.paper().content.startswith(b"%PDF-")


def test_a_closed_dossier_goes_to_the_archive_and_a_later_change_shows(onestop: Running) -> None:
    """Hand-over once and only when closed; the digest is over every record, signed paper included."""
    case = Case(onestop, 7003)
    case.decide()
    early = case.act("reception_clerk", "archiving", None)
    case.act("reception_clerk", "return", {"by": "online", "fee_cash": 0})
    handed = case.act("reception_clerk", "archiving", None)
    again = case.act("reception_clerk", "archiving", None)
    address = f"/api/dossiers/{case.code}/archive"
    whole = onestop.get(address, token=case.tokens["leader"]).json()
    onestop.query("UPDATE event SET note = 'đổi' WHERE code = $1 AND event = 'examined'", case.code)
    changed = onestop.get(address, token=case.tokens["leader"]).json()

    assert (early.status_code, handed.status_code, again.status_code) == (409, 201, 409)
    assert handed.json()["records"] == 7  # five acts, the form, and the signed paper
    assert (whole["intact"], changed["intact"]) == (True, False)
    assert whole["digest"] == handed.json()["digest"]


def test_what_was_attached_at_the_portal_reaches_the_officials_who_work_on_it(
    onestop: Running, place: Place, lgsp: StandinLgsp
) -> None:
    """Files come over the LGSP with their contents; another dossier's file, or a draft's, does not."""
    portal = place("portal")
    for operation in ("attachments.list", "attachments.get"):
        lgsp.answers[f"portal.{operation}"] = relay(portal, "onestop")
    case = Case(onestop, 7004)
    when = datetime.fromisoformat("2018-08-22T08:00:00+07:00")
    portal.query(
        "INSERT INTO dossier (code, procedure, agency, channel, state, seq, fee, applicant) "
        "VALUES ($1, $2, $3, 'online', 'submitted', 0, 0, $4)",
        case.code, FREE, DEPARTMENT, LAN,
    )  # fmt: skip
    for owner, file in ((case.code, "own-file"), ("a-draft", "draft-file")):
        portal.query(
            "INSERT INTO attachment (id, owner, paper, name, type, size, digest, content, at) "
            "VALUES ($1, $2, 'paper', 'đơn.pdf', 'application/pdf', $3, 'd', $4, $5)",
            file, owner, len(SCAN), SCAN, when,
        )  # fmt: skip
    clerk, who = PageReader(onestop.url), account("specialist", DEPARTMENT)
    clerk.open("/").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))

    listed = clerk.open(f"/dossiers/{case.code}/files").text
    opened = clerk.open(f"/dossiers/{case.code}/files/own-file").answer
    foreign = clerk.open(f"/dossiers/{case.code}/files/draft-file").status
    clerk.close()

    assert "đơn.pdf" in listed
    assert "draft" not in listed
    assert (opened.status_code, opened.content) == (200, SCAN)
    assert opened.headers["content-disposition"].startswith("attachment")
    assert foreign == 404
