"""The process that judges PDFs: what it says comes back, and nothing waits for one that does not end."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import edxml_samples as samples
import msgspec
import pytest
from pdf_samples import PLAIN

from services.kit.edxml import archive
from services.kit.edxml.envelope import Attachment
from services.kit.kit import Kit
from services.kit.revocation_list import RevocationList
from services.office import inspecting
from services.office.verdicts import Judged, Question

AUTHORITY = samples.SmallAuthority()
QUESTION = msgspec.msgpack.encode(
    Question(pdfs=(PLAIN, b"x"), at=samples.NOON, authority=AUTHORITY.pem, rsa_sha1=False)
)


async def test_each_pdf_is_answered_by_the_process() -> None:
    """In their order."""
    assert await inspecting._in_a_process(QUESTION, 2) == (Judged(pages=1), Judged(problem="unreadable"))


@pytest.mark.parametrize(
    "program",
    ["exec sleep 600", "exit 1", "cat >/dev/null", "printf x", "printf '\\220'"],
    ids=["without end", "failed", "silent", "garbled", "too short"],
)
async def test_a_process_that_says_nothing_sensible_is_given_up(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that goes wrong; nobody is told that the PDFs are good or bad."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{program}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(inspecting.sys, "executable", str(fake))
    monkeypatch.setattr(inspecting, "_LONGEST_SECONDS", 0.5)
    assert await inspecting._in_a_process(QUESTION, 2) is None


async def test_without_a_process_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has none to give."""
    monkeypatch.setattr(inspecting.sys, "executable", "/nowhere/python")
    assert await inspecting._in_a_process(QUESTION, 2) is None


async def test_what_was_seen_is_remembered_until_something_is_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same asked again needs no process; what came to no end is tried again; a revocation is another question."""
    (tmp_path / "certificate-authority.pem").write_bytes(AUTHORITY.pem)
    axis = SimpleNamespace(algorithms=("RSA-SHA1",))

    async def call(*_: object, **__: object) -> None:
        """Answer; what it says is told below."""

    reference = SimpleNamespace(folder=tmp_path, document_axis=axis)
    kit = cast("Kit", SimpleNamespace(lgsp=SimpleNamespace(call=call), reference=reference))
    later, earlier = samples.NOON + timedelta(days=1), samples.NOON - timedelta(days=1)
    known = [
        RevocationList({}, samples.NOON),
        RevocationList({}, later),
        RevocationList({7: samples.NOON}, samples.NOON),
        None,
        RevocationList({}, earlier),
    ]
    answers = [None, (Judged(pages=1),), (Judged(pages=2),), (Judged(pages=3),)]
    asked: list[Question] = []

    def believed(*_: object) -> RevocationList | None:
        return known.pop(0)

    async def process(question: bytes, _wanted: int) -> tuple[Judged, ...] | None:
        asked.append(msgspec.msgpack.decode(question, type=Question))
        return answers.pop(0)

    monkeypatch.setattr(inspecting.revocation_list, "believed", believed)
    monkeypatch.setattr(inspecting, "_in_a_process", process)
    monkeypatch.setattr(inspecting, "_ASK_AGAIN_SECONDS", 0.0)
    inspector = inspecting.Inspector(kit)
    packed = Attachment(content_id="c", name="a.zip", description="", archive=archive.pack({"A.PDF": PLAIN, "b": b""}))

    seen = [(await inspector.look([packed], at=samples.NOON))[0].judged for _ in range(5)]

    assert seen == [Judged(problem="unfinished"), Judged(pages=1), Judged(pages=2), Judged(pages=2), Judged(pages=3)]
    assert [(one.listed, sorted(one.revoked)) for one in asked] == [
        (True, []), (True, []), (True, ["7"]), (False, []),
    ]  # fmt: skip
    assert asked[0].pdfs == (PLAIN,)
    assert asked[0].rsa_sha1


async def test_without_a_pdf_nobody_is_asked(tmp_path: Path) -> None:
    """No list, no process; a zip that nobody can open has none."""
    (tmp_path / "certificate-authority.pem").write_bytes(AUTHORITY.pem)
    inspector = inspecting.Inspector(cast("Kit", SimpleNamespace(reference=SimpleNamespace(folder=tmp_path))))
    packed = [Attachment(content_id="c", name="a.zip", description="", archive=one)
              for one in (archive.pack({"a.txt": b"x"}), b"no zip")]  # fmt: skip
    assert await inspector.look(packed, at=samples.NOON) == []
