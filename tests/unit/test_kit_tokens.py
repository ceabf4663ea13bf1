"""Tokens of the services' kit: what is taken, what is refused, and that others can read them."""

from __future__ import annotations

import time

import jwt
import pytest

from services.kit import tokens

KEY = "a-key-of-tests-that-is-long-enough-for-hs256"
CLAIMS = {"sub": "portal", "name": "Đỗ Thị Hằng"}


def test_others_can_read_ours() -> None:
    """They are plain JWT."""
    token = tokens.issue(CLAIMS, KEY, seconds=3600)
    read = jwt.decode(token, KEY, algorithms=["HS256"])
    assert (read["sub"], read["name"]) == ("portal", "Đỗ Thị Hằng")


def test_we_read_those_of_others() -> None:
    """A client made by somebody else gets along with us."""
    token = jwt.encode({**CLAIMS, "aud": "national", "exp": int(time.time()) + 3600}, KEY, algorithm="HS256")
    assert tokens.read(token, KEY, audience="national")["name"] == "Đỗ Thị Hằng"


def _flipped(token: str) -> str:
    head, content, signature = token.split(".")
    return f"{head}.{content[:-2]}{'A' if content[-2] != 'A' else 'B'}{content[-1]}.{signature}"


GOOD = tokens.issue({**CLAIMS, "aud": "national"}, KEY, seconds=3600)
BAD = {
    "empty": "",
    "not a token": "x.y.z",
    "altered": _flipped(GOOD),
    "without signature": GOOD.rpartition(".")[0] + ".",
    "signed with another key": tokens.issue({**CLAIMS, "aud": "national"}, KEY + "x", seconds=3600),
    "unsigned": jwt.encode({**CLAIMS, "aud": "national", "exp": int(time.time()) + 3600}, "", algorithm="none"),
    "another algorithm": jwt.encode(
        {**CLAIMS, "aud": "national", "exp": int(time.time()) + 3600}, KEY * 2, algorithm="HS512"
    ),
    "too old": tokens.issue({**CLAIMS, "aud": "national"}, KEY, seconds=-1),
    "for another": tokens.issue({**CLAIMS, "aud": "dochub"}, KEY, seconds=3600),
    "for nobody": tokens.issue(CLAIMS, KEY, seconds=3600),
    "not yet good": jwt.encode(
        {**CLAIMS, "aud": "national", "exp": int(time.time()) + 3600, "nbf": int(time.time()) + 3000},
        KEY,
        algorithm="HS256",
    ),
    "without an end": jwt.encode({**CLAIMS, "aud": "national"}, KEY, algorithm="HS256"),
    "too long": tokens.issue({**CLAIMS, "aud": "national", "more": "x" * 5000}, KEY, seconds=3600),
    "not ASCII": "ă.ă.ă",
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD.keys())
def test_a_bad_token_is_refused(token: str) -> None:
    """Forged, altered, expired or meant for somebody else: none is read."""
    with pytest.raises(tokens.TokenError):
        tokens.read(token, KEY, audience="national")


def test_a_token_for_one_system_is_none_for_general_use() -> None:
    """Where no audience is expected, a token with one is refused."""
    with pytest.raises(tokens.TokenError):
        tokens.read(GOOD, KEY)
