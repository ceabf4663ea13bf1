"""The stack's own certificate authority (CA) and the certificates under it, for what is said between zones.

Keys and certificates derive from the master secret, as all secrets do: the same settings give the same bytes, so that a
second `up` changes nothing, and nothing more has to be kept safe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.docker_target.settings import Issuer, Tls
from infra.program.deliveries import derive

#: How long certificates hold. Assumed: what browsers take of a server, and ten years for whoever issues.
_DAYS, _ISSUER_DAYS = 397, 3650
_EARLIER = timedelta(days=1)  # clocks may differ
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the group P-256 (SEC 2)


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A server's private key and its certificate, both PEM."""

    key: str
    certificate: str


def trusted(master: str, tls: Tls) -> str:
    """Certificates of all authorities that are trusted, PEM one after another."""
    return "".join(_pem(_authority(master, one)) for one in tls.trusted)


def issue(master: str, tls: Tls, *, holder: str, names: Sequence[str]) -> Holding:
    """A key and a certificate of the authority in use, for a server that is reached by these names."""
    (issuer,) = (one for one in tls.trusted if one.number == tls.issuer)
    key = _key(master, f"{holder}/{tls.issuer}/{tls.since}")
    since = _day(tls.since)
    certificate = (
        _builder(_name(holder), since, _DAYS, key)
        .issuer_name(_name(f"Tỉnh Mẫu CA {issuer.number}"))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(sign=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_issuer_key(master, issuer).public_key()),
            critical=False,
        )
        .sign(_issuer_key(master, issuer), hashes.SHA256(), ecdsa_deterministic=True)
    )
    return Holding(
        key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode("ascii"),
        certificate=_pem(certificate),
    )


def begin() -> Tls:
    """A stack's first authority, and certificates of today."""
    since = _today()
    return Tls(since=since, issuer=1, trusted=(Issuer(number=1, since=since),))


def rotation(tls: Tls) -> tuple[Tls, Tls, Tls]:
    """The three steps to another authority, after each of which everybody trusts whom they meet.

    First the next one is trusted too, then it issues, then the one before is trusted no more.
    """
    since = _today()
    following = Issuer(number=tls.issuer + 1, since=since)
    both = msgspec.structs.replace(tls, trusted=(*tls.trusted, following))
    issued = msgspec.structs.replace(both, issuer=following.number, since=since)
    return both, issued, msgspec.structs.replace(issued, trusted=(following,))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _authority(master: str, issuer: Issuer) -> x509.Certificate:
    key, name = _issuer_key(master, issuer), _name(f"Tỉnh Mẫu CA {issuer.number}")
    return (
        _builder(name, _day(issuer.since), _ISSUER_DAYS, key)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )


def _builder(name: x509.Name, since: datetime, days: int, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    serial = hashlib.sha256(point).digest()[:16]  # a key of its own has a number of its own
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(serial) | 1)
        .not_valid_before(since - _EARLIER)
        .not_valid_after(since + timedelta(days=days))
    )


def _issuer_key(master: str, issuer: Issuer) -> ec.EllipticCurvePrivateKey:
    return _key(master, f"authority/{issuer.number}/{issuer.since}")


def _key(master: str, holder: str) -> ec.EllipticCurvePrivateKey:
    wide = hashlib.sha512(derive(master, "tls_key", holder).encode("ascii")).digest()
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, ec.SECP256R1())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _day(date: str) -> datetime:
    return datetime.fromisoformat(date).replace(tzinfo=UTC)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=sign, crl_sign=sign, encipher_only=False, decipher_only=False,
    )  # fmt: skip
