"""Forms of signatures by era, and that other implementations agree: signxml and xmlsec, in both directions."""

from __future__ import annotations

from datetime import timedelta

import edxml_samples as samples
import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier
from signxml.xades import XAdESSignatureConfiguration, XAdESSigner, XAdESVerifier

from services.kit.edxml.composing import PLACEHOLDER, compose
from services.kit.edxml.seal import Profile, Seal, unsealed, without_certificate
from services.kit.edxml.signature_form import Algorithm
from services.kit.edxml.trouble import EdxmlError
from services.kit.edxml.trust import Trust

AUTHORITY = samples.SmallAuthority()
HOLDINGS = {"EC": AUTHORITY.holding(samples.DEPARTMENT), "RSA": AUTHORITY.holding(samples.DEPARTMENT, rsa_bits=2048)}
OLD = Trust(AUTHORITY.pem, allowed=("ECDSA-SHA256", "RSA-SHA256", "RSA-SHA1"))
NEW = Trust(AUTHORITY.pem, allowed=("ECDSA-SHA256", "RSA-SHA256"))
ENVELOPE = samples.envelope()
UNSIGNED = compose(ENVELOPE)
FORMS: list[tuple[Profile, Algorithm]] = [
    ("xmldsig", "ECDSA-SHA256"), ("xmldsig", "RSA-SHA256"), ("xmldsig", "RSA-SHA1"),
    ("xades", "ECDSA-SHA256"), ("xades", "RSA-SHA256"),
]  # fmt: skip


def sealed(profile: Profile, algorithm: Algorithm) -> str:
    """The sample under a seal of that form."""
    key, certificate = HOLDINGS[algorithm[:2] if algorithm.startswith("EC") else "RSA"]
    seal = Seal(key=key, certificate=certificate)
    return seal.sign_envelope(UNSIGNED, profile=profile, algorithm=algorithm, at=samples.NOON)


@pytest.mark.parametrize(("profile", "algorithm"), FORMS)
def test_every_form_of_the_older_era_holds_and_is_told(profile: Profile, algorithm: Algorithm) -> None:
    """What was sealed is what is read, and a weak algorithm is called weak."""
    opened = OLD.examine(sealed(profile, algorithm), at=samples.NOON)
    assert opened.envelope == ENVELOPE
    assert (opened.form.profile, opened.form.algorithm) == (profile, algorithm)
    assert opened.form.weak == (algorithm == "RSA-SHA1")
    assert opened.form.signed_at == (samples.NOON if profile == "xades" else None)


def test_the_newer_era_refuses_sha1_and_says_so() -> None:
    """TRB-SIGNFORMAT: with what was found and what is wanted."""
    with pytest.raises(EdxmlError) as caught:
        NEW.open(sealed("xmldsig", "RSA-SHA1"), at=samples.NOON)
    said = " ".join(caught.value.reasons)
    assert "SignatureMethod là ['http://www.w3.org/2000/09/xmldsig#rsa-sha1']" in said
    assert "DigestMethod" in said
    assert NEW.open(sealed("xmldsig", "RSA-SHA256"), at=samples.NOON) == ENVELOPE


@pytest.mark.parametrize(("profile", "algorithm"), FORMS)
def test_a_seal_without_its_certificate_is_refused_until_it_is_made_anew(
    profile: Profile, algorithm: Algorithm
) -> None:
    """TRB-SIGNFORMAT: told what is missing; the same envelope under a seal of the required form holds."""
    key, certificate = HOLDINGS[algorithm[:2] if algorithm.startswith("EC") else "RSA"]
    misformed = without_certificate(sealed(profile, algorithm))

    with pytest.raises(EdxmlError, match="X509Certificate"):
        OLD.open(misformed, at=samples.NOON)
    again = Seal(key=key, certificate=certificate).sign_envelope(
        unsealed(misformed), profile=profile, algorithm=algorithm, at=samples.NOON
    )
    assert OLD.open(again, at=samples.NOON) == ENVELOPE


