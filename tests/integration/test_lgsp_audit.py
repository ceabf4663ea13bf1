"""What was answered stands in the audit and its chain, whatever is killed; what is past its time goes, and no more."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest
import requests
from echo_provider import Echo
from running_service import Place, Running

from infra.reference import ADMINISTRATOR
from services.kit.settings import SettingsError
from services.lgsp import proving
from services.lgsp.chain import Witness

ROUNDS, CALLERS = 3, 8


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """Answer everything."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(place: Place, echo: Echo, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """The LGSP with one consumer and one provider."""
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    link = {"secret": "s", "provider_secret": "provider-secret-that-is-long-enough", "url": echo.url}
    registry.write_bytes(msgspec.json.encode({"systems": {"portal": link, "national": link}}))
    contracts = [{"consumer": "portal", "provider": "national", "operation": "population.verify"}]
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode(contracts))
    return place("lgsp", LGSP_REGISTRY=str(registry))


def _token(gateway: Running) -> str:
    answer = requests.post(f"{gateway.url}/token", json={"system": "portal", "secret": "s"}, timeout=10)
    return str(answer.json()["token"])


def _calls(gateway: Running, token: str, answered: list[str], ended: threading.Event) -> None:
    """Call until told to end, and remember what was answered."""
    session = requests.Session()
    while not ended.is_set():
        call = str(uuid.uuid4())
        headers = {"Authorization": f"Bearer {token}", "X-Call-Id": call}
        try:
            answer = session.post(f"{gateway.url}/call/national/population.verify", headers=headers, timeout=20)
        except requests.RequestException:
            continue
        if answer.headers.get("X-Lgsp") == "answered":
            answered.append(call)
    session.close()


def test_no_answered_call_is_lost_when_the_lgsp_is_killed(gateway: Running) -> None:
    """Kill -9 under load, three times at random instants: every answered call is in the audit, the chain is whole."""
    token, answered, ended = _token(gateway), list[str](), threading.Event()
    chance = random.Random(6)  # noqa: S311 -- instants, not secrets
    callers = [threading.Thread(target=_calls, args=(gateway, token, answered, ended)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(ROUNDS):
            before, more = len(answered), chance.randint(20, 120)
            while len(answered) < before + more:
                assert any(caller.is_alive() for caller in callers)
                ended.wait(0.005)
            gateway.restart()
    finally:
        ended.set()
        for caller in callers:
            caller.join()

    audited = {row["call"]: row["outcome"] for row in gateway.export("audit")}
    assert {call: audited.get(call) for call in answered} == dict.fromkeys(answered, "answered")
    proof = gateway.get("/api/audit/verification", token=gateway.sign_in(ADMINISTRATOR["account"])).json()
    assert (proof["intact"], proof["broken"]) == (True, [])
    [head] = gateway.export("audit_heads")
    assert head["number"] == max(block["number"] for block in gateway.export("audit_chain"))


def test_an_audit_cut_off_at_its_end_is_noticed(gateway: Running) -> None:
    """Taking the newest block away with its rows leaves a consistent chain; the witness file knows better."""
    _one(gateway)
    gateway.query("CREATE TABLE kept_block AS SELECT * FROM audit_block ORDER BY number DESC LIMIT 1")
    gateway.query("CREATE TABLE kept_ended AS SELECT * FROM call_ended WHERE block = (SELECT number FROM kept_block)")
    gateway.query("DELETE FROM call_ended WHERE block = (SELECT number FROM kept_block)")
    gateway.query("DELETE FROM audit_block WHERE number = (SELECT number FROM kept_block)")
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    proof = gateway.get("/api/audit/verification", token=admin).json()
    assert "bị cắt" in proof["broken"][0]
    gateway.query("INSERT INTO audit_block SELECT * FROM kept_block")
    gateway.query("INSERT INTO call_ended SELECT * FROM kept_ended")
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True


def test_what_is_past_its_time_goes_and_the_rest_proves_itself(gateway: Running) -> None:
    """Half the blocks are made a year old: their calls go, whole, the others stay, and the chain still holds."""
    for _ in range(4):
        _one(gateway)
    before = len(gateway.export("audit"))
    gateway.query("UPDATE audit_block SET at = at - interval '1 year' "
                  "WHERE number < (SELECT max(number) - 4 FROM audit_block)")  # fmt: skip
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    assert gateway.post("/api/audit/retention", {"keep_days": 30}, token=admin, key="").status_code == 422
    removed = gateway.post("/api/audit/retention", {"keep_days": 90}, token=admin, key="").json()["removed"]
    left = gateway.export("audit")
    assert 0 < removed == before - len(left)
    assert len(left) >= 2
    assert {row["outcome"] for row in left} <= {"answered", "interrupted", "unreachable"}
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True
    gateway.restart()
    _one(gateway)
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True


def _held(gateway: Running, echo: Echo, call: str, meanwhile: Callable[[], None]) -> requests.Response:
    """Make a call, and let something happen while the provider has it."""
    echo.go_on.clear()
    headers = {"Authorization": f"Bearer {_token(gateway)}", "X-Call-Id": call}
    try:
        with ThreadPoolExecutor(1) as pool:
            target = f"{gateway.url}/call/national/population.verify"
            asking = pool.submit(requests.post, target, headers=headers, timeout=20)
            while call not in echo.served:
                assert not asking.done()
            meanwhile()
            echo.go_on.set()
            return asking.result()
    finally:
        echo.go_on.set()


def test_a_call_whose_row_the_database_does_not_take_is_answered_and_written_down_later(
    gateway: Running, echo: Echo
) -> None:
    """The journal has it, through the LGSP's own death, until the database takes rows again."""
    call = str(uuid.uuid4())
    answer = _held(gateway, echo, call, lambda: gateway.query("ALTER TABLE call_ended RENAME TO gone"))
    assert (answer.status_code, answer.headers["X-Lgsp"]) == (200, "answered")
    gateway.kill()
    gateway.query("ALTER TABLE gone RENAME TO call_ended")
    gateway.restart()
    assert [row["outcome"] for row in gateway.export("audit") if row["call"] == call] == ["answered"]
    assert gateway.get("/api/audit/verification", token=gateway.sign_in(ADMINISTRATOR["account"])).json()["intact"]


