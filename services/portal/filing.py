"""Submitting a dossier online: levels 3 and 4 only, with a code at once, and sent on in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from starlette.requests import Request

from services.kit.accounts import mark_of
from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.mistakes import Mistakes
from services.kit.reference import Procedure
from services.kit.together import Write
from services.kit.transaction import Transaction
from services.portal import levels
from services.portal.catalogue import Catalogue, receives
from services.portal.companies import Companies, Company

DELIVERIES = ("counter", "online", "post")
#: How a dossier comes here: from the applicant's own screen, or from a post office.
Channel = Literal["online", "post"]

# Code, dossier, step, event and form of all that are filed together, in one statement. Counters are taken in the order
# of their agencies, so that two groups cannot wait for each other. A counter simply grows past 9999; lpad alone would
# cut it off.
_SUBMIT = """
    WITH item AS MATERIALIZED (
        SELECT one.*, count(*) OVER (PARTITION BY agency) AS among,
               row_number() OVER (PARTITION BY agency ORDER BY place) AS nth
        FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[],
                    $11::text[], $12::smallint[], $13::smallint[], $14::text[]) WITH ORDINALITY
             AS one (agency, procedure, fee, delivery, applicant, company, request_key, form, mandate, saved, typed,
                     channel, place)
    ), number AS (
        INSERT INTO counter (agency, day, last) SELECT agency, $1, 5000 + count(*) FROM item GROUP BY agency
        ORDER BY agency
        ON CONFLICT (agency, day) DO UPDATE SET last = counter.last + excluded.last - 5000
        RETURNING agency, last
    ), coded AS MATERIALIZED (
        SELECT item.*, agency || to_char($1::date, '"-"YYMMDD"-"')
               || lpad((last - among + nth)::text, greatest(4, length((last - among + nth)::text)), '0') AS code
        FROM item JOIN number USING (agency)
    ), dossier AS (
        INSERT INTO dossier (code, procedure, agency, channel, state, seq, fee, delivery, applicant, company,
                             submitted_at, request_key, mandate, fields_saved, fields_typed)
        SELECT code, procedure, agency, channel, 'submitted', 0, fee, delivery, applicant, company, $2, request_key,
               mandate, saved, typed
        FROM coded
    ), step AS (
        INSERT INTO step (code, seq, state, at) SELECT code, 0, 'submitted', $2 FROM coded
    ), event AS (
        INSERT INTO event (code, event, at, request_key) SELECT code, 'submitted', $2, request_key FROM coded
    ), form AS (
        INSERT INTO form (code, content, at) SELECT code, form, $2 FROM coded
    )
    SELECT code FROM coded ORDER BY place