@pytest.mark.parametrize(("profile", "algorithm"), FORMS)
def test_a_changed_letter_breaks_every_form(profile: Profile, algorithm: Algorithm) -> None:
    """In the document, in the signed properties, or in the signature itself."""
    text = sealed(profile, algorithm)
    changes = [("Nguyễn Thị Đoàn", "Nguyễn Thị Đoan"), ("2018/08/22 12:00:00", "2018/08/22 12:00:01")]
    if profile == "xades":
        changes.append(("<xades:SigningTime>2018-08-22T12", "<xades:SigningTime>2018-08-22T11"))
    for old, new in changes:
        assert old in text
        with pytest.raises(EdxmlError, match="không đúng"):
            OLD.open(text.replace(old, new), at=samples.NOON)


def test_a_xades_signature_is_bound_to_its_certificate_and_time() -> None:
    """Another certificate of the same key, or a moment that has not come, is refused."""
    text = sealed("xades", "ECDSA-SHA256")
    with pytest.raises(EdxmlError, match="tương lai"):
        OLD.open(text, at=samples.NOON - timedelta(hours=1))
    mine = x509.load_pem_x509_certificate(HOLDINGS["EC"][1].encode())
    other = "".join(AUTHORITY.holding(samples.DEPARTMENT)[1].splitlines()[1:-1])
    told = etree.fromstring(text.encode()).findtext(".//{*}X509Certificate")
    assert told
    with pytest.raises(EdxmlError, match="SigningCertificate không phải"):
        OLD.open(text.replace(told, other), at=samples.NOON)
    assert mine.serial_number


def test_a_small_rsa_key_is_refused() -> None:
    """Less than 2048 bits."""
    key, certificate = AUTHORITY.holding(samples.DEPARTMENT, rsa_bits=1024)
    text = Seal(key=key, certificate=certificate).sign_envelope(UNSIGNED)
    with pytest.raises(EdxmlError, match="1024 bit"):
        OLD.open(text, at=samples.NOON)


def test_a_revoked_certificate_is_refused_from_the_moment_of_its_revocation() -> None:
    """What was sealed and taken before stays good; official time decides."""
    revoked_at = samples.NOON + timedelta(hours=1)
    trust = Trust(AUTHORITY.pem, revoked=lambda _certificate: revoked_at)
    text = sealed("xmldsig", "ECDSA-SHA256")
    assert trust.open(text, at=samples.NOON) == ENVELOPE
    with pytest.raises(EdxmlError, match=r"đã bị thu hồi từ 22/08/2018 13:00"):
        trust.open(text, at=revoked_at)


# Other implementations.


@pytest.mark.parametrize(("profile", "algorithm"), FORMS)
def test_signxml_verifies_what_we_seal(profile: Profile, algorithm: Algorithm) -> None:
    """Alone, with nothing of ours; of XAdES also the signed properties."""
    certificate = x509.load_pem_x509_certificate(HOLDINGS["EC" if algorithm.startswith("EC") else "RSA"][1].encode())
    digest = DigestAlgorithm.SHA1 if algorithm == "RSA-SHA1" else DigestAlgorithm.SHA256
    wanted = {
        "signature_methods": frozenset({SignatureMethod[algorithm.replace("-", "_")]}),
        "digest_algorithms": frozenset({digest}),
        "verification_time": samples.NOON,
    }
    raw = sealed(profile, algorithm).encode()
    if profile == "xades":
        config = XAdESSignatureConfiguration(expect_references=2, **wanted)
        results = XAdESVerifier().verify(raw, x509_cert=certificate, expect_config=config)
        assert results[0].signed_xml is not None
        assert etree.QName(results[0].signed_xml).localname == "edXML"
    else:
        result = XMLVerifier().verify(raw, x509_cert=certificate, expect_config=SignatureConfiguration(**wanted))
        assert not isinstance(result, list)
        assert result.signed_xml is not None


