"""What the office says of the signatures in a PDF that came: who, when, over what, and whether that holds."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import edxml_samples as samples
import msgspec
import pdf_samples
import pytest
from cryptography import x509
from pdf_samples import PLAIN, leaving_out_the_last_byte, narrowed, signed, stamper

from infra import pki
from services.office.judging import judge
from services.office.pdf import PdfSeal
from services.office.verdicts import Judged, Problem, Question, Signature, held, together, told
from simulation.province import Agency, Province

ARRIVED = samples.NOON
STAMPED = ARRIVED - timedelta(hours=3)
AUTHORITY = samples.SmallAuthority()
HOLDING = AUTHORITY.holding(samples.DEPARTMENT)
EXPIRED = AUTHORITY.holding(samples.DEPARTMENT, until=2018)
RSA = AUTHORITY.holding(samples.DEPARTMENT, rsa_bits=2048)
STRANGER = samples.SmallAuthority()
SIGNED = signed(PLAIN, HOLDING)
#: The stack's own authority, with the time-stamping one under it.
AGENCY = msgspec.convert(
    {"code": "000.00.12.H07", "name": "Sở Nội vụ", "tier": "department", "installation": "tinh"}, Agency
)
OWN = pki.Authority(
    province=msgspec.convert(
        {"id": "mau", "name": "Tỉnh Mẫu", "code": "83", "agency_code": "H07", "era": "2018", "companies": 0,
         "agencies": [], "staff": [], "districts": [], "communes": [], "schools": [], "health": [], "procedures": [],
         "personas": [], "figures": {}},
        Province,
    ),
    day=date(2018, 8, 22),
)  # fmt: skip
OWN_PEM = OWN.pem.encode()
SEAL, STAMPER = OWN.organisation(AGENCY), OWN.stamper()
STAMPING = (STAMPER.key, STAMPER.certificate)


def serial(held_: pdf_samples.Holding) -> str:
    """Serial number of a certificate, as the revocation list has it."""
    return f"{x509.load_pem_x509_certificate(held_[1].encode()).serial_number:x}"


def _judged(pdf: bytes, authority: bytes = AUTHORITY.pem, **more: object) -> Judged:
    plain = Question(pdfs=(), at=ARRIVED, authority=authority, rsa_sha1=True, listed=True)
    return judge(pdf, msgspec.structs.replace(plain, **more))


def _only(pdf: bytes, authority: bytes = AUTHORITY.pem, **more: object) -> Signature:
    (one,) = _judged(pdf, authority, **more).signatures
    return one


@pytest.mark.parametrize("stamped", [False, True], ids=["B-B", "B-T"])
def test_sys_sign_an_office_s_paper_is_valid_and_says_who_and_when(stamped: bool) -> None:  # noqa: FBT001
    """SYS-SIGN: by the stack's own authority; by its time stamp where there is one, else as it claims."""
    seal = PdfSeal(key=SEAL.key, certificate=SEAL.certificate, authority=OWN_PEM)
    stamping = stamper(STAMPING, STAMPED) if stamped else None
    pdf = seal.sign(PLAIN, reason="Phát hành", place="Tỉnh Mẫu", at=ARRIVED - timedelta(hours=1), stamper=stamping)

    judged = _judged(pdf, OWN_PEM)

    assert judged.pages == 1
    assert judged.signatures == (
        Signature(
            verdict="valid",
            form="ETSI.CAdES.detached",
            signer="Sở Nội vụ",
            agency="Sở Nội vụ",
            code="000.00.12.H07",
            signed_at=STAMPED if stamped else ARRIVED - timedelta(hours=1),
            stamp="good" if stamped else "none",
            judged_as_of=STAMPED if stamped else ARRIVED,
            covers="whole",
        ),
    )
    assert held(judged) == "valid"


def test_one_byte_altered_is_found() -> None:
    """Wherever it is in what was signed: in the page, and in the signature's own words."""
    for at in (SIGNED.index(b"/MediaBox") + 1, SIGNED.rindex(b"/Adobe.PPKLite") + 2):
        one = _only(SIGNED[:at] + bytes([SIGNED[at] ^ 1]) + SIGNED[at + 1 :])
        assert (one.verdict, one.signer) == ("altered", "Sở Nội vụ")


