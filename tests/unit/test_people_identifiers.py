"""Identifiers: what is accepted, what is refused and how it is said, and that the makers never repeat a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.identifiers import (
    IdentifierError,
    dossier_code,
    id_card,
    insurance,
    personal_number,
    phone,
    plate,
    tax_code,
)
from simulation.identifiers.provinces import MERGED_2025, parts_of, provinces
from simulation.identifiers.scramble import Scramble
from simulation.text import Text

#: Kind → checker, a good one, and bad ones with words that the English problem has.
CASES: dict[str, tuple[Callable[[str], list[Text]], str, dict[str, str]]] = {
    "personal-number": (
        personal_number.problems,
        "083199012345",
        {"08319901234": "12 digits", "0831990123456": "12 digits", "083 19901234": "12 digits", "097199012345": "083"},
    ),
    "id-card": (id_card.problems, "320123456", {"32012345": "9 digits", "99012345x": "9 digits", "990123456": "32"}),
    # The first is the tax code that python-stdnum's documentation shows.
    "tax-code": (
        tax_code.problems,
        "0100233488",
        {"0100233489": "check digit", "010023348": "10 digits", "0100233488-000": "001", "": "10 digits"},
    ),
    "tax-code-branch": (tax_code.problems, "0100233488-001", {"0100233488-1": "10 digits"}),
    "health-card": (
        insurance.problems,
        "GD4838320012345",
        {"GD6838320012345": "1-5", "QQ4838320012345": "GD", "GD4978320012345": "province", "GD483832001234": "1-5"},
    ),
    "social-insurance": (insurance.problems, "8320012345", {"832001234": "10 digits", "9720012345": "province"}),
    "mobile": (phone.problems, "0912345678", {"091234567": "10 digits", "0612345678": "10 digits", "abc": "10 digits"}),
    "mobile-old": (phone.problems, "01682345678", {"01612345678": "10 digits"}),
    "car": (
        plate.problems,
        "71A-123.45",
        {"71A-12345": "looks like", "10A-123.45": "province", "71A-000.00": "000.01"},
    ),
    "motorbike": (plate.problems, "71-B1 234.56", {"71-B1 23456": "looks like", "71-1B 234.56": "looks like"}),
    "dossier": (
        dossier_code.problems,
        "000.00.12.H62-201105-0004",
        {
            "000.00.12.H62-201105-004": "looks like",
            "000.00.12.H62-201305-0004": "no day",
            "000.00.12.H62-201105-0000": "0001",
            "00.12.H62-201105-0004": "agency code",
        },
    ),
    "dossier-national": (dossier_code.problems, "G22.99.08-260921-896048", {"G22.99.08-260921-89604": "looks like"}),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_good_identifier_has_no_problem(kind: str) -> None:
    """The samples of docs and public texts are accepted."""
    problems, good, _ = CASES[kind]
    assert problems(good) == []


@pytest.mark.parametrize(("kind", "bad"), [(kind, bad) for kind, case in CASES.items() for bad in case[2]])
def test_a_bad_identifier_is_refused_with_a_reason_in_both_languages(kind: str, bad: str) -> None:
    """What is wrong is said, in Vietnamese and English, and the English names the way out."""
    problems, _, reasons = CASES[kind]
    found = problems(bad)
    assert found
    assert any(reasons[bad] in problem.en for problem in found)
    assert all(problem.vi and problem.vi != problem.en for problem in found)


def test_validate_raises_all_problems_at_once() -> None:
    """A tax code with two mistakes says both."""
    with pytest.raises(IdentifierError) as caught:
        tax_code.validate("0100233489-000")
    assert len(caught.value.problems) == 2
    assert caught.value.text == "0100233489-000"


def test_a_personal_number_is_held_against_its_owner() -> None:
    """Year of birth, sex and the future are checked where they are known."""
    number = "083307012345"
    assert personal_number.problems(number, born=date(2007, 1, 11), sex="female", today=date(2018, 8, 22)) == []
    wrong = personal_number.problems(number, born=date(2008, 1, 11), sex="male", today=date(2006, 1, 1))
    assert len(wrong) == 3


@given(
    place=st.sampled_from(sorted(known.personal_number for known in provinces().values())),
    sex=st.sampled_from(["male", "female"]),
    year=st.integers(1900, 2399),
    serial=st.integers(0, 999_999),
)
def test_a_personal_number_says_what_it_was_made_of(place: str, sex: str, year: int, serial: int) -> None:
    """Reading undoes spelling, for every century the rule knows."""
    number = personal_number.PersonalNumber(place=place, sex=sex, birth_year=year, serial=serial)  # type: ignore[arg-type]
    assert personal_number.parse(str(number)) == number


@given(serial=st.integers(1, 9_999_999), position=st.integers(0, 9), other=st.integers(1, 9))
def test_every_single_wrong_digit_of_a_tax_code_is_found_out(serial: int, position: int, other: int) -> None:
    """The check digit does what it is for."""
    codes = tax_code.numbers("13", np.array([serial]))
    for code in (f"{number:010d}" for number in codes):
        assert tax_code.problems(code) == []
        wrong = code[:position] + str((int(code[position]) + other) % 10) + code[position + 1 :]
        assert tax_code.problems(wrong)


def test_tax_codes_leave_out_the_serials_without_a_check_digit() -> None:
    """About one serial in eleven is not used; none is repeated."""
    made = tax_code.numbers("13", np.arange(11_000))
    assert 0.89 < len(made) / 11_000 < 0.93
    assert len(np.unique(made)) == len(made)


def test_branches_and_people_have_tax_codes_of_their_own_kind() -> None:
    """A branch names its company; twelve digits are a person's number."""
    branch = tax_code.parse("0100233488-001")
    assert (branch.kind, branch.root, branch.branch, str(branch)) == ("branch", "0100233488", "001", "0100233488-001")
    assert tax_code.parse("083199012345").kind == "person"


