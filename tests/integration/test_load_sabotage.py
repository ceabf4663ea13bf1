"""Each sabotage damages exactly the one thing it says, in databases with the services' real tables."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from load_stand_in import stack_of
from running_service import Postgres

import services
from infra import stack as stacks
from infra.stack import Stack
from loadtests import sabotage
from loadtests.sabotage import SabotageError
from loadtests.sabotage.signature_altered import alter
from simulation.mistakes import BadInputError

SERVICES = Path(services.__file__).parent
DAMAGED = ("portal", "onestop", "lgsp", "dochub", "office", "sector")
CALL = "00000000-0000-0000-0000-00000000000"
SIGNATURE = base64.b64encode(bytes(range(64))).decode()
XML = f"<e><ds:Signature><ds:SignatureValue>{SIGNATURE}</ds:SignatureValue></ds:Signature></e>"
#: What the services would have written: three of each, so that there is a middle.
ROWS: Mapping[str, str] = {
    "portal": """
        INSERT INTO request (key, digest) SELECT 'rate-' || n, '' FROM generate_series(1, 3) n;
    """,
    "onestop": """
        INSERT INTO dossier (code, procedure, agency, channel, delivery, applicant_number, applicant_name, fee, state,
                             seq)
            SELECT 'D' || n, 'p', 'a', 'online', 'counter', '0', 'x', 8000, 'received', 2 FROM generate_series(1, 3) n;
        INSERT INTO event (code, seq, event, state, actor, at)
            SELECT 'D' || n, s, 'e', 'received', 'x', now() FROM generate_series(1, 3) n, generate_series(1, 2) s;
        INSERT INTO payment (code, kind, amount, "order", at)
            SELECT 'D' || n, 'online', 8000, 'O' || n, now() FROM generate_series(1, 3) n;
        INSERT INTO paper (code, kind, content, at) SELECT 'D' || n, 'form', '', now() FROM generate_series(1, 3) n;
        INSERT INTO parcel (parcel, code, sent_at) SELECT 'B' || n, 'D' || n, now() FROM generate_series(1, 3) n;
    """,
    "lgsp": """
        INSERT INTO call_begun SELECT ('CALL' || n)::uuid, 'portal', 'onestop', 'dossiers.submit', 'x', '', '',
            now() + n * interval '1 second' FROM generate_series(1, 3) n;
        INSERT INTO call_ended SELECT ('CALL' || n)::uuid, 'answered', 200 FROM generate_series(1, 3) n;
    """.replace("CALL", CALL),
    "dochub": """
        INSERT INTO envelope SELECT 'V' || n, 'a', 'i', '{b}', 's', now(), 'd', 'XML' FROM generate_series(1, 3) n;
        INSERT INTO delivery SELECT 'V' || n, 'b', 'i', now(), now(), '03', 2 FROM generate_series(1, 3) n;
        INSERT INTO status SELECT 'V' || n, 'b', s, (ARRAY['01', '03'])[s], '', now(), 'i', 2 * n + s
            FROM generate_series(1, 3) n, generate_series(1, 2) s;
    """.replace("XML", XML),
    "office": """
        INSERT INTO received SELECT 'V' || n, 'a', '', '', '', '' FROM generate_series(1, 3) n;
        INSERT INTO incoming (agency, document, arrived_at) SELECT 'b', 'V' || n, now() FROM generate_series(1, 3) n;
    """,
    "sector": """
        INSERT INTO request (key, digest) SELECT 'visit-' || n, '' FROM generate_series(1, 3) n;
        INSERT INTO visit (facility, patient, insured, at, request_key)
            SELECT 'f', 'p', true, now(), 'visit-' || n FROM generate_series(1, 3) n;
    """,
}
#: What every sabotage can touch.
LOOK: Mapping[str, str] = {
    "onestop.dossier": "SELECT code, state FROM dossier ORDER BY code",
    "onestop.event": "SELECT code, seq FROM event ORDER BY code, seq",
    "onestop.payment": 'SELECT code, "order", amount FROM payment ORDER BY code',
    "lgsp.call_begun": "SELECT call, purpose FROM call_begun ORDER BY call",
    "lgsp.call_ended": "SELECT call FROM call_ended ORDER BY call",
    "dochub.envelope": "SELECT document, xml FROM envelope ORDER BY document",
    "dochub.delivery": "SELECT document, addressee FROM delivery ORDER BY document",
    "dochub.status": "SELECT document, agency, seq, status FROM status ORDER BY document, agency, seq",
    "office.incoming": "SELECT document, agency FROM incoming ORDER BY document",
    "sector.visit": "SELECT id, request_key FROM visit ORDER BY id",
    "sector.request": "SELECT key FROM request ORDER BY key",
}

Contents = dict[str, list[tuple[Any, ...]]]


async def fill(address: str, service: str, *, rows: bool) -> None:
    """Make the tables as the service's own migrations do, and put rows in."""
    connection = await asyncpg.connect(address)
    try:
        for owner in ("kit", service):
            for script in sorted((SERVICES / owner / "migrations").glob("*.sql")):
                await connection.execute(script.read_text(encoding="utf-8"))
        if rows:
            await connection.execute(ROWS[service])
    finally:
        await connection.close()


