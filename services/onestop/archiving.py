"""Hand-over to the archive: a closed dossier with everything that belongs to it, and a digest by which it is known.

The digest is SHA-256 over the dossier's records in a fixed order, so that whoever holds the archive can prove that
nothing was changed, added or lost since the hand-over.
"""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request

from services.kit.kit import Kit, Reply, reply
from services.kit.languages import Text
from services.kit.problems import Problem, not_found, wrong_state
from services.kit.transaction import Transaction
from services.onestop import dossiers
from services.onestop.results import Results
from services.onestop.states import CLOSED

#: Whose hand-over it is: the reception clerk, who gave the result back.
ROLES = ("reception_clerk",)
#: All that belongs to a dossier, oldest first. What still arrives after the hand-over breaks the digest, and should.
_RECORDS = """
    SELECT to_jsonb(one)::text AS record, 1 AS part, seq::bigint AS place FROM event AS one WHERE code = $1
    UNION ALL SELECT to_jsonb(one)::text, 2, id FROM payment AS one WHERE code = $1
    UNION ALL SELECT id || ' ' || kind || ' ' || encode(sha256(content), 'hex'), 3, id FROM paper WHERE code = $1
    UNION ALL SELECT to_jsonb(one)::text, 4, step FROM referral AS one WHERE code = $1
    UNION ALL SELECT to_jsonb(one)::text, 5, 0 FROM parcel AS one WHERE code = $1
    UNION ALL SELECT digest, 6, 0 FROM result_paper WHERE code = $1
    UNION ALL SELECT digest, 7, row_number() OVER (ORDER BY at) FROM apology WHERE code = $1
    ORDER BY part, place
"""
_HAND_OVER = """
    INSERT INTO archived (code, agency, at, actor, request_key, records, digest) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_FIND = "SELECT agency, records, digest FROM archived WHERE code = $1"


class Archiving:
    """The archive's door."""

    def __init__(self, kit: Kit, results: Results) -> None:
        """`results` has the paper of a decided dossier sealed before it goes to the archive."""
        self._kit, self._results = kit, results

    async def ready(self, request: Request, _body: Any) -> None:
        """Let the signed result be made, so that it is among what is handed over."""
        await self._results.make(request.path_params["code"], request.state.who)

    async def hand_over(self, request: Request, _body: Any, tx: Transaction, _prepared: Any) -> Reply:
        """Hand a closed dossier over, once. Raises 409 while it is open or when it is in the archive already."""
        who, code = request.state.who, request.path_params["code"]
        dossier = await dossiers.lock(tx, code)
        if dossier is None:
            raise not_found(Text(f"hồ sơ {code} ở bộ phận một cửa", f"dossier {code} at the one-stop"))
        dossiers.check_agency(dossier.agency, who)
        if dossier.state not in CLOSED:
            raise wrong_state(Text(f"Hồ sơ {code}", f"Dossier {code}"), dossier.state, sorted(CLOSED))
        if await tx.row(_FIND, code):
            raise Problem(
                409,
                "archived",
                Text(f"Hồ sơ {code} đã nộp lưu.", f"Dossier {code} is in the archive already."),
                state=dossier.state,
            )
        records = await tx.fetch(_RECORDS, code)
        digest = _digest(records)
        await tx.execute(_HAND_OVER, code, dossier.agency, tx.now, who.account, tx.key, len(records), digest)
        return reply({"code": code, "records": len(records), "digest": digest}, 201)

    async def proof(self, code: str) -> dict[str, Any] | None:
        """Count and digest at the hand-over and now; None for a dossier that is not in the archive."""
        kept = await self._kit.pool.fetchrow(_FIND, code)
        if kept is None:
            return None
        records = await self._kit.pool.fetch(_RECORDS, code)
        intact = (kept["records"], kept["digest"]) == (len(records), _digest(records))
        return {"records": kept["records"], "digest": kept["digest"], "intact": intact}


def _digest(records: list[Any]) -> str:
    whole = hashlib.sha256()
    for record in records:
        whole.update(hashlib.sha256(record["record"].encode()).digest())
    return whole.hexdigest()
