"""Guessing passcodes is refused: after a few failures an account rests for a while, right passcode or not."""

from __future__ import annotations

import hashlib

import asyncpg

from services.kit.accounts import SignIn, check_passcode
from services.kit.languages import Text
from services.kit.problems import Problem

#: Failures after which an account rests, and how long each failure counts. Assumed: common practice (OWASP ASVS 2.2.1
#: allows no more than 100 an hour).
MOST_FAILURES = 5
_MINUTES = 15

_RECENT = "SELECT count(*) FROM sign_in_failure WHERE account = $1 AND at > now() - make_interval(mins => $2)"
_FAILED = """
    WITH old AS (DELETE FROM sign_in_failure WHERE account = $1 AND at <= now() - make_interval(mins => $2))
    INSERT INTO sign_in_failure (account) VALUES ($1)
"""


async def check(pool: asyncpg.Pool, key: str, attempt: SignIn) -> None:
    """Raise 401 for a wrong passcode, 429 for any passcode while the account rests."""
    account = hashlib.sha256(attempt.account.encode("utf-8", "surrogatepass")).digest()
    if await pool.fetchval(_RECENT, account, _MINUTES) >= MOST_FAILURES:
        raise Problem(
            429,
            "too-many-attempts",
            Text(
                f"Sai quá {MOST_FAILURES} lần; tài khoản tạm nghỉ {_MINUTES} phút rồi thử lại.",
                f"Wrong more than {MOST_FAILURES} times; the account rests for {_MINUTES} minutes.",
            ),
        )
    try:
        check_passcode(key, attempt)
    except Problem:
        await pool.execute(_FAILED, account, _MINUTES)
        raise
