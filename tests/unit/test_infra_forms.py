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
