"""Reference data and keys: the services can read what is written, and signatures made with it can be verified."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra import pki, reference
from infra.contracts import CONTRACTS
from services.kit.reference import Reference
from simulation import province_files
from simulation.province import Agency

BEN_TRE = province_files.load("ben_tre_2018")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reference data of Bến Tre."""
    made = tmp_path_factory.mktemp("reference")
    reference.write(BEN_TRE, made)
    return made


@pytest.fixture(scope="module")
def keystore(folder: Path) -> pki.Keystore:
    """The keystore as the office reads it."""
    return msgspec.json.decode((folder / "keystore.json").read_bytes(), type=pki.Keystore)


def test_every_documented_file_is_written_but_the_population(folder: Path) -> None:
    """The files are those of docs/reference-data.md; people.csv and companies.csv are left to the population."""
    table = Path("docs/reference-data.md").read_text("utf-8").split("| variable |")[0]
    documented = set(re.findall(r"^\| `([\w.-]+\.(?:json|csv|pem))`", table, re.MULTILINE))

    written = {file.name for file in folder.iterdir()}

    of_a_scenario = {"onestop_product.json"}  # by write_product, where a scenario names one
    assert written == documented - set(reference.POPULATION_FILES) - of_a_scenario


def test_services_read_what_was_written(folder: Path) -> None:
    """The services' own reader finds the province's facts, agency by agency and desk by desk."""
    read = Reference(folder)

    assert (read.province.name, read.province.era) == ("Bến Tre", "2018")
    assert list(read.agencies) == [agency.code for agency in BEN_TRE.agencies]
    assert {code: one.fee for code, one in read.procedures.items()} == {one.code: one.fee for one in BEN_TRE.procedures}
    assert set(read.national_procedures) == set(read.procedures)
    assert {member.account for member in BEN_TRE.staff} <= set(read.staff)
    assert len(read.sites["schools"]) == len(BEN_TRE.schools)
    assert [(one.consumer, one.provider, one.operation) for one in read.contracts] == [
        (one.consumer, one.provider, one.operation) for one in CONTRACTS
    ]


def test_each_installation_has_an_account_that_polls(folder: Path) -> None:
    """`poller.<installation>` exists once for every installation, with that role and no agency."""
    pollers = {account: one for account, one in Reference(folder).staff.items() if one.role == "poller"}

    assert set(pollers) == {f"poller.{agency.installation}" for agency in BEN_TRE.agencies}
    assert all(one.agency == "" and account == f"poller.{one.installation}" for account, one in pollers.items())


def test_the_population_is_taken_over_from_its_folder(tmp_path: Path) -> None:
    """people.csv and companies.csv are copied when their folder is named, and missed when they are not there."""
    population = tmp_path / "population"
    population.mkdir()
    (population / "people.csv").write_text("personal_number\n", "utf-8")

    with pytest.raises(FileNotFoundError, match=r"companies\.csv"):
        reference.write(province_files.load("toy"), tmp_path / "reference", population_folder=population)

    assert (tmp_path / "reference" / "people.csv").read_text("utf-8") == "personal_number\n"


def test_every_agency_and_every_leader_holds_a_key(keystore: pki.Keystore) -> None:
    """An organisation certificate per agency and a personal one per leader, no key twice."""
    keys = [holding.key for holding in (*keystore.organisation.values(), *keystore.personal.values())]

    assert set(keystore.organisation) == {agency.code for agency in BEN_TRE.agencies}
    assert set(keystore.personal) == {member.account for member in BEN_TRE.staff if member.role == "leader"}
    assert len(set(keys)) == len(keys) > 500


def test_only_its_owner_can_read_the_keystore(folder: Path) -> None:
    """The keystore holds private keys, so its mode is 0600; the CA's certificate is for everybody."""
    assert (folder / "keystore.json").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in (folder / "certificate-authority.pem").read_text("ascii")


def test_a_signature_verifies_up_to_the_authority(folder: Path, keystore: pki.Keystore) -> None:
    """What a leader's key signs verifies with the certificate, and the certificate with the signing CA."""
    leader = next(member for member in BEN_TRE.staff if member.role == "leader")
    holding = keystore.personal[leader.account]
    authority = x509.load_pem_x509_certificate((folder / "certificate-authority.pem").read_bytes())
    certificate = x509.load_pem_x509_certificate(holding.certificate.encode())
    key = serialization.load_pem_private_key(holding.key.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)

    signature = key.sign("Quyết định".encode(), ec.ECDSA(hashes.SHA256()))

    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, "Quyết định".encode(), ec.ECDSA(hashes.SHA256()))
    certificate.verify_directly_issued_by(authority)
    authority.verify_directly_issued_by(authority)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is True
    assert authority.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature is False


def test_a_certificate_names_its_holder_and_agency(keystore: pki.Keystore) -> None:
    """The subject carries the agency's code and name, and for a person the name and the account."""
    leader = next(member for member in BEN_TRE.staff if member.role == "leader")
    agency = next(one for one in BEN_TRE.agencies if one.code == leader.agency)

    personal = x509.load_pem_x509_certificate(keystore.personal[leader.account].certificate.encode()).subject
    organisation = x509.load_pem_x509_certificate(keystore.organisation[agency.code].certificate.encode()).subject

    assert _value(personal, NameOID.COMMON_NAME) == leader.name
    assert _value(personal, NameOID.SERIAL_NUMBER) == leader.account
    for subject in (personal, organisation):
        assert _value(subject, NameOID.ORGANIZATION_NAME) == agency.name
        assert _value(subject, NameOID.ORGANIZATION_IDENTIFIER) == agency.code
    assert _value(organisation, NameOID.COMMON_NAME) == agency.name


def test_certificates_hold_for_ten_years_either_side_of_the_official_day(keystore: pki.Keystore) -> None:
    """A certificate made for 22 August 2018 holds on that day, in 2009 and in 2028."""
    holding = next(iter(keystore.organisation.values()))

    certificate = x509.load_pem_x509_certificate(holding.certificate.encode())

    for year in (2009, 2018, 2028):
        moment = datetime(year, 8, 10, tzinfo=UTC)
        assert certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


def test_an_agency_with_a_very_long_name_still_gets_its_certificate() -> None:
    """The common name is cut to 64 bytes, between characters; the organisation keeps the whole name."""
    name = "Ủy ban nhân dân xã Tân Thành Bình Đông huyện Mỏ Cày Bắc và các đơn vị trực thuộc"
    agency = Agency(code="000.01.01.H07", name=name, tier="commune", installation="a")

    holding = pki.Authority(province=BEN_TRE, day=date(2018, 8, 22)).organisation(agency)

    subject = x509.load_pem_x509_certificate(holding.certificate.encode()).subject
    assert _value(subject, NameOID.COMMON_NAME) == "Ủy ban nhân dân xã Tân Thành Bình Đông huyện Mỏ C"
    assert _value(subject, NameOID.ORGANIZATION_NAME) == name


def _value(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return str(subject.get_attributes_for_oid(oid)[0].value)
