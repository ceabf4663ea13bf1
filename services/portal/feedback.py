"""What people say about the services: on the portal, and on channels of elsewhere that a bridge brings here."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.kit.clock import VIETNAM
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.problems import not_found
from services.kit.transaction import Transaction
from services.portal.look import Look
from services.portal.sessions import check_origin

_LONGEST = 2000
_ANSWER = "UPDATE feedback SET answer = $2, answered_at = $3 WHERE id = $1 RETURNING channel, agency, text, at"
_ADD = "INSERT INTO feedback (channel, agency, text, at, request_key) VALUES ($1, $2, $3, $4, $5) RETURNING id"


class Said(msgspec.Struct, frozen=True):
    """One thing somebody said."""

    channel: Literal["portal", "facebook", "zalo", "phone", "email"]
    text: str
    agency: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the province says to it."""

    text: str


class Feedback:
    """Takes feedback in; shows what was answered."""

    def __init__(self, kit: Kit, look: Look) -> None:
        """Keep feedback in the service's database."""
        self._kit, self._look = kit, look

    async def add(self, _request: Request, body: Said, tx: Transaction, _prepared: Any) -> Reply:
        """Write down what was said."""
        mistakes = Mistakes()
        if not 1 <= len(body.text.strip()) <= _LONGEST:
            mistakes.add(
                "text",
                Text(f"{len(body.text.strip())} ký tự", f"{len(body.text.strip())} characters"),
                Text(f"Viết từ 1 đến {_LONGEST} ký tự.", f"Write 1 to {_LONGEST} characters."),
            )
        if body.agency and body.agency not in self._kit.reference.agencies:
            mistakes.add(
                "agency",
                Text(f"không có cơ quan “{body.agency}”", f"there is no agency “{body.agency}”"),
                Text("Chọn cơ quan trong danh sách.", "Choose an agency of the list."),
            )
        mistakes.stop()
        number = await tx.value(_ADD, body.channel, body.agency, body.text.strip(), tx.now, tx.key)
        return reply({"feedback": number}, 201)

    async def answer(self, request: Request, body: Answer, tx: Transaction, _prepared: Any) -> Reply:
        """Answer it, for everybody to read, here and at the nation."""
        number = request.path_params["number"]
        row = await tx.row(_ANSWER, number, body.text, tx.now)
        if row is None:
            raise not_found(Text(f"phản ánh {number}", f"feedback {number}"))
        told = {
            "MaCauHoi": str(number), "Kenh": row["channel"], "MaCoQuan": row["agency"], "NoiDung": row["text"],
            "TraLoi": body.text, "NgayHoi": row["at"].astimezone(VIETNAM), "NgayTraLoi": tx.now,
        }  # fmt: skip
        await tx.send("national", "dvcqg.questions", told, subject=f"feedback:{number}")
        return reply({"feedback": number, "answer": body.text})

    async def show(self, request: Request) -> Response:
        """Show the form, and what has been answered."""
        rows = await self._kit.pool.fetch(
            "SELECT channel, text, at, answer, answered_at FROM feedback WHERE answer IS NOT NULL "
            "ORDER BY answered_at DESC LIMIT 20"
        )
        agencies = sorted(self._kit.reference.agencies.values(), key=lambda one: one.name)
        return await self._look.page(
            request, "feedback.html", answered=rows, agencies=agencies, thanks=request.query_params.get("thanks") == "1"
        )

    async def take(self, request: Request) -> Response:
        """Take the form; nobody has to sign in to complain."""
        check_origin(request)
        async with request.form(max_files=0, max_fields=10) as form:
            given = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        said = Said("portal", given.get("text", ""), given.get("agency", ""))
        async with self._kit.begin("feedback") as tx:
            await self.add(request, said, tx, None)
        return RedirectResponse("/feedback?thanks=1", 303)
