"""Electronic forms of the catalogue."""

from __future__ import annotations

from infra.form_files import forms_of
from simulation import province_files


def test_forms_are_for_procedures_that_there_are_and_ask_everything_once() -> None:
    """Bến Tre's most used online procedures have a form; names are unique, choices are for choices."""
    procedures = province_files.load("ben_tre_2018").procedures
    forms = forms_of(procedures)

    assert {"1.001193", "1.000894", "2.000488", "1.000703", "2.001583"} <= set(forms)
    for form in forms.values():
        names = [one["name"] for one in (*form["questions"], *form["papers"])]
        assert len(names) == len(set(names))
        assert all(bool(one["choices"]) == (one["kind"] == "choice") for one in form["questions"])


def test_forms_ask_in_english_as_well() -> None:
    """Every question, paper, hint and choice has its English; only classes of licences are the same in both."""
    forms = forms_of(province_files.load("ben_tre_2018").procedures)

    for form in forms.values():
        assert all(one["english"] for one in (*form["questions"], *form["papers"]))
        for question in form["questions"]:
            assert bool(question["english_hint"]) == bool(question["hint"])
            assert len(question["english_choices"]) in {len(question["choices"]), 0}
            assert question["english_choices"] or not question["choices"] or question["name"] == "class"
