"""The question at the end of a form that a program would not answer, and the seam that lets tests answer it.

A question in words instead of a picture: people who cannot see can answer it too (WCAG 2.2, 1.1.1).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Protocol

import msgspec

from services.kit import tokens
from services.kit.languages import Text

_MINUTES = 30
_NUMBERS = tuple(
    Text(vi, en)
    for vi, en in (
        ("không", "nought"), ("một", "one"), ("hai", "two"), ("ba", "three"), ("bốn", "four"), ("năm", "five"),
        ("sáu", "six"), ("bảy", "seven"), ("tám", "eight"), ("chín", "nine"),
    )
)  # fmt: skip


class Question(msgspec.Struct, frozen=True):
    """What is asked, and the sealed answer that goes with it."""

    text: str
    seal: str


class Captcha(Protocol):
    """Asks, and judges the answer."""

    def ask(self, draft: str) -> Question | None:
        """Question for a draft; None where nothing is asked."""

    def right(self, draft: str, seal: str, answer: str) -> bool:
        """Whether the answer fits the question that was asked for this draft."""


class Nothing:
    """Asks nothing: the default of the 2018 era."""

    def ask(self, draft: str) -> Question | None:  # noqa: ARG002 -- the protocol's parameter
        """Ask nothing."""
        return None

    def right(self, draft: str, seal: str, answer: str) -> bool:  # noqa: ARG002 -- the protocol's parameters
        """Everything is right."""
        return True


class Words:
    """A sum in words: "bảy cộng ba bằng mấy?"."""

    def __init__(self, key: str, *, bypass: str = "") -> None:
        """Seal with `key`. `bypass` is an answer that is always right: for load and tests, empty for none."""
        self._key, self._bypass = key, bypass

    def ask(self, draft: str) -> Question | None:
        """Ask a fresh sum."""
        first, second = secrets.randbelow(10), secrets.randbelow(10)
        mark = self._mark(draft, str(first + second))
        seal = tokens.issue({"mark": mark, "aud": "captcha"}, self._key, seconds=_MINUTES * 60)
        one, other = _NUMBERS[first], _NUMBERS[second]
        text = Text(f"{one} cộng {other} bằng mấy?".capitalize(), f"What is {one.english} plus {other.english}?")
        return Question(text, seal)

    def right(self, draft: str, seal: str, answer: str) -> bool:
        """Judge an answer."""
        if self._bypass and hmac.compare_digest(answer.encode(), self._bypass.encode()):
            return True
        try:
            claims = tokens.read(seal, self._key, audience="captcha")
        except tokens.TokenError:
            return False
        return hmac.compare_digest(str(claims.get("mark", "")), self._mark(draft, answer.strip()))

    def _mark(self, draft: str, answer: str) -> str:
        return hmac.new(self._key.encode(), f"captcha|{draft}|{answer}".encode(), "sha256").hexdigest()


def from_environment(environment: Mapping[str, str], *, era: str, key: str) -> Captcha:
    """`CAPTCHA` is "nothing", "words" or "words:ANSWER" (the seam). Unset: words in the 2026 era, nothing before.

    Raises ValueError for anything else.
    """
    wanted = environment.get("CAPTCHA", "") or ("words" if era == "2026" else "nothing")
    kind, _, bypass = wanted.partition(":")
    if wanted == "nothing":
        return Nothing()
    if kind == "words":
        return Words(key, bypass=bypass)
    message = f"CAPTCHA is “{wanted}”; use nothing, words or words:ANSWER"
    raise ValueError(message)
