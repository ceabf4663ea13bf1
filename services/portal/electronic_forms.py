"""The electronic form of a procedure: filled in from the registers; the rest is asked, every mistake is named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from services.kit.kit import Kit
from services.kit.languages import Text, english
from services.kit.mistakes import Mistakes
from services.kit.reference import Form, Paper, Procedure, Question, Reference
from services.portal.following import mask

_LONGEST = {"text": 300, "long": 5000, "date": 10, "number": 15, "choice": 100, "person": 12}
_OTHER = Question(name="request", label="Nội dung đề nghị", english="What you ask for", kind="long", required=True)
#: What somebody who is neither the company's director nor its agent by mandate has to hand in.
LETTER = Paper(
    name="letter",
    label="Giấy ủy quyền của doanh nghiệp",
    english="Letter of authorisation of the company",
    required=True,
)
MORE = Paper(name="more", label="Giấy tờ khác (nếu có)", english="Other papers (if any)")
_SEXES = {"male": Text("Nam", "male"), "female": Text("Nữ", "female")}


class Known(msgspec.Struct, frozen=True):
    """A field that nobody has to type."""

    name: str
    label: str
    value: str


def form_of(reference: Reference, procedure: Procedure) -> Form:
    """Form of a procedure: the catalogue's, or one that asks for what is wanted."""
    return reference.forms.get(procedure.code) or Form(questions=[_OTHER])


def known_person(reference: Reference, number: str, person: Mapping[str, Any]) -> list[Known]:
    """Fields that the population database fills in (SYS-DB-POPULATION)."""
    place = next(
        (one.name for one in reference.agencies.values() if one.unit and one.unit == person.get("commune")), ""
    )
    rows = [
        Known("full_name", Text("Họ và tên", "Full name"), str(person.get("full_name") or "")),
        Known("personal_number", Text("Số định danh cá nhân", "Personal number"), mask(number)),
        Known("born", Text("Ngày sinh", "Date of birth"), day(str(person.get("born") or ""))),
        Known("sex", Text("Giới tính", "Sex"), _SEXES.get(str(person.get("sex")), "")),
        Known(
            "residence", Text("Nơi cư trú", "Residence"), place.removeprefix("UBND ").removeprefix("Ủy ban nhân dân ")
        ),
    ]
    return [row for row in rows if row.value]


def known_company(company: Mapping[str, Any] | None) -> list[Known]:
    """Fields that the business register fills in (SYS-DB-BUSINESS)."""
    if not company:
        return []
    return [
        Known("company_name", Text("Tên doanh nghiệp", "Name of the company"), str(company["name"])),
        Known(
            "company_director",
            Text("Số định danh người đại diện", "Personal number of its representative"),
            mask(str(company.get("director") or "")),
        ),
        Known(
            "company_province",
            Text("Mã tỉnh đăng ký", "Province of registration"),
            str(company.get("province_code") or ""),
        ),
    ]


def day(text: str) -> str:
    """Write a date as people do: "1990-03-08" is "08/03/1990"."""
    try:
        return date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text


def tidy(form: Form, given: Mapping[str, str]) -> dict[str, str]:
    """Answers to the form's own questions only, trimmed and cut to a sane length."""
    return {
        one.name: given.get(one.name, "").strip()[: _LONGEST.get(one.kind, _LONGEST["text"])] for one in form.questions
    }


async def check(kit: Kit, form: Form, answers: Mapping[str, str], mistakes: Mistakes) -> None:
    """Note what is missing or wrong; a person named in the form is looked up in the population database."""
    for question in form.questions:
        answer = answers.get(question.name, "")
        if not answer:
            if question.required:
                mistakes.add(
                    question.name,
                    Text(f"“{question.label}” để trống", f"“{english(question.said)}” is empty"),
                    Text("Điền vào.", "Fill it in."),
                )
            continue
        wrong = _wrong(question, answer)
        if not wrong and question.kind == "person":
            told = await kit.lgsp.ask(
                "national", "population.verify", body={"personal_number": answer}, purpose="check-form"
            )
            if not told.good or not told.json()["exists"]:
                wrong = Text(
                    "Kiểm tra lại số: cơ sở dữ liệu quốc gia về dân cư không có người này.",
                    "Check the number: the national population database has no such person.",
                )
        if wrong:
            shown = mask(answer) if question.kind == "person" else answer
            mistakes.add(
                question.name, Text(f"“{question.label}”: {shown}", f"“{english(question.said)}”: {shown}"), wrong
            )


def _wrong(question: Question, answer: str) -> str:
    match question.kind:
        case "date":
            try:
                date.fromisoformat(answer)
            except ValueError:
                return Text("Chọn một ngày có thật.", "Choose a day that there is.")
        case "number":
            if not answer.isascii() or not answer.isdigit():
                return Text("Viết một số nguyên, chỉ gồm chữ số.", "Write a whole number, in digits only.")
        case "choice":
            if answer not in question.choices:
                return Text(
                    f"Chọn một trong: {', '.join(question.choices)}.",
                    f"Choose one of: {', '.join(english(one) for one in question.said_choices)}.",
                )
        case "person":
            if not (answer.isascii() and answer.isdigit() and len(answer) in {9, 12}):
                return Text(
                    "Số định danh gồm 12 chữ số (chứng minh nhân dân cũ 9 chữ số).",
                    "A personal number has 12 digits (an old identity card 9).",
                )
    return ""
