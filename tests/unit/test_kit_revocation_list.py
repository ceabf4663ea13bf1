"""The revocation list counts when the authority itself has signed it, and only then."""

from __future__ import annotations

from datetime import timedelta

import edxml_samples as samples
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from services.kit.lgsp_client import Answer
from services.kit.revocation_list import RevocationList, believed

AUTHORITY = samples.SmallAuthority()
CERTIFICATE = x509.load_pem_x509_certificate(AUTHORITY.pem)
UNTIL = samples.NOON + timedelta(days=1)


def answered(by: samples.SmallAuthority) -> Answer:
    """A list with certificate 7, as an authority signs it."""
    entry = x509.RevokedCertificateBuilder().serial_number(7).revocation_date(samples.NOON).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(by._name).last_update(samples.NOON)
    signed = builder.next_update(UNTIL).add_revoked_certificate(entry).sign(by._key, hashes.SHA256())
    told = {"crl": signed.public_bytes(Encoding.PEM).decode()}
    return Answer("answered", 200, msgspec.json.encode(told))


def test_the_authority_s_own_list_is_believed() -> None:
    """What is revoked since when, and how long that counts."""
    assert believed(answered(AUTHORITY), CERTIFICATE) == RevocationList({7: samples.NOON}, UNTIL)


@pytest.mark.parametrize("name", ["CA thử nghiệm", "CA khác"], ids=["under its name", "under another"])
def test_a_stranger_s_list_is_not(name: str) -> None:
    """Whatever it calls itself."""
    assert believed(answered(samples.SmallAuthority(name=name)), CERTIFICATE) is None


def test_without_an_answer_there_is_no_list() -> None:
    """Out of reach, or something else than a list."""
    assert believed(Answer("unreachable", 0, b""), CERTIFICATE) is None
    with pytest.raises(ValueError, match="PEM"):
        believed(Answer("answered", 200, b'{"crl": "x"}'), CERTIFICATE)
