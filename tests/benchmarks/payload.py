"""Documents of 2 KB to 10 MB through the LGSP into the hub: accepted, verified, stored, and handed out again unaltered.

Each rung is a file of random bytes (nothing compresses), zipped, in base64, sealed. Beside the speed stands the memory
that the hub's process holds after the rung: it must not grow with what has passed through.
"""

from __future__ import annotations

import random
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import psutil

from infra.target import ServiceStatus
from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Seal
from tests.benchmarks import stand as stands
from tests.benchmarks.kit import Row, against_limit, check, say
from tests.benchmarks.stand import Stand, fresh_key
from tests.benchmarks.wire import request

#: Bytes of the attached file -> how many documents are sent.
_LADDER = {2_000: 400, 10_000: 400, 100_000: 120, 2_000_000: 12, 10_000_000: 4}
_MOST_HUB_MEGABYTES = 700.0  # assumed: a small server's share; one 10 MB document needs about 180 while it is read


def run() -> list[Row]:
    """Place a stack and climb the ladder."""
    with stands.placed() as stand:
        climb = _Climb(stand)
        return [climb.rung(size, count) for size, count in _LADDER.items()]


class _Climb:
    def __init__(self, stand: Stand) -> None:
        self._stand, self._number = stand, 0
        self._token = stand.lgsp_token("office")
        self._random = random.Random(7)  # noqa: S311 -- filler
        keys = msgspec.json.decode((Path(stand.launch.reference) / "keystore.json").read_bytes())["organisation"]
        codes = [agency for agency in stand.province.agencies if agency.code in keys][:2]
        self._from, self._to = (Organ(agency.code, agency.name) for agency in codes)
        held = keys[self._from.code]
        self._seal = Seal(key=held["key"], certificate=held["certificate"])

    def rung(self, size: int, count: int) -> Row:
        """Send one size, then fetch one of them back."""
        sealed = [self._sealed(size) for _ in range(count)]
        requests = [self._send(text) for text in sealed]
        began = time.perf_counter()
        load = self._stand.wire.closed(self._stand.url("lgsp"), requests, connections=min(8, count))
        seconds = time.perf_counter() - began
        check(load.statuses == {200}, f"statuses {load.statuses}: {load.answers[0][1][:300]!r}")
        results = [msgspec.json.decode(body)["results"][0] for _, body in load.answers]
        check(all(one["result"] == "done" for one in results), f"not taken: {results[0]}")
        kept = (
            {row["digest"]: len(row["xml"]) for row in self._stand.export("dochub", "envelopes")} if size < 1e6 else {}
        )
        check(size >= 1e6 or len(kept) >= count, "the hub keeps fewer than it took")
        memory = self._hub_megabytes()
        say(f"{size} bytes: {count / seconds:.1f}/s, hub {memory:.0f} MB")
        return against_limit(
            f"payload.{size}", memory, unit="MB held by the hub", at_most=_MOST_HUB_MEGABYTES,
            note=f"{count / seconds:.1f} documents/s, {size * count / seconds / 1e6:.1f} MB/s of files; "
            f"envelopes of {len(sealed[0].encode())} bytes",
        )  # fmt: skip

    def _hub_megabytes(self) -> float:
        statuses: list[ServiceStatus] = self._stand._target.status(self._stand.stack)
        pid = next(one.pid for one in statuses if one.service == "dochub")
        check(pid, "the hub does not run")
        return float(psutil.Process(pid or 0).memory_info().rss) / 1e6

    def _send(self, text: str) -> bytes:
        body = msgspec.json.encode({"items": [{"key": fresh_key(), "body": {"xml": text}}]})
        return request(
            "POST", "/call/dochub/envelopes.send", body, Authorization=f"Bearer {self._token}", X_Call_Id=fresh_key(),
            X_Purpose="benchmark",
        )  # fmt: skip

    def _sealed(self, size: int) -> str:
        self._number += 1
        at = stands.NINE_O_CLOCK.astimezone(VIETNAM) - timedelta(minutes=1)
        packed = archive.pack({"tep.bin": self._random.randbytes(size)})
        envelope = Envelope(
            id=DocumentId(self._from.code, at.date(), self._number, "SNV-VP"),
            sender=self._from, addressees=(self._to,), place="Tỉnh Mẫu", kind="Công văn", subject="V/v tệp lớn",
            summary="V/v tệp lớn", signer_position="Giám đốc", signer_name="Nguyễn Văn Mẫu", reason="Mới",
            staff_department="Văn thư", staff_name="Văn thư", sent_at=at,
            attachments=(Attachment(content_id="cid:1", name="tep.zip", description="Tệp", archive=packed),),
        )  # fmt: skip
        return self._seal.sign_envelope(compose(envelope), at=at)
