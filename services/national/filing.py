"""Dossiers handed in at the national portal itself: kept, sent to the province, tracked by either code."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit.accounts import Account, SignIn
from services.kit.kit import Kit, Reply, reply
from services.kit.mistakes import Mistakes
from services.kit.operations import Refused
from services.kit.problems import Problem
from services.kit.transaction import Transaction

ROLE = "citizen"
#: Who issues the nation's own codes, as seen in public samples of 2024 to 2026, with six digits at the end.
_ISSUER, _DIGITS = "G22.99.08", 6


class Filed(msgspec.Struct, frozen=True):
    """What somebody hands in."""

    procedure: str
    agency: str
    form: dict[str, Any]
    delivery: str = "counter"


class Numbered(msgspec.Struct, frozen=True):
    """The province says which code of its own a dossier has got."""

    MaHoSo: str
    code: str


class NationalFiling:
    """Takes dossiers in for the province."""

    def __init__(self, kit: Kit) -> None:
        """Keep them in the service's database."""
        self._kit = kit

    async def find(self, attempt: SignIn) -> tuple[Account, dict[str, Any]]:
        """Find a person of the population database, for `sign_in`."""
        name = await self._kit.pool.fetchval("SELECT full_name FROM person WHERE personal_number = $1", attempt.account)
        if name is None:
            raise Problem(401, "unknown-person", "Không có công dân này trong cơ sở dữ liệu quốc gia về dân cư.")
        return Account(attempt.account, name, ROLE), {}

    async def file(self, request: Request, body: Filed, tx: Transaction, _prepared: Any) -> Reply:
        """Take a dossier in under the nation's own code; the province gets it in the same transaction."""
        who, mistakes = request.state.who, Mistakes()
        if body.procedure not in self._kit.reference.national_procedures:
            mistakes.add("procedure", f"không có thủ tục “{body.procedure}”", "Chọn mã trong danh mục quốc gia.")
        if body.agency not in self._kit.reference.agencies:
            mistakes.add("agency", f"không có cơ quan “{body.agency}”", "Chọn cơ quan của tỉnh.")
        if not body.form:
            mistakes.add("form", "để trống", "Điền tờ khai.")
        mistakes.stop()
        code = f"{_ISSUER}-{tx.now:%y%m%d}-{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        await tx.execute(
            "INSERT INTO submission (code, account, procedure, agency, at, request_key) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            code, who.account, body.procedure, body.agency, tx.now, tx.key,
        )  # fmt: skip
        handed_over = {
            "MaHoSo": code, "MaTTHC": body.procedure, "DonViXuLy": body.agency, "ChuHoSo": who.name,
            "MaDoiTuong": who.account, "HinhThucTra": body.delivery, "NoiDung": body.form,
        }  # fmt: skip
        await tx.send("portal", "dossiers.receive", handed_over, subject=code)
        return reply({"code": code}, 201)

    async def numbered(self, item: Numbered, tx: Transaction) -> None:
        """Remember the province's code beside the nation's."""
        known = await tx.execute("UPDATE submission SET province_code = $2 WHERE code = $1", item.MaHoSo, item.code)
        if known == "UPDATE 0":
            raise Refused(f"{item.MaHoSo} was not handed in here")
