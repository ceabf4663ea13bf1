"""The certification authority behind the province's signing certificates: revocation list, OCSP and time stamps.

In life it is the Government Cipher Committee's.
`signing-authority.json` of the reference data holds its keys; without it there is nothing to serve and 404 is answered.
Certificates are revoked at run time by `PUT /control/revocations`. Moments are official ones.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from asn1crypto import keys as asn1_keys
from asn1crypto import pem as asn1_pem
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import ocsp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kit import proof
from services.kit.kit import Kit, json
from services.kit.operations import Consumer, Operation
from services.kit.problems import Problem, decode, not_found

_FILE = "signing-authority.json"
_LIST_HOLDS = timedelta(days=1)  # assumed: how long a revocation list is good for
_MAX_REQUEST = 10_000  # bytes of an OCSP or time-stamp request; assumed


class _Keys(msgspec.Struct, frozen=True):
    key: str
    certificate: str
    stamp_key: str
    stamp_certificate: str
    issued: dict[str, str]  #: holder (agency code or account) -> serial number, hexadecimal


class _Asked(msgspec.Struct, frozen=True):
    """Body of `signing.ocsp` and `signing.timestamp`: an OCSP or time-stamp request, DER, in base64."""

    request: bytes


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of `PUT /control/revocations`."""

    holder: str
    reason: str = "unspecified"


