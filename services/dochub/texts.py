"""Where texts of envelopes are: small ones in their row, large ones in object storage, where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from services.kit.objects import DamagedObjectError, Objects

log = structlog.get_logger()
_LARGE_BYTES = 256 << 10  # assumed: past this a text is more than a hundred pieces in the database, and in every backup
_NOT_HERE = '"xml":null'


class Texts:
    """Keeps large texts apart and finds them again."""

    def __init__(self, objects: Objects | None) -> None:
        """Without `objects` every text stays in its row."""
        self._objects = objects

    async def put_apart(self, xml: str, digest: str) -> bool:
        """Keep a large text in object storage, durable on return; False for one that belongs into its row.

        Raises ObjectStoreError.
        """
        if not self._objects or len(xml) <= _LARGE_BYTES:
            return False
        await self._objects.put(digest, xml.encode())
        return True

    async def of(self, row: Mapping[str, Any]) -> str | None:
        """Text of a row with `xml` and `digest`; None, told in the log, where the store has lost or damaged it.

        Raises ObjectStoreError.
        """
        if row["xml"] is not None:
            return str(row["xml"])
        assert self._objects, "texts are in object storage, and OBJECT_STORE is not set"  # noqa: S101 -- wrongly placed
        try:
            return (await self._objects.get(row["digest"])).decode()
        except DamagedObjectError as error:
            log.error("envelope-text-lost", digest=row["digest"], error=str(error))  # noqa: TRY400 -- the message says all
            return None

    async def whole(self, line: str) -> str:
        """Line of the book of envelopes with its text."""
        if _NOT_HERE not in line:
            return line
        row: dict[str, Any] = msgspec.json.decode(line)
        return msgspec.json.encode(row | {"xml": await self.of(row)}).decode()

    async def close(self) -> None:
        """Let go of connections."""
        if self._objects:
            await self._objects.close()
