"""Signed tokens (JWT, RFC 7519), HS256 only, by PyJWT.

The same token comes with call after call, so what has been verified is remembered; its age is looked at every time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt

_MOST_CHARACTERS = 4096
_REMEMBERED = 1024  # tokens; far more than there are systems and officials at work at one time


class TokenError(Exception):
    """The token is forged, damaged, too old, or meant for somebody else."""


def issue(claims: Mapping[str, Any], key: str, *, seconds: int) -> str:
    """Sign claims; the token lasts `seconds` of machine time."""
    return jwt.encode({**claims, "exp": int(time.time()) + seconds}, key, algorithm="HS256")


def read(token: str, key: str, *, audience: str | None = None) -> Mapping[str, Any]:
    """Return the claims of a token that holds now and is meant for `audience`. Raises TokenError."""
    if len(token) > _MOST_CHARACTERS:
        raise TokenError("too long")
    claims = _verified(token, key, audience)
    if claims["exp"] <= time.time():
        raise TokenError("expired")
    return claims


@lru_cache(maxsize=_REMEMBERED)
def _verified(token: str, key: str, audience: str | None) -> Mapping[str, Any]:
    options: Any = {"require": ["exp"]}
    try:
        return jwt.decode(token, key, algorithms=["HS256"], audience=audience, options=options)
    except jwt.PyJWTError as error:
        raise TokenError(str(error)) from error
