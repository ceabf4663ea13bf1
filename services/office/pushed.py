"""The operation `envelopes.push`: what the hub sends at once to an installation, instead of waiting for its poll."""

from __future__ import annotations

import msgspec

from services.kit.kit import Kit
from services.kit.operations import Operation, Refused
from services.kit.transaction import Transaction
from services.office.taking_over import Entry, read_envelope, take_over


class Pushed(msgspec.Struct, frozen=True):
    """Body: an envelope, and which agencies of the installation it is for."""

    installation: str
    document: str
    digest: str
    addressees: tuple[str, ...]
    xml: str


class Pushes:
    """Takes pushes."""

    def __init__(self, kit: Kit) -> None:
        """The directory says whose agencies are whose."""
        self._agencies, self._strict = kit.reference.agencies, kit.reference.document_axis.strict
        self.operation = Operation(apply=self._take, body=Pushed)

    async def _take(self, pushed: Pushed, tx: Transaction) -> None:
        """Take one envelope over. Raises Refused where it is not what the hub says, or not for that installation."""
        strangers = [
            code
            for code in pushed.addressees
            if (agency := self._agencies.get(code)) is None or agency.installation != pushed.installation
        ]
        if strangers or not pushed.addressees:
            raise Refused(f"{pushed.installation} không có cơ quan {', '.join(strangers) or 'nào được gửi đến'}")
        envelope = read_envelope(pushed.document, pushed.xml, pushed.digest, strict=self._strict)
        if envelope is None:
            raise Refused(f"{pushed.document}: nội dung không đọc được hoặc không khớp mã băm")
        await take_over(tx, [Entry(pushed.document, code) for code in pushed.addressees], [envelope])