def test_a_call_does_not_vanish_behind_another_ones_id(gateway: Running, echo: Echo) -> None:
    """Another process took the id while the provider had the call: it is written under an id of its own."""
    call = str(uuid.uuid4())
    taken = """
        INSERT INTO call_begun SELECT ($1::text)::uuid, consumer, provider, operation, purpose, request_digest, trace,
                                      started_at, synthetic, writer, block, digest FROM call_begun LIMIT 1
    """
    before = {row["call"] for row in gateway.export("audit")}
    answer = _held(gateway, echo, call, lambda: gateway.query(taken, call))
    assert answer.headers["X-Lgsp"] == "answered"
    [written] = {row["call"] for row in gateway.export("audit")} - before - {call}
    assert [row["outcome"] for row in gateway.export("audit") if row["call"] == written] == ["answered"]
    gateway.query("DELETE FROM call_begun WHERE call = ($1::text)::uuid", call)


def test_two_calls_at_once_under_one_id_are_one(gateway: Running, echo: Echo) -> None:
    """The second is refused while the first is with the provider."""
    call, heard = str(uuid.uuid4()), list[requests.Response]()

    def again() -> None:
        headers = {"Authorization": f"Bearer {_token(gateway)}", "X-Call-Id": call}
        heard.append(requests.post(f"{gateway.url}/call/national/population.verify", headers=headers, timeout=20))

    assert _held(gateway, echo, call, again).headers["X-Lgsp"] == "answered"
    assert (heard[0].status_code, heard[0].json()["title"]) == (409, "call-id-reused")
    assert echo.served.count(call) == 1


