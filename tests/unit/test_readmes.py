"""Both readmes, Vietnamese and English, tell the same: commands, links that lead somewhere, sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = {name: (ROOT / name).read_text("utf-8") for name in ("README.md", "README.vi.md")}


def _commands(text: str) -> list[str]:
    """Every command of ours that is shown, without what is said about it."""
    lines = re.findall(r"^((?:tinhmau|make) .+?)\s*(?:#.*)?$", text, re.MULTILINE)
    return lines + sorted(set(re.findall(r"`((?:tinhmau|make) [^`]+)`", text)))


def _links(text: str) -> set[str]:
    return {link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("README")}


@pytest.mark.parametrize("told", [_commands, _links, lambda text: re.findall(r"^(#+) ", text, re.MULTILINE)])
def test_who_reads_one_readme_misses_nothing_of_the_other(told: object) -> None:
    """The same commands, the same links, as many sections."""
    assert callable(told)
    english, vietnamese = (told(READMES[name]) for name in ("README.md", "README.vi.md"))
    assert english
    assert vietnamese == english


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    """Whatever a readme points at is there."""
    assert [link for link in _links(READMES[name]) if not (ROOT / link).exists()] == []
