"""What an incoming document answers, from what its envelope says."""

from __future__ import annotations

from datetime import date

import edxml_samples as samples
import msgspec
import pytest

from services.kit.edxml.composing import compose
from services.kit.edxml.document_id import DocumentId
from services.kit.edxml.envelope import Response
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.office.replying import told_in

OURS = DocumentId(samples.DEPARTMENT.code, date(2018, 8, 20), 9, "SNV-VP")
BY_NUMBER = Response(organ="000.02.32.H07", code="7/TTr")


@pytest.mark.parametrize("organ", [samples.COMMUNE.code, "H07.32.01"], ids=["code of 2018", "code of 2026"])
def test_a_reply_names_organ_number_and_day_of_what_it_answers(organ: str) -> None:
    """In the words of both eras; the schema has no objection, and the receiver reads the same."""
    question = DocumentId(organ, date(2018, 8, 21), 7, "TTr-UBND")
    reply = msgspec.structs.replace(samples.envelope(), responses=(Response.to(question),))
    root = parse(compose(reply).encode())
    assert structure_problems(root) == []
    assert told_in(read(root)) == [Response(organ=organ, code="7/TTr-UBND", document=question)]


def test_what_a_recall_means_is_not_what_it_answers() -> None:
    """Public samples name it in ResponseFor; what else stands there is answered, by number alone too."""
    recall = msgspec.structs.replace(
        samples.envelope(), doc_type="recall", about=OURS, responses=(Response.to(OURS), BY_NUMBER)
    )
    assert told_in(recall) == [BY_NUMBER]