def _one(gateway: Running) -> None:
    headers = {"Authorization": f"Bearer {_token(gateway)}", "X-Call-Id": str(uuid.uuid4()), "X-Synthetic": "1"}
    answer = requests.post(f"{gateway.url}/call/national/population.verify", headers=headers, timeout=20)
    assert answer.headers["X-Lgsp"] == "answered"
    gateway.export("audit")  # waits until the database has its row


def test_synthetic_traffic_is_labelled(gateway: Running) -> None:
    """A call that says that nobody real waits for it is found by that."""
    _one(gateway)
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    found = gateway.get("/api/audit", token=admin, synthetic="true").json()["calls"]
    assert found
    assert all(call["synthetic"] for call in found)
    assert {call["synthetic"] for call in gateway.get("/api/audit", token=admin).json()["calls"]} >= {True}


def _proof(gateway: Running) -> list[str]:
    """What is broken."""
    answer = gateway.get("/api/audit/verification", token=gateway.sign_in(ADMINISTRATOR["account"]))
    return list(answer.json()["broken"])


@pytest.fixture
def kept(gateway: Running) -> Iterator[None]:
    """Give the audit back as it was, whatever a test took from it: rows written meanwhile stay."""
    _one(gateway)
    gateway.query("CREATE TABLE before_block AS SELECT * FROM audit_block")
    gateway.query("CREATE TABLE before_begun AS SELECT * FROM call_begun")
    gateway.query("CREATE TABLE before_ended AS SELECT * FROM call_ended")
    yield
    gateway.query("DELETE FROM audit_block WHERE (writer, number) IN (SELECT writer, number FROM before_block)")
    gateway.query("INSERT INTO audit_block SELECT * FROM before_block")
    gateway.query("INSERT INTO call_begun SELECT * FROM before_begun ON CONFLICT DO NOTHING")
    gateway.query("INSERT INTO call_ended SELECT * FROM before_ended ON CONFLICT DO NOTHING")
    gateway.query("DROP TABLE before_block, before_begun, before_ended")


def _take_rows_of_the_newest_block(gateway: Running) -> int:
    """Returns its number."""
    gateway.query("DELETE FROM call_ended WHERE block = (SELECT max(number) FROM audit_block)")
    gateway.query("DELETE FROM call_begun WHERE block = (SELECT max(number) FROM audit_block)")
    return int(gateway.query("SELECT max(number) AS number FROM audit_block")[0]["number"])


def _start_again(gateway: Running) -> None:
    """A new life that knows of calls from the database alone."""
    gateway.kill()
    (Path(gateway.settings["STATE_DIR"]) / "calls-under-way.ndjson").unlink()
    gateway.restart()


_REWRITTEN = "UPDATE audit_block SET rows = 0, digest = sha256(previous) WHERE number = $1"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param("DELETE FROM audit_block WHERE number = $1", "thiếu khối", id="cut off"),
        pytest.param(_REWRITTEN, "không nối với khối trước", id="rewritten, its digest made anew"),
    ],
)
def test_an_audit_spoilt_at_its_end_does_not_grow_over_it(gateway: Running, spoil: str, told: str) -> None:
    """The LGSP starts again on what is left and writes: it goes on from the block it witnessed, so the break stays."""
    gateway.query(spoil, _take_rows_of_the_newest_block(gateway))
    _start_again(gateway)
    _one(gateway)
    assert any(told in what for what in _proof(gateway))


