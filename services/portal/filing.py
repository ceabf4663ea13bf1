"""Submitting a dossier online: levels 3 and 4 only, with a code at once, and sent on in the same transaction."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.mistakes import Mistakes
from services.kit.reference import Procedure
from services.kit.transaction import Transaction
from services.portal import levels
from services.portal.catalogue import Catalogue, receives
from services.portal.companies import Companies, Company

DELIVERIES = ("counter", "online", "post")

# Code, dossier, step, event and form in one statement.
# The counter simply grows past 9999; lpad alone would cut it off.
_SUBMIT = """
    WITH number AS (
        INSERT INTO counter (agency, day, last) VALUES ($1, $2, 5001)
        ON CONFLICT (agency, day) DO UPDATE SET last = counter.last + 1
        RETURNING $1 || to_char($2::date, '"-"YYMMDD"-"') || lpad(last::text, greatest(4, length(last::text)), '0')
                  AS code
    ), dossier AS (
        INSERT INTO dossier (code, procedure, agency, channel, state, seq, fee, delivery, applicant, company,
                             submitted_at, request_key, mandate)
        SELECT code, $3, $1, 'online', 'submitted', 0, $4, $5, $6, $7, $8, $9, $11 FROM number
    ), step AS (
        INSERT INTO step (code, seq, state, at) SELECT code, 0, 'submitted', $8 FROM number
    ), event AS (
        INSERT INTO event (code, event, at, request_key) SELECT code, 'submitted', $8, $9 FROM number
    ), form AS (
        INSERT INTO form (code, content, at) SELECT code, $10, $8 FROM number
    )
    SELECT code FROM number
"""


class Filed(msgspec.Struct, frozen=True):
    """What an applicant (or a company's agent) sends in."""

    procedure: str
    agency: str
    form: dict[str, Any] | str
    delivery: str
    company: str | None = None  #: tax code


class Ready(msgspec.Struct, frozen=True):
    """What a submission was found to be."""

    procedure: Procedure
    company: Company | None
    standing: str | None = None  #: how the applicant may act for the company


class Filing:
    """Takes dossiers in from the public."""

    def __init__(self, kit: Kit, catalogue: Catalogue, companies: Companies) -> None:
        """Use the province's catalogue and agencies."""
        self._catalogue, self._companies, self._agencies = catalogue, companies, kit.reference.agencies

    async def prepare(self, request: Request, body: Filed) -> Ready:
        """Check everything, and look the company up at the national register (SYS-DB-BUSINESS)."""
        procedure = self._catalogue.by_code.get(body.procedure)
        if procedure:
            levels.require(procedure, levels.SUBMISSION, "nộp trực tuyến")
        mistakes = Mistakes()
        agency = self._agencies.get(body.agency)
        if procedure is None:
            mistakes.add("procedure", f"không có thủ tục “{body.procedure}”", "Chọn mã trong danh mục của tỉnh.")
        if agency is None:
            mistakes.add("agency", f"không có cơ quan “{body.agency}”", "Chọn cơ quan tiếp nhận của thủ tục.")
        if procedure and agency and not receives(agency, procedure):
            mistakes.add("agency", f"{agency.code} không tiếp nhận thủ tục này", "Chọn cơ quan tiếp nhận của thủ tục.")
        if body.delivery not in DELIVERIES:
            mistakes.add("delivery", f"“{body.delivery}”", f"Chọn một trong: {', '.join(DELIVERIES)}.")
        elif procedure and body.delivery == "online" and procedure.level < levels.PAYMENT:
            mistakes.add("delivery", "“online” ở mức độ 3", "Nhận kết quả tại quầy hoặc qua bưu điện.")
        if not body.form:
            mistakes.add("form", "để trống", "Điền tờ khai.")
        company = None
        if body.company is not None:
            company = await self._companies.look_up(body.company, purpose="submit-dossier")
            if company is None:
                mistakes.add("company", f"không có mã số thuế “{body.company}”", "Kiểm tra lại mã số thuế.")
        mistakes.stop()
        assert procedure  # noqa: S101 -- otherwise stopped above
        standing = await self._companies.standing(company, request.state.who.account) if company else None
        return Ready(procedure, company, standing)

    async def submit(self, request: Request, body: Filed, tx: Transaction, ready: Ready) -> Reply:
        """Answer `portal.submit`."""
        who = request.state.who
        code = await self.enter(tx, body, ready, account=who.account, name=who.name, key=tx.key)
        return reply({"code": code, "state": "submitted", "fee": ready.procedure.online_fee}, 201)

    async def enter(self, tx: Transaction, body: Filed, ready: Ready, *, account: str, name: str, key: str) -> str:
        """Number the dossier, keep it, and send it on to its one-stop; returns its code."""
        procedure, company = ready.procedure, ready.company
        form = msgspec.json.encode(body.form)
        code: str = await tx.value(
            _SUBMIT, body.agency, tx.now.date(), procedure.code, procedure.online_fee, body.delivery, account,
            body.company, tx.now, key, form, ready.standing,
        )  # fmt: skip
        sent = {
            "code": code,
            "procedure": procedure.code,
            "agency": body.agency,
            "applicant": {"personal_number": account, "full_name": name},
            "company": {"tax_code": company.tax_code, "name": company.name} if company else None,
            "delivery": body.delivery,
            "standing": ready.standing,
            "submitted_at": tx.now,
            "fee": procedure.online_fee,
            "form": msgspec.Raw(form),
            "request_key": key,
        }
        await tx.send("onestop", "dossiers.submit", sent, subject=code, key=f"onestop:dossiers.submit:{key}")
        return code