class Authority:
    """Revocations in the database, answers signed with the authority's own key."""

    def __init__(self, kit: Kit) -> None:
        """Load the keys, where there are any."""
        self._kit = kit
        path = kit.reference.folder / _FILE
        self._keys = msgspec.json.decode(path.read_bytes(), type=_Keys) if path.exists() else None

    def routes(self) -> list[Route]:
        """What anybody may ask, and the switch of the testbed."""
        return [
            Route("/pki/crl", self._crl),
            Route("/pki/ocsp", self._ocsp, methods=["POST"]),
            Route("/pki/timestamp", self._timestamp, methods=["POST"]),
            Route("/control/revocations", self._revocations, methods=["GET", "PUT"]),
        ]

    def operations(self) -> dict[str, Operation]:
        """Over the LGSP."""
        return {
            "signing.revocations": Operation(at_once=self._list),
            "signing.ocsp": Operation(at_once=self._ocsp_asked),
            "signing.timestamp": Operation(at_once=self._timestamp_asked),
        }

    def _loaded(self) -> tuple[_Keys, ec.EllipticCurvePrivateKey, x509.Certificate]:
        if self._keys is None:
            raise not_found("cơ quan chứng thực chữ ký số")
        key = load_pem_private_key(self._keys.key.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 -- as infra makes it
        return self._keys, key, x509.load_pem_x509_certificate(self._keys.certificate.encode())

    async def _revoked(self) -> dict[int, tuple[datetime, str]]:
        rows = await self._kit.pool.fetch("SELECT serial, at, reason FROM revocation ORDER BY at, serial")
        return {int(row["serial"], 16): (row["at"], row["reason"]) for row in rows}

    async def _signed_list(self) -> x509.CertificateRevocationList:
        _, key, certificate = self._loaded()
        now = self._kit.clock.now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(now)
            .next_update(now + _LIST_HOLDS)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        )
        for serial, (at, _) in (await self._revoked()).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(key, hashes.SHA256())

    async def _list(self, _request: Request, _consumer: Consumer) -> dict[str, str]:
        return {"crl": (await self._signed_list()).public_bytes(Encoding.PEM).decode()}

    async def _crl(self, _request: Request) -> Response:
        return Response((await self._signed_list()).public_bytes(Encoding.DER), media_type="application/pkix-crl")

    async def _ocsp(self, request: Request) -> Response:
        """RFC 6960 over HTTP."""
        answer = await self._ocsp_answer(await _small_body(request))
        return Response(answer, media_type="application/ocsp-response")

    async def _ocsp_asked(self, request: Request, _consumer: Consumer) -> dict[str, bytes]:
        """The same over the LGSP."""
        asked: _Asked = decode(await _small_body(request), _Asked)
        return {"response": await self._ocsp_answer(asked.request)}

    async def _ocsp_answer(self, raw: bytes) -> bytes:
        """Tell of one certificate, signed by the authority itself."""
        keys, key, authority = self._loaded()
        try:
            asked = ocsp.load_der_ocsp_request(raw)
            serial, algorithm = asked.serial_number, asked.hash_algorithm
        except (ValueError, NotImplementedError):
            refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
            return refused.public_bytes(Encoding.DER)
        now = self._kit.clock.now()
        revoked = (await self._revoked()).get(serial)
        known = serial in {int(one, 16) for one in keys.issued.values()}
        status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        answer = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=serial,
            algorithm=algorithm,
            cert_status=status if known else ocsp.OCSPCertStatus.UNKNOWN,
            this_update=now,
            next_update=now + _LIST_HOLDS,
            revocation_time=revoked[0] if revoked and known else None,
            revocation_reason=None,
        )
        try:
            nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value
            answer = answer.add_extension(nonce, critical=False)
        except x509.ExtensionNotFound:
            pass
        signed = answer.responder_id(ocsp.OCSPResponderEncoding.HASH, authority).sign(key, hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    async def _timestamp(self, request: Request) -> Response:
        """RFC 3161 over HTTP."""
        return Response(self._stamped(await _small_body(request)), media_type="application/timestamp-reply")

    async def _timestamp_asked(self, request: Request, _consumer: Consumer) -> dict[str, bytes]:
        """The same over the LGSP."""
        asked: _Asked = decode(await _small_body(request), _Asked)
        return {"response": self._stamped(asked.request)}

    def _stamped(self, raw: bytes) -> bytes:
        """Stamp by official time. Raises a 400 Problem for what is no request."""
        from pyhanko.sign.timestamps import DummyTimeStamper  # noqa: PLC0415 -- half a second, spared where unused
        from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415 -- as above

        keys, _, _ = self._loaded()
        try:
            asked = tsp.TimeStampReq.load(raw, strict=True)
            asked.native  # noqa: B018 -- parses the whole, so that a damaged request is found here
        except (ValueError, TypeError) as error:
            raise Problem(400, "not-a-request", f"Không phải yêu cầu dấu thời gian RFC 3161: {error}.") from error
        stamper = DummyTimeStamper(
            tsa_cert=asn1_x509.Certificate.load(_der(keys.stamp_certificate)),
            tsa_key=asn1_keys.PrivateKeyInfo.load(_der(keys.stamp_key)),
            certs_to_embed=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
            fixed_dt=self._kit.clock.now(),
        )
        answer: bytes = stamper.request_tsa_response(asked).dump()
        return answer

    async def _revocations(self, request: Request) -> Response:
        proof.check_auditor(request, self._kit.settings.audit_token)
        if request.method == "PUT":
            keys, _, _ = self._loaded()
            asked: Revocation = decode(await request.body(), Revocation)
            if asked.holder not in keys.issued:
                raise not_found(f"chứng thư số cấp cho {asked.holder[:100]}")
            await self._kit.pool.execute(
                "INSERT INTO revocation (serial, holder, reason, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                keys.issued[asked.holder],
                asked.holder,
                asked.reason,
                self._kit.clock.now(),
            )
        rows = await self._kit.pool.fetch("SELECT serial, holder, reason, at FROM revocation ORDER BY at, serial")
        return json([dict(row) for row in rows])


async def _small_body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > _MAX_REQUEST:
        raise Problem(413, "too-large", f"Yêu cầu vượt giới hạn {_MAX_REQUEST} byte.", limit=_MAX_REQUEST)
    return body


def _der(text: str) -> bytes:
    _, _, der = asn1_pem.unarmor(text.encode())
    return bytes(der)
