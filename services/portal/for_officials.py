"""What the portal holds for the one-stop's officials: attached files. Offered over the LGSP, file by file."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.operations import Consumer
from services.kit.problems import not_found

_LIST = "SELECT id, paper, name, type, size, digest FROM attachment WHERE owner = $1 ORDER BY at, id"
_GET = "SELECT name, type, content, digest FROM attachment WHERE id = $1 AND owner = $2"
_KNOWN = "SELECT 1 FROM dossier WHERE code = $1"


class ForOfficials:
    """The operations `attachments.list` and `attachments.get`."""

    def __init__(self, kit: Kit) -> None:
        """Read what the service's database holds."""
        self._kit = kit

    async def list(self, request: Request, _consumer: Consumer) -> dict[str, Any]:
        """Answer the files of a submitted dossier; a draft's are nobody's but its owner's. Raises 404."""
        code = request.query_params.get("code", "")
        if not await self._kit.pool.fetchval(_KNOWN, code):
            raise not_found(Text(f"hồ sơ {code}", f"dossier {code}"))
        return {"files": [dict(row) for row in await self._kit.pool.fetch(_LIST, code)]}

    async def get(self, request: Request, _consumer: Consumer) -> dict[str, Any]:
        """Answer one file of a submitted dossier with its content. Raises 404."""
        code, file = (request.query_params.get(name, "") for name in ("code", "file"))
        row = await self._kit.pool.fetchrow(_GET, file, code)
        if row is None or not await self._kit.pool.fetchval(_KNOWN, code):
            raise not_found(Text("tệp này trong hồ sơ", "this file of the dossier"))
        return dict(row)
