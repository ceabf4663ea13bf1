"""What the hub knows of a document, on its administrator's pages; and the older era's weak seals, taken and flagged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from page_reader import PageReader
from running_service import PASSCODE_KEY, Place, Running
from signing_keys import NINE, Keys, envelope
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE

from infra.reference import ADMINISTRATOR
from loadtests.accounts import passcode
from services.kit.edxml.composing import compose
from services.kit.edxml.seal import Seal
from simulation.province_files.era import load_era

KEYS = Keys()
_numbers = iter(range(1, 10_000))


def _hub(place: Place, folder: Path, axis: dict[str, object]) -> Running:
    KEYS.write(folder)
    (folder / "document_axis.json").write_bytes(msgspec.json.encode(axis))
    return place("dochub")


@pytest.fixture(scope="module")
def hub(place: Place, reference_folder: Path) -> Iterator[Running]:
    """A hub of 2018 that reads leniently."""
    algorithms = load_era("2018").signatures_accepted
    hub = _hub(place, reference_folder, {"mode": "lenient", "algorithms": algorithms})
    yield hub
    hub.close()


@pytest.fixture
def page(hub: Running) -> Iterator[PageReader]:
    """The administrator at a browser."""
    reader, who = PageReader(hub.url), ADMINISTRATOR["account"]
    reader.open("/sign-in").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
    yield reader
    reader.close()


def weakly_sealed(number: int) -> tuple[str, str]:
    """DocumentId and text of a letter that an older program of the department has sealed: RSA with SHA-1."""
    key = rsa.generate_private_key(65537, 2048)
    root = x509.load_pem_x509_certificate(KEYS.authority.pem.encode())
    signing = serialization.load_pem_private_key(KEYS.authority.key_pem.encode(), None)
    ours = x509.load_pem_x509_certificate(KEYS.keystore.organisation[DEPARTMENT].certificate.encode())
    builder = x509.CertificateBuilder(
        root.subject, ours.subject, key.public_key(), 7, NINE - timedelta(days=9), NINE + timedelta(days=9)
    )
    for extension in ours.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    certificate = builder.sign(signing, hashes.SHA256())  # type: ignore[arg-type]
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    seal = Seal(key=pem, certificate=certificate.public_bytes(serialization.Encoding.PEM).decode())
    plain = envelope(number, sender=DEPARTMENT, addressees=(COMMUNE,))
    return str(plain.id), seal.sign_envelope(compose(plain), algorithm="RSA-SHA1")


def _send(hub: Running, text: str) -> dict[str, str]:
    return hub.deliver("envelopes.send", {"xml": text}, consumer="office")[0]


def test_a_document_is_followed_from_its_sender_to_every_addressee(hub: Running, page: PageReader) -> None:
    """Who has it, what they said, who has not fetched it yet; found by sender and by addressee."""
    number = next(_numbers)
    assert _send(hub, KEYS.sealed(number, priority=3))["result"] == "done"
    document = f"{DEPARTMENT},2018/08/22,{number}/SGTVT-VP"
    at = {"document": document, "agency": COMMUNE, "at": NINE.isoformat()}
    hub.deliver("envelopes.received", at, consumer="office")
    report = at | {"status": "02", "seq": 2, "description": "Gửi nhầm nơi"}
    assert hub.deliver("statuses.send", report, consumer="office")[0]["result"] == "done"

    page.open("/documents", sender=DEPARTMENT, addressee=OTHER_COMMUNE)
    assert f"{document}Sở Giao thông vận tảiV/v thử trục liên thông" in page.text
    page.open("/documents/trail", document=document)
    assert "02 — từ chối tiếp nhận" in page.text
    assert "Gửi nhầm nơi" in page.text
    assert "đang chờ an-mau lấy về" in page.text
    assert "xmldsig, ECDSA-SHA256" in page.text
    assert "yếu" not in page.text
    told = hub.get("/api/documents/trail", token=hub.sign_in(ADMINISTRATOR["account"]), document=document).json()
    assert {one["addressee"]: [two["status"] for two in one["statuses"]] for one in told["deliveries"]} == {
        COMMUNE: ["01", "02"], OTHER_COMMUNE: [],
    }  # fmt: skip
    assert page.open("/documents/trail", document="x").status == 404
    assert document not in page.open("/documents", sender=COMMUNE).text


def test_a_weak_seal_of_the_older_era_is_taken_and_flagged(hub: Running, page: PageReader) -> None:
    """In the list, on the document's page, and when only such are looked for."""
    document, text = weakly_sealed(next(_numbers))
    strong = next(_numbers)
    assert [_send(hub, one)["result"] for one in (text, KEYS.sealed(strong))] == ["done", "done"]
    page.open("/documents", weak="yes")
    assert document in page.text
    assert f"{strong}/SGTVT-VP" not in page.text
    assert "xmldsig, RSA-SHA1 thuật toán yếu" in page.open("/documents/trail", document=document).text


def test_what_a_lenient_axis_has_put_up_with_is_told(hub: Running, page: PageReader) -> None:
    """So that somebody can tell the vendor."""
    plain = envelope(next(_numbers), sender=DEPARTMENT, addressees=(COMMUNE,))
    text = KEYS.seal(DEPARTMENT).sign_envelope(compose(plain).replace("Bussiness>", "Business>"))
    assert _send(hub, text)["result"] == "done"
    assert "khác quy chuẩn" in page.open("/documents", document=str(plain.id)).text
    assert "Business viết là Bussiness" in page.open("/documents/trail", document=str(plain.id)).text


def test_the_newer_era_refuses_a_weak_seal(place: Place, reference_folder: Path) -> None:
    """By the algorithms of its own file of facts, on the running hub."""
    hub = _hub(place, reference_folder, {"algorithms": load_era("2026").signatures_accepted})
    answer = _send(hub, weakly_sealed(next(_numbers))[1])
    assert answer["result"] == "refused"
    assert "rsa-sha1" in answer["detail"]
    hub.close()
