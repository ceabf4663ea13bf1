"""Each vendor's product behind a running one-stop: every act is the product's first (SYS-ONESTOP-VENDORS)."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import requests
import small_province
from running_service import Place, Running
from small_province import COMMUNE, DEPARTMENT, FREE, LAN, ONLINE, SAME_DAY, account

from infra.reference import write_product

PRODUCTS = ("sen", "truc", "dua")
_STARTED = '"event":"product-started"'


def _onestop(place: Place, folder: Path, product: str, *planted: str) -> Running:
    small_province.write(folder)
    write_product(folder, name=product, planted=planted)
    return place("onestop", REFERENCE_DATA=str(folder))


@pytest.fixture(scope="module", params=PRODUCTS)
def onestop(request: pytest.FixtureRequest, place: Place, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A one-stop with a product that keeps to the norm."""
    return _onestop(place, tmp_path_factory.mktemp(request.param), request.param)


def _token(onestop: Running, role: str, agency: str = COMMUNE) -> str:
    return onestop.sign_in(account(role, agency))


def _handed(**more: Any) -> dict[str, Any]:
    applicant = {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"}
    return {"procedure": ONLINE, "applicant": applicant, "fee_cash": 8000, "delivery": "counter"} | more


def _submitted(
    onestop: Running, code: str, procedure: str = ONLINE, agency: str = COMMUNE, *, result: str = "done"
) -> None:
    item = {
        "code": code, "procedure": procedure, "agency": agency, "delivery": "counter", "fee": 0,
        "applicant": {"personal_number": LAN, "full_name": "Nguyễn Thị Lan"},
        "submitted_at": "2018-08-22T08:30:00+07:00",
    }  # fmt: skip
    assert [one["result"] for one in onestop.deliver("dossiers.submit", item, consumer="portal")] == [result]


def _product(onestop: Running) -> psutil.Process:
    found = [
        one for one in psutil.process_iter(["cmdline", "environ"])
        if "services.vendors" in (one.info["cmdline"] or [])
        and (one.info["environ"] or {}).get("REFERENCE_DATA") == onestop.settings["REFERENCE_DATA"]
    ]  # fmt: skip
    assert len(found) == 1
    return found[0]


def test_a_dossier_is_worked_by_the_product_from_counter_to_post(onestop: Running) -> None:
    """Received, supplemented, examined, decided, sent and delivered: our book has what the product said."""
    clerk, specialist, leader = (_token(onestop, role) for role in ("reception_clerk", "specialist", "leader"))
    taken = onestop.post("/api/dossiers", _handed(delivery="post"), token=clerk)
    assert taken.status_code == 201, taken.text
    code = taken.json()["code"]
    one = f"/api/dossiers/{code}"
    for path, body, token, state in (
        ("supplement-request", {"what": "Bản sao"}, specialist, "awaiting_supplement"),
        ("supplement", {"what": "Bản sao"}, clerk, "received"),
        ("examination", {"proposal": "approve"}, specialist, "examined"),
        ("decision", {"decision": "approve"}, leader, "approved"),
        ("return", {"by": "post", "fee_cash": 0}, clerk, "posted"),
    ):
        done = onestop.post(f"{one}/{path}", body, token=token)
        assert (done.status_code, done.json().get("state")) == (200, state), done.text
    (parcel,) = onestop.query("SELECT parcel, product_number FROM parcel WHERE code = $1", code)
    onestop.deliver("parcels.status", {"parcel": parcel["parcel"], "status": "delivered"}, consumer="national")

    assert code.startswith(f"{COMMUNE}-180822-")
    assert parcel["product_number"].startswith("BG")
    assert parcel["product_number"] != parcel["parcel"]
    assert {row["code"]: row["state"] for row in onestop.export("dossiers")}[code] == "returned"


def test_what_comes_from_the_portal_is_the_products_too(onestop: Running) -> None:
    """An online dossier is accepted, paid for and handed back; the product knows all of it."""
    code = f"{DEPARTMENT}-180822-5001"
    _submitted(onestop, code, FREE, DEPARTMENT)
    clerk, specialist = (_token(onestop, role, DEPARTMENT) for role in ("reception_clerk", "specialist"))
    one = f"/api/dossiers/{code}"
    for path, body, token in (
        ("acceptance", None, clerk), ("examination", {"proposal": "reject"}, specialist),
        ("decision", {"decision": "reject"}, specialist), ("return", {"by": "counter", "fee_cash": 0}, clerk),
    ):  # fmt: skip
        done = onestop.post(f"{one}/{path}", body, token=token)
        assert done.status_code == 200, done.text

    assert {row["code"]: row["state"] for row in onestop.export("dossiers")}[code] == "returned"


def test_the_same_request_again_is_done_once_by_both(onestop: Running) -> None:
    """A repeated reception has one code, at the product as here."""
    clerk = _token(onestop, "reception_clerk")
    body = _handed(procedure=SAME_DAY, fee_cash=2000)
    codes = {onestop.post("/api/dossiers", body, token=clerk, key="twice").json()["code"] for _ in range(2)}
    after = onestop.post("/api/dossiers", body, token=clerk).json()["code"]

    assert len(codes) == 1
    assert int(after[-4:]) == int(next(iter(codes))[-4:]) + 1


@pytest.mark.parametrize(
    ("product", "planted", "act", "norm", "said"),
    [
        ("sen", "skips-received", "acceptance", "submitted", "examined"),
        ("truc", "rejection-as-approval", "decision", "examined", "approved"),
        ("dua", "post-closes-at-once", "return", "rejected", "returned"),
    ],
)
def test_what_the_product_says_against_the_norm_is_not_written(
    place: Place, tmp_path: Path, product: str, planted: str, act: str, norm: str, said: str
) -> None:
    """TRB-VENDOR-MISMATCH: the official is told what the product said, and our book stays where it was."""
    onestop = _onestop(place, tmp_path, product, planted)
    code = f"{COMMUNE}-180822-5001"
    _submitted(onestop, code)
    clerk, specialist, leader = (_token(onestop, role) for role in ("reception_clerk", "specialist", "leader"))
    refused = ("", 0, "", "")
    for path, body, token in (
        ("acceptance", None, clerk), ("examination", {"proposal": "reject"}, specialist),
        ("decision", {"decision": "reject"}, leader), ("return", {"by": "post", "fee_cash": 0}, clerk),
    ):  # fmt: skip
        answer = onestop.post(f"/api/dossiers/{code}/{path}", body, token=token)
        if answer.status_code != 200:
            refused = (path, answer.status_code, answer.json()["title"], answer.json()["detail"])
            break
    state = {row["code"]: row["state"] for row in onestop.export("dossiers")}[code]
    onestop.stop()

    assert refused[:3] == (act, 502, "product-disagrees")
    assert f"“{product}” báo hồ sơ {code} ở trạng thái “{said}”" in refused[3]
    assert state == norm


def test_without_its_product_nothing_is_done_and_nobody_is_left_behind(onestop: Running) -> None:
    """The product is dead and cannot start: acts get 503, deliveries come again, reading goes on.

    Once it can, it is started again by itself.
    """
    product = _product(onestop)
    code = f"{COMMUNE}-180822-5002"
    store = next(Path(onestop.settings["STATE_DIR"]).glob("*.db"))
    started = onestop.log().count(_STARTED)
    kept = store.rename(store.with_name("kept"))
    store.mkdir()  # no database: the product cannot start
    product.kill()
    product.wait()
    clerk = _token(onestop, "reception_clerk")
    refused = onestop.post("/api/dossiers", _handed(), token=clerk)
    desk = onestop.get("/api/desk", token=clerk)
    _submitted(onestop, code, result="again")
    store.rmdir()
    kept.rename(store)
    onestop.await_log(_STARTED, times=started + 1)
    _submitted(onestop, code)

    assert (refused.status_code, refused.json()["title"]) == (503, "product-out-of-reach")
    assert desk.status_code == 200
    assert code not in desk.text
    assert {row["code"]: row["state"] for row in onestop.export("product")}[code] == "submitted"


def test_what_it_acknowledged_outlives_its_death(onestop: Running) -> None:
    """SYS-ONESTOP-VENDORS: killed at work, the product alone and then with its service, it loses nothing.

    Clerks go on with the same key until they are answered: each dossier is there once, at both, in the same state.
    """
    clerk, specialist = _token(onestop, "reception_clerk"), _token(onestop, "specialist")
    acknowledged: list[str] = []
    a_third, two_thirds = threading.Event(), threading.Event()

    def work(number: int) -> None:
        key = f"through-{number}"
        code = _until_done(onestop, "/api/dossiers", _handed(), token=clerk, key=key)["code"]
        _until_done(
            onestop, f"/api/dossiers/{code}/examination", {"proposal": "approve"}, token=specialist, key=f"{key}-seen"
        )
        acknowledged.append(code)
        if len(acknowledged) >= 8:
            a_third.set()
        if len(acknowledged) >= 16:
            two_thirds.set()

    with ThreadPoolExecutor(4) as clerks:
        done = [clerks.submit(work, number) for number in range(24)]
        a_third.wait(60)
        _product(onestop).kill()
        two_thirds.wait(60)
        onestop.kill()
        onestop.start()
        for one in done:
            one.result()
    ours = {row["code"]: row["state"] for row in onestop.export("dossiers") if row["code"] in acknowledged}
    theirs = {row["code"]: row["state"] for row in onestop.export("product")}

    assert ours == dict.fromkeys(acknowledged, "examined")
    assert len(ours) == 24
    assert {code: theirs.get(code) for code in ours} == ours
    assert len(theirs) == len(onestop.export("dossiers")), "the product has dossiers that nobody was told of"


def test_what_the_product_was_told_and_we_could_not_write_goes_on(onestop: Running) -> None:
    """We died after the product had done it, and the official gave up: asked anew, it is found done and written."""
    clerk, specialist = _token(onestop, "reception_clerk"), _token(onestop, "specialist")
    code = onestop.post("/api/dossiers", _handed(), token=clerk).json()["code"]
    one = f"/api/dossiers/{code}"
    seen = onestop.post(f"{one}/examination", {"proposal": "approve"}, token=specialist, key="lost")
    asyncio.run(_forget(onestop, code))
    otherwise = onestop.post(f"{one}/supplement-request", {"what": "Bản sao"}, token=specialist)
    again = onestop.post(f"{one}/examination", {"proposal": "approve"}, token=specialist)

    assert seen.status_code == 200, seen.text
    assert (otherwise.status_code, otherwise.json()["title"]) == (409, "wrong-state")
    assert (again.status_code, again.json().get("state")) == (200, "examined"), again.text
    assert {row["code"]: row["state"] for row in onestop.export("product")}[code] == "examined"


def test_the_services_end_is_the_products(onestop: Running) -> None:
    """Nobody is left behind, neither after a polite end nor after a kill."""
    polite = _product(onestop)
    onestop.stop()
    onestop.start()
    struck = _product(onestop)
    onestop.kill()

    _, alive = psutil.wait_procs([polite, struck], timeout=60)
    assert alive == []


async def _forget(onestop: Running, code: str) -> None:
    """Take our book back to before the examination, as if its transaction had not been committed."""
    connection = await asyncpg.connect(onestop.settings["DATABASE_URL"])
    try:
        await connection.execute(
            "UPDATE dossier SET state = 'received', seq = 1, proposal = NULL WHERE code = $1", code
        )
        await connection.execute("DELETE FROM event WHERE code = $1 AND seq = 2", code)
    finally:
        await connection.close()


def _until_done(onestop: Running, path: str, body: Any, *, token: str, key: str) -> dict[str, Any]:
    """Ask with the same key until the answer is no longer that something is down."""
    deadline = time.monotonic() + 60
    while True:
        with suppress(requests.RequestException):
            answer = requests.post(
                onestop.url + path, json=body, headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
                timeout=30,
            )  # fmt: skip
            if answer.status_code < 500:
                assert answer.ok, answer.text
                return dict(answer.json())
        assert time.monotonic() < deadline, onestop.log()
        time.sleep(0.05)  # nobody tells a client that a service is back
