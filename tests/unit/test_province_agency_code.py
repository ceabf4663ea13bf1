"""Codes of agencies: both forms, and the way between them."""

from __future__ import annotations

import pytest

from simulation.agency_code import AgencyCode, BadAgencyCodeError, convert, form_of, parse

#: (old form, new form): shapes of codes seen in public samples, and of this province.
PAIRS = [
    ("000.00.00.H49", "H49"),
    ("000.00.12.H62", "H62.12"),
    ("000.00.01.H29", "H29.01"),
    ("000.02.02.H37", "H37.02.02"),
    ("000.08.99.G22", "G22.99.08"),
    ("005.31.12.H07", "H07.12.31.005"),
]


@pytest.mark.parametrize(("old", "new"), PAIRS, ids=[old for old, _ in PAIRS])
def test_both_forms_name_the_same_agency(old: str, new: str) -> None:
    """The old form reads from the right, the new one from the left; both lead to the same place in the state."""
    assert parse(old) == parse(new)
    assert (form_of(old), form_of(new)) == ("old", "new")
    assert convert(old, "new") == new
    assert convert(new, "old") == old


def test_the_agency_above_a_commune_is_its_district() -> None:
    """A commune's code holds its district's, and that one the province's."""
    commune = parse("000.05.31.H07")

    assert commune.parent == parse("000.00.31.H07")
    assert parse("000.00.31.H07").parent == AgencyCode(("H07",))
    assert parse("000.00.00.H07").parent is None
    assert (commune.level, commune.root) == (3, "H07")


def test_letters_exist_only_in_the_new_form() -> None:
    """`H37.DN.001` is a good code that the old form has no room for, and the error says so."""
    code = parse("H37.DN.001")

    with pytest.raises(BadAgencyCodeError, match="cannot be written in the old form"):
        code.spell("old")


@pytest.mark.parametrize("text", ["", "H7", "000.00.H07", "000.00.12", "00.000.12.H07", "H07.1234", "h07.12", "H07."])
def test_what_is_no_code_is_refused(text: str) -> None:
    """A text that fits neither form is refused in both languages, with an example of each form."""
    with pytest.raises(BadAgencyCodeError) as caught:
        parse(text)

    assert "000.00.12.H07" in caught.value.found.vi
    assert "H07.12" in caught.value.found.en


def test_a_level_cannot_be_left_out() -> None:
    """A commune without its district is refused: it would turn into another agency on the way back."""
    for text in ("000.05.00.H07", "001.00.12.H07", "001.00.00.H07"):
        with pytest.raises(BadAgencyCodeError, match="leaves out a level"):
            parse(text)
