"""The Faker provider: usable on its own, seeded, and every value passes the validators."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from faker import Faker

from simulation import agency_code
from simulation.civic_faker import CivicProvider
from simulation.identifiers import (
    dossier_code,
    id_card,
    insurance,
    personal_number,
    phone,
    plate,
    procedure_code,
    tax_code,
)
from simulation.text import Text

ROUNDS = 200


@pytest.fixture
def fake() -> Faker:
    """Return a seeded Faker with the provider."""
    made = Faker("vi_VN")
    made.add_provider(CivicProvider)
    made.seed_instance(7)
    return made


#: Method, with arguments → validator.
VALIDATED: dict[str, tuple[Callable[[Faker], str], Callable[[str], list[Text]]]] = {
    "personal_number": (lambda fake: fake.personal_number(), personal_number.problems),
    "ssn": (lambda fake: fake.ssn(), personal_number.problems),
    "id_card_number": (lambda fake: fake.id_card_number(), id_card.problems),
    "tax_code": (lambda fake: fake.tax_code(), tax_code.problems),
    "tax_code-branch": (lambda fake: fake.tax_code(branch=True), tax_code.problems),
    "social_insurance_number": (lambda fake: fake.social_insurance_number(), insurance.problems),
    "health_card_number": (lambda fake: fake.health_card_number(), insurance.problems),
    "health_card_number-2026": (lambda fake: fake.health_card_number(era="2026"), insurance.problems),
    "mobile_number": (lambda fake: fake.mobile_number(), lambda text: phone.problems(text, day=date(2018, 8, 22))),
    "phone_number": (lambda fake: fake.phone_number(), lambda text: phone.problems(text, day=date(2026, 7, 1))),
    "plate-car": (lambda fake: fake.plate("car"), plate.problems),
    "plate-motorbike": (lambda fake: fake.plate("motorbike"), plate.problems),
    "license_plate": (lambda fake: fake.license_plate(), plate.problems),
    "agency_code": (lambda fake: fake.agency_code(), agency_code.problems),
    "agency_code-2026": (lambda fake: fake.agency_code(era="2026"), agency_code.problems),
    "procedure_code": (lambda fake: fake.procedure_code(), procedure_code.problems),
    "procedure_code-2026": (lambda fake: fake.procedure_code("2026"), procedure_code.problems),
    "dossier_code": (lambda fake: fake.dossier_code(), dossier_code.problems),
    "dossier_code-2026": (lambda fake: fake.dossier_code(era="2026"), dossier_code.problems),
}


@pytest.mark.parametrize("method", VALIDATED)
def test_what_faker_makes_validates(fake: Faker, method: str) -> None:
    """Two hundred of each pass their validator, and they are not all the same."""
    make, problems = VALIDATED[method]
    made = [make(fake) for _ in range(ROUNDS)]
    assert [text for text in made if problems(text)] == []
    assert len(set(made)) > ROUNDS / 4


def test_names_are_in_vietnamese_order(fake: Faker) -> None:
    """Surname first, no titles; women born long ago are called Thị."""
    names = [fake.citizen_name("female", date(1940, 5, 1)).split(" ") for _ in range(ROUNDS)]
    assert sum(words[0] == "Nguyễn" for words in names) > 0.25 * ROUNDS
    assert sum(words[1] == "Thị" for words in names) > 0.8 * ROUNDS
    assert all(2 <= len(words) <= 4 for words in names)
    assert len(fake.name_male().split(" ")) >= 2


def test_a_citizen_fits_together(fake: Faker) -> None:
    """The number says the sex and year of birth, and a grown-up is grown up."""
    for _ in range(ROUNDS):
        citizen = fake.citizen(from_age=18)
        assert personal_number.problems(citizen.personal_number, born=citizen.born, sex=citizen.sex) == []
        assert citizen.born <= date(2000, 8, 22)


def test_offices_have_codes_in_both_forms(fake: Faker) -> None:
    """Agencies of a province carry its code; departments and communes' committees are both there."""
    names = []
    for form in ("old", "new"):
        for _ in range(ROUNDS):
            agency = fake.agency("83", form=form)
            assert agency_code.form_of(agency.code) == form
            assert agency_code.parse(agency.code).root == "H07"
            names.append(agency.name)
    assert any(name.endswith("tỉnh Bến Tre") for name in names)
    assert any(name.startswith("Ủy ban nhân dân ") for name in names)


def test_offices_know_the_era(fake: Faker) -> None:
    """In 2026 a commune's committee stands right below the province, and departments are those merged in 2025."""
    made = [fake.agency("86", era="2026") for _ in range(ROUNDS)]

    assert {agency_code.parse(agency.code).level for agency in made} == {2}
    assert {agency.code[:4] for agency in made} == {"H61."}
    names = {agency.name for agency in made}
    assert "Sở Nông nghiệp và Môi trường tỉnh Vĩnh Long" in names
    assert not any("huyện" in name or "Giao thông vận tải" in name for name in names)


@pytest.mark.parametrize("text", ["", "1.00487", "1.0048733", "1004873", "a.004873", "1.00487٣"])
def test_what_is_no_procedure_code_is_told(text: str) -> None:
    """The form is said with an example."""
    assert "1.004873" in procedure_code.problems(text)[0].vi
    with pytest.raises(ValueError, match=r"such as 1\.004873"):
        procedure_code.validate(text)


@pytest.mark.parametrize("text", ["H07.", "000.05.00.H07", "H7", "000.00.12"])
def test_what_is_no_agency_code_is_told(text: str) -> None:
    """Neither form, or a gap in the old one."""
    assert len(agency_code.problems(text)) == 1


def test_the_guide_is_true() -> None:
    """Every example of docs/howto/make-up-people.md gives what stands below it."""
    guide = Path(__file__).resolve().parents[2] / "docs" / "howto" / "make-up-people.md"
    text = guide.read_text(encoding="utf-8").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, guide.name, str(guide), 0)
    outcome = doctest.DocTestRunner().run(examples)

    assert outcome.attempted > 20
    assert outcome.failed == 0


def test_addresses_know_the_era(fake: Faker) -> None:
    """With a district before 1 July 2025, without one after."""
    old, new = fake.civic_address("83", era="2018"), fake.civic_address("86", era="2026")
    assert old.endswith("Tỉnh Bến Tre")
    assert old.count("uyện ") + old.count("Thành phố ") >= 1
    assert new.endswith("Tỉnh Vĩnh Long")
    assert "Huyện" not in new
    assert fake.address() != fake.address()


def test_procedures_are_the_catalogues(fake: Faker) -> None:
    """A procedure has its national code and a name."""
    procedure = fake.procedure()
    assert procedure.code[1] == "."
    assert procedure.name


def test_the_same_seed_gives_the_same_values() -> None:
    """Faker's own seed decides all."""
    made = []
    for _ in range(2):
        fake = Faker("vi_VN")
        fake.add_provider(CivicProvider)
        fake.seed_instance(11)
        made.append([fake.citizen(), fake.address(), fake.agency(), fake.dossier_code(), fake.plate()])
    assert made[0] == made[1]


def test_an_unknown_province_is_told(fake: Faker) -> None:
    """A code that no province had is refused with those that there were."""
    with pytest.raises(ValueError, match="no province '03' in 2018"):
        fake.personal_number(province="03")
    with pytest.raises(ValueError, match="no province '83' in the era 2026"):
        fake.civic_address("83", era="2026")
