"""`tinhmau conformance` as a program: its exit codes, its page and its file."""

from __future__ import annotations

import json

from command_line import Workplace


def test_a_vendors_double_as_delivered_is_broken_and_said_to_be(workplace: Workplace) -> None:
    """Exit code 1, a page in Vietnamese that names what does not match, and the same for machines."""
    out = workplace.root / "out"

    finished = workplace.run("conformance", "--double", "truc", "--out", out, "--lang", "vi")

    assert finished.code == 1, finished
    assert "lost-ack" not in finished.out, "points are named, not the switches that broke them"
    assert "acknowledged-kept" in finished.out
    found = json.loads((out / "conformance.json").read_text("utf-8"))
    broken = {point["id"] for point in found["points"] if point["judgement"] == "broken"}
    assert (found["grade"], found["dialect"]) == ("D", "truc")
    assert {"acknowledged-kept", "online-once", "sign-in-needed"} <= broken
    page = (out / "report.html").read_text("utf-8")
    assert "Việc đã báo “xong” thì đã ghi." in page
    assert "083190000017" not in page + json.dumps(found), "no personal number, not even an invented one"


def test_a_conforming_product_is_graded_a(workplace: Workplace) -> None:
    """Exit code 0 and grade A when nothing is planted, in the newer era as well."""
    out = workplace.root / "out"

    finished = workplace.run("conformance", "--double", "sen", "--plant", "none", "--era", "2026", "--out", out)

    assert finished.code == 0, finished
    assert json.loads((out / "conformance.json").read_text("utf-8"))["grade"] == "A"


def test_a_product_on_somebody_elses_address_needs_its_owners_permission(workplace: Workplace) -> None:
    """The scenarios take in and decide dossiers: no permission file, no request; exit code 64 with the way out."""
    finished = workplace.run("conformance", "--url", "http://192.0.2.7:8080", "--dialect", "sen", "--lang", "en")

    assert finished.code == 64, finished
    assert "http://192.0.2.7:8080 is not on this machine" in finished.err
    assert "--permission" in finished.err