def test_what_was_added_later_is_judged_by_what_it_does() -> None:
    """A page changed by an addition is no longer what was signed; a further signature changes nothing."""
    other = signed(SIGNED, AUTHORITY.holding(samples.COMMUNE), field="Ky2")

    changed = _only(narrowed(SIGNED))
    both = _judged(other).signatures
    (first, second) = _judged(narrowed(other)).signatures

    assert (changed.verdict, changed.covers) == ("added-to", "added-to")
    assert [(one.signer, one.verdict, one.covers) for one in both] == [
        ("Sở Nội vụ", "valid", "signed-further"), ("UBND xã Thới Thạnh", "valid", "whole"),
    ]  # fmt: skip
    assert (first.verdict, second.verdict) == ("added-to", "added-to")
    remark = _only(SIGNED + b"\n% a remark, which nothing refers to\n")
    assert (remark.verdict, remark.covers) == ("valid", "signed-further")


def test_a_signature_over_a_part_only_is_none() -> None:
    """Good for the bytes that it is over, which are not all: the last could be changed by anybody."""
    one = _only(leaving_out_the_last_byte(SIGNED, HOLDING))
    assert (one.verdict, one.covers) == ("partial", "part")


@pytest.mark.parametrize(
    "held_",
    [
        STRANGER.holding(samples.DEPARTMENT),
        AUTHORITY.holding(samples.DEPARTMENT, may_sign=False),
    ],
    ids=["unknown authority", "not for signing"],
)
def test_a_certificate_that_nobody_trusted_issued_for_signing_is_not_trusted(held_: pdf_samples.Holding) -> None:
    """Whose name it bears does not count."""
    one = _only(signed(PLAIN, held_))
    assert (one.verdict, one.signer, one.covers) == ("untrusted", "Sở Nội vụ", "whole")


def test_who_stamps_time_signs_no_documents() -> None:
    """The certificate is of the right authority, for another purpose."""
    assert _only(signed(PLAIN, STAMPING), OWN_PEM).verdict == "untrusted"


@pytest.mark.parametrize(
    ("since", "stamped", "wanted"),
    [
        (ARRIVED, False, "revoked"),
        (ARRIVED + timedelta(seconds=1), False, "valid"),
        (STAMPED, True, "revoked"),
        (STAMPED + timedelta(seconds=1), True, "valid"),
    ],
)
def test_revoked_counts_from_its_moment_on(since: datetime, stamped: bool, wanted: str) -> None:  # noqa: FBT001
    """Held against the moment that is proven: of the stamp, without one of the arrival."""
    own = (SEAL.key, SEAL.certificate)
    pdf = signed(PLAIN, own, stamper=stamper(STAMPING, STAMPED) if stamped else None)
    one = _only(pdf, OWN_PEM, revoked={serial(own): since, "1": ARRIVED})
    assert (one.verdict, one.since) == (wanted, since if wanted == "revoked" else None)


def test_without_a_list_of_the_authority_nothing_is_called_valid() -> None:
    """It is told as undecided; what was revoked by the last list known stays revoked."""
    assert _only(SIGNED, listed=False).verdict == "unchecked"
    assert _only(SIGNED, listed=False, revoked={serial(HOLDING): STAMPED}).verdict == "revoked"


