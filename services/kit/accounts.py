"""Who is asking: passcodes of the run's synthetic accounts, and sign-in tokens.

Passcodes derive from a secret made for each run, so none is stored anywhere. The first cut has no identity provider.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
from starlette.requests import Request

from services.kit import proof, tokens
from services.kit.languages import Text
from services.kit.problems import Problem

_HOURS_12 = 12 * 3600


class Account(msgspec.Struct, frozen=True):
    """Somebody who has signed in."""

    account: str
    name: str
    role: str
    agency: str = ""
    filled: frozenset[str] = frozenset()  #: marks (`mark_of`) of fields that registers gave when they signed in


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a sign-in request carries."""

    account: str
    passcode: str


def passcode(key: str, account: str) -> str:
    """Twelve hexadecimal digits that only the holder of the run's key can derive."""
    return hmac.new(key.encode(), account.encode(), hashlib.sha256).hexdigest()[:12]


def check_passcode(key: str, attempt: SignIn) -> None:
    """Raise a 401 Problem unless the passcode belongs to the account."""
    if not proof.same(attempt.passcode, passcode(key, attempt.account)):
        raise Problem(
            401, "wrong-passcode", Text("Tài khoản hoặc mã đăng nhập không đúng.", "Account or passcode is wrong.")
        )


def mark_of(field: str, value: Any) -> str:
    """Mark by which a field that a register gave is known again, without carrying its value about."""
    return f"{field}={hashlib.sha256(str(value).encode()).hexdigest()[:8]}"


def issue_token(key: str, who: Account) -> str:
    """Sign a token that lasts a working day (12 hours of machine time)."""
    claims: dict[str, Any] = {"sub": who.account, "name": who.name, "role": who.role, "agency": who.agency}
    if who.filled:
        claims["filled"] = sorted(who.filled)
    return tokens.issue(claims, key, seconds=_HOURS_12)


def session_cookie(service: str) -> str:
    """Name of a service's session cookie: its own, because browsers share cookies between the ports of one host."""
    return f"tinhmau_{service}"


def signed_in(request: Request, key: str, cookie: str, *roles: str) -> Account:
    """Who sent the request, by bearer token or session cookie. Raises 401, or 403 for a role not among `roles`."""
    header = request.headers.get("authorization", "")
    token = header[7:] if header.startswith("Bearer ") else request.cookies.get(cookie, "")
    try:
        claims = tokens.read(token, key)
        who = Account(
            claims["sub"], claims["name"], claims["role"], claims["agency"], frozenset(claims.get("filled", ()))
        )
    except (tokens.TokenError, KeyError) as error:  # a token without a role is a system's, not a person's
        raise Problem(
            401,
            "not-signed-in",
            Text(
                "Chưa đăng nhập hoặc phiên đã hết hạn: hãy đăng nhập lại.",
                "Not signed in, or the session has ended: please sign in again.",
            ),
        ) from error
    if roles and who.role not in roles:
        raise Problem(
            403,
            "wrong-role",
            Text(
                f"Vai trò “{who.role}” không được làm việc này; cần: {', '.join(roles)}.",
                f"The role “{who.role}” may not do this; needed: {', '.join(roles)}.",
            ),
        )
    return who
