"""DocumentId: the one name of a document everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from services.kit.edxml.document_id import DocumentId


@pytest.mark.parametrize(
    "text",
    ["000.00.12.H07,2018/08/22,15/SNV-VP", "H37.02.02,2026/01/05,7816/VPCP-TTĐT", "G22.99.08,2026/12/31,1/QĐ-BCA"],
)
def test_a_document_id_reads_back_as_written(text: str) -> None:
    """Both forms of agency codes, and notations with Vietnamese letters, survive reading and writing."""
    assert str(DocumentId.parse(text)) == text


def test_a_document_id_has_its_parts() -> None:
    """Agency, official day, number and notation stand in it."""
    found = DocumentId.parse("000.00.12.H07,2018/08/22,15/SNV-VP")
    assert found == DocumentId("000.00.12.H07", date(2018, 8, 22), 15, "SNV-VP")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "000.00.12.H07",
        "000.00.12.H07,2018-08-22,15/SNV-VP",
        "000.00.12.H07,2018/02/30,15/SNV-VP",
        "000.00.12.H07,2018/08/22,015/SNV-VP",
        "000.00.12.H07,2018/08/22,15",
        "000.00.12.H07,2018/08/22,15/SNV,VP",
        "000.00.12.H07,2018/08/22,15/SNV-VP\n",
    ],
)
def test_anything_else_is_refused_with_the_form_wanted(text: str) -> None:
    """Whoever wrote it learns the right form."""
    with pytest.raises(ValueError, match="DocumentId"):
        DocumentId.parse(text)
