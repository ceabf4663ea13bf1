"""The post (SYS-POST): takes dossiers in at every post office and results from the one-stops, carries both, and tells.

Each commune has one post office, named by the commune's code (assumed).
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.kit import Kit, Reply, json, reply
from services.kit.mistakes import Mistakes
from services.kit.problems import Problem, not_found
from services.kit.reference import Procedure
from services.kit.transaction import Transaction

DELIVERIES = ("counter", "online", "post")
#: Lowest service level whose papers go by post (SYS-LEVELS: forms are handed in directly or by post from level 2 on),
#: and the one whose result goes online.
BY_POST, _RESULT_ONLINE = 2, 4
_NUMBER_LENGTHS = (9, 12)  # identity card of old, personal number (NĐ 137/2015)
_TAKE_IN = """
    WITH kept AS (
        INSERT INTO submission (code, account, procedure, agency, at, request_key)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING code
    )
    INSERT INTO intake (parcel, office, handed_over, accepted_at) SELECT code, $7, $8, $5 FROM kept
"""
_FOLLOW = """
    SELECT coalesce(parcel.status, CASE WHEN intake.delivered_at IS NULL THEN 'accepted' ELSE 'delivered' END)
               AS status,
           coalesce(parcel.code, submission.province_code) AS code
    FROM (SELECT $1::text AS number) AS asked
    LEFT JOIN parcel ON parcel.parcel = number
    LEFT JOIN intake ON intake.parcel = number LEFT JOIN submission ON submission.code = intake.parcel
    WHERE parcel.parcel IS NOT NULL OR intake.parcel IS NOT NULL
"""


class Parcel(msgspec.Struct):
    """A parcel handed over by the one-stop."""

    parcel: str
    code: str


class Applicant(msgspec.Struct, frozen=True):
    """Who applies, as the post office reads it from the identity card."""

    personal_number: str
    full_name: str


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """Papers that somebody hands in at a post office."""

    office: str  #: code of the commune whose post office it is; any of the province will do
    procedure: str
    agency: str  #: to whom
    applicant: Applicant
    delivery: str = "post"


class Post:
    """The counters of the post offices."""

    def __init__(self, kit: Kit) -> None:
        """Take in for the agencies of the province, by the nation's catalogue."""
        self._kit = kit

    async def take_in(self, _request: Request, body: Intake, tx: Transaction, _prepared: Any) -> Reply:
        """Take papers in: 201 with the number by which they are followed.

        Raises 409 `wrong-level` below level 2, 422 with all mistakes.
        """
        self._check(body)
        parcel = (
            f"HS{secrets.token_hex(8).upper()}VN"  # whoever knows the number may follow it and confirm the delivery
        )
        handed_over = {
            "MaHoSo": parcel, "MaTTHC": body.procedure, "DonViXuLy": body.agency, "KenhNop": "post",
            "ChuHoSo": body.applicant.full_name.strip(), "MaDoiTuong": body.applicant.personal_number,
            "HinhThucTra": body.delivery, "NoiDung": {"post_office": body.office},
        }  # fmt: skip
        await tx.execute(
            _TAKE_IN, parcel, body.applicant.personal_number, body.procedure, body.agency, tx.now, tx.key, body.office,
            msgspec.json.encode(handed_over).decode(),
        )  # fmt: skip
        return reply({"parcel": parcel, "status": "accepted"}, 201)

    def _check(self, body: Intake) -> None:
        reference, mistakes = self._kit.reference, Mistakes()
        procedure, agency = reference.national_procedures.get(body.procedure), reference.agencies.get(body.agency)
        if procedure and procedure.level < BY_POST:
            detail = f"Thủ tục {procedure.code} ở mức độ {procedure.level}; nộp qua bưu điện cần mức độ {BY_POST}."
            raise Problem(409, "wrong-level", detail, level=procedure.level)
        if body.office not in {one.unit for one in reference.agencies.values() if one.tier == "commune"}:
            mistakes.add("office", f"không có bưu cục “{body.office}”", "Ghi mã xã của bưu cục trong tỉnh.")
        if procedure is None:
            mistakes.add("procedure", f"không có thủ tục “{body.procedure}”", "Chọn mã trong danh mục quốc gia.")
        if agency is None:
            mistakes.add("agency", f"không có cơ quan “{body.agency}”", "Chọn cơ quan của tỉnh.")
        elif procedure and (agency.tier != procedure.tier or procedure.department not in {"", agency.code}):
            mistakes.add("agency", f"{agency.code} không tiếp nhận thủ tục này", "Chọn cơ quan tiếp nhận của thủ tục.")
        if body.delivery not in _ways(procedure):
            mistakes.add("delivery", f"“{body.delivery}”", f"Chọn một trong: {', '.join(_ways(procedure))}.")
        number = body.applicant.personal_number
        if not (number.isascii() and number.isdigit() and len(number) in _NUMBER_LENGTHS):
            # The number itself is private and stays out of the answer.
            mistakes.add(
                "applicant.personal_number", "không phải 9 hoặc 12 chữ số", "Đọc lại số trên giấy tờ."
            )  # fmt: skip
        if not body.applicant.full_name.strip():
            mistakes.add("applicant.full_name", "để trống", "Ghi họ tên như trên giấy tờ.")
        mistakes.stop()

    async def follow(self, request: Request) -> Response:
        """Say where a parcel is, and the code of the dossier it belongs to once there is one. Raises 404."""
        parcel = request.path_params["parcel"]
        row = await self._kit.pool.fetchrow(_FOLLOW, parcel)
        if row is None:
            raise not_found(f"bưu gửi {parcel}")
        return json({"parcel": parcel, **dict(row)})