"""


class Filed(msgspec.Struct, frozen=True):
    """What an applicant (or a company's agent) sends in."""

    procedure: str
    agency: str
    form: dict[str, Any] | str
    delivery: str
    company: str | None = None  #: tax code
    prefilled: list[str] | None = None  #: fields of the form that registers filled in; None: nobody says


class Ready(msgspec.Struct, frozen=True):
    """What a submission was found to be."""

    procedure: Procedure
    company: Company | None
    standing: str | None = None  #: how the applicant may act for the company


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is entered as one dossier."""

    filed: Filed
    ready: Ready
    account: str
    name: str
    key: str
    filled: frozenset[str] = frozenset()  #: marks of fields that registers gave at the sign-in
    channel: Channel = "online"
    trace: str = ""  #: traceparent; left out: of what is being done

    @property
    def fee(self) -> int:
        """Fee in đồng; only who files online can have it waived."""
        procedure = self.ready.procedure
        return procedure.online_fee if self.channel == "online" else procedure.fee


class Filing:
    """Takes dossiers in from the public."""

    def __init__(self, kit: Kit, catalogue: Catalogue, companies: Companies) -> None:
        """Use the province's catalogue and agencies."""
        self._catalogue, self._companies, self._agencies = catalogue, companies, kit.reference.agencies

    async def prepare(self, request: Request, body: Filed) -> Ready:
        """Check everything, and look the company up at the national register (SYS-DB-BUSINESS)."""
        procedure = self._catalogue.by_code.get(body.procedure)
        if procedure:
            levels.require(procedure, levels.SUBMISSION, Text("nộp trực tuyến", "filing online"))
        mistakes = Mistakes()
        agency = self._agencies.get(body.agency)
        if procedure is None:
            mistakes.add(
                "procedure",
                Text(f"không có thủ tục “{body.procedure}”", f"there is no procedure “{body.procedure}”"),
                Text("Chọn mã trong danh mục của tỉnh.", "Choose a code of the province's catalogue."),
            )
        if agency is None:
            mistakes.add(
                "agency",
                Text(f"không có cơ quan “{body.agency}”", f"there is no agency “{body.agency}”"),
                Text("Chọn cơ quan tiếp nhận của thủ tục.", "Choose an agency that receives this procedure."),
            )
        if procedure and agency and not receives(agency, procedure):
            mistakes.add(
                "agency",
                Text(f"{agency.code} không tiếp nhận thủ tục này", f"{agency.code} does not receive this procedure"),
                Text("Chọn cơ quan tiếp nhận của thủ tục.", "Choose an agency that receives this procedure."),
            )
        if body.delivery not in DELIVERIES:
            mistakes.add(
                "delivery",
                f"“{body.delivery}”",
                Text(f"Chọn một trong: {', '.join(DELIVERIES)}.", f"Choose one of: {', '.join(DELIVERIES)}."),
            )
        elif procedure and body.delivery == "online" and procedure.level < levels.PAYMENT:
            mistakes.add(
                "delivery",
                Text("“online” ở mức độ 3", "“online” at level 3"),
                Text(
                    "Nhận kết quả tại quầy hoặc qua bưu điện.",
                    "Collect the result at the counter or have it sent by post.",
                ),
            )
        _check_form(body, mistakes)
        company = None
        if body.company is not None:
            company = await self._companies.look_up(body.company, purpose="submit-dossier")
            if company is None:
                mistakes.add(
                    "company",
                    Text(f"không có mã số thuế “{body.company}”", f"there is no tax code “{body.company}”"),
                    Text("Kiểm tra lại mã số thuế.", "Check the tax code."),
                )
        mistakes.stop()
        assert procedure  # noqa: S101 -- otherwise stopped above
        standing = await self._companies.standing(company, request.state.who.account) if company else None
        return Ready(procedure, company, standing)

    async def submit(self, request: Request, body: Filed, tx: Transaction, ready: Ready) -> Reply:
        """Hand one dossier in, beside what else its transaction does."""
        who = request.state.who
        entry = Entry(filed=body, ready=ready, account=who.account, name=who.name, key=tx.key)
        (code,) = await self.enter(tx, [entry])
        return _answer(code, ready)

    async def submit_together(self, tx: Transaction, writes: Sequence[Write]) -> list[Reply]:
        """Answer `portal.submit` for all who hand in side by side."""
        entries = [
            Entry(
                filed=one.body,
                ready=one.prepared,
                account=one.who.account,
                name=one.who.name,
                key=one.key,
                filled=one.who.filled,
                trace=one.trace,
            )
            for one in writes
        ]
        codes = await self.enter(tx, entries)
        return [_answer(code, one.prepared) for code, one in zip(codes, writes, strict=True)]

    async def enter(self, tx: Transaction, entries: Sequence[Entry]) -> list[str]:
        """Number dossiers, keep them, and send them on to the one-stop; returns their codes."""
        forms = [msgspec.json.encode(one.filed.form) for one in entries]
        columns = zip(
            *(
                (
                    one.filed.agency,
                    one.filed.procedure,
                    one.fee,
                    one.filed.delivery,
                    one.account,
                    one.filed.company,
                    one.key,
                    form,
                    one.ready.standing,
                    *_counted(one.filed, one.filled),
                    one.channel,
                )
                for one, form in zip(entries, forms, strict=True)
            ),
            strict=True,
        )
        rows = await tx.fetch(_SUBMIT, tx.now.date(), tx.now, *(list(column) for column in columns))
        codes = [row["code"] for row in rows]
        for code, one, form in zip(codes, entries, forms, strict=True):
            company = one.ready.company
            sent = {
                "code": code,
                "procedure": one.filed.procedure,
                "agency": one.filed.agency,
                "applicant": {"personal_number": one.account, "full_name": one.name},
                "company": {"tax_code": company.tax_code, "name": company.name} if company else None,
                "delivery": one.filed.delivery,
                "standing": one.ready.standing,
                "submitted_at": tx.now,
                "fee": one.fee,
                "channel": one.channel,
                "form": msgspec.Raw(form),
                "request_key": one.key,
            }
            tx.trace = one.trace
            await tx.send("onestop", "dossiers.submit", sent, subject=code, key=f"onestop:dossiers.submit:{one.key}")
        tx.trace = ""
        return codes


def _check_form(body: Filed, mistakes: Mistakes) -> None:
    if not body.form:
        mistakes.add("form", Text("để trống", "left empty"), Text("Điền tờ khai.", "Fill in the form."))
    if body.prefilled and not (isinstance(body.form, dict) and set(body.prefilled) <= body.form.keys()):
        mistakes.add(
            "prefilled",
            Text("có mục không có trong tờ khai", "fields that the form does not have"),
            Text("Chỉ nêu những mục của tờ khai.", "Name fields of the form only."),
        )


def _counted(filed: Filed, filled: frozenset[str]) -> tuple[int | None, int | None]:
    """Fields that registers filled in and fields that were typed (TRB-NO-SHARING), where the client says which.

    The client's word counts only for what this portal did hand out when the citizen signed in, and only where the form
    holds that value still; all else was typed.
    """
    if filed.prefilled is None or isinstance(filed.form, str):
        return None, None
    saved = sum(
        1 for name in set(filed.prefilled) if filed.form.get(name) and mark_of(name, filed.form[name]) in filled
    )
    return saved, sum(1 for value in filed.form.values() if value) - saved


def _answer(code: str, ready: Ready) -> Reply:
    return reply({"code": code, "state": "submitted", "fee": ready.procedure.online_fee}, 201)
