"""Hostile XML is refused within limits: entities, bombs, outside references, encodings, floods, zips."""

from __future__ import annotations

import resource

import pytest
from edxml_hostile import HOSTILE

from services.kit.edxml.dialects import normalise
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.trouble import EdxmlError

_MOST_MEMORY_KB = 400 << 10


def take(raw: bytes, *, strict: bool) -> None:
    """Read as the hub does, signature aside."""
    root = parse(raw, character_data=not strict)
    if not strict:
        root, _ = normalise(root)
    if reasons := structure_problems(root):
        raise EdxmlError(reasons)
    read(root, strict=strict)


#: Lenient reading leaves out what it does not know, and so never looks where this points.
LEFT_OUT = {"schema elsewhere"}


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_reason_and_in_little_memory(name: str, strict: bool) -> None:  # noqa: FBT001
    """Whoever sends it, in either way of reading; the process grows by less than 400 MB while it looks."""
    make, says = HOSTILE[name]
    made = make()
    raw = made if isinstance(made, bytes) else made.encode()
    if not strict and name in LEFT_OUT:
        take(raw, strict=strict)
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(EdxmlError) as caught:
        take(raw, strict=strict)
    if strict:
        assert says in " ".join(caught.value.reasons)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < _MOST_MEMORY_KB
