"""Signing keys for the small province, made as a stack makes them, and what a test needs to seal envelopes itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import msgspec
import small_province

from infra import pki
from services.kit.clock import VIETNAM
from services.kit.edxml import archive
from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Attachment, DocType, Envelope, Organ
from services.kit.edxml.seal import Seal
from simulation.province import Province

DAY = date(2018, 8, 22)
NINE = datetime(2018, 8, 22, 9, tzinfo=VIETNAM)
#: This leader has no certificate and can sign on paper only.
LEADER_WITHOUT_KEY = small_province.account("leader", small_province.OTHER_COMMUNE)
#: This specialist has one, and may sign when a leader has let him.
DEPUTY_WITH_KEY = small_province.account("specialist", small_province.COMMUNE)
NAMES = {agency["code"]: agency["name"] for agency in small_province.AGENCIES}


class Keys:
    """The keystore of the small province and its authority."""

    def __init__(self, *, day: date = DAY, every_leader: bool = False) -> None:
        """Issue to every agency and to all leaders but one, or to `every_leader`."""
        officials = [member for member in small_province.STAFF if member["role"] != "poller"]
        province = msgspec.convert(
            {
                "id": "mau_2018", "name": "Tỉnh Mẫu", "code": "83", "agency_code": "H07", "era": "2018",
                "agencies": small_province.AGENCIES, "staff": officials, "districts": [], "communes": [],
                "schools": [], "health": [], "procedures": [], "personas": [], "companies": 0, "figures": {},
            },
            Province,
        )  # fmt: skip
        self.authority = pki.Authority(province=province, day=day)
        keystore = pki.issue_all(province, self.authority)
        personal = {
            account: held
            for account, held in keystore.personal.items()
            if every_leader or account != LEADER_WITHOUT_KEY
        }
        (commune,) = [agency for agency in province.agencies if agency.code == small_province.COMMUNE]
        personal[DEPUTY_WITH_KEY] = self.authority.personal(
            name="Chuyên viên UBND xã An Mẫu", account=DEPUTY_WITH_KEY, agency=commune
        )
        self.keystore = msgspec.structs.replace(keystore, personal=personal)

    def write(self, folder: Path) -> None:
        """Put them into the reference data."""
        pki.save(self.authority, self.keystore, folder)

    def seal(self, agency: str) -> Seal:
        """Return the seal of an agency."""
        held = self.keystore.organisation[agency]
        return Seal(key=held.key, certificate=held.certificate)

    def sealed(
        self,
        number: int,
        *,
        sender: str = small_province.DEPARTMENT,
        addressees: tuple[str, ...] = (small_province.COMMUNE, small_province.OTHER_COMMUNE),
        doc_type: DocType = "new",
        about: int | None = None,
        priority: int = 0,
        files: Mapping[str, bytes] | None = None,
    ) -> str:
        """Return a sealed envelope, as an office would send it; `about` is the number of the document it changes."""
        plain = envelope(number, sender=sender, addressees=addressees, doc_type=doc_type)
        if files:
            packed = archive.pack(files)
            plain = msgspec.structs.replace(
                plain, attachments=(msgspec.structs.replace(plain.attachments[0], archive=packed),)
            )
        target = DocumentId(sender, DAY, about, "SGTVT-VP") if about else None
        return self.seal(sender).sign_envelope(compose(msgspec.structs.replace(plain, about=target, priority=priority)))


def envelope(number: int, *, sender: str, addressees: tuple[str, ...], doc_type: DocType = "new") -> Envelope:
    """Return an unsigned envelope."""
    packed = archive.pack({"van-ban.txt": "Kính gửi quý cơ quan.".encode()})
    return Envelope(
        id=DocumentId(sender, DAY, number, "SGTVT-VP"),
        sender=Organ(sender, NAMES.get(sender, "Cơ quan lạ")),
        addressees=tuple(Organ(code, NAMES.get(code, "Cơ quan lạ")) for code in addressees),
        place="Tỉnh Mẫu",
        kind="Công văn",
        subject="V/v thử trục liên thông",
        summary="V/v thử trục liên thông",
        signer_position="Giám đốc",
        signer_name="Lê Thị Út",
        doc_type=doc_type,
        reason="Văn bản điện tử mới",
        staff_department="Văn thư",
        staff_name="Văn thư Sở",
        sent_at=NINE,
        attachments=(Attachment(content_id="cid:1", name="van-ban.zip", description="Toàn văn", archive=packed),),
    )
