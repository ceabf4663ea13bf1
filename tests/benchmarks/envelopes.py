"""Sealed envelopes for benchmarks: files of random bytes, so that nothing compresses, from one agency to another."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, Envelope, Organ
from services.kit.edxml.seal import Seal
from tests.benchmarks import stand as stands
from tests.benchmarks.stand import Stand, fresh_key
from tests.benchmarks.wire import request


class Sender:
    """An agency that has its key, and the office system that sends for it."""

    def __init__(self, stand: Stand) -> None:
        """Take the first two agencies of the stand that have keys."""
        self.token = stand.lgsp_token("office")
        self._number, self._random = 0, random.Random(7)  # noqa: S311 -- filler
        keys = msgspec.json.decode((Path(stand.launch.reference) / "keystore.json").read_bytes())["organisation"]
        known = [agency for agency in stand.province.agencies if agency.code in keys][:2]
        self._from, self._to = (Organ(agency.code, agency.name) for agency in known)
        self.receiver = known[1]
        held = keys[self._from.code]
        self._seal = Seal(key=held["key"], certificate=held["certificate"])

    def sealed(self, size: int) -> str:
        """Return a fresh envelope with a file of `size` bytes."""
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

    def deliver(self, operation: str, bodies: list[Any]) -> bytes:
        """One call of the office's outbox to the hub."""
        items = [{"key": fresh_key(), "body": body} for body in bodies]
        return self._call(f"/call/dochub/{operation}", msgspec.json.encode({"items": items}), purpose="deliver")

    def fetch(self, target: str) -> bytes:
        """One question of a poll to the hub."""
        return self._call(f"/call/dochub/{target}", b"", purpose="poll")

    def _call(self, path: str, body: bytes, *, purpose: str) -> bytes:
        return request(
            "POST" if body else "GET", path, body, Authorization=f"Bearer {self.token}", X_Call_Id=fresh_key(),
            X_Purpose=purpose,
        )  # fmt: skip
