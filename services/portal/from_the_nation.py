"""Dossiers handed in at the National Public Service Portal or at a post office: numbered here, sent on, told back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from services.kit.operations import Refused
from services.kit.reference import Reference
from services.kit.transaction import Transaction
from services.portal import levels
from services.portal.catalogue import Catalogue, receives
from services.portal.filing import DELIVERIES, Channel, Entry, Filed, Filing, Ready

#: By post a form is handed in that could be downloaded (SYS-LEVELS: level 2 is handed in directly or by post).
_LOWEST_LEVEL: Mapping[Channel, int] = {"online": levels.SUBMISSION, "post": levels.FORM}


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What the nation hands over, by the field names of its synchronisation (DVCQG)."""

    MaHoSo: str  #: the nation's own code; of what comes by post, the parcel's number
    MaTTHC: str
    DonViXuLy: str  #: code of the agency
    ChuHoSo: str  #: full name
    MaDoiTuong: str  #: personal number
    HinhThucTra: str = "counter"
    KenhNop: Channel = "online"  #: how it was handed in; our own field, no sample has one for the post
    NoiDung: dict[str, Any] = {}


class FromTheNation:
    """Takes them in as if they had been filed here."""

    def __init__(self, reference: Reference, catalogue: Catalogue, filing: Filing) -> None:
        """File through `filing`."""
        self._agencies, self._catalogue, self._filing = reference.agencies, catalogue, filing

    async def receive(self, item: Received, tx: Transaction) -> None:
        """Number a dossier and send it on. Refused for good when it could not have been filed here either."""
        procedure, agency = self._catalogue.by_code.get(item.MaTTHC), self._agencies.get(item.DonViXuLy)
        if procedure is None or agency is None or not receives(agency, procedure):
            raise Refused(f"{item.MaTTHC} is not handed in at {item.DonViXuLy}")
        if procedure.level < _LOWEST_LEVEL[item.KenhNop]:
            raise Refused(f"{item.MaTTHC} is at level {procedure.level}: it is not handed in by “{item.KenhNop}”")
        if item.HinhThucTra not in DELIVERIES or not item.NoiDung:
            raise Refused(f"{item.MaHoSo} has no form or no way to return the result")
        if item.HinhThucTra == "online" and procedure.level < levels.RESULT:
            raise Refused(f"{item.MaTTHC} is at level {procedure.level}: its result does not go online")
        filed = Filed(item.MaTTHC, item.DonViXuLy, item.NoiDung, item.HinhThucTra)
        entry = Entry(
            filed=filed,
            ready=Ready(procedure, None),
            account=item.MaDoiTuong,
            name=item.ChuHoSo,
            key=f"dvcqg:{item.MaHoSo}",
            channel=item.KenhNop,
        )
        (code,) = await self._filing.enter(tx, [entry])
        told = {"MaHoSo": item.MaHoSo, "code": code}
        await tx.send("national", "dvcqg.numbered", told, subject=code, key=f"numbered:{item.MaHoSo}")
