"""Files that applicants have attached at the portal: listed and opened by officials who work on the dossier.

The contents stay at the portal and are fetched over the LGSP when somebody looks, so that every look has its audit row
and personal papers lie in one place only.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.pages import Pages
from services.kit.problems import Problem, not_found
from services.onestop.desk import ROLES, Desk


class _File(msgspec.Struct, frozen=True):
    id: str
    paper: str
    name: str
    type: str
    size: int


class _Files(msgspec.Struct):
    files: list[_File]


class _Content(msgspec.Struct):
    name: str
    type: str
    content: bytes


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


class Attached:
    """Pages of a dossier's files."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        """Find dossiers through the desk, so that those of others stay closed."""
        self._kit, self._desk, self._pages = kit, desk, Pages("onestop")

    async def show(self, request: Request) -> Response:
        """List the files. Raises 503 while the portal is out of reach."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find_shared(request.path_params["code"], who, what="files")
        form = self._kit.reference.forms.get(dossier.procedure)
        labels = {paper.name: paper.said for paper in form.papers} if form else {}
        files = []
        if dossier.channel == "online":
            answer = await self._kit.lgsp.ask(
                "portal", "attachments.list", query={"code": dossier.code}, purpose="examine-dossier"
            )
            if not answer.good:
                raise Problem(
                    503,
                    "no-files",
                    Text(
                        "Cổng chưa đưa được danh sách tệp; xin thử lại.",
                        "The portal does not give the list of files; please try again.",
                    ),
                )
            files = answer.json(_Files).files
        return self._pages.page("files.html", request=request, who=who, dossier=dossier, files=files, labels=labels)

    async def open(self, request: Request) -> Response:
        """Send one file to be saved. Raises 404 for a file that is not this dossier's."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find_shared(request.path_params["code"], who, what="file")
        if dossier.channel != "online":
            raise not_found(Text("tệp này trong hồ sơ", "this file of the dossier"))
        asked = {"code": dossier.code, "file": request.path_params["file"]}
        answer = await self._kit.lgsp.ask("portal", "attachments.get", query=asked, purpose="examine-dossier")
        if not answer.good:
            raise not_found(Text("tệp này trong hồ sơ", "this file of the dossier"))
        found = answer.json(_Content)
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name)}"}
        return Response(found.content, media_type=found.type, headers=_HEADERS | named)
