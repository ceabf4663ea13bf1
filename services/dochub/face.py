"""The hub as a provincial document face shows it (Lạng Sơn, public sample): docId, errorCode, flat answers.

The LGSP lets agencies in by their own keys and names them as consumers, so a consumer here is an agency's code.
"""

from __future__ import annotations

import base64
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.dochub import delivering, statuses
from services.dochub.accepting import Accepting, Sent
from services.dochub.directory import Directory
from services.dochub.texts import Texts
from services.kit.clock import VIETNAM
from services.kit.edxml import statuses as order
from services.kit.edxml.dialects import normalise
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.status_message import read_status
from services.kit.edxml.trouble import EdxmlError
from services.kit.kit import Kit
from services.kit.operations import Again, Consumer, Operation, Refused
from services.kit.problems import decode
from services.kit.transaction import Transaction

#: Error codes of the face (public sample).
BAD_FILE, UNKNOWN_RECEIVER, UNKNOWN_SENDER, SYSTEM, UNREADABLE, NOT_EDXML, LOCKED = (
    "10", "18", "19", "20", "21", "22", "23",
)  # fmt: skip
_OBJECTIONS = {"sender": UNKNOWN_SENDER, "receiver": UNKNOWN_RECEIVER, "locked": LOCKED}
_MOST_LISTED = 1000  # assumed
#: Words that the sample's clients use instead of numbers.
_WORDS = {"processing": "05", "done": "06", "fail": "02"}

_LISTED = """
    SELECT d.document, d.status, d.accepted_at, coalesce(d.received_at, d.accepted_at) AS updated_at, e.sender AS sender
    FROM delivery AS d JOIN envelope AS e USING (document)
    WHERE d.addressee = $1 AND d.accepted_at >= $2 AND d.accepted_at < $3
    ORDER BY d.accepted_at, d.document LIMIT $4
"""
_REPORTED = """
    SELECT s.document, s.agency, s.status, s.at, s.seq FROM status AS s JOIN envelope AS e USING (document)
    WHERE e.sender = $1 AND s.at >= $2 AND s.at < $3 ORDER BY s.at, s.document, s.agency, s.seq LIMIT $4
"""
_NUMBERED = """
    WITH fresh AS (
        INSERT INTO edoc_number (document) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING
        RETURNING doc_id, document
    )
    SELECT doc_id, document FROM fresh UNION ALL SELECT doc_id, document FROM edoc_number WHERE document = ANY($1)
"""


class _Update(msgspec.Struct, rename="camel"):
    """Body of `/v1/updateStatus`."""

    doc_id: str
    status: str


