"""Taking dossiers in: at the counter with a code and a promised day, and those that came from the portal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text, english
from services.kit.mistakes import Mistakes
from services.kit.reference import Agency, Procedure
from services.kit.together import Write, current
from services.kit.transaction import Transaction
from services.onestop import dossiers, news
from services.onestop.dialects.base import Deed
from services.onestop.dossiers import Dossier
from services.onestop.states import ACCEPT, RECEIVE
from services.onestop.working_time import WorkingTime

DELIVERIES = ("counter", "online", "post")
_NUMBER_LENGTHS = (9, 12)  # identity card of old, personal number (NĐ 137/2015)

# Code, dossier, event, cash and papers of all that are received together, in one statement. Counters are taken in the
# order of their agencies, so that two groups cannot wait for each other. A counter simply grows past 9999; lpad alone
# would cut it off.
_RECEIVE = """
    WITH item AS MATERIALIZED (
        SELECT one.*, count(*) OVER (PARTITION BY agency) AS among,
               row_number() OVER (PARTITION BY agency ORDER BY place) AS nth
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                    $11::timestamptz[], $12::text[], $13::text[], $14::bytea[],
                    $15::text[]) WITH ORDINALITY
             AS one (agency, procedure, delivery, number, name, company, fee, paid, due_at, actor, request_key, papers,
                     given, place)
    ), number AS (
        INSERT INTO counter (agency, day, last) SELECT agency, $1, count(*) FROM item GROUP BY agency ORDER BY agency
        ON CONFLICT (agency, day) DO UPDATE SET last = counter.last + excluded.last
        RETURNING agency, last
    ), coded AS MATERIALIZED (
        SELECT item.*, coalesce(given, agency || to_char($1::date, '"-"YYMMDD"-"')
               || lpad((last - among + nth)::text, greatest(4, length((last - among + nth)::text)), '0')) AS code
        FROM item JOIN number USING (agency)
    ), dossier AS (
        INSERT INTO dossier (code, procedure, agency, channel, delivery, applicant_number, applicant_name, company,
                             fee, paid, state, seq, received_at, due_at)
        SELECT code, procedure, agency, 'counter', delivery, number, name, company, fee, paid, 'received', 1, $2, due_at
        FROM coded
    ), event AS (
        INSERT INTO event (code, seq, event, state, actor, at, request_key)
        SELECT code, 1, 'received', 'received', actor, $2, request_key FROM coded
    ), payment AS (
        INSERT INTO payment (code, kind, amount, request_key, at)
        SELECT code, 'cash', paid, request_key, $2 FROM coded WHERE paid > 0 ORDER BY place
    ), paper AS (
        INSERT INTO paper (code, kind, content, at) SELECT code, 'counter', papers, $2 FROM coded
        WHERE papers IS NOT NULL ORDER BY place
    )
    SELECT code FROM coded ORDER BY place
