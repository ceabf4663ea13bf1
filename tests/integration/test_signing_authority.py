"""The signing authority as a process: revocation list, OCSP and time stamps hold for OpenSSL, and the hub obeys."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from passing_through import passing_to
from running_service import AUDIT_TOKEN, Place, Running
from signing_keys import Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE, write_empty_registers
from standin_lgsp import Call, StandinLgsp

KEYS = Keys()
_PATIENCE_SECONDS = 60.0
#: Nine o'clock of the day on which official time stands still here.
_NINE = "1534903200"


@pytest.fixture(scope="module")
def national(place: Place, reference_folder: Path) -> Running:
    """The counterparts, the signing authority among them."""
    KEYS.write(reference_folder)
    write_empty_registers(reference_folder)
    return place("national")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The certificates that OpenSSL needs."""
    (tmp_path / "ca.pem").write_text(KEYS.authority.pem)
    for code, name in ((DEPARTMENT, "department"), (COMMUNE, "commune")):
        (tmp_path / f"{name}.pem").write_text(KEYS.keystore.organisation[code].certificate)
    return tmp_path


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run OpenSSL in the folder."""
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def revoke(national: Running, holder: str) -> requests.Response:
    """Revoke a holder's certificate, as the auditor."""
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}
    return requests.put(f"{national.url}/control/revocations", json={"holder": holder}, headers=headers, timeout=30)


def ocsp(national: Running, folder: Path, name: str) -> str:
    """Ask OCSP about a certificate and let OpenSSL verify the answer."""
    openssl(folder, "ocsp", "-issuer", "ca.pem", "-cert", f"{name}.pem", "-no_nonce", "-reqout", "ask.der")
    answer = requests.post(f"{national.url}/pki/ocsp", data=(folder / "ask.der").read_bytes(), timeout=30)
    (folder / "answer.der").write_bytes(answer.content)
    done = openssl(
        folder, "ocsp", "-no_nonce", "-respin", "answer.der", "-issuer", "ca.pem", "-cert", f"{name}.pem",
        "-CAfile", "ca.pem", "-validity_period", "1000000000",
    )  # fmt: skip
    assert "Response verify OK" in done.stderr, done.stderr + done.stdout
    return done.stdout


def test_openssl_verifies_a_time_stamp(national: Running, folder: Path) -> None:
    """RFC 3161 over a file; official time is in it; another file does not fit."""
    (folder / "text").write_text("Kính gửi.")
    (folder / "other").write_text("Kính gửi?")
    assert openssl(folder, "ts", "-query", "-data", "text", "-sha256", "-cert", "-out", "ask.tsq").returncode == 0
    answer = requests.post(f"{national.url}/pki/timestamp", data=(folder / "ask.tsq").read_bytes(), timeout=30)
    assert answer.headers["Content-Type"] == "application/timestamp-reply"
    (folder / "answer.tsr").write_bytes(answer.content)
    assert "Aug 22 02:00:00 2018 GMT" in openssl(folder, "ts", "-reply", "-in", "answer.tsr", "-text").stdout
    for name, good in (("text", True), ("other", False)):
        done = openssl(
            folder, "ts", "-verify", "-data", name, "-in", "answer.tsr", "-CAfile", "ca.pem", "-attime", _NINE
        )
        assert ("Verification: OK" in done.stdout + done.stderr) == good, done.stderr


def test_what_is_no_request_is_refused(national: Running) -> None:
    """A damaged time-stamp request is 400, a damaged OCSP request gets OCSP's own refusal, a huge one 413."""
    assert requests.post(f"{national.url}/pki/timestamp", data=b"x", timeout=30).status_code == 400
    assert national.call("signing.timestamp", consumer="office", body={"request": b"x"}).status_code == 400
    assert requests.post(f"{national.url}/pki/ocsp", data=b"x", timeout=30).content.hex() == "30030a0101"
    assert requests.post(f"{national.url}/pki/ocsp", data=b"x" * 20_000, timeout=30).status_code == 413
    assert requests.put(f"{national.url}/control/revocations", json={"holder": "x"}, timeout=30).status_code == 401
    assert revoke(national, "nobody").status_code == 404