class _FaceError(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Face:
    """`dochub.edoc.*`."""

    def __init__(self, kit: Kit, directory: Directory, accepting: Accepting, texts: Texts) -> None:
        """Send by `accepting`, so that what comes this way is held to the same rules; `texts` has the large ones."""
        self._kit, self._directory, self._accepting, self._texts = kit, directory, accepting, texts
        self._strict = kit.reference.document_axis.strict

    def operations(self) -> dict[str, Operation]:
        """By name."""
        return {
            "edoc.send": Operation(at_once=self._send),
            "edoc.list": Operation(at_once=self._list),
            "edoc.get": Operation(at_once=self._get),
            "edoc.update": Operation(at_once=self._update),
            "edoc.agencies": Operation(at_once=self._agencies),
        }

    async def _send(self, request: Request, consumer: Consumer) -> Any:
        try:
            kind, text = await _uploaded(request)
            if kind == "status":
                return await self._send_status(text, consumer)
            opened = self._examined(text)
            if opened.sender.code != consumer.system:
                raise _FaceError(UNKNOWN_SENDER, f"{consumer.system} không được gửi thay {opened.sender.code}")  # noqa: TRY301
            objections = self._directory.objections(opened.sender.code, [organ.code for organ in opened.addressees])
            if objections:
                told = "; ".join(one.text for one in objections)
                raise _FaceError(_OBJECTIONS[objections[0].kind], told)  # noqa: TRY301
            document = str(opened.id)
            async with self._kit.begin(f"edoc.send:{document}") as tx:
                await self._accepting.accept(Sent(text), tx)
                doc_id = (await _numbers(tx, [document]))[document]
        except _FaceError as error:
            return _failure(error.code, str(error))
        except Refused as error:
            return _failure(BAD_FILE, str(error))
        except Again as error:
            return _failure(SYSTEM, str(error))
        return {"success": True, "message": "OK", "docId": doc_id}

    async def _send_status(self, text: str, consumer: Consumer) -> Any:
        """Take a status that comes as an edXML message instead of by `/v1/updateStatus`. Raises as `_send` catches."""
        try:
            told = read_status(text.encode(), lenient=not self._strict)
        except EdxmlError as error:
            raise _FaceError(NOT_EDXML, str(error)) from error
        if told.sender.code != consumer.system:
            raise _FaceError(UNKNOWN_SENDER, f"{consumer.system} không được báo trạng thái thay {told.sender.code}")
        document = str(told.document)
        try:
            async with self._kit.begin(f"edoc.update:{consumer.call}") as tx:
                await _report_next(tx, document, consumer.system, told.code, description=told.description)
                doc_id = (await _numbers(tx, [document]))[document]
        except Refused as error:
            raise _FaceError(SYSTEM, str(error)) from error  # as `/v1/updateStatus` says it
        return {"success": True, "message": "OK", "docId": doc_id}

    def _examined(self, text: str) -> Envelope:
        try:
            return self._accepting.examine(text, at=self._kit.clock.now()).envelope
        except EdxmlError as error:
            raise _FaceError(BAD_FILE if _is_edxml(text) else NOT_EDXML, str(error)) from error

    async def _list(self, request: Request, consumer: Consumer) -> Any:
        try:
            since, until = _day(request, "fromDate"), _day(request, "toDate", later=1)
            kind = request.query_params.get("messageType", "edoc")
            if kind not in {"edoc", "status"}:
                raise _FaceError(SYSTEM, f"messageType “{kind[:40]}” không có; dùng edoc hoặc status")  # noqa: TRY301
        except _FaceError as error:
            return {**_failure(error.code, str(error)), "count": 0}
        bounds = (since, until, _MOST_LISTED)
        async with self._kit.begin(f"edoc.list:{consumer.call}") as tx:
            rows = await tx.fetch(_LISTED if kind == "edoc" else _REPORTED, consumer.system, *bounds)
            numbers = await _numbers(tx, [row["document"] for row in rows])
        listed = [
            {
                "serviceType": "eDoc", "messageType": kind, "docId": numbers[row["document"]],
                **(_delivery(row, consumer.system) if kind == "edoc" else _report(row, consumer.system)),
            }
            for row in rows
        ]  # fmt: skip
        return {"success": True, "message": "OK", "count": len(listed), "data": listed}

    async def _get(self, request: Request, consumer: Consumer) -> Any:
        document = await self._named(request.query_params.get("docId", ""))
        row = await self._kit.pool.fetchrow(
            "SELECT digest, xml FROM envelope WHERE document = $1 AND (sender = $2 OR $2 = ANY(addressees))",
            document,
            consumer.system,
        )
        xml = await self._texts.of(row) if row else None
        if xml is None:  # whose document it is stays hidden from everybody else
            return _failure(BAD_FILE, f"Không có văn bản này của {consumer.system}.")
        envelope = read(normalise(parse(xml.encode(), character_data=True))[0], strict=False)
        return {
            "success": True,
            "message": "OK",
            "data": {
                "docId": request.query_params["docId"],
                "from": envelope.sender.code,
                "fromName": envelope.sender.name,
                "edocCode": f"{envelope.id.number}/{envelope.id.notation}",
                "edocAbstract": envelope.subject,
                "edxml": xml,
                "attachments": [
                    {"fileName": one.name, "fileContent": base64.b64encode(one.archive).decode()}
                    for one in envelope.attachments
                ],
            },
        }

    async def _update(self, request: Request, consumer: Consumer) -> Any:
        asked: _Update = decode(await request.body(), _Update)
        document = await self._named(asked.doc_id)
        status = _WORDS.get(asked.status, asked.status)
        if status not in order.NAMES:
            return _failure(NOT_EDXML, f"Không có trạng thái “{asked.status[:40]}”.")
        if document is None:
            return _failure(BAD_FILE, f"Không có văn bản này của {consumer.system}.")
        try:
            async with self._kit.begin(f"edoc.update:{consumer.call}") as tx:
                await _report_next(tx, document, consumer.system, status)
        except (Refused, Again) as error:
            return _failure(SYSTEM, str(error))
        return {"success": True, "message": "OK"}

    async def _agencies(self, request: Request, consumer: Consumer) -> Any:
        listed = (await self._directory.list(request, consumer))["agencies"]
        data = [
            {"orgCode": one["code"], "orgName": one["name"], "parentCode": one["parent"] or None,
             "address": None, "email": None, "phone": None}
            for one in listed
        ]  # fmt: skip
        return {"success": True, "message": "OK", "data": data}

    async def _named(self, doc_id: str) -> str | None:
        try:
            wanted = uuid.UUID(doc_id)
        except ValueError:
            return None
        found: str | None = await self._kit.pool.fetchval("SELECT document FROM edoc_number WHERE doc_id = $1", wanted)
        return found


async def _uploaded(request: Request) -> tuple[str, str]:
    """Kind and text of the uploaded message. Raises _FaceError."""
    try:
        form = await request.form(max_files=1, max_fields=10)
    except HTTPException as error:
        raise _FaceError(UNREADABLE, f"Không đọc được multipart: {error.detail}") from error
    file = form.get("edocFile")
    if not isinstance(file, UploadFile):
        raise _FaceError(BAD_FILE, "Thiếu tệp edocFile trong multipart/form-data.")
    kind = form.get("messageType", "edoc")
    if kind not in {"edoc", "status"}:
        raise _FaceError(BAD_FILE, "messageType phải là edoc hoặc status.")
    raw = await file.read()
    if not raw:
        raise _FaceError(BAD_FILE, "Tệp edocFile rỗng.")
    try:
        return str(kind), raw.decode()
    except UnicodeDecodeError as error:
        raise _FaceError(NOT_EDXML, f"Tệp không phải UTF-8: {error}") from error


def _is_edxml(text: str) -> bool:
    """Whether its structure is that of an envelope, whatever else is wrong with it."""
    try:
        return not structure_problems(parse(text.encode()))
    except EdxmlError:
        return False


def _day(request: Request, name: str, *, later: int = 0) -> datetime:
    given = request.query_params.get(name, "")
    try:
        day = date(*map(int, given.split("/"))) + timedelta(days=later)
    except (TypeError, ValueError, OverflowError) as error:
        raise _FaceError(SYSTEM, f"{name} là “{given[:20]}”; cần yyyy/MM/dd") from error
    return datetime.combine(day, datetime.min.time(), tzinfo=VIETNAM)


async def _numbers(tx: Transaction, documents: list[str]) -> dict[str, str]:
    return {row["document"]: str(row["doc_id"]) for row in await tx.fetch(_NUMBERED, documents)}


def _delivery(row: Any, agency: str) -> dict[str, str]:
    words = {"": "initial", "02": "fail", "06": "done"}
    status = row["status"]
    return {
        "from": row["sender"],
        "to": agency,
        "status": words.get(status, "processing"),
        "statusDesc": str(order.NAMES.get(status, "chờ lấy về")),
        "createdTime": _moment(row["accepted_at"]),
        "updatedTime": _moment(row["updated_at"]),
    }


def _report(row: Any, agency: str) -> dict[str, str]:
    at = _moment(row["at"])
    return {
        "from": row["agency"], "to": agency, "status": row["status"], "statusDesc": str(order.NAMES[row["status"]]),
        "createdTime": at, "updatedTime": at,
    }  # fmt: skip


def _moment(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%Y/%m/%d %H:%M:%S")


async def _report_next(tx: Transaction, document: str, agency: str, status: str, *, description: str = "") -> None:
    """Report the next status of an addressee; the one it reported last changes nothing. Raises Refused."""
    delivery = await statuses.locked(tx, document=document, agency=agency)
    if delivery is None:
        raise Refused(f"{document} không gửi đến {agency}")
    if status == delivery.status:
        return
    if status == order.ARRIVED:
        await delivering.receive(delivering.Received(document, agency, tx.now), tx)
        return
    await statuses.report(statuses.Reported(document, agency, status, delivery.seq + 1, tx.now, description), tx)


def _failure(code: str, description: str) -> dict[str, Any]:
    data = {"docId": None, "status": "error", "errorCode": code, "errorDesc": description}
    return {"success": False, "message": "Loi", "data": data}
