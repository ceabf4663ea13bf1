"""Papers for the applicant: the receipt note with the promised day, the apology once it has passed, the result."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.kit import papers
from services.kit.accounts import Account
from services.kit.clock import VIETNAM
from services.kit.kit import Kit
from services.kit.pages import money
from services.kit.problems import Problem
from services.onestop import dossiers, working_time
from services.onestop.desk import ROLE_NAMES, ROLES, Desk
from services.onestop.dossiers import Dossier

_FOLDER = Path(__file__).resolve().parent / "templates"
_RECEIVER = "SELECT actor FROM event WHERE code = $1 AND event IN ('received', 'accepted') ORDER BY seq LIMIT 1"
_DECIDER = "SELECT actor, at FROM event WHERE code = $1 AND event = 'decided' ORDER BY seq DESC LIMIT 1"
#: What an apology promises instead: so much working time from now. Assumed: two working days.
_AGAIN_HOURS = 16
_DELIVERY = {
    "counter": "tại bộ phận một cửa", "online": "trực tuyến trên cổng dịch vụ công", "post": "qua dịch vụ bưu chính"
}  # fmt: skip


class Notes:
    """The three papers, as PDF."""

    def __init__(self, kit: Kit, desk: Desk) -> None:
        """Find dossiers through the desk, so that another agency's stay closed."""
        self._kit, self._desk = kit, desk

    async def receipt(self, request: Request) -> Response:
        """Make the receipt note. Raises 409 while nobody has received the dossier."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find(request.path_params["code"], who)
        if dossier.received_at is None:
            raise Problem(409, "wrong-state", "Hồ sơ chưa được tiếp nhận nên chưa có giấy hẹn.", state=dossier.state)
        procedure = self._kit.reference.procedures[dossier.procedure]
        actor = await self._kit.pool.fetchval(_RECEIVER, dossier.code)
        clerk = self._kit.reference.staff.get(actor)
        data = {
            **self._common(dossier),
            "number": f"…{dossier.applicant_number[-3:]}",
            "company": dossier.company,
            "papers": await self._desk.papers(dossier),
            "limit": "trong ngày" if procedure.same_day else f"{procedure.deadline_hours:g} giờ làm việc",
            "fee": dossier.fee,
            "fee_text": money(dossier.fee),
            "paid_text": money(dossier.paid),
            "received": _spoken(dossier.received_at),
            "paused": dossier.paused_at is not None,
            "delivery": _DELIVERY[dossier.delivery],
            "clerk": clerk.name if clerk else "",
        }
        return papers.response(await papers.render(_FOLDER / "receipt.typ", data), f"giay-hen-{dossier.code}.pdf")

    async def apology(self, request: Request) -> Response:
        """Make the apology. Raises 409 for a dossier that is not late."""
        who: Account = self._kit.who(request, *ROLES)
        dossier = await self._desk.find(request.path_params["code"], who)
        if not self._desk.is_late(dossier) or dossier.due_at is None or dossier.received_at is None:
            raise Problem(409, "not-late", "Hồ sơ chưa quá hạn nên không lập phiếu xin lỗi.", state=dossier.state)
        now = self._kit.clock.now()
        data = {
            **self._common(dossier),
            "received_day": f"{dossier.received_at:%d/%m/%Y}",
            "late": _hours(working_time.between(dossier.due_at, now)),
            "state": dossiers.state_name(dossier.state).lower(),
            "again": _spoken(working_time.add(now, timedelta(hours=_AGAIN_HOURS))),
            "signer": who.name,
            "signer_role": ROLE_NAMES[who.role].upper(),
        }
        return papers.response(await papers.render(_FOLDER / "apology.typ", data), f"xin-loi-{dossier.code}.pdf")

    async def result(self, request: Request) -> Response:
        """Make the paper of the decision. Raises 409 while nothing has been decided."""
        who = self._kit.who(request, *ROLES)
        dossier = await self._desk.find(request.path_params["code"], who)
        decided = await self._kit.pool.fetchrow(_DECIDER, dossier.code)
        if dossier.result is None or decided is None:
            raise Problem(409, "wrong-state", "Hồ sơ chưa có quyết định nên chưa có kết quả.", state=dossier.state)
        signer = self._kit.reference.staff.get(decided["actor"])
        data = {
            **self._common(dossier, written=decided["at"].astimezone(VIETNAM)),
            "result": dossier.result,
            "digest": dossier.digest,
            "signer": signer.name if signer else "",
        }
        return papers.response(await papers.render(_FOLDER / "result.typ", data), f"ket-qua-{dossier.code}.pdf")

    def _common(self, dossier: Dossier, *, written: datetime | None = None) -> dict[str, Any]:
        now, procedure = written or self._kit.clock.now(), self._kit.reference.procedures[dossier.procedure]
        return {
            "code": dossier.code,
            "agency": self._kit.reference.agencies[dossier.agency].name,
            "applicant": dossier.applicant_name,
            "procedure": procedure.code,
            "procedure_name": procedure.name,
            "due": _spoken(dossier.due_at) if dossier.due_at else "—",
            "written": f"Ngày {now:%d} tháng {now:%m} năm {now:%Y}",
        }


def _spoken(moment: datetime) -> str:
    """Say a moment as papers do: 09 giờ 05, ngày 22/08/2018."""
    return f"{moment:%H} giờ {moment:%M}, ngày {moment:%d/%m/%Y}"


def _hours(worked: timedelta) -> str:
    hours = worked.total_seconds() / 3600
    return f"{hours:.0f} giờ làm việc" if hours >= 1 else "dưới một giờ làm việc"
