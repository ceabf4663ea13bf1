"""Who comes to the portal: people of the national population database, each with one's own dossiers only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit.accounts import Account, SignIn, mark_of
from services.kit.kit import Kit
from services.kit.languages import Text, english
from services.kit.problems import Problem

ROLE = "citizen"
Endpoint = Callable[[Request], Awaitable[Response]]


class _Verified(msgspec.Struct):
    exists: bool
    person: dict[str, Any] | None = None


class Citizens:
    """Sign-in over the LGSP (SYS-DB-POPULATION)."""

    def __init__(self, kit: Kit) -> None:
        """Ask the national population database through the service's LGSP client."""
        self._kit = kit

    async def find(self, attempt: SignIn) -> tuple[Account, dict[str, Any]]:
        """Answer `portal.sign_in` once the passcode is right."""
        return await self.known(attempt.account)

    async def known(self, number: str) -> tuple[Account, dict[str, Any]]:
        """Verify the person and return what forms can be filled in with, so that nothing is typed twice.

        Raises 401 for somebody whom the population database does not know, 503 when it cannot be asked.
        """
        answer = await self._kit.lgsp.ask(
            "national", "population.verify", body={"personal_number": number}, purpose="sign-in"
        )
        if not answer.good:
            raise Problem(
                503,
                "counterpart-out-of-reach",
                Text(
                    "Cơ sở dữ liệu quốc gia về dân cư chưa xác nhận được.",
                    "The national population database could not confirm it.",
                ),
            )
        verified: _Verified = answer.json(_Verified)
        if not verified.exists or verified.person is None:
            raise Problem(
                401,
                "unknown-person",
                Text(
                    "Không có công dân này trong cơ sở dữ liệu quốc gia về dân cư.",
                    "The national population database has no such citizen.",
                ),
            )
        prefill = {"personal_number": number, **verified.person}
        filled = frozenset(mark_of(field, value) for field, value in prefill.items() if value)
        return Account(number, str(verified.person["full_name"]), ROLE, filled=filled), {"prefill": prefill}


def guarded(kit: Kit, endpoint: Endpoint) -> Endpoint:
    """Let only signed-in citizens through, before anything else is looked at."""

    async def guard(request: Request) -> Response:
        request.state.who = kit.who(request, ROLE)
        return await endpoint(request)

    return guard


def check_own(code: str, applicant: str | None, who: Account) -> None:
    """Raise 403 unless the dossier is the citizen's own."""
    if applicant != who.account:
        raise Problem(
            403,
            "not-yours",
            Text(
                f"Hồ sơ {code} không do tài khoản này nộp.",
                f"Dossier {english(code)} was not handed in by this account.",
            ),
        )
