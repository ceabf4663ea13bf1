"""Forms that people have begun: kept under a number of their own until they become a dossier."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

import asyncpg
import msgspec

from services.kit.kit import Kit
from services.kit.languages import Text
from services.kit.problems import Problem
from services.kit.transaction import Transaction

_NUMBER = re.compile(r"[A-Za-z0-9_-]{16,40}")

_COLUMNS = "id, applicant, procedure, agency, company, delivery, answers, at, code"
_SAVE = """
    INSERT INTO draft (id, applicant, procedure, agency, company, delivery, answers, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO UPDATE SET agency = excluded.agency, company = excluded.company, delivery = excluded.delivery,
        answers = excluded.answers, at = excluded.at
    WHERE draft.applicant = excluded.applicant AND draft.code IS NULL
"""
# What was typed lives on in the dossier's form only.
_BECOME = """
    WITH done AS (UPDATE draft SET code = $2, answers = '{}' WHERE id = $1),
         files AS (UPDATE attachment SET owner = $2 WHERE owner = $1)
    UPDATE dossier SET fields_saved = $3, fields_typed = $4 WHERE code = $2
"""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A form that somebody has begun."""

    id: str
    applicant: str
    procedure: str
    agency: str = ""
    company: str = ""
    delivery: str = ""
    answers: dict[str, str] = {}
    at: datetime | None = None
    code: str | None = None  #: the dossier it became


class Drafts:
    """All drafts."""

    def __init__(self, kit: Kit) -> None:
        """Keep drafts in the service's database."""
        self._kit = kit

    async def find(self, number: str, *, applicant: str, procedure: str) -> Draft:
        """Draft with this number, or a new one. Raises 404 for a number that is not one, 403 for another's draft."""
        if not number:
            return Draft(id=secrets.token_urlsafe(18), applicant=applicant, procedure=procedure)
        if not _NUMBER.fullmatch(number):
            raise Problem(404, "not-found", Text("Không tìm thấy bản nháp này.", "There is no such draft."))
        row = await self._kit.pool.fetchrow(f"SELECT {_COLUMNS} FROM draft WHERE id = $1", number)  # noqa: S608 -- ours
        if row is None:
            return Draft(id=number, applicant=applicant, procedure=procedure)
        if row["applicant"] != applicant:
            raise Problem(
                403,
                "not-yours",
                Text("Bản nháp này không do tài khoản này lập.", "This draft belongs to another account."),
            )
        if row["procedure"] != procedure:
            raise Problem(
                404, "not-found", Text("Bản nháp này thuộc thủ tục khác.", "This draft is of another procedure.")
            )
        return _read(row)

    async def of(self, applicant: str) -> list[Draft]:
        """Drafts of somebody that are still drafts, the newest first."""
        rows = await self._kit.pool.fetch(
            f"SELECT {_COLUMNS} FROM draft WHERE applicant = $1 AND code IS NULL ORDER BY at DESC LIMIT 50",  # noqa: S608 -- ours
            applicant,
        )
        return [_read(row) for row in rows]

    async def save(self, tx: Transaction, draft: Draft) -> None:
        """Keep what has been filled in so far."""
        await tx.execute(
            _SAVE, draft.id, draft.applicant, draft.procedure, draft.agency, draft.company, draft.delivery,
            msgspec.json.encode(draft.answers).decode(), tx.now,
        )  # fmt: skip

    async def become(self, tx: Transaction, draft: Draft, code: str, *, saved: int, typed: int) -> None:
        """Turn a draft into the dossier `code`, files included; remember how many fields nobody had to type."""
        await tx.execute(_BECOME, draft.id, code, saved, typed)

    async def throw_away(self, tx: Transaction, draft: Draft) -> None:
        """Forget a draft and its files."""
        await tx.execute("DELETE FROM attachment WHERE owner = $1", draft.id)
        await tx.execute(
            "DELETE FROM draft WHERE id = $1 AND applicant = $2 AND code IS NULL", draft.id, draft.applicant
        )


def _read(row: asyncpg.Record) -> Draft:
    return Draft(**{**dict(row), "answers": msgspec.json.decode(row["answers"])})
