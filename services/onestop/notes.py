"""The receipt note with the promised day, for the applicant."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from services.kit import papers
from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.pages import money
from services.kit.problems import Problem
from services.onestop import wording
from services.onestop.desk import ROLES, Desk

_FOLDER = Path(__file__).resolve().parent / "templates"
_RECEIVER = "SELECT actor FROM event WHERE code = $1 AND event IN ('received', 'accepted') ORDER BY seq LIMIT 1"
_DELIVERY = {
    "counter": "tại bộ phận một cửa", "online": "trực tuyến trên cổng dịch vụ công", "post": "qua dịch vụ bưu chính"
}  # fmt: skip


class Notes:
    """The note, as PDF."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        """Find dossiers through the desk, so that another agency's stay closed."""
        self._kit, self._desk = kit, desk

    async def receipt(self, request: Request) -> Response:
        """Make the receipt note. Raises 409 while nobody has received the dossier."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find(request.path_params["code"], who, what="receipt")
        if dossier.received_at is None:
            raise Problem(
                409,
                "wrong-state",
                Text(
                    "Hồ sơ chưa được tiếp nhận nên chưa có giấy hẹn.",
                    "The dossier has not been received yet, so there is no receipt note.",
                ),
                state=dossier.state,
            )
        procedure = self._kit.reference.procedures[dossier.procedure]
        actor = await self._kit.pool.fetchval(_RECEIVER, dossier.code)
        clerk = self._kit.reference.staff.get(actor)
        data = {
            **wording.common(self._kit, dossier),
            "number": f"…{dossier.applicant_number[-3:]}",
            "company": dossier.company,
            "papers": [str(paper) for paper in await self._desk.papers(dossier)],
            "limit": "trong ngày" if procedure.same_day else f"{procedure.deadline_hours:g} giờ làm việc",
            "fee": dossier.fee,
            "fee_text": money(dossier.fee),
            "paid_text": money(dossier.paid),
            "received": wording.spoken(dossier.received_at),
            "paused": dossier.paused_at is not None,
            "delivery": _DELIVERY[dossier.delivery],
            "clerk": clerk.name if clerk else "",
        }
        return papers.response(await papers.render(_FOLDER / "receipt.typ", data), f"giay-hen-{dossier.code}.pdf")
