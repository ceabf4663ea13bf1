"""What all papers of the one-stop say, in the words of papers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.kit.kit import Kit
from services.onestop.dossiers import Dossier


def common(kit: Kit, dossier: Dossier, *, written: datetime | None = None) -> dict[str, Any]:
    """Code, agency, applicant and procedure of a dossier; `written` is the paper's day, today where left out."""
    now, procedure = written or kit.clock.now(), kit.reference.procedures[dossier.procedure]
    return {
        "code": dossier.code,
        "agency": kit.reference.agencies[dossier.agency].name,
        "applicant": dossier.applicant_name,
        "procedure": procedure.code,
        "procedure_name": procedure.name,
        "due": spoken(dossier.due_at) if dossier.due_at else "—",
        "written": f"Ngày {now:%d} tháng {now:%m} năm {now:%Y}",
    }


def spoken(moment: datetime) -> str:
    """Say a moment as papers do: 09 giờ 05, ngày 22/08/2018."""
    return f"{moment:%H} giờ {moment:%M}, ngày {moment:%d/%m/%Y}"
