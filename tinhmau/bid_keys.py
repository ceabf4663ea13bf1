"""The key that packs are signed with: the evaluator's own, or one made for trials when there is none yet."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from verification.bids.sealing import Sealer

KEY, CERTIFICATE = "key.pem", "certificate.pem"
_YEARS = 10
#: Whose name stands on a certificate that nobody has vouched for.
_NAME = "Bên đánh giá (khoá tự tạo, chưa ai chứng thực)"


class Keys(msgspec.Struct, frozen=True):
    """A key ready to sign, and its certificate (PEM)."""

    sealer: Sealer
    certificate: bytes
    fresh: bool  #: made just now


def of(folder: Path) -> Keys:
    """Take `key.pem` and `certificate.pem` from the folder, or make both there. Raises BadInputError."""
    fresh = not folder.exists() or not any(folder.iterdir())
    if fresh:
        _make(folder)
    try:
        certificate, key = (folder / CERTIFICATE).read_bytes(), (folder / KEY).read_bytes()
        sealer = Sealer(key=key, certificate=certificate)
        _check_pair(key, certificate)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        found = Text(f"không dùng được khoá: {error}.", f"the key cannot be used: {error}.")
        way_out = Text(
            f"Để {KEY} và {CERTIFICATE} (PEM) vào đó, hoặc chỉ một thư mục trống để tự tạo khoá thử.",
            f"Put {KEY} and {CERTIFICATE} (PEM) there, or name an empty folder to have trial keys made.",
        )
        raise BadInputError([Mistake(file=str(folder), key="--keys", found=found, way_out=way_out)]) from error
    return Keys(sealer, certificate, fresh)


def _check_pair(key: bytes, certificate: bytes) -> None:
    """Raise ValueError where the certificate is another key's, or is not valid today: its packs would be nobody's."""
    own = serialization.load_pem_private_key(key, password=None).public_key()
    told = x509.load_pem_x509_certificate(certificate)
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if own.public_bytes(*form) != told.public_key().public_bytes(*form):
        raise ValueError(f"{CERTIFICATE} không phải của {KEY} / is not of that key")
    if not told.not_valid_before_utc <= datetime.now(UTC) < told.not_valid_after_utc:
        raise ValueError(f"{CERTIFICATE} hết hạn hoặc chưa có hiệu lực / is not valid today")


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME), x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    fd = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as out:
        out.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
