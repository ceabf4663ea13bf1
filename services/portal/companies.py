"""Companies somebody files for: looked up in the business register, and who may act for them."""

from __future__ import annotations

from typing import Any

import msgspec

from services.kit.kit import Kit
from services.kit.problems import Problem


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A company as the register knows it."""

    tax_code: str
    name: str
    director: str = ""  #: personal number: private
    province_code: str = ""


class _Looked(msgspec.Struct):
    exists: bool
    company: Company | None = None


class Companies:
    """The business register over the LGSP (SYS-DB-BUSINESS)."""

    def __init__(self, kit: Kit) -> None:
        """Ask through the service's LGSP client."""
        self._kit = kit

    async def look_up(self, tax_code: str, *, purpose: str) -> Company | None:
        """Find a company; None when there is none. Raises 503 when the register cannot be asked."""
        if not tax_code.strip():
            return None
        answer = await self._kit.lgsp.ask(
            "national", "business.lookup", query={"tax_code": tax_code.strip()}, purpose=purpose
        )
        if not answer.good:
            raise Problem(503, "counterpart-out-of-reach", "Cơ sở dữ liệu đăng ký doanh nghiệp chưa trả lời.")
        looked: Any = answer.json(_Looked)
        return looked.company if looked.exists else None