def test_a_revocation_is_told_by_list_and_ocsp_and_the_hub_obeys(
    national: Running, place: Place, lgsp: StandinLgsp, folder: Path
) -> None:
    """Before it the seal is taken; after it the hub refuses, as soon as it has heard; others are not touched."""
    lgsp.answers["national.signing.revocations"] = passing_to(national, consumer="dochub")
    hub = place("dochub")
    assert ": good" in ocsp(national, folder, "department")
    assert _sent(hub, KEYS.sealed(1))["result"] == "done"

    revoked = revoke(national, DEPARTMENT)
    assert [one["holder"] for one in revoked.json()] == [DEPARTMENT]
    assert revoke(national, DEPARTMENT).json() == revoked.json()  # once is enough
    assert ": revoked" in ocsp(national, folder, "department")
    assert ": good" in ocsp(national, folder, "commune")
    (folder / "list.der").write_bytes(requests.get(f"{national.url}/pki/crl", timeout=30).content)
    crl = openssl(folder, "crl", "-inform", "DER", "-in", "list.der", "-CAfile", "ca.pem", "-text", "-out", "list.pem")
    assert "verify OK" in crl.stderr
    for name, good in (("department", False), ("commune", True)):
        done = openssl(
            folder, "verify", "-crl_check", "-CRLfile", "list.pem", "-CAfile", "ca.pem", "-attime", _NINE, f"{name}.pem"
        )
        assert (done.returncode == 0) == good, done.stderr

    numbers = iter(range(2, 10_000))
    refused = _until(lambda: _sent(hub, KEYS.sealed(next(numbers))), lambda result: result["result"] == "refused")
    assert "đã bị thu hồi từ 22/08/2018 09:00" in refused["detail"]
    assert _sent(hub, KEYS.sealed(1, sender=COMMUNE, addressees=(DEPARTMENT,)))["result"] == "done"


@pytest.fixture
def asking_hub(place: Place, lgsp: StandinLgsp, national: Running, reference_folder: Path) -> Iterator[Running]:
    """A hub that asks about each certificate and never hears of the list."""
    (reference_folder / "document_axis.json").write_bytes(msgspec.json.encode({"revocation": "ocsp"}))
    lgsp.answers["national.signing.revocations"] = lambda _call: (503, {})
    lgsp.answers["national.signing.ocsp"] = passing_to(national, consumer="dochub")
    yield place("dochub")
    (reference_folder / "document_axis.json").unlink()


def test_a_hub_that_asks_by_ocsp_obeys_without_the_list(
    national: Running, asking_hub: Running, lgsp: StandinLgsp
) -> None:
    """Good before, refused after; an answer replayed or signed by another is not believed; silence stops nothing."""
    numbers = iter(range(100, 10_000))

    def sent() -> dict[str, str]:
        return _sent(asking_hub, KEYS.sealed(next(numbers), sender=OTHER_COMMUNE, addressees=(COMMUNE,)))

    assert sent()["result"] == "done"
    honest = lgsp.answers["national.signing.ocsp"]
    kept: list[tuple[int, Any]] = []

    def recording(call: Call) -> tuple[int, Any]:
        kept.append(honest(call))
        return kept[-1]

    lgsp.answers["national.signing.ocsp"] = recording
    _until(sent, lambda _result: bool(kept))  # the first answer is good for a moment
    assert revoke(national, OTHER_COMMUNE).status_code == 200

    before = len(lgsp.calls)
    lgsp.answers["national.signing.ocsp"] = lambda _call: kept[0]  # an old "good", to another question
    _until(sent, lambda _result: any(call.name == "national.signing.ocsp" for call in lgsp.calls[before:]))
    assert "an answer to an earlier question" in asking_hub.log()
    lgsp.answers["national.signing.ocsp"] = lambda _call: (503, {})
    assert sent()["result"] == "done"  # the last word that could be believed

    lgsp.answers["national.signing.ocsp"] = honest
    refused = _until(sent, lambda result: result["result"] == "refused")
    assert "đã bị thu hồi từ 22/08/2018 09:00 (OCSP)" in refused["detail"]
    lgsp.answers["national.signing.ocsp"] = lambda _call: (503, {})
    assert sent()["result"] == "refused"


def _sent(hub: Running, text: str) -> dict[str, str]:
    return hub.deliver("envelopes.send", {"xml": text}, consumer="office")[0]


def _until(ask: Callable[[], dict[str, str]], wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = ask()
        if wanted(found):
            return found
        assert time.monotonic() < deadline, msgspec.json.encode(found)
        time.sleep(0.1)
