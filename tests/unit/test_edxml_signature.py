"""Signatures: what holds, what does not, and that nothing unsigned is ever believed."""

from __future__ import annotations

import random
from datetime import datetime

import edxml_samples as samples
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signxml.algorithms import SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from services.kit.clock import VIETNAM
from services.kit.edxml.composing import PLACEHOLDER, compose
from services.kit.edxml.envelope import Organ
from services.kit.edxml.seal import Seal
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Holder, Trust

AUTHORITY = samples.SmallAuthority()
TRUST = Trust(AUTHORITY.pem)
SEAL = AUTHORITY.seal(samples.DEPARTMENT)
ENVELOPE = samples.envelope()
SIGNED = SEAL.sign_envelope(compose(ENVELOPE))


def test_a_sealed_envelope_opens_and_says_what_was_sealed() -> None:
    """From seal to trust nothing is lost or added."""
    assert TRUST.open(SIGNED, at=samples.NOON) == ENVELOPE


def test_another_implementation_of_the_profile_agrees() -> None:
    """The signature is plain XML-DSig: the library verifies it alone, against the authority, without our rules."""
    wanted = SignatureConfiguration(
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}), verification_time=samples.NOON
    )
    embedded = etree.fromstring(SIGNED.encode()).findtext(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
    assert embedded
    certificate = x509.load_pem_x509_certificate(
        f"-----BEGIN CERTIFICATE-----\n{embedded.strip()}\n-----END CERTIFICATE-----\n".encode()
    )
    result = XMLVerifier().verify(SIGNED.encode(), x509_cert=certificate, expect_config=wanted)
    assert not isinstance(result, list)
    assert result.signed_xml is not None
    assert etree.QName(result.signed_xml).localname == "edXML"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<edXML:OrganId>000.01.32.H07<", "<edXML:OrganId>000.03.32.H07<"),
        ("<edXML:FullName>Nguyễn Thị Đoàn<", "<edXML:FullName>Nguyễn Thị Đoan<"),
        ("<edXML:Priority>2<", "<edXML:Priority>3<"),
        ("<AttachmentName>van-ban.zip<", "<AttachmentName>van-ban.exe<"),
    ],
)
def test_a_changed_letter_anywhere_breaks_the_seal(old: str, new: str) -> None:
    """Addressee, signer, priority or attachment: whoever changes one is found out."""
    assert old in SIGNED
    with pytest.raises(EdxmlError, match="chữ ký của cơ quan không đúng"):
        TRUST.open(SIGNED.replace(old, new), at=samples.NOON)


def test_random_damage_is_never_believed() -> None:
    """Of 400 envelopes with one to three damaged places each, none opens with other words, and none surprises us."""
    chance = random.Random(20180822)  # noqa: S311 -- reproducible damage, no secret
    letters = "<>&/\"'=aZ0 \n\u0000đ#!?["
    opened = 0
    for _ in range(400):
        text = list(SIGNED)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 2)] = chance.choice(letters)
        try:
            found = TRUST.open("".join(text), at=samples.NOON)
        except EdxmlError:
            continue
        opened += 1
        assert found == ENVELOPE  # e.g. a blank inside the base64 of the certificate changes nothing
    assert opened < 40


def test_a_stranger_cannot_seal() -> None:
    """A certificate of another authority, even of the same name, is refused."""
    stranger = samples.SmallAuthority().seal(samples.DEPARTMENT)
    with pytest.raises(EdxmlError, match="không do cơ quan chứng thực"):
        TRUST.open(stranger.sign_envelope(compose(ENVELOPE)), at=samples.NOON)


def test_an_agency_cannot_seal_for_another() -> None:
    """The certificate names the holder, and the holder must be the sender."""
    other = AUTHORITY.seal(samples.COMMUNE)
    with pytest.raises(EdxmlError, match=r"cấp cho 000\.01\.32\.H07, nơi gửi ghi 000\.00\.12\.H07"):
        TRUST.open(other.sign_envelope(compose(ENVELOPE)), at=samples.NOON)


def test_a_person_cannot_seal_for_the_agency() -> None:
    """A leader's personal certificate carries the account, not the agency's code."""
    leader = AUTHORITY.seal(Organ("leader.000.00.12.H07.1", "Nguyễn Thị Đoàn"))
    with pytest.raises(EdxmlError, match=r"cấp cho leader\.000\.00\.12\.H07\.1"):
        TRUST.open(leader.sign_envelope(compose(ENVELOPE)), at=samples.NOON)


@pytest.mark.parametrize(("since", "until"), [(2008, 2018), (2019, 2028)])
def test_a_certificate_seals_only_while_it_is_valid(since: int, until: int) -> None:
    """Official time decides, not the machine's."""
    seal = AUTHORITY.seal(samples.DEPARTMENT, since=since, until=until)
    signed = seal.sign_envelope(compose(ENVELOPE))
    with pytest.raises(EdxmlError, match="hiệu lực"):
        TRUST.open(signed, at=samples.NOON)
    valid = datetime(since, 6, 1, tzinfo=VIETNAM)
    assert TRUST.open(signed, at=valid) == ENVELOPE