def test_a_certificate_counts_within_its_time() -> None:
    """Ended before the document came, or begun after; a stamp from before the end proves that it was good then."""
    before, after = datetime(2018, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
    late = AUTHORITY.holding(samples.DEPARTMENT, since=2019)
    expired, early = _only(signed(PLAIN, EXPIRED)), _only(signed(PLAIN, late))
    ended = OWN._until + timedelta(days=1)
    stamped = signed(PLAIN, (SEAL.key, SEAL.certificate), stamper=stamper(STAMPING, STAMPED))

    assert (expired.verdict, expired.since) == ("expired", before)
    assert (early.verdict, early.since) == ("not-yet-valid", after)
    assert _only(signed(PLAIN, (SEAL.key, SEAL.certificate)), OWN_PEM, at=ended).verdict == "expired"
    assert _only(stamped, OWN_PEM, at=OWN._until).verdict == "valid"


@pytest.mark.parametrize("era", [2018, 2026])
def test_rsa_with_sha1_is_for_the_older_era_and_flagged(era: int) -> None:
    """As for seals; ECDSA with SHA-1 was never allowed, RSA with SHA-256 always is."""
    older = era == 2018
    weak, strong = _only(signed(PLAIN, RSA, digest="sha1"), rsa_sha1=older), _only(signed(PLAIN, RSA), rsa_sha1=older)
    assert (weak.verdict, weak.weak) == ("valid" if older else "weak", True)
    assert "YẾU" in told(weak) or not older
    assert (strong.verdict, strong.weak) == ("valid", False)
    assert _only(signed(PLAIN, HOLDING, digest="sha1"), rsa_sha1=older).verdict == "weak"


def test_a_stamp_that_cannot_be_believed_proves_nothing() -> None:
    """A stranger's, a later one, one over something else, a revoked authority's: judged as if there were none."""
    foreign = STRANGER.holding(samples.DEPARTMENT, rsa_bits=2048)
    for who, at in ((foreign, STAMPED), (STAMPING, ARRIVED + timedelta(days=1))):
        one = _only(signed(PLAIN, (SEAL.key, SEAL.certificate), stamper=stamper(who, at)), OWN_PEM)
        assert (one.verdict, one.stamp, one.judged_as_of) == ("valid", "not-believed", ARRIVED)
        assert one.signed_at != at
    elsewhere = signed(PLAIN, (SEAL.key, SEAL.certificate), stamper=stamper(STAMPING, STAMPED, over=bytes(32)))
    assert _only(elsewhere, OWN_PEM).stamp == "not-believed"
    revoked = {serial(STAMPING): ARRIVED}
    pdf = signed(PLAIN, (SEAL.key, SEAL.certificate), stamper=stamper(STAMPING, STAMPED))
    assert _only(pdf, OWN_PEM, revoked=revoked).stamp == "not-believed"


def test_the_form_is_told_where_it_is_not_the_required_one() -> None:
    """TRB-SIGNFORMAT: PAdES and detached CMS are read, another SubFilter is named."""
    plain = signed(PLAIN, HOLDING, pades=False)
    foreign = SIGNED.replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.attached")
    assert (_only(plain).verdict, _only(plain).form) == ("valid", "adbe.pkcs7.detached")
    assert (_only(foreign).verdict, _only(foreign).form) == ("form", "ETSI.CAdES.attached")


def test_a_broken_signature_says_so_and_the_good_one_beside_it_is_still_judged() -> None:
    """Two signatures, the second one's content no longer a signature."""
    both = signed(SIGNED, AUTHORITY.holding(samples.COMMUNE), field="Ky2")
    at = both.rindex(b"/Contents <") + len(b"/Contents <")
    judged = _judged(both[:at] + b"ff" + both[at + 2 :])
    assert [one.verdict for one in judged.signatures] == ["valid", "unreadable"]
    assert held(judged) == "unknown"


@pytest.mark.parametrize(
    ("pdf", "problem", "pages"),
    [
        (PLAIN, "", 1),
        (b"%PDF-1.7 and no more", "unreadable", 0),
        (b"", "unreadable", 0),
        (SIGNED[:-2000], "unreadable", 0),
        (pdf_samples.bomb(SIGNED), "too-big", 0),
        (SIGNED.replace(b"/Count 1", b"/Count x"), "unreadable", 0),
    ],
    ids=["no signature", "garbage", "nothing", "cut", "bomb", "damaged"],
)
def test_without_a_signature_that_can_be_read_there_is_none(pdf: bytes, problem: Problem, pages: int) -> None:
    """And the reason, where it is not that the PDF is not signed."""
    judged = _judged(pdf)
    assert judged == Judged(pages=pages, problem=problem)
    assert held(judged) == ("unknown" if problem else "")


def test_too_many_signatures_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is lowered here; the library holds each against all later ones."""
    both = signed(SIGNED, HOLDING, field="Ky2")
    monkeypatch.setattr("services.office.judging._MOST_SIGNATURES", 1)
    assert _judged(both) == Judged(pages=1, problem="too-many")
    monkeypatch.undo()
    monkeypatch.setattr("services.office.judging._MOST_REVISIONS", 2)
    assert _judged(both) == Judged(pages=1, problem="too-many")


def test_all_signatures_of_a_document_have_to_hold() -> None:
    """One that does not is a no, one undecided is no yes, none at all is neither."""
    assert together(("valid", "", "invalid", "unknown")) == "invalid"
    assert together(("valid", "unknown")) == "unknown"
    assert (together(("", "valid")), together(())) == ("valid", "")


@pytest.mark.parametrize(
    ("hostile", "seconds", "code"),
    [("while True: pass", 1, -signal.SIGKILL), ("return bytearray((1 << 30) + 1)[:0]", 60, 1)],
    ids=["loops", "fills memory"],
)
def test_a_pdf_that_loops_or_fills_memory_ends_its_process(hostile: str, seconds: int, code: int) -> None:
    """Judging runs under limits; that of time is lowered here."""
    program = (
        "import services.office.judging as judging\n"
        f"def judge(*_):\n    {hostile}\n"
        f"judging.judge, judging._SECONDS = judge, {seconds}\n"
        "judging.main()"
    )
    question = msgspec.msgpack.encode(Question(pdfs=(PLAIN,), at=ARRIVED, authority=OWN_PEM, rsa_sha1=False))
    done = subprocess.run([sys.executable, "-c", program], input=question, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (code, b"")
