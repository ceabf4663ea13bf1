"""Taking dossiers in: at the counter with a code and a promised day, and those that came from the portal."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.mistakes import Mistakes
from services.kit.reference import Agency, Procedure
from services.kit.transaction import Transaction
from services.onestop import dossiers, news
from services.onestop.dossiers import Dossier
from services.onestop.states import ACCEPT, RECEIVE
from services.onestop.working_time import WorkingTime

DELIVERIES = ("counter", "online", "post")
_NUMBER_LENGTHS = (9, 12)  # identity card of old, personal number (NĐ 137/2015)

# Code, dossier, event and cash in one statement: reception is the most frequent write of all.
# The counter simply grows past 9999; lpad alone would cut it off.
_RECEIVE = """
    WITH number AS (
        INSERT INTO counter (agency, day, last) VALUES ($1, $2, 1)
        ON CONFLICT (agency, day) DO UPDATE SET last = counter.last + 1
        RETURNING $1 || to_char($2::date, '"-"YYMMDD"-"') || lpad(last::text, greatest(4, length(last::text)), '0')
                  AS code
    ), dossier AS (
        INSERT INTO dossier (code, procedure, agency, channel, delivery, applicant_number, applicant_name, company,
                             fee, paid, state, seq, received_at, due_at)
        SELECT code, $3, $1, 'counter', $4, $5, $6, $7, $8, $9, 'received', 1, $10, $11 FROM number
    ), event AS (
        INSERT INTO event (code, seq, event, state, actor, at, request_key)
        SELECT code, 1, 'received', 'received', $12, $10, $13 FROM number
    ), payment AS (
        INSERT INTO payment (code, kind, amount, request_key, at)
        SELECT code, 'cash', $9, $13, $10 FROM number WHERE $9 > 0
    )
    SELECT code FROM number
"""

_KEEP_PAPERS = "INSERT INTO paper (code, kind, content, at) VALUES ($1, 'counter', $2, $3)"


class Applicant(msgspec.Struct, frozen=True):
    """Who applies, as the clerk reads it from the identity card."""

    personal_number: str
    full_name: str


class Handed(msgspec.Struct, frozen=True):
    """A dossier handed in at the counter."""

    procedure: str
    applicant: Applicant
    fee_cash: int  #: đồng, taken now
    delivery: str
    company: str | None = None  #: tax code
    papers: list[str] | None = None  #: names of the papers handed in; None: nobody has looked


def receives(agency: Agency, procedure: Procedure) -> bool:
    """Whether dossiers under this procedure are handed in at this agency."""
    return agency.tier == procedure.tier and procedure.department in {"", agency.code}


class Reception:
    """Acts of the reception clerk on new dossiers."""

    def __init__(self, kit: Kit) -> None:
        """Use the service's catalogue and agencies."""
        self._reference, self._time = kit.reference, WorkingTime(kit.reference.calendar)

    async def receive(self, request: Request, body: Handed, tx: Transaction, _prepared: Any) -> Reply:
        """Take a dossier in at the counter: code, receipt with the promised day, cash."""
        who = request.state.who
        procedure = self._check(body, who.agency)
        due_at = self._time.due(tx.now, hours=procedure.deadline_hours, same_day=procedure.same_day)
        code = await tx.value(
            _RECEIVE, who.agency, tx.now.date(), procedure.code, body.delivery, body.applicant.personal_number,
            body.applicant.full_name, body.company, procedure.fee, body.fee_cash, tx.now, due_at, who.account, tx.key,
        )  # fmt: skip
        if body.papers is not None:
            await tx.execute(_KEEP_PAPERS, code, msgspec.json.encode({"papers": body.papers}), tx.now)
        dossier = Dossier(
            code=code,
            procedure=procedure.code,
            agency=who.agency,
            channel="counter",
            delivery=body.delivery,
            applicant_number=body.applicant.personal_number,
            applicant_name=body.applicant.full_name,
            company=body.company,
            fee=procedure.fee,
            paid=body.fee_cash,
            state=RECEIVE.after[0],
            seq=1,
            submitted_at=None,
            received_at=tx.now,
            due_at=due_at,
            paused_at=None,
            proposal=None,
            result=None,
            digest=None,
        )
        await news.announce(tx, dossier, self._reference)
        return reply(dossiers.answer(dossier, due_at=due_at), 201)

    def _check(self, body: Handed, agency: str) -> Procedure:
        mistakes = Mistakes()
        procedure = self._reference.procedures.get(body.procedure)
        if procedure is None:
            mistakes.add("procedure", f"không có thủ tục “{body.procedure}”", "Chọn mã trong danh mục của tỉnh.")
        elif not receives(self._reference.agencies[agency], procedure):
            mistakes.add(
                "procedure",
                f"cơ quan {agency} không tiếp nhận thủ tục {procedure.code}",
                f"Hướng dẫn người nộp đến cơ quan cấp “{procedure.tier}” {procedure.department}".rstrip() + ".",
            )
        if procedure and not 0 <= body.fee_cash <= procedure.fee:
            mistakes.add("fee_cash", f"{body.fee_cash} đồng", f"Thu từ 0 đến {procedure.fee} đồng.")
        if procedure and body.papers is not None:
            form = self._reference.forms.get(procedure.code)
            for paper in form.papers if form else []:
                if paper.required and paper.name not in body.papers:
                    mistakes.add("papers", f"thiếu “{paper.label}”", "Hướng dẫn người nộp bổ sung trước khi tiếp nhận.")
        if body.delivery not in DELIVERIES:
            mistakes.add("delivery", f"“{body.delivery}”", f"Chọn một trong: {', '.join(DELIVERIES)}.")
        number = body.applicant.personal_number
        if not (number.isascii() and number.isdigit() and len(number) in _NUMBER_LENGTHS):
            # The number itself is private and stays out of the answer.
            mistakes.add("applicant.personal_number", "không phải 9 hoặc 12 chữ số", "Đọc lại số trên giấy tờ.")
        if not body.applicant.full_name.strip():
            mistakes.add("applicant.full_name", "để trống", "Ghi họ tên như trên giấy tờ.")
        mistakes.stop()
        assert procedure  # noqa: S101 -- otherwise stopped above
        return procedure

    async def accept(self, request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
        """Take a dossier in that was submitted online; from now on its deadline runs."""
        who = request.state.who
        dossier = await dossiers.lock_for(tx, request.path_params["code"], who, ACCEPT)
        procedure = self._reference.procedures[dossier.procedure]
        due_at = self._time.due(tx.now, hours=procedure.deadline_hours, same_day=procedure.same_day)
        moved = await dossiers.move(
            tx, dossier, ACCEPT, ACCEPT.after[0], actor=who.account, request_key=tx.key, received_at=tx.now,
            due_at=due_at,
        )  # fmt: skip
        await news.tell(tx, moved, self._reference, act=ACCEPT, actor=who.account)
        return reply(dossiers.answer(moved, due_at=due_at))