def test_a_certificate_that_may_not_sign_cannot_seal() -> None:
    """Its key usage says so."""
    seal = AUTHORITY.seal(samples.DEPARTMENT, may_sign=False)
    with pytest.raises(EdxmlError, match="chứng thư số"):
        TRUST.open(seal.sign_envelope(compose(ENVELOPE)), at=samples.NOON)


def test_only_the_agreed_shape_of_signature_is_taken() -> None:
    """A signature over a part, with other algorithms, twice, or without its place, is refused with what was found."""
    key, certificate = AUTHORITY.holding(samples.DEPARTMENT)
    unsigned = compose(ENVELOPE)
    part = _signed(unsigned.replace("<AttachmentEncoded>", '<AttachmentEncoded Id="x">'), key, certificate, part="#x")
    twice = SIGNED.replace("<AttachmentEncoded>", f"<AttachmentEncoded>{PLACEHOLDER}")
    for text, says in (
        (part, "attribute 'Id'"),
        (SIGNED.replace("xml-exc-c14n#", "xml-exc-c14n#WithComments"), "CanonicalizationMethod"),
        (SIGNED.replace("ecdsa-sha256", "ecdsa-sha1"), "SignatureMethod"),
        (SIGNED.replace("xmlenc#sha256", "xmldsig#md5"), "DigestMethod"),
        (SIGNED.replace('URI=""', 'URI="#chu-ky"'), "bao trùm cả gói tin"),
        (SIGNED.replace("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object>thêm</ds:Object>"), "xades:SignedProperties"),
        (SIGNED.replace("<ds:SignedInfo>", "<ds:KeyName>a</ds:KeyName><ds:SignedInfo>"), "các phần"),
        (twice, "Signature"),
        (unsigned, "CanonicalizationMethod"),
        (SIGNED.replace("</ds:X509Data>", "<ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>"), "đúng một"),
    ):
        with pytest.raises(EdxmlError, match=says):
            TRUST.open(text, at=samples.NOON)


def _signed(unsigned: str, key: str, certificate: str, *, part: str | None = None) -> str:
    signer = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256)
    root = signer.sign(
        etree.fromstring(unsigned.encode()), key=key, cert=certificate, reference_uri=[part] if part else None
    )
    return etree.tostring(root, encoding="unicode")


def test_signing_needs_exactly_one_place_for_the_signature() -> None:
    """Text that was not composed by us is not signed by mistake."""
    with pytest.raises(ValueError, match="chỗ trống"):
        SEAL.sign_envelope(SIGNED)


def test_a_key_is_refused_with_another_ones_certificate() -> None:
    """A mixed-up keystore is found at once, not when the first receiver objects."""
    key, _ = AUTHORITY.holding(samples.DEPARTMENT)
    _, certificate = AUTHORITY.holding(samples.DEPARTMENT)
    with pytest.raises(ValueError, match="không thuộc chứng thư số"):
        Seal(key=key, certificate=certificate)


def test_a_key_of_another_kind_is_refused() -> None:
    """Only ECDSA P-256 and RSA sign."""
    _, certificate = AUTHORITY.holding(samples.DEPARTMENT)
    other = ec.generate_private_key(ec.SECP384R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="P-256"):
        Seal(key=pem, certificate=certificate)


def test_a_person_signs_a_text_that_anybody_can_verify() -> None:
    """The signature is plain ECDSA over the text's bytes."""
    leader = Organ("leader.000.00.12.H07.1", "Nguyễn Thị Đoàn")
    text = "Tờ trình về việc…".encode()
    signature = AUTHORITY.seal(leader).sign_content(text)
    assert TRUST.signer(text, signature, at=samples.NOON) == Holder(leader.code, leader.name)
    public = x509.load_pem_x509_certificate(signature.certificate.encode()).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(_bytes(signature.value), text, ec.ECDSA(hashes.SHA256()))


def _bytes(encoded: str) -> bytes:
    return msgspec.convert(encoded, bytes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"value": "AAAA"}, "không khớp"),
        ({"value": "***"}, "không khớp"),
        ({"digest": "00"}, "mã băm"),
        ({"certificate": "-----\nAAAA\n-----"}, "chứng thư số hỏng"),
    ],
)
def test_a_person_cannot_be_made_to_have_signed(change: dict[str, str], says: str) -> None:
    """A damaged signature, digest or certificate is told."""
    signature = AUTHORITY.seal(Organ("leader.1", "Đoàn")).sign_content(b"text")
    with pytest.raises(EdxmlError, match=says):
        TRUST.signer(b"text", msgspec.structs.replace(signature, **change), at=samples.NOON)
    with pytest.raises(EdxmlError, match="không khớp"):
        TRUST.signer(b"another text", signature, at=samples.NOON)