async def look(stack: Stack) -> Contents:
    """Read all that a sabotage can touch."""
    seen: Contents = {}
    for table, query in LOOK.items():
        service = table.partition(".")[0]
        if service not in stack.databases:
            continue
        connection = await asyncpg.connect(stack.databases[service])
        try:
            seen[table] = [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()
    return seen


def placed(postgres: Postgres, folder: Path, *services: str, rows: bool = True) -> Stack:
    """A stack of some databases only."""
    databases = {service: postgres.create_database(f"sabotage_{service}") for service in services}
    for service, address in databases.items():
        asyncio.run(fill(address, service, rows=rows))
    return msgspec.structs.replace(stacks.load(stack_of("http://127.0.0.1:1", folder)), databases=databases)


def gone(before: Contents, after: Contents) -> Contents:
    """Rows that are no longer there, by table."""
    lost = {table: [row for row in rows if row not in after[table]] for table, rows in before.items()}
    return {table: rows for table, rows in lost.items() if rows}


def more(before: Contents, after: Contents) -> Contents:
    """Rows that were not there before, or not so often, by table."""
    new = {
        table: [row for row in dict.fromkeys(rows) if rows.count(row) > before[table].count(row)]
        for table, rows in after.items()
    }
    return {table: rows for table, rows in new.items() if rows}


def harmed(postgres: Postgres, folder: Path, name: str, *services: str) -> tuple[str, Contents, Contents]:
    """Apply one sabotage to fresh databases; returns its subject, what is gone and what is new."""
    stack = placed(postgres, folder, *services)
    before = asyncio.run(look(stack))
    damage = sabotage.apply(name, stack)
    assert damage.name == name
    assert damage.subject in damage.what.vi
    assert damage.subject in damage.what.en
    after = asyncio.run(look(stack))
    return damage.subject, gone(before, after), more(before, after)


def test_a_lost_dossier_takes_its_events_and_money_along(postgres: Postgres, tmp_path: Path) -> None:
    """The middle dossier is gone from the one-stop, whole, and no other."""
    assert harmed(postgres, tmp_path, "dossier-lost", "onestop") == (
        "D2",
        {
            "onestop.dossier": [("D2", "received")],
            "onestop.event": [("D2", 1), ("D2", 2)],
            "onestop.payment": [("D2", "O2", 8000)],
        },
        {},
    )


def test_a_document_delivered_twice_stands_twice_at_hub_and_office(postgres: Postgres, tmp_path: Path) -> None:
    """One more delivery and one more entry in the incoming register, for the same addressee."""
    assert harmed(postgres, tmp_path, "document-delivered-twice", "dochub", "office") == (
        "V2",
        {},
        {"dochub.delivery": [("V2", "b")], "office.incoming": [("V2", "b")]},
    )


def test_an_altered_payment_is_one_dong_more(postgres: Postgres, tmp_path: Path) -> None:
    """One đồng, at one side only."""
    assert harmed(postgres, tmp_path, "payment-altered", "onestop") == (
        "O2",
        {"onestop.payment": [("D2", "O2", 8000)]},
        {"onestop.payment": [("D2", "O2", 8001)]},
    )


def test_a_removed_audit_row_is_gone_with_its_end(postgres: Postgres, tmp_path: Path) -> None:
    """The LGSP knows nothing of one call any more."""
    subject, lost, new = harmed(postgres, tmp_path, "audit-row-removed", "lgsp")
    assert subject == f"{CALL}2"
    assert {table: [str(row[0]) for row in rows] for table, rows in lost.items()} == {
        "lgsp.call_begun": [subject],
        "lgsp.call_ended": [subject],
    }
    assert new == {}


def test_an_altered_audit_has_another_purpose(postgres: Postgres, tmp_path: Path) -> None:
    """One word of one row, which nobody but the chain can notice."""
    subject, lost, new = harmed(postgres, tmp_path, "audit-chain-altered", "lgsp")
    assert [(str(call), purpose) for call, purpose in lost["lgsp.call_begun"]] == [(subject, "x")]
    assert [(str(call), purpose) for call, purpose in new["lgsp.call_begun"]] == [(subject, "x-2")]


def test_an_altered_signature_differs_in_one_character(postgres: Postgres, tmp_path: Path) -> None:
    """The envelope is the same but for one letter of the signature's value."""
    subject, lost, new = harmed(postgres, tmp_path, "signature-altered", "dochub")
    [(document, before)], [(_, after)] = lost["dochub.envelope"], new["dochub.envelope"]
    assert (subject, document) == ("V2", "V2")
    differing = [place for place, (old, young) in enumerate(zip(before, after, strict=True)) if old != young]
    assert len(differing) == 1
    assert before.index(SIGNATURE) <= differing[0] < before.index(SIGNATURE) + len(SIGNATURE)


def test_statuses_out_of_order_have_changed_places(postgres: Postgres, tmp_path: Path) -> None:
    """03 now comes before 01."""
    assert harmed(postgres, tmp_path, "status-out-of-order", "dochub") == (
        "V2",
        {"dochub.status": [("V2", "b", 1, "01"), ("V2", "b", 2, "03")]},
        {"dochub.status": [("V2", "b", 1, "03"), ("V2", "b", 2, "01")]},
    )


def test_an_undone_write_leaves_its_reply(postgres: Postgres, tmp_path: Path) -> None:
    """The row is gone while the service still remembers that it acknowledged it."""
    assert harmed(postgres, tmp_path, "write-undone", "portal", "sector") == (
        "2",
        {"sector.visit": [(2, "visit-2")]},
        {},
    )


@pytest.fixture(scope="module")
def idle(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack that has seen no traffic."""
    return placed(postgres, tmp_path_factory.mktemp("idle"), *DAMAGED, rows=False)


@pytest.mark.parametrize("name", sabotage.names())
def test_where_there_is_nothing_to_damage_that_is_said(idle: Stack, name: str) -> None:
    """A run without traffic cannot be sabotaged, and neither can a stack that lets nobody in."""
    with pytest.raises(SabotageError, match="to damage"):
        sabotage.apply(name, idle)
    closed = msgspec.structs.replace(idle, databases={})
    with pytest.raises(SabotageError, match="local target"):
        sabotage.apply(name, closed)


def test_an_unknown_sabotage_is_refused_with_the_nearest_name() -> None:
    """Known before the run: a typing mistake does not cost a day of traffic."""
    with pytest.raises(BadInputError, match="“dossier-lost”"):
        sabotage.check("dosier-lost")


def test_the_names_are_those_of_the_task() -> None:
    """Eight things that a verdict must be seen to notice."""
    assert sabotage.names() == (
        "dossier-lost",
        "document-delivered-twice",
        "payment-altered",
        "audit-row-removed",
        "signature-altered",
        "status-out-of-order",
        "write-undone",
        "audit-chain-altered",
    )


def test_an_envelope_without_a_signature_cannot_be_altered() -> None:
    """Said instead of damaging something else."""
    with pytest.raises(SabotageError, match="no signature"):
        alter("<e/>")
