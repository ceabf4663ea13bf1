"""The signing CA of a stack and the certificates under it: one per agency (organisation) and one per leader (personal).

Keys are ECDSA P-256. The country's signing infrastructure issued RSA in 2018; drawing RSA keys for some 600 holders
would cost about half a minute of every run, an elliptic key costs microseconds, and signing costs the services less.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulation.province import Agency, Province

#: Years that a certificate lasts before and after the official day, so that 20 in all hold every day of a scenario.
YEARS_EITHER_SIDE = 10
_RSA_EXPONENT, _RSA_BITS = 65537, 2048
_COMMON_NAME_BYTES = 64  # upper bound of a common name: X.520 counts characters, the library bytes


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A private key and its certificate, both PEM."""

    key: str
    certificate: str


class Keystore(msgspec.Struct, frozen=True, kw_only=True):
    """All keys that the offices sign with, as `keystore.json` holds them."""

    organisation: Mapping[str, Holding]  #: by agency code
    personal: Mapping[str, Holding]  #: by the leader's account


class Authority:
    """A root CA that signs document-signing certificates, and stamps time."""

    def __init__(self, *, province: Province, day: date) -> None:
        """Make a new CA whose certificates hold around `day`."""
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        self._since = noon - timedelta(days=365 * YEARS_EITHER_SIDE)
        self._until = noon + timedelta(days=365 * YEARS_EITHER_SIDE)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, province.name),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Tỉnh Mẫu CA ký số {province.agency_code}"),
            ]
        )
        public = self._key.public_key()
        self._issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(public)
        usage = _usage(sign=False)
        self._certificate = (
            self._builder(self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The CA's own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The CA's private key: for the counterpart that plays the authority, and nobody else."""
        return _pem(self._key)

    def stamper(self, *, name: str = "Tỉnh Mẫu TSA") -> Holding:
        """Key and certificate of the time-stamping authority (RFC 3161): RSA, as pyHanko's stamper wants it."""
        key = rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)
        subject = x509.Name(
            [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(self._issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Holding(key=_pem(key), certificate=certificate.public_bytes(serialization.Encoding.PEM).decode())

    def organisation(self, agency: Agency) -> Holding:
        """Key and certificate of an agency: its seal."""
        return self._issue(common_name=agency.name, agency=agency, serial_number=agency.code)

    def personal(self, *, name: str, account: str, agency: Agency) -> Holding:
        """Key and certificate of one person in an agency."""
        return self._issue(common_name=name, agency=agency, serial_number=account)

    def _issue(self, *, common_name: str, agency: Agency, serial_number: str) -> Holding:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, agency.name),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, agency.code),
                x509.NameAttribute(NameOID.COMMON_NAME, _cut(common_name)),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number),
            ]
        )
        certificate = (
            self._builder(subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign=True), critical=True)
            .add_extension(self._issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Holding(
            key=_pem(key),
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        )

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._since)
            .not_valid_after(self._until)
        )


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _cut(name: str) -> str:
    """As many whole characters of the name as a common name may hold."""
    return name.encode()[:_COMMON_NAME_BYTES].decode(errors="ignore").rstrip()


def _usage(*, sign: bool) -> x509.KeyUsage:
    """Documents are signed with a leaf; the CA's own key signs certificates and nothing else."""
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_cert_sign=not sign,
        crl_sign=not sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def issue_all(province: Province, authority: Authority) -> Keystore:
    """Issue to every agency and every leader of the province."""
    agencies = {agency.code: agency for agency in province.agencies}
    leaders: Iterable[tuple[str, str, Agency]] = (
        (member.account, member.name, agencies[member.agency]) for member in province.staff if member.role == "leader"
    )
    return Keystore(
        organisation={agency.code: authority.organisation(agency) for agency in province.agencies},
        personal={
            account: authority.personal(name=name, account=account, agency=agency) for account, name, agency in leaders
        },
    )


def save(authority: Authority, keystore: Keystore, folder: Path) -> None:
    """Write `certificate-authority.pem` for all; for their owners only, `keystore.json` and `signing-authority.json`.

    The last is what the counterpart that plays the authority needs: it signs revocation lists and time stamps.
    """
    (folder / "certificate-authority.pem").write_text(authority.pem, encoding="ascii")
    stamper = authority.stamper()
    _write_secret(folder / "keystore.json", keystore)
    _write_secret(
        folder / "signing-authority.json",
        {
            "key": authority.key_pem,
            "certificate": authority.pem,
            "stamp_key": stamper.key,
            "stamp_certificate": stamper.certificate,
            "issued": {
                holder: f"{x509.load_pem_x509_certificate(held.certificate.encode()).serial_number:x}"
                for holder, held in (*keystore.organisation.items(), *keystore.personal.items())
            },
        },
    )


def _write_secret(path: Path, content: Any) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(msgspec.json.encode(content))
