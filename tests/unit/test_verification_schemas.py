"""The schemas in fixtures/schemas are those of the types that read the files."""

from __future__ import annotations

import pytest

from verification import schemas


@pytest.mark.parametrize("name", schemas.schemas())
def test_the_published_schema_is_the_one_that_is_read(name: str) -> None:
    """A vendor who follows the file is understood by the laws (else run: python -m verification.schemas)."""
    assert (schemas.FOLDER / name).read_bytes() == schemas.encode(schemas.schemas()[name])


def test_every_book_has_a_schema() -> None:
    """Each system's books are published, the LGSP's audit among them."""
    names = set(schemas.schemas())
    assert {
        "book.lgsp.audit.schema.json",
        "book.onestop.events.schema.json",
        "book.dochub.envelopes.schema.json",
    } <= names