"""


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


class Ready(msgspec.Struct, frozen=True):
    """What is handed in was found to be this."""

    procedure: Procedure
    code: str | None = None  #: where a vendor's product has given it


class Reception:
    """Acts of the reception clerk on new dossiers."""

    def __init__(self, kit: Kit) -> None:
        """Use the service's catalogue and agencies."""
        self._kit, self._reference, self._time = kit, kit.reference, WorkingTime(kit.reference.calendar)

    async def check(self, request: Request, body: Handed) -> Ready:
        """Check what is handed in at the clerk's counter. Raises 422 with all mistakes.

        Where a vendor's product stands behind the service, it takes the dossier in and gives the code.
        """
        who = request.state.who
        procedure, code = self._check(body, who.agency), None
        if self._kit.product:
            deed = Deed(
                act=RECEIVE.event, procedure=procedure.code, number=body.applicant.personal_number,
                name=body.applicant.full_name, company=body.company or "", cash=body.fee_cash, delivery=body.delivery,
            )  # fmt: skip
            code = await self._kit.product.receive(who.account, deed, key=request.state.key)
        return Ready(procedure, code)

    async def receive(self, request: Request, body: Handed, tx: Transaction, _prepared: Any) -> Reply:
        """Take one dossier in, as `receive_together` does."""
        ready = await self.check(request, body)
        write = current(request.state.who, body, ready, key=tx.key, digest=b"")
        (answer,) = await self.receive_together(tx, [write])
        return answer

    async def receive_together(self, tx: Transaction, writes: Sequence[Write]) -> list[Reply]:
        """Take in what is handed in side by side: code, receipt with the promised day, and cash of each."""
        entered = [self._dossier(one, tx.now) for one in writes]
        columns = zip(
            *(
                (
                    dossier.agency,
                    dossier.procedure,
                    dossier.delivery,
                    dossier.applicant_number,
                    dossier.applicant_name,
                    dossier.company,
                    dossier.fee,
                    dossier.paid,
                    dossier.due_at,
                    one.who.account,
                    one.key,
                    None if one.body.papers is None else msgspec.json.encode({"papers": one.body.papers}),
                    one.prepared.code,
                )
                for one, dossier in zip(writes, entered, strict=True)
            ),
            strict=True,
        )
        rows = await tx.fetch(_RECEIVE, tx.now.date(), tx.now, *(list(column) for column in columns))
        replies = []
        for row, one, dossier in zip(rows, writes, entered, strict=True):
            coded = msgspec.structs.replace(dossier, code=row["code"])
            tx.key, tx.trace = one.key, one.trace
            await news.announce(tx, coded, self._reference, papers=one.body.papers or ())
            replies.append(reply(dossiers.answer(coded, due_at=coded.due_at), 201))
        return replies

    def _dossier(self, write: Write, now: datetime) -> Dossier:
        """Draw up what is entered; its code comes from the counter."""
        body: Handed = write.body
        procedure: Procedure = write.prepared.procedure
        return Dossier(
            code="",
            procedure=procedure.code,
            agency=write.who.agency,
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
            received_at=now,
            due_at=self._time.due(now, hours=procedure.deadline_hours, same_day=procedure.same_day),
            paused_at=None,
            proposal=None,
            result=None,
            digest=None,
        )

    def _check(self, body: Handed, agency: str) -> Procedure:
        mistakes = Mistakes()
        procedure = self._reference.procedures.get(body.procedure)
        if procedure is None:
            mistakes.add(
                "procedure",
                Text(f"không có thủ tục “{body.procedure}”", f"there is no procedure “{body.procedure}”"),
                Text("Chọn mã trong danh mục của tỉnh.", "Choose a code of the province's catalogue."),
            )
        elif not receives(self._reference.agencies[agency], procedure):
            mistakes.add(
                "procedure",
                Text(
                    f"cơ quan {agency} không tiếp nhận thủ tục {procedure.code}",
                    f"agency {agency} does not receive procedure {procedure.code}",
                ),
                Text(
                    f"Hướng dẫn người nộp đến cơ quan cấp “{procedure.tier}” {procedure.department}".rstrip() + ".",
                    f"Send the applicant to an agency of the tier “{procedure.tier}” {procedure.department}".rstrip()
                    + ".",
                ),
            )
        if procedure and not 0 <= body.fee_cash <= procedure.fee:
            mistakes.add(
                "fee_cash",
                Text(f"{body.fee_cash} đồng", f"{body.fee_cash} đồng"),
                Text(f"Thu từ 0 đến {procedure.fee} đồng.", f"Take 0 to {procedure.fee} đồng."),
            )
        if procedure and body.papers is not None:
            form = self._reference.forms.get(procedure.code)
            for paper in form.papers if form else []:
                if paper.required and paper.name not in body.papers:
                    mistakes.add(
                        "papers",
                        Text(f"thiếu “{paper.label}”", f"“{english(paper.said)}” is missing"),
                        Text(
                            "Hướng dẫn người nộp bổ sung trước khi tiếp nhận.",
                            "Tell the applicant what to add before you receive it.",
                        ),
                    )
        if body.delivery not in DELIVERIES:
            mistakes.add(
                "delivery",
                f"“{body.delivery}”",
                Text(f"Chọn một trong: {', '.join(DELIVERIES)}.", f"Choose one of: {', '.join(DELIVERIES)}."),
            )
        number = body.applicant.personal_number
        if not (number.isascii() and number.isdigit() and len(number) in _NUMBER_LENGTHS):
            # The number itself is private and stays out of the answer.
            mistakes.add(
                "applicant.personal_number",
                Text("không phải 9 hoặc 12 chữ số", "not 9 or 12 digits"),
                Text("Đọc lại số trên giấy tờ.", "Read the number on the card again."),
            )
        if not body.applicant.full_name.strip():
            mistakes.add(
                "applicant.full_name",
                Text("để trống", "left empty"),
                Text("Ghi họ tên như trên giấy tờ.", "Write the name as on the card."),
            )
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