@pytest.mark.usefixtures("kept")
def test_an_audit_rewritten_and_made_long_is_held_against_the_witness(gateway: Running) -> None:
    """However many blocks are put behind the one that was changed."""
    newest = _take_rows_of_the_newest_block(gateway)
    gateway.query(_REWRITTEN, newest)
    gateway.query("""
        INSERT INTO audit_block
        WITH RECURSIVE one AS (
            SELECT writer, number + 1 AS number, digest AS previous, sha256(digest) AS digest FROM audit_block
            WHERE number = $1
            UNION ALL SELECT writer, number + 1, digest, sha256(digest) FROM one WHERE number < $1 + 1200
        ) SELECT writer, number, previous, 0, digest FROM one
    """, newest)  # fmt: skip
    found = _proof(gateway)
    gateway.query("DELETE FROM audit_block WHERE number > $1", newest)
    assert any("đã chứng kiến" in what for what in found)


@pytest.mark.usefixtures("kept")
def test_a_clock_that_was_wrong_for_a_moment_costs_no_row(gateway: Running) -> None:
    """One block says that it is of the year 2000: it goes with those before it when these are old, and not sooner."""
    for _ in range(2):
        _one(gateway)
    gateway.query("UPDATE audit_block SET at = now()")
    gateway.query("UPDATE audit_block SET at = '2000-01-01' WHERE number = (SELECT max(number) - 1 FROM audit_block)")
    admin = gateway.sign_in(ADMINISTRATOR["account"])
    assert gateway.post("/api/audit/retention", {"keep_days": 90}, token=admin, key="").json() == {"removed": 0}
    assert _proof(gateway) == []


def test_a_clock_that_runs_far_ahead_prunes_nothing_that_the_database_calls_young(gateway: Running) -> None:
    """The LGSP's machine believes to be in the next decade."""

    async def prune() -> int:
        pool = await asyncpg.create_pool(gateway.settings["DATABASE_URL"], min_size=1, max_size=1)
        try:
            return await proving.prune(pool, datetime.now(UTC) + timedelta(days=3650), datetime.now(UTC))
        finally:
            await pool.close()

    _one(gateway)
    assert asyncio.run(prune()) == 0


def test_two_processes_do_not_share_a_journal(gateway: Running) -> None:
    """The second would write the first one's calls down as interrupted: it does not start."""
    with pytest.raises(SettingsError, match="another LGSP process"):
        Witness(Path(gateway.settings["STATE_DIR"]))


def test_a_row_under_an_id_of_its_own_is_written_once(gateway: Running, echo: Echo) -> None:
    """The journal brings it again at the next start."""
    _one(gateway)
    call = str(uuid.uuid4())
    taken = """
        INSERT INTO call_begun SELECT ($1::text)::uuid, consumer, provider, operation, purpose, request_digest, trace,
                                      started_at, synthetic, writer, block, digest FROM call_begun LIMIT 1
    """
    before = {row["call"] for row in gateway.export("audit")}
    _held(gateway, echo, call, lambda: gateway.query(taken, call))
    for _ in range(2):
        assert len({row["call"] for row in gateway.export("audit")} - before - {call}) == 1
        gateway.restart()
    gateway.query("DELETE FROM call_begun WHERE call = ($1::text)::uuid", call)


def test_a_caller_that_hangs_up_is_on_the_books_all_the_same(gateway: Running, echo: Echo) -> None:
    """The provider has acted: the call is followed to its end, though nobody listens any more."""
    call = str(uuid.uuid4())
    echo.go_on.clear()
    try:
        address = urlsplit(gateway.url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as caller:
            caller.sendall(
                f"POST /call/national/population.verify HTTP/1.1\r\nHost: lgsp\r\nContent-Length: 0\r\n"
                f"Authorization: Bearer {_token(gateway)}\r\nX-Call-Id: {call}\r\n\r\n".encode()
            )
            until = time.monotonic() + 20
            while call not in echo.served:
                assert time.monotonic() < until
    finally:
        echo.go_on.set()
    rows: list[str] = []
    while not rows:
        rows = [row["outcome"] for row in gateway.export("audit") if row["call"] == call]
        assert time.monotonic() < until
    assert rows == ["answered"]
