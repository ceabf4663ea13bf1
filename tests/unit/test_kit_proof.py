"""Secrets and proofs are compared whatever letters are shown."""

from __future__ import annotations

import pytest

from services.kit.proof import same


@pytest.mark.parametrize("shown", ["", "khoá", "key ", "\ud800", "KEY"])
def test_anything_else_is_not_the_same(shown: str) -> None:
    """Letters beyond ASCII and lone surrogates are wrong answers, not surprises."""
    assert not same(shown, "key")


def test_the_same_is_the_same() -> None:
    """Known texts may have any letters too."""
    assert same("khoá", "khoá")
