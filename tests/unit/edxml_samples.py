"""A small certificate authority and an envelope, for tests of edXML. Independent of how a stack makes its own keys."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Seal

DEPARTMENT, COMMUNE = Organ("000.00.12.H07", "Sở Nội vụ"), Organ("000.01.32.H07", "UBND xã Thới Thạnh")
OTHER_COMMUNE = Organ("000.02.32.H07", "UBND xã Phước Long")
NOON = datetime(2018, 8, 22, 12, 0, 0, tzinfo=VIETNAM)


class SmallAuthority:
    """Issues certificates for as long as asked."""

    def __init__(self, *, name: str = "CA thử nghiệm") -> None:
        """Make a root."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        public = self._key.public_key()
        root = (
            self._builder(self._name, public, 2008, 2049)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        self.pem = root.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def seal(self, holder: Organ, *, since: int = 2008, until: int = 2049, may_sign: bool = True) -> Seal:
        """Return a key with a certificate for `holder`, good from 1 January `since` to 1 January `until`."""
        key, certificate = self.holding(holder, since=since, until=until, may_sign=may_sign)
        return Seal(key=key, certificate=certificate)

    def holding(
        self, holder: Organ, *, since: int = 2008, until: int = 2049, may_sign: bool = True, rsa_bits: int = 0
    ) -> tuple[str, str]:
        """Return the key and the certificate as PEM; an RSA key where `rsa_bits` are asked for."""
        key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
            rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
        )
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, holder.name),
                x509.NameAttribute(NameOID.SERIAL_NUMBER, holder.code),
            ]
        )
        certificate = (
            self._builder(subject, key.public_key(), since, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False, may_sign=may_sign), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return (
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode(),
            certificate.public_bytes(serialization.Encoding.PEM).decode(),
        )

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey, since: int, until: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(since, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(until, 1, 1, tzinfo=UTC))
        )


def _usage(*, signs_certificates: bool, may_sign: bool = True) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=may_sign and not signs_certificates,
        content_commitment=may_sign and not signs_certificates,
        key_encipherment=not may_sign,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def envelope(*, subject: str = "V/v rà soát & chuẩn hóa <thủ tục>", text: str = "Kính gửi quý cơ quan.") -> Envelope:
    """Return a letter of the department to two communes."""
    files = {"van-ban.txt": text.encode()}
    return Envelope(
        id=DocumentId(DEPARTMENT.code, date(2018, 8, 22), 15, "SNV-VP"),
        sender=DEPARTMENT,
        addressees=(COMMUNE, OTHER_COMMUNE),
        place="Bến Tre",
        kind="Công văn",
        subject=subject,
        summary=subject,
        signer_position="Giám đốc",
        signer_name="Nguyễn Thị Đoàn",
        priority=2,
        pages=3,
        reason="Văn bản điện tử mới",
        staff_department="Văn thư",
        staff_name="Lê Văn Út",
        sent_at=NOON,
        attachments=(
            Attachment(content_id="cid:1", name="van-ban.zip", description="Toàn văn", archive=archive.pack(files)),
        ),
    )
