"""PDFs signed in ways that the office itself would not sign, for tests of what it says of those that come."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import zlib
from datetime import datetime

from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.kit.clock import VIETNAM
from services.office.pdf import Page, laid_out

PLAIN = laid_out(
    Page(
        agency="Sở Nội vụ", place="Bến Tre", notation="15/SNV-VP", issued_at=datetime(2018, 8, 22, 9, tzinfo=VIETNAM),
        kind="Công văn", subject="V/v rà soát", content="Kính gửi quý cơ quan.", addressees=["UBND xã Thới Thạnh"],
        position="Giám đốc", signed="(đã ký số)", signer="Nguyễn Thị Đoàn",
    )
)  # fmt: skip
Holding = tuple[str, str]  #: key and certificate, PEM


def signed(
    pdf: bytes, held: Holding, *, digest: str = "sha256", stamper: DummyTimeStamper | None = None, field: str = "Ky",
    pades: bool = True,
) -> bytes:  # fmt: skip
    """Add a signature that claims the machine's own time."""
    told = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=digest,
        subfilter=SigSeedSubFilter.PADES if pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
    )
    out: io.BytesIO = signers.PdfSigner(told, signer=_signer(held), timestamper=stamper).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), output=io.BytesIO()
    )
    return out.getvalue()


def leaving_out_the_last_byte(pdf: bytes, held: Holding) -> bytes:
    """Sign again, over a range as long as that of `pdf` which begins and ends one byte too early."""
    ranges = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)[^]]*\]", pdf)
    assert ranges
    _, length, second, rest = map(int, ranges.groups())
    told = b"/ByteRange [0 %d %d %d" % (length, second - 1, rest)
    pdf = pdf.replace(ranges.group(), told.ljust(len(ranges.group()) - 1) + b"]")
    digest = hashlib.sha256(pdf[:length] + pdf[second - 1 : second - 1 + rest]).digest()
    made = asyncio.run(_signer(held).async_sign(digest, "sha256", use_pades=True)).dump().hex().encode()
    return pdf[: length + 1] + made.ljust(second - length - 2, b"0") + pdf[second - 1 :]


def _signer(held: Holding) -> signers.SimpleSigner:
    key, certificate = held
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(_der(certificate)),
        signing_key=asn1_keys.PrivateKeyInfo.load(_der(key)),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def stamper(held: Holding, at: datetime, *, over: bytes = b"") -> DummyTimeStamper:
    """A time-stamping authority whose clock stands still; it may stamp something else than it is asked to."""
    key, certificate = (_der(one) for one in held)
    return _Stamper(asn1_x509.Certificate.load(certificate), asn1_keys.PrivateKeyInfo.load(key), at, over)


class _Stamper(DummyTimeStamper):
    def __init__(
        self, certificate: asn1_x509.Certificate, key: asn1_keys.PrivateKeyInfo, at: datetime, over: bytes
    ) -> None:
        super().__init__(certificate, key, fixed_dt=at)
        self._over = over

    def request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        asked = tsp.TimeStampReq.load(req.dump())
        if self._over:
            asked["message_imprint"]["hashed_message"] = self._over
        return super().request_tsa_response(asked)


def narrowed(pdf: bytes) -> bytes:
    """Change what a page shows, by an addition to the file; what was signed is all still there."""
    out = io.BytesIO(pdf)
    writer = IncrementalPdfFileWriter(out)
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    page["/MediaBox"][2] = NumberObject(100)
    writer.update_container(page)
    writer.write_in_place()
    return out.getvalue()


def bomb(pdf: bytes) -> bytes:
    """Add a stream of 100 MB of zeros, packed."""
    packed = zlib.compress(bytes(100 << 20), 9)
    head = b"9 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed)
    return b"".join((pdf, b"\n", head, packed, b"\nendstream\nendobj\n", pdf[pdf.rindex(b"startxref") :]))


def _der(text: str) -> bytes:
    _, _, der = asn1_pem.unarmor(text.encode())
    return bytes(der)
