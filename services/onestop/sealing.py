"""The agency's signature on a paper of the one-stop: the document office, which holds the keys, puts it on (PAdES)."""

from __future__ import annotations

from typing import Literal

import msgspec

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.onestop.dossiers import Dossier

#: What is sealed, as the contract with the office names it -> what people call it.
_WORDS = {"seal-result": "kết quả", "seal-apology": "phiếu xin lỗi"}


class _Sealed(msgspec.Struct):
    pdf: bytes


async def seal(kit: Kit, dossier: Dossier, pdf: bytes, *, purpose: Literal["seal-result", "seal-apology"]) -> bytes:
    """Return the paper with the signature in it. Raises 503 while the office is out of reach."""
    what = _WORDS[purpose]
    reason = f"{what[:1].upper()}{what[1:]} hồ sơ {dossier.code}"
    asked = {"agency": dossier.agency, "subject": dossier.code, "reason": reason, "pdf": pdf}
    answer = await kit.lgsp.ask("office", "papers.seal", body=asked, purpose=purpose)
    if not answer.good:
        raise Problem(
            503,
            "not-sealed",
            Text(
                f"Phân hệ văn bản chưa ký được {what} hồ sơ {dossier.code}; xin thử lại.",
                f"The document office could not sign for dossier {dossier.code}; please try again.",
            ),
        )
    return answer.json(_Sealed).pdf  # type: ignore[no-any-return]
