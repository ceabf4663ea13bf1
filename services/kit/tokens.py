"""Signed tokens (JWT, RFC 7519), HS256 only.

The same token comes with call after call, so what has been verified is remembered; its age is looked at every time.
Providers' tokens differ from call to call, and PyJWT takes 65 µs to write and read one: as long as all else that the
LGSP does with a call. So tokens whose header is, letter for letter, the one that we write are signed and checked here,
by one HMAC; every other one goes through PyJWT, and the tests hold both against each other.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jwt
import msgspec

_MOST_CHARACTERS = 4096
_REMEMBERED = 1024  # tokens; far more than there are systems and officials at work at one time


_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=") + b"."
_FOR_THE_LIBRARY = frozenset({"nbf", "iat"})  # moments of their own, that we never write
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class TokenError(Exception):
    """The token is forged, damaged, too old, or meant for somebody else."""


def issue(claims: Mapping[str, Any], key: str, *, seconds: int) -> str:
    """Sign claims; the token lasts `seconds` of machine time."""
    signed = _HEADER + _base64(_encode({**claims, "exp": int(time.time()) + seconds}))
    return (signed + b"." + _seal(signed, key)).decode()


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
    claims = _ours(token, key, audience)
    if claims is not None:
        return claims
    options: Any = {"require": ["exp"]}
    try:
        return jwt.decode(token, key, algorithms=["HS256"], audience=audience, options=options)
    except jwt.PyJWTError as error:
        raise TokenError(str(error)) from error


def _ours(token: str, key: str, audience: str | None) -> Mapping[str, Any] | None:
    """Return the claims of a token of our own form; None for any other, and for one in which anything is amiss."""
    signed, _, seal = token.encode("utf-8", "replace").rpartition(b".")
    if not signed.startswith(_HEADER) or not hmac.compare_digest(seal, _seal(signed, key)):
        return None
    try:
        payload = signed[len(_HEADER) :]
        claims = _decode(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (ValueError, msgspec.DecodeError):
        return None
    fits = type(claims.get("exp")) is int and claims.get("aud") == audience and not _FOR_THE_LIBRARY & claims.keys()
    return claims if fits else None


def _seal(signed: bytes, key: str) -> bytes:
    return _base64(hmac.digest(key.encode(), signed, "sha256"))


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
