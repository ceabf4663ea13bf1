"""Ways in which callers write down who they are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

#: Longest header looked at. Assumed: keys and names of the public samples take a tenth of it.
_MOST_CHARACTERS = 4096


class Shown(msgspec.Struct, frozen=True):
    """Name and secret that a caller shows."""

    name: str
    secret: str


class _AccessToken(msgspec.Struct):
    """JSON of `lgspaccesstoken` (samples of HCMC and Hậu Giang). No right hangs on its further names."""

    AccessKey: str
    SecretKey: str
    AppName: str = ""
    PartnerCode: str = ""
    PartnerCodeCus: str = ""


def bearer(headers: Mapping[str, str]) -> str:
    """Token of `Authorization: Bearer`; empty where there is none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def basic(headers: Mapping[str, str]) -> Shown | None:
    """Name and secret of `Authorization: Basic` (RFC 7617)."""
    kind, _, encoded = headers.get("authorization", "").partition(" ")
    name, colon, secret = _decoded(encoded).partition(":") if kind.lower() == "basic" else ("", "", "")
    return Shown(name, secret) if colon else None


def access_token(headers: Mapping[str, str]) -> Shown | None:
    """Name and secret of header `lgspaccesstoken`, or of an `Authorization` that is nothing but the same base64."""
    for encoded in (headers.get("lgspaccesstoken", ""), headers.get("authorization", "")):
        if not encoded or " " in encoded.strip():
            continue
        try:
            told = msgspec.json.decode(_decoded(encoded).encode(), type=_AccessToken)
        except msgspec.MsgspecError:
            continue
        return Shown(told.AccessKey, told.SecretKey)
    return None


def _decoded(encoded: str) -> str:
    """Text of a base64; empty for what is none, or none of sensible length."""
    if len(encoded) > _MOST_CHARACTERS:
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