def test_mobile_numbers_follow_the_switch_of_2018() -> None:
    """Eleven digits worked until 14 November 2018; the new prefixes began on 15 September."""
    assert phone.problems("01682345678", day=date(2018, 8, 22)) == []
    assert "0382345678" in phone.problems("01682345678", day=date(2026, 7, 1))[0].en
    assert phone.problems("0382345678", day=date(2018, 8, 22))
    assert phone.parse("+84 168 2345678").today() == "0382345678"
    assert all(len(prefix) == 3 for prefix in phone.prefixes(date(2026, 7, 1)))


def test_mobile_numbers_stay_unique_beyond_ten_million_people() -> None:
    """A province with more people than one prefix has numbers still gives everybody another one."""
    for day in (date(2018, 8, 22), date(2026, 7, 1)):
        for people, rows in ((0, 1), (phone.PER_PREFIX, 1), (phone.PER_PREFIX + 1, 2), (20_000_001, 3)):
            made = phone.prefixes_of(day, people)
            assert len(made) == rows
            assert len(np.unique(made)) == made.size > len(phone.prefixes(day)) - rows
            assert all(phone.problems(f"0{prefix}1234567") == [] for prefix in made.ravel())


@pytest.mark.parametrize(("high", "low"), [(1, 1), (7, 3), (10, 10), (100, 101)])
def test_a_scramble_gives_every_number_exactly_once(high: int, low: int) -> None:
    """The map is one to one, so unique counters make unique numbers."""
    scramble = Scramble(high=high, low=low, rng=np.random.default_rng(1))
    assert np.array_equal(np.sort(scramble(np.arange(high * low))), np.arange(high * low))


def test_a_scramble_refuses_what_would_repeat() -> None:
    """A counter beyond the map is an error, not a second owner of a number."""
    scramble = Scramble(high=10, low=10, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="use more digits"):
        scramble(np.array([100]))


def test_every_province_of_both_eras_has_its_digits() -> None:
    """63 provinces in 2018; the 34 of 2026 are made of them, each in exactly one."""
    known = provinces()
    unchanged = [code for code in known if not any(code in parts for parts in MERGED_2025.values())]
    in_2026 = [part.code for code in (*unchanged, *MERGED_2025) for part in parts_of(code, era="2026")]
    assert len(known) == 63
    assert len(unchanged) + len(MERGED_2025) == 34
    assert sorted(in_2026) == sorted(known)
    assert all(row.personal_number == f"0{row.code}" for row in known.values())
    assert len({row.tax_code for row in known.values()}) == 63
    assert len([digits for row in known.values() for digits in row.plates]) == len(
        {digits for row in known.values() for digits in row.plates}
    )
