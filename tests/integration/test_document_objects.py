"""Large envelopes through object storage: the hub as a process keeps them beside its database, whole and durable."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bucket_stand_in import BucketStandIn
from running_service import Place, Running
from signing_keys import Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE

from verification import records
from verification.signature import examine

KEYS = Keys()
_numbers = iter(range(1, 1000))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where objects are kept."""
    return tmp_path_factory.mktemp("kho đối tượng")


@pytest.fixture(scope="module")
def hub(place: Place, reference_folder: Path, folder: Path) -> Running:
    """A hub with a folder of objects."""
    KEYS.write(reference_folder)
    return place("dochub", OBJECT_STORE=folder.as_uri())


@pytest.fixture
def bucket() -> Iterator[BucketStandIn]:
    """A bucket behind the S3 protocol."""
    with BucketStandIn(key="khoa", secret="bi-mat") as made:
        yield made


def sealed(size: int) -> tuple[str, str]:
    """DocumentId and text of a fresh envelope with a file of that many bytes."""
    number = next(_numbers)
    text = KEYS.sealed(number, files={"tep.bin": random.Random(number).randbytes(size)})  # noqa: S311 -- filler
    return f"{DEPARTMENT},2018/08/22,{number}/SGTVT-VP", text


def send(hub: Running, *texts: str) -> list[str]:
    """Deliver envelopes; returns what became of each."""
    results = hub.deliver("envelopes.send", *({"xml": text} for text in texts), consumer="office")
    return [one["result"] for one in results]


def fetched(hub: Running, *documents: str) -> dict[str, str]:
    """Texts that the hub hands out."""
    answer = hub.call("envelopes.get", consumer="office", query={"documents": ";".join(documents)})
    return {one["document"]: one["xml"] for one in answer.json()["envelopes"]}


def rows(hub: Running, document: str) -> list[dict[str, object]]:
    """What the database itself has of the text."""
    return hub.query("SELECT xml IS NULL AS apart, bytes FROM envelope WHERE document = $1", document)


def test_a_large_envelope_is_an_object_and_a_small_one_a_row(hub: Running, folder: Path) -> None:
    """Both come back letter by letter, after `kill -9` too; the book has both, and the judge is content."""
    (small, short), (large, long) = sealed(2_000), sealed(1_000_000)
    assert send(hub, short, long) == ["done", "done"]
    hub.restart()
    assert fetched(hub, small, large) == {small: short, large: long}
    assert rows(hub, small) == [{"apart": False, "bytes": None}]
    assert rows(hub, large) == [{"apart": True, "bytes": len(long.encode())}]
    book = {row["document"]: row for row in hub.export("envelopes")}
    assert (folder / book[large]["digest"][:2] / book[large]["digest"]).read_text("utf-8") == long
    assert (book[small]["xml"], book[large]["xml"]) == (short, long)
    pem = (Path(hub.settings["REFERENCE_DATA"]) / "certificate-authority.pem").read_bytes()
    assert not examine(msgspec.convert(book[large], records.Envelope), pem)


def test_a_large_envelope_sent_again_is_taken_once(hub: Running) -> None:
    """And another text under its name is refused, as for small ones."""
    document, text = sealed(400_000)
    assert send(hub, text, text) == ["done", "done"]
    assert send(hub, text) == ["done"]
    assert len(rows(hub, document)) == 1
    number = int(document.rpartition(",")[2].partition("/")[0])
    assert send(hub, KEYS.sealed(number, files={"tep.bin": b"x" * 400_000})) == ["refused"]
    assert fetched(hub, document) == {document: text}


def test_an_envelope_that_the_store_does_not_take_is_not_acknowledged(hub: Running, folder: Path) -> None:
    """Its sender tries again; what came with it and was small is not lost either way."""
    (large, long), (small, short) = sealed(400_000), sealed(2_000)
    away = folder.with_name("kho đóng cửa")
    folder.rename(away)
    folder.write_text("not a folder")
    try:
        body = {"items": [{"key": f"k-{one}", "body": {"xml": one}} for one in (long, short)]}
        assert hub.call("envelopes.send", consumer="office", body=body).status_code == 503
        assert rows(hub, large) == rows(hub, small) == []
    finally:
        folder.unlink()
        away.rename(folder)
    assert send(hub, long, short) == ["done", "done"]
    assert fetched(hub, large) == {large: long}


def test_a_lost_object_holds_up_no_other_document(hub: Running, folder: Path) -> None:
    """It is left out of the answer and told in the log."""
    (lost, long), (other, short) = sealed(400_000), sealed(2_000)
    assert send(hub, long, short) == ["done", "done"]
    (row,) = hub.query("SELECT digest FROM envelope WHERE document = $1", lost)
    (folder / row["digest"][:2] / row["digest"]).unlink()
    assert fetched(hub, lost, other) == {other: short}
    hub.await_log("envelope-text-lost")
    assert hub.call("envelopes.get", consumer="office", query={"document": lost}).status_code == 404


def test_a_bucket_keeps_large_envelopes_as_well(place: Place, reference_folder: Path, bucket: BucketStandIn) -> None:
    """The same hub beside a store that speaks the S3 protocol."""
    KEYS.write(reference_folder)
    store = {"OBJECT_STORE": f"s3+{bucket.url}", "OBJECT_STORE_KEY": "khoa", "OBJECT_STORE_SECRET": "bi-mat"}
    hub = place("dochub", **store)
    document, text = sealed(1_000_000)
    assert send(hub, text) == ["done"]
    assert fetched(hub, document) == {document: text}
    assert [content.decode() for content in bucket.objects.values()] == [text]
    waiting = hub.query("SELECT addressee FROM delivery WHERE document = $1 ORDER BY addressee", document)
    assert [row["addressee"] for row in waiting] == sorted([COMMUNE, OTHER_COMMUNE])
