"""Mutual TLS at the LGSP, where it is placed with certificates: a secret alone opens nothing."""

from __future__ import annotations

import ipaddress
import ssl
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from echo_provider import Echo
from running_service import LGSP_SECRET, PROVIDER_SECRET, Place, Running

from infra.reference import ADMINISTRATOR

_NOW = datetime.now(UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """Makes certificates for systems, as PEM files."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make its own."""
        self._folder, self._subject = folder, _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        own = self._builder(self._subject, self._key).add_extension(constraints, critical=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str) -> tuple[str, str]:
        """Files of a certificate for 127.0.0.1 with this common name, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = self._builder(_name(name), key).add_extension(here, critical=False).sign(self._key, hashes.SHA256())
        files = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        files[0].write_bytes(made.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return str(files[0]), str(files[1])

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        until = _NOW + timedelta(days=1)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._subject)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(_NOW - timedelta(hours=1)).not_valid_after(until)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The province's authority for its systems."""
    return Authority(tmp_path_factory.mktemp("tls"), "co-quan-chung-thuc")


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """A provider."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(
    place: Place, echo: Echo, authority: Authority, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Running:
    """An LGSP that asks systems for their certificates."""
    link = {"secret": LGSP_SECRET, "provider_secret": PROVIDER_SECRET, "url": echo.url}
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    registry.write_bytes(msgspec.json.encode({"systems": dict.fromkeys(("portal", "national", "sector"), link)}))
    contracts = [
        {"consumer": consumer, "provider": "national", "operation": name}
        for consumer in ("portal", "sector")
        for name in ("population.verify", "insurance.check")
    ]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    certificate, key = authority.issue("lgsp")
    return place(
        "lgsp", LGSP_REGISTRY=str(registry), TLS_CERTIFICATE=certificate, TLS_KEY=key,
        TLS_CLIENT_AUTHORITY=str(authority.file), LGSP_AUTHORITY=str(authority.file),
    )  # fmt: skip


def _post(
    gateway: Running, authority: Authority, path: str, *, shown: tuple[str, str] | None, **how: Any
) -> requests.Response:
    return requests.post(f"{gateway.url}{path}", verify=str(authority.file), cert=shown, timeout=20, **how)


def _token(gateway: Running, authority: Authority, shown: tuple[str, str] | None) -> requests.Response:
    return _post(gateway, authority, "/token", shown=shown, json={"system": "portal", "secret": LGSP_SECRET})


def test_a_call_needs_the_certificate_of_who_calls(gateway: Running, authority: Authority, echo: Echo) -> None:
    """With its own it gets a token and calls; with another's, or none, the same secret and token open nothing."""
    own, others = authority.issue("portal"), authority.issue("sector")
    token = _token(gateway, authority, own).json()["token"]
    for shown, title in ((None, "no-certificate"), (others, "wrong-certificate"), (own, "")):
        answer = _token(gateway, authority, shown)
        assert answer.json().get("title", "") == title
        headers = {"Authorization": f"Bearer {token}", "X-Call-Id": str(uuid.uuid4())}
        answer = _post(gateway, authority, "/call/national/population.verify", shown=shown, headers=headers)
        assert (answer.status_code, answer.json().get("title", "")) == ((200 if not title else 401), title)
        assert (headers["X-Call-Id"] in echo.served) == (not title)
        basic = _post(
            gateway, authority, "/token", shown=shown, data={"grant_type": "client_credentials"},
            auth=("portal", LGSP_SECRET),
        )  # fmt: skip
        assert basic.status_code == (401 if title else 200)


def test_a_certificate_of_another_authority_does_not_get_through_the_handshake(
    gateway: Running, authority: Authority, tmp_path: Path
) -> None:
    """Whatever name stands in it."""
    forged = Authority(tmp_path, "gia-mao").issue("portal")
    with pytest.raises((requests.exceptions.SSLError, requests.ConnectionError)):
        _token(gateway, authority, forged)


def test_an_lgsp_with_tls_speaks_nothing_else(gateway: Running) -> None:
    """Plain HTTP gets no answer, old TLS no handshake."""
    with pytest.raises(requests.RequestException):
        requests.get(gateway.url.replace("https", "http") + "/health", timeout=10)
    context = ssl.create_default_context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_officials_need_no_certificate(gateway: Running) -> None:
    """Their browsers have none; they sign in."""
    assert gateway.get("/api/registry", token=gateway.sign_in(ADMINISTRATOR["account"])).status_code == 200


def test_our_own_services_call_through_mutual_tls(
    place: Place, gateway: Running, authority: Authority, reference_folder: Path, echo: Echo
) -> None:
    """`sector` asks about a patient, with its certificate; without it it gets no further than to the LGSP."""
    sites = {"schools": [{"code": "S1"}], "health": [{"code": "H1"}]}
    (reference_folder / "sites.json").write_bytes(msgspec.json.encode(sites))
    certificate, key = authority.issue("sector")
    settings = {"LGSP_URL": gateway.url, "LGSP_AUTHORITY": str(authority.file)}
    before = len(echo.served)
    plain = place("sector", **settings)
    plain.post("/his/visits", {"facility": "H1", "patient": "083190000001"})
    assert len(echo.served) == before
    secured = place("sector", **settings, TLS_CERTIFICATE=certificate, TLS_KEY=key)
    secured.post("/his/visits", {"facility": "H1", "patient": "083190000001"})
    assert len(echo.served) > before