def _ways(procedure: Procedure | None) -> tuple[str, ...]:
    """How a result may be returned."""
    online = procedure is None or procedure.level >= _RESULT_ONLINE
    return DELIVERIES if online else tuple(one for one in DELIVERIES if one != "online")


async def accept(item: Parcel, tx: Transaction) -> None:
    """Take a parcel with a result over."""
    await tx.execute(
        "INSERT INTO parcel (parcel, code, accepted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        item.parcel,
        item.code,
        tx.now,
    )


async def deliver(request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
    """The postman hands a parcel over: a result, whose sender is told; or papers, which become a dossier."""
    parcel = request.path_params["parcel"]
    row = await tx.row("SELECT code, status FROM parcel WHERE parcel = $1 FOR UPDATE", parcel)
    if row is None:
        return await _hand_over(parcel, tx)
    if row["status"] == "accepted":
        await tx.execute(
            "UPDATE parcel SET status = 'delivered', delivered_at = $2, request_key = $3 WHERE parcel = $1",
            parcel,
            tx.now,
            tx.key,
        )
        news = {"parcel": parcel, "code": row["code"], "status": "delivered"}
        await tx.send("onestop", "parcels.status", news, subject=row["code"], key=f"delivered:{parcel}")
    return reply({"parcel": parcel, "code": row["code"], "status": "delivered"})


async def _hand_over(parcel: str, tx: Transaction) -> Reply:
    """Bring papers to their agency, whose province numbers them. Raises 404 for a parcel that there is not."""
    row = await tx.row("SELECT handed_over, delivered_at FROM intake WHERE parcel = $1 FOR UPDATE", parcel)
    if row is None:
        raise not_found(f"bưu gửi {parcel}")
    if row["delivered_at"] is None:
        await tx.execute("UPDATE intake SET delivered_at = $2 WHERE parcel = $1", parcel, tx.now)
        told = msgspec.Raw(row["handed_over"].encode())
        await tx.send("portal", "dossiers.receive", told, subject=parcel, key=f"delivered:{parcel}")
    return reply({"parcel": parcel, "status": "delivered"})
