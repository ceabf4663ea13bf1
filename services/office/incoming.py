"""Incoming documents: registered, assigned and finished, or refused; each act is told to the sender over the hub."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account
from services.kit.kit import Endpoint, Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem, invalid, not_found, wrong_state
from services.kit.reference import Staff
from services.kit.transaction import Transaction
from services.office.delegating import as_leader
from services.office.registers import next_number
from services.office.states import INCOMING, Act

_MAX_REASON = 500  # characters, assumed


class OnDocument(msgspec.Struct, forbid_unknown_fields=True):
    """Which incoming document of which agency."""

    agency: str
    document: str


class Refusal(OnDocument):
    """The same, and why it goes back."""

    reason: str


class Assignment(OnDocument):
    """The same, and who is to handle it; nobody named: whoever of the agency is free."""

    assignee: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Body of `dochub.statuses.send`. `seq` counts the reports of one addressee on a document; 01 was the first."""

    document: str
    agency: str
    status: str
    seq: int
    at: str
    description: str = ""


def act_endpoint(kit: Kit, name: str) -> Endpoint:
    """`POST /api/incoming/{name}`, with `name` from the table INCOMING."""
    act = INCOMING[name]
    wanted = _BODIES.get(name, OnDocument)

    async def prepare(request: Request, content: Any) -> Account:
        if "leader" in act.roles:
            try:
                return kit.who(request, *act.roles)
            except Problem as problem:
                if problem.status != 403:  # noqa: PLR2004
                    raise
                return await as_leader(kit)(request, content)  # type: ignore[no-any-return]
        return kit.who(request, *act.roles)

    async def handle(_request: Request, asked: OnDocument, tx: Transaction, who: Account) -> Reply:
        return await _act(kit, act, asked, tx, who)

    return kit.write(handle, body=wanted, prepare=prepare)


async def _act(kit: Kit, act: Act, asked: OnDocument, tx: Transaction, who: Account) -> Reply:
    check_agency(who, asked)
    reason, assignee = reason_of(asked), _assignee(kit, asked)
    row = await tx.row(
        "SELECT state, seq, number, pending FROM incoming WHERE agency = $1 AND document = $2 FOR UPDATE",
        asked.agency,
        asked.document,
    )
    if row is None:
        raise not_found(
            Text(
                f"văn bản đến {asked.document[:120]} của cơ quan {asked.agency}",
                f"incoming document {asked.document[:120]} of agency {asked.agency}",
            )
        )
    if row["pending"]:
        raise wrong_state(
            Text(f"Văn bản đến {asked.document}", f"Incoming document {asked.document}"),
            "asked",
            Text("không có yêu cầu của nơi gửi chờ trả lời", "no request of the sender waiting for an answer"),
        )
    if row["state"] not in act.before:
        raise wrong_state(
            Text(f"Văn bản đến {asked.document}", f"Incoming document {asked.document}"), row["state"], act.before
        )
    number = row["number"]
    if act.after == "registered":
        number = await next_number(tx, agency=asked.agency, book="incoming")
    seq = row["seq"] + 1
    await tx.execute(
        "WITH moved AS (UPDATE incoming SET state = $3, status = $4, seq = $5, number = $6, "
        "assignee = coalesce($12, assignee) "
        "WHERE agency = $1 AND document = $2) "
        "INSERT INTO event (document, agency, event, actor, detail, at, request_key) "
        "VALUES ($2, $1, $7, $8, $9, $10, $11)",
        asked.agency,
        asked.document,
        act.after,
        act.status,
        seq,
        number,
        act.event,
        who.account,
        reason or (assignee.name if assignee else ""),
        tx.now,
        tx.key,
        assignee.account if assignee else None,
    )
    told = Status(
        document=asked.document,
        agency=asked.agency,
        status=act.status,
        seq=seq,
        at=tx.now.isoformat(),
        description=reason,
    )
    await tx.send("dochub", "statuses.send", told, subject=asked.document)
    body = {"document": asked.document, "agency": asked.agency, "state": act.after, "status": act.status}
    return reply(body if number is None else body | {"number": number})


_BODIES: dict[str, type[OnDocument]] = {"refusal": Refusal, "assignment": Assignment}


def _assignee(kit: Kit, asked: OnDocument) -> Staff | None:
    """Return whom the work is given to. Raises a 422 Problem for who is no specialist of the agency."""
    if not isinstance(asked, Assignment) or not asked.assignee:
        return None
    found = kit.reference.staff.get(asked.assignee)
    if found is None or (found.agency, found.role) != (asked.agency, "specialist"):
        way_out = Text("Chọn một chuyên viên của cơ quan.", "Choose a specialist of the agency.")
        raise invalid([{"where": "$.assignee", "found": asked.assignee[:100], "way_out": way_out}])
    return found


def check_agency(who: Account, asked: OnDocument) -> None:
    """Raise a 403 Problem unless the document is of the official's own agency."""
    if asked.agency != who.agency:
        detail = Text(
            f"Chỉ cán bộ của cơ quan {asked.agency} xử lý được văn bản đến của cơ quan ấy.",
            f"Only officials of agency {asked.agency} handle what has come there.",
        )
        raise Problem(403, "wrong-agency", detail)


def reason_of(asked: OnDocument) -> str:
    """Return the reason given; empty where none is asked for. Raises a 422 Problem for none or too long a one."""
    if not isinstance(asked, Refusal):
        return ""
    reason = asked.reason.strip()
    if not 1 <= len(reason) <= _MAX_REASON:
        found = {
            "where": "$.reason",
            "found": Text(f"{len(reason)} ký tự", f"{len(reason)} characters"),
            "way_out": Text(
                f"Nêu lý do, tối đa {_MAX_REASON} ký tự.", f"Say why, in {_MAX_REASON} characters at most."
            ),
        }
        raise invalid([found])
    return reason
