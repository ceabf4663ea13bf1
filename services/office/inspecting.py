"""The office's side of judging PDFs (judging.py): on demand, in a process of its own, as of the document's arrival.

Nothing is judged when a document arrives: taking it over waits for nobody's PDF. What was seen is remembered while the
same would be asked again; a revocation that becomes known is another question.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
import structlog
from cryptography import x509

from services.kit import revocation_list
from services.kit.edxml import archive
from services.kit.edxml.envelope import Attachment
from services.kit.kit import Kit
from services.kit.revocation_list import RevocationList
from services.office.verdicts import Judged, Question

log = structlog.get_logger()
_ASK_AGAIN_SECONDS = 10.0  # machine time for which a revocation list, or that there was none, is believed; assumed
_PATIENCE_SECONDS = 3.0  # for the list: somebody waits for the page; assumed
_LONGEST_SECONDS = 30.0  # for the process, which ends itself after 10 s of processor time; assumed
_MOST_REMEMBERED = 64  # documents; assumed
_decode = msgspec.msgpack.Decoder(tuple[Judged, ...]).decode


class Found(msgspec.Struct, frozen=True):
    """A PDF that came with a document."""

    attachment: int  #: its number, the first is 1
    name: str
    judged: Judged


class Inspector:
    """Tells what the PDFs of documents are signed by."""

    def __init__(self, kit: Kit) -> None:
        """Nothing is asked for or started before the first PDF."""
        self._kit = kit
        self._authority = (kit.reference.folder / "certificate-authority.pem").read_bytes()
        self._list: RevocationList | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._one_at_a_time = asyncio.Lock()  # whoever looks at PDFs waits; who takes documents over does not
        self._remembered: dict[bytes, tuple[Judged, ...]] = {}

    async def look(self, attachments: Sequence[Attachment], *, at: datetime) -> list[Found]:
        """Judge all PDFs that came with a document at the moment `at`. Never fails: what cannot be judged says so."""
        pdfs = await asyncio.to_thread(lambda: list(pdfs_of(attachments)))
        if not pdfs:
            return []
        listed = await self._revocations()
        revoked = {} if listed is None else {f"{one:x}": listed.revoked[one] for one in sorted(listed.revoked)}
        question = Question(
            pdfs=tuple(content for _, _, content in pdfs),
            at=at.astimezone(UTC),
            authority=self._authority,
            rsa_sha1="RSA-SHA1" in self._kit.reference.document_axis.algorithms,
            revoked=revoked,
            listed=listed is not None and listed.until is not None and at <= listed.until,
        )
        judged = await self._judged(question)
        return [Found(number, name, one) for (number, name, _), one in zip(pdfs, judged, strict=True)]

    async def _revocations(self) -> RevocationList | None:
        """Return the authority's list; while it is out of reach the last one, as at the hub."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= _ASK_AGAIN_SECONDS:
                answer = await self._kit.lgsp.call(
                    "national", "signing.revocations", purpose="revocations", within=_PATIENCE_SECONDS
                )
                try:
                    authority = x509.load_pem_x509_certificate(self._authority)
                    self._list = revocation_list.believed(answer, authority) or self._list
                except (ValueError, msgspec.MsgspecError):
                    log.exception("revocations-not-read")
                self._asked_at = time.monotonic()
        return self._list

    async def _judged(self, question: Question) -> tuple[Judged, ...]:
        async with self._one_at_a_time:
            raw = await asyncio.to_thread(msgspec.msgpack.encode, question)
            key = (await asyncio.to_thread(hashlib.sha256, raw)).digest()
            known = self._remembered.pop(key, None) or await _in_a_process(raw, len(question.pdfs))
            if known is None:
                return (Judged(problem="unfinished"),) * len(question.pdfs)
            self._remembered[key] = known  # the newest stand last
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
        return known


def pdfs_of(attachments: Sequence[Attachment]) -> Iterable[tuple[int, str, bytes]]:
    """All PDFs with the number of their attachment and their name; attachments that nobody can open have none."""
    for number, one in enumerate(attachments, 1):
        try:
            files = archive.unpack(one.archive)
        except ValueError:
            continue
        yield from ((number, name, content) for name, content in files.items() if name.lower().endswith(".pdf"))


async def _in_a_process(question: bytes, wanted: int) -> tuple[Judged, ...] | None:
    """Return what judging.py says; None where it came to no end."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "services.office.judging", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as error:
        log.warning("pdfs-not-judged", pdfs=wanted, error=repr(error))
        return None
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            answer, _ = await process.communicate(question)
        judged = _decode(answer)
    except (OSError, RuntimeError, msgspec.DecodeError) as error:  # TimeoutError is an OSError
        log.warning("pdfs-not-judged", pdfs=wanted, ended=process.returncode, error=repr(error))
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return judged if len(judged) == wanted else None
