"""Electronic forms of the catalogue, read from `fixtures/procedures/forms.toml` (which says what the keys mean)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from simulation.province import Procedure

_FILE = Path(__file__).resolve().parents[1] / "fixtures" / "procedures" / "forms.toml"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something only the applicant knows."""

    name: str
    label: str
    kind: Literal["text", "long", "date", "number", "choice", "person"]
    required: bool
    choices: tuple[str, ...] = ()
    hint: str = ""
    english: str
    english_choices: tuple[str, ...] = ()
    english_hint: str = ""


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file that goes with the form."""

    name: str
    label: str
    required: bool
    english: str


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    questions: tuple[Question, ...]
    papers: tuple[Paper, ...]
    procedures: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    assurance: int = 1  #: level of assurance that the applicant has to sign in with


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    form: tuple[_Form, ...]


def forms_of(procedures: Iterable[Procedure], path: Path = _FILE) -> dict[str, dict[str, Any]]:
    """Form of each procedure that has one, by code: its own, or its field's. Raises msgspec.ValidationError."""
    forms = msgspec.toml.decode(path.read_bytes(), type=_File).form
    own = {code: form for form in forms for code in form.procedures}
    general = {field: form for form in forms for field in form.fields}
    found = {one.code: own.get(one.code) or general.get(one.field) for one in procedures}
    return {
        code: {
            "questions": msgspec.to_builtins(form.questions),
            "papers": msgspec.to_builtins(form.papers),
            "assurance": form.assurance,
        }
        for code, form in found.items()
        if form
    }
