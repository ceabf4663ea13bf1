"""What the National Public Service Portal is told of a dossier, with its own field names (DVCQG).

Field names: public sample of the one-stop's synchronisation (DongBoHoSoMC, CapNhatTienDoHoSoMC). The state numbers
are from memory, unverified [M]: change them in this table once the specification is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.kit.clock import VIETNAM
from services.kit.reference import Reference
from services.onestop.dossiers import Dossier
from services.onestop.states import Act

#: Our state -> TrangThaiHoSo. [M]
STATE_NUMBERS: Mapping[str, str] = {
    "submitted": "1",
    "received": "2",
    "examined": "4",
    "awaiting_supplement": "5",
    "referred": "3",
    "approved": "9",
    "rejected": "9",
    "posted": "9",  # decided, not yet with the applicant
    "returned": "10",
    "withdrawn": "7",
}
#: Channel -> HinhThuc. [M]
CHANNEL_NUMBERS: Mapping[str, str] = {"counter": "0", "online": "1", "post": "2"}


def synchronisation(dossier: Dossier, reference: Reference, *, papers: Sequence[str] = ()) -> dict[str, Any]:
    """Body of `dvcqg.dossiers`: a dossier that the national portal has not heard of, with the names of its papers.

    Email and SoDienThoai are left out, because nobody here is asked for them.
    """
    procedure = reference.procedures[dossier.procedure]
    return {
        "code": dossier.code,
        "procedure": dossier.procedure,
        "state": dossier.state,
        "seq": dossier.seq,
        "MaHoSo": dossier.code,
        "MaTTHC": dossier.procedure,
        "TenTTHC": procedure.name,
        "TenLinhVuc": procedure.field,  # MaLinhVuc: no list of codes was found
        "TrichYeuHoSo": procedure.name,
        "ChuHoSo": dossier.applicant_name,
        "MaDoiTuong": dossier.applicant_number,
        "LoaiDoiTuong": "2" if dossier.company else "1",
        "NgayTiepNhan": _digits(dossier.received_at or dossier.submitted_at),
        "NgayHenTra": _digits(dossier.due_at),
        "TrangThaiHoSo": STATE_NUMBERS[dossier.state],
        "HinhThuc": CHANNEL_NUMBERS[dossier.channel],
        "DonViXuLy": reference.agencies[dossier.agency].name,
        "DanhSachLePhi": [{"TenPhiLePhi": "Lệ phí", "MucPhi": dossier.fee}] if dossier.fee else [],
        "TaiLieuNop": [{"TenTepDinhKem": name} for name in papers],
    }


def progress(
    dossier: Dossier, reference: Reference, *, act: Act, actor: str, at: datetime, wanted: str = ""
) -> dict[str, Any]:
    """Body of `dvcqg.progress`: a dossier that has moved on; `wanted` says what the applicant has to add.

    What has happened since is told with it (NgayTra and the two lists), so that the whole need not be sent again.
    """
    official = reference.staff.get(actor)
    closed = dossier.state in {"returned", "withdrawn"}
    return {
        "code": dossier.code,
        "state": dossier.state,
        "seq": dossier.seq,
        "MaHoSo": dossier.code,
        "NguoiXuLy": official.name if official else "",
        "ChucDanh": official.role if official else "",
        "ThoiDiemXuLy": _digits(at),
        "PhongBanXuLy": reference.agencies[dossier.agency].name,
        "NoiDungXuLy": str(act.label),
        "TrangThaiHoSo": STATE_NUMBERS[dossier.state],
        "NgayTra": _digits(at) if closed else "",
        "DanhSachHoSoBoSung": [{"LyDoBoSung": wanted, "NgayYeuCau": _digits(at)}] if wanted else [],
        "DanhSachGiayToKetQua": [
            {"TenGiayTo": f"Kết quả giải quyết hồ sơ {dossier.code}", "MaGiayToKetQua": dossier.digest}
        ]
        if dossier.state == "returned"
        else [],
    }


def _digits(moment: datetime | None) -> str:
    return moment.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S") if moment else ""