@pytest.mark.parametrize("canonical", ["exclusive", "inclusive 1.0", "inclusive 1.1"])
@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_we_verify_what_signxml_seals(kind: str, canonical: str) -> None:
    """In all canonical forms that the era knows."""
    form = {
        "exclusive": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        "inclusive 1.0": CanonicalizationMethod.CANONICAL_XML_1_0,
        "inclusive 1.1": CanonicalizationMethod.CANONICAL_XML_1_1,
    }[canonical]
    key, certificate = HOLDINGS[kind]
    method = SignatureMethod.ECDSA_SHA256 if kind == "EC" else SignatureMethod.RSA_SHA256
    signer = XMLSigner(signature_algorithm=method, c14n_algorithm=form)
    loaded = load_pem_private_key(key.encode(), None)
    root = signer.sign(etree.fromstring(UNSIGNED.encode()), key=loaded, cert=certificate)
    assert NEW.open(etree.tostring(root, encoding="unicode"), at=samples.NOON) == ENVELOPE


def test_we_verify_the_xades_that_signxml_seals() -> None:
    """With its three references: document, properties, key. Its signing time is this machine's, so ours is as well."""
    key, certificate = HOLDINGS["EC"]
    signer = XAdESSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256, c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1
    )
    root = signer.sign(
        etree.fromstring(UNSIGNED.encode()), key=load_pem_private_key(key.encode(), None),
        cert=[x509.load_pem_x509_certificate(certificate.encode())],
    )  # fmt: skip
    told = root.findtext(".//{*}SigningTime")
    assert told
    at = samples.NOON.fromisoformat(told)
    opened = NEW.examine(etree.tostring(root, encoding="unicode"), at=at)
    assert (opened.envelope, opened.form.profile) == (ENVELOPE, "xades")


@pytest.mark.parametrize(("profile", "algorithm"), FORMS)
def test_xmlsec_verifies_what_we_seal(profile: Profile, algorithm: Algorithm) -> None:
    """The C library that OpenSSL-based products use."""
    if algorithm == "RSA-SHA1":
        pytest.skip("this build of xmlsec refuses SHA-1")
    root = etree.fromstring(sealed(profile, algorithm).encode())
    xmlsec.tree.add_ids(root, ["Id"])
    node = xmlsec.tree.find_node(root, "Signature")
    context = xmlsec.SignatureContext()
    pem = HOLDINGS["EC" if algorithm.startswith("EC") else "RSA"][1]
    context.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(node)
    changed = sealed(profile, algorithm).replace("Nguyễn Thị Đoàn", "Nguyễn Thị Đoan")
    spoilt = etree.fromstring(changed.encode())
    xmlsec.tree.add_ids(spoilt, ["Id"])
    again = xmlsec.SignatureContext()
    again.key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    with pytest.raises(xmlsec.Error):
        again.verify(xmlsec.tree.find_node(spoilt, "Signature"))


@pytest.mark.parametrize("kind", ["EC", "RSA"])
def test_we_verify_what_xmlsec_seals(kind: str) -> None:
    """From a template, as such products write it."""
    key, certificate = HOLDINGS[kind]
    method = "ecdsa-sha256" if kind == "EC" else "rsa-sha256"
    template = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
        f'<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{method}"/><ds:Reference URI="">'
        '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
        '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>'
        '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>'
        "</ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo>"
        "</ds:Signature>"
    )
    root = etree.fromstring(UNSIGNED.replace(PLACEHOLDER, template).encode())
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key, xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_memory(certificate, xmlsec.constants.KeyDataFormatCertPem)
    context.sign(xmlsec.tree.find_node(root, "Signature"))
    assert NEW.open(etree.tostring(root, encoding="unicode"), at=samples.NOON) == ENVELOPE
