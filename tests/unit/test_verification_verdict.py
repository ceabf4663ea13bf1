"""One answer, the same bytes every time, in forms that people and machines read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree
from verification_world import ORDER, PAID, World

from simulation.journal import Event
from simulation.mistakes import BadInputError
from simulation.text import Text
from verification import histories, signature
from verification.answer import overall
from verification.evidence import gather
from verification.laws.documents import check
from verification.report import render
from verification.verdict import Verdict, judge, to_json, write


def _broken() -> World:
    world = World()
    world.row("portal.payments", order=ORDER)["amount"] += 1
    return world


def _unknown() -> World:
    world = World()
    del world.books["portal.ratings"]
    return world


WORLDS = {"KEPT": World, "BROKEN": _broken, "UNKNOWN": _unknown}


@pytest.mark.parametrize(("answer", "code"), [("KEPT", 0), ("BROKEN", 1), ("UNKNOWN", 2)])
def test_the_answer_sets_the_exit_code(answer: str, code: int, tmp_path: Path) -> None:
    """Kept ends with 0, broken with 1, unknown with 2; an unknown is not a pass."""
    verdict = judge(WORLDS[answer]().write(tmp_path))

    assert (verdict.answer, verdict.exit_code) == (answer, code)


def test_one_broken_outweighs_every_unknown() -> None:
    """BROKEN before UNKNOWN before KEPT; over nothing at all there is nothing to be kept."""
    assert overall(["KEPT", "UNKNOWN", "BROKEN"]) == "BROKEN"
    assert overall(["KEPT", "UNKNOWN"]) == "UNKNOWN"
    assert overall(["KEPT"]) == "KEPT"
    assert overall([]) == "UNKNOWN"


@pytest.mark.parametrize("answer", WORLDS)
def test_judging_twice_gives_the_same_bytes(answer: str, tmp_path: Path) -> None:
    """verdict.json, junit.xml and the report come out byte for byte the same when the folder is judged again."""
    run = WORLDS[answer]().write(tmp_path)

    def everything() -> list[bytes]:
        verdict = judge(run)
        write(verdict, run)
        render(run, verdict)
        return [(run / name).read_bytes() for name in ("verdict.json", "junit.xml", "report.html")]

    assert everything() == everything()


def test_verdict_json_has_the_promised_shape(tmp_path: Path) -> None:
    """Answer, laws with violations, requirements with value, bound and reason, counts, seed, scenario, target."""
    run = _broken().write(tmp_path)
    write(judge(run), run)

    document = json.loads((run / "verdict.json").read_text(encoding="utf-8"))

    assert document["answer"] == "BROKEN"
    assert document["counts"] == {"requests": 38, "dossiers": 4, "documents": 2, "payments": 2, "calls": 25}
    assert (document["seed"], document["scenario"], document["target"]) == (1, "test", "local")
    (payments,) = [law for law in document["laws"] if law["id"] == "LAW-2"]
    assert payments["answer"] == "BROKEN"
    assert payments["violations"][0]["subject"] == ORDER
    assert {"subject", "what"} <= payments["violations"][0].keys()
    for requirement in document["requirements"]:
        assert {"id", "answer", "measure", "value", "bound", "unit", "reason"} <= requirement.keys()
    assert not list(run.glob(".*")), "a draft was left behind"


def test_the_reasons_name_what_broke_first(tmp_path: Path) -> None:
    """Broken laws stand before what cannot be told, with the first subject."""
    world = _broken()
    del world.books["portal.ratings"]

    reasons = judge(world.write(tmp_path)).reasons

    assert reasons[0].vi.startswith("LAW-2: ")
    assert ORDER in reasons[0].vi
    assert reasons[-1].en.startswith("LAW-5: ")


def test_junit_tells_failures_from_errors(tmp_path: Path) -> None:
    """One case for every law and requirement; broken is a failure, unknown an error, each with its reason."""
    world = _broken()
    del world.books["portal.ratings"]
    run = world.write(tmp_path)
    verdict = judge(run)
    write(verdict, run)

    suite = etree.parse(run / "junit.xml").getroot()

    assert int(suite.get("tests", "0")) == len(verdict.laws) + len(verdict.requirements) == len(suite)
    assert {case.get("name", "").split()[0] for case in suite if case.find("failure") is not None} == {
        "LAW-2",
        "INT-02",
    }
    assert {case.get("name", "").split()[0] for case in suite if case.find("error") is not None} == {"LAW-5", "INT-05"}
    failure = suite.find(".//failure")
    assert failure is not None
    assert ORDER in (failure.text or "")


def test_junit_survives_control_characters(tmp_path: Path) -> None:
    """A subject with bytes that XML cannot hold does not stop the verdict from being written."""
    world = World()
    world.books["lgsp.audit"].append({**world.books["lgsp.audit"][0], "call": "gh\u0000ost\u0001"})
    run = world.write(tmp_path)

    write(judge(run), run)

    assert "ghost" in (run / "junit.xml").read_text(encoding="utf-8")


def test_what_is_no_run_folder_is_told_so(tmp_path: Path) -> None:
    """Both missing files of the plan are named, with a way out."""
    with pytest.raises(BadInputError) as caught:
        judge(tmp_path)

    assert [mistake.key for mistake in caught.value.mistakes] == ["plan/plan.json", "plan/journeys.ndjson"]


def test_progress_runs_from_nothing_to_all(tmp_path: Path) -> None:
    """Whoever waits is told how far judging is, in both languages."""
    told: list[tuple[float, Text]] = []

    judge(World().write(tmp_path), progress=lambda done, what: told.append((done, what)))

    shares = [done for done, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(what.vi and what.en for _, what in told)


def test_many_signatures_are_verified_by_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past a threshold envelopes are shared out; what is found comes back in order and is the same."""
    world = World()
    world.row("dochub.envelopes", sender="000.00.31.H07")["digest"] = "0" * 64
    evidence = gather(world.write(tmp_path))
    alone = check(evidence)

    monkeypatch.setattr(signature, "_WORTH_A_POOL", 1)
    monkeypatch.setattr(signature, "_BATCH", 1)

    assert check(evidence) == alone
    assert alone.answer == "BROKEN"


# The report.


class _Page(HTMLParser):
    """Collects what a test wants to know of a page."""

    def __init__(self) -> None:
        """Parse nothing yet."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


def _page(world: World, folder: Path) -> tuple[str, _Page, Verdict]:
    run = world.write(folder)
    verdict = judge(run)
    text = render(run, verdict).read_text(encoding="utf-8")
    page = _Page()
    page.feed(text)
    return text, page, verdict


@pytest.mark.parametrize("answer", WORLDS)
def test_the_report_says_the_answer_to_people_and_machines(answer: str, tmp_path: Path) -> None:
    """The main element carries the answer, and every law and requirement its own."""
    _, page, verdict = _page(WORLDS[answer](), tmp_path)

    assert [attrs["data-answer"] for tag, attrs in page.tags if tag == "main"] == [answer]
    laws = {attrs["data-law"]: attrs["data-answer"] for _, attrs in page.tags if "data-law" in attrs}
    assert laws == {law.id: law.answer for law in verdict.laws}
    shown = {attrs["data-requirement"]: attrs["data-answer"] for _, attrs in page.tags if "data-requirement" in attrs}
    assert shown == {result.requirement.id: result.answer for result in verdict.requirements}


def test_the_report_stands_alone(tmp_path: Path) -> None:
    """No script, no address, nothing to load: the page works from a memory stick under its own strict policy."""
    text, page, _ = _page(_broken(), tmp_path)

    assert not re.search(r"https?://", text)
    assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "object", "embed"}
    assert all(attrs["href"] == "data:," for tag, attrs in page.tags if tag == "link")
    assert not [attrs for _, attrs in page.tags if "style" in attrs], "the policy forbids style attributes"
    assert "default-src 'none'" in text


def test_the_report_speaks_both_languages(tmp_path: Path) -> None:
    """Every sentence stands there in Vietnamese and English; a switch that needs no script shows one of them."""
    text, page, _ = _page(World(), tmp_path)

    spans = [attrs["lang"] for tag, attrs in page.tags if tag == "span" and "lang" in attrs]
    assert spans.count("vi") == spans.count("en") > 100
    assert "Định luật đối soát" in text
    assert "Laws of reconciliation" in text
    switch = [attrs for tag, attrs in page.tags if tag == "input"]
    assert [attrs["type"] for attrs in switch] == ["radio", "radio"]


def test_the_report_shows_the_violations(tmp_path: Path) -> None:
    """Who broke a law stands in the report by name, and the sums that do not agree."""
    text, _, _ = _page(_broken(), tmp_path)

    assert f"<code>{ORDER}</code>" in text
    assert "50.001" in text


def test_the_report_tells_what_happened_when(tmp_path: Path) -> None:
    """A fault, and a restart that the samples show, are numbered in the drawing and told with their official time."""
    world = World()
    world.events.append(Event(at=9.5, event="fault", subject="kill:onestop"))
    for sample in world.samples[33:]:
        sample["restarts"] = 1 if sample["service"] == "onestop" else 0

    text, _, _ = _page(world, tmp_path)

    assert text.count('class="mark"') == 4, "two events in each of two drawings"
    assert re.search(r"09:30</strong>.*gây sự cố kill:onestop", text)
    assert re.search(r"11:00</strong>.*khởi động lại onestop", text)


def test_the_report_escapes_what_others_wrote(tmp_path: Path) -> None:
    """A subject from somebody else's system cannot put markup into the page."""
    world = World()
    world.books["lgsp.audit"].append({**world.books["lgsp.audit"][0], "call": "<script>alert(1)</script>"})

    text, page, _ = _page(world, tmp_path)

    assert "<script>" not in text
    assert "script" not in {tag for tag, _ in page.tags}
    assert "&lt;script&gt;" in text


def test_the_report_tells_how_it_was_measured(tmp_path: Path) -> None:
    """Seed, versions, machine, warm-up, replications, late starts and settings are all there."""
    text, page, _ = _page(World(), tmp_path)

    words = " ".join(page.text)
    for wanted in ("Seeds", "Versions", "Warm-up", "Replications", "Late starts", "fsync", "postgresql 18.6"):
        assert wanted in words, wanted
    assert "everybody is punctual" in text


def test_headings_tables_and_drawings_are_accessible(tmp_path: Path) -> None:
    """One h1, no level skipped, every table with a caption and header cells, drawings told in words beside them."""
    text, page, _ = _page(_broken(), tmp_path)

    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert text.count("<caption>") == sum(tag == "table" for tag, _ in page.tags)
    assert all(attrs.get("aria-hidden") for tag, attrs in page.tags if tag == "svg")
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")


def test_a_run_without_journal_or_samples_still_gets_a_report(tmp_path: Path) -> None:
    """The driver died at once: the report says so instead of failing."""
    world = World()
    world.journal, world.samples = [], []

    text, page, _ = _page(world, tmp_path)

    assert [attrs["data-answer"] for tag, attrs in page.tags if tag == "main"] == ["UNKNOWN"]
    assert "Nhật ký không có quan sát nào." in text


# The histories that laws 1, 3 and 5 rest on.


@pytest.mark.parametrize(
    ("states", "legal"),
    [
        (["submitted", "received", "examined", "approved", "posted", "returned"], True),
        (["received", "awaiting_supplement", "received", "examined", "rejected", "returned"], True),
        (["received", "received", "examined"], True),
        (["submitted", "examined"], False),
        (["received", "approved"], False),
        (["received", "examined", "approved", "returned", "received"], False),
        (["examined"], False),
    ],
)
def test_only_the_documented_steps_of_a_dossier_are_legal(states: list[str], legal: bool) -> None:  # noqa: FBT001
    """The states of docs/wire.md, in their order; an act that changes nothing is no step."""
    assert (histories.wrong_step(states) is None) == legal


@pytest.mark.parametrize(
    ("statuses", "legal"),
    [
        (["01", "03", "04", "05", "06"], True),
        (["01", "03", "05", "04", "06"], True),
        (["01", "02"], True),
        (["01"], True),
        (["03"], False),
        (["01", "04"], False),
        (["01", "02", "03"], False),
        (["01", "03", "02"], False),
        (["01", "03", "06", "04"], False),
        (["01", "03", "03"], False),
        (["01", "77"], False),
        (["01", "03", "04", "05", "04", "06"], True),
        (["01", "03", "13", "15"], True),
        (["01", "03", "13", "16", "04", "06"], True),
        (["01", "03", "06", "13", "16"], True),
        (["01", "13", "15", "13", "16", "03"], True),
        (["13", "15"], False),
        (["01", "02", "13"], False),
        (["01", "15"], False),
        (["01", "13", "03"], False),
        (["01", "13", "15", "16"], False),
    ],
)
def test_only_the_documented_order_of_statuses_is_legal(statuses: list[str], legal: bool) -> None:  # noqa: FBT001
    """01 first, then 03 or 02; 04, 05, 06 after 03; nothing after 02 or 06; nothing twice running; 13 gets 15 or 16."""
    assert (histories.wrong_status(statuses) is None) == legal


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("000.00.12.H07-180823-5001", "not that of filing"),
        ("000.00.12.H07-189999-5001", "does not have the form"),
        ("000.00.12.H07-180822-501", "does not have the form"),
        ("000.00.12.H07-180822-0007", "not in the range"),
        ("000.00.99.H07-180822-5001", "the receiving agency"),
    ],
    ids=["another day", "no day", "short counter", "a counter's number", "another agency"],
)
def test_a_code_against_the_rule_is_noticed(code: str, words: str, tmp_path: Path) -> None:
    """A dossier code carries the receiving agency, the day of filing, and a number of its channel's range."""
    world = World()
    for rows in world.books.values():
        for row in rows:
            row.update({key: code for key, value in row.items() if key == "code" and value == PAID})

    (law, *_) = judge(world.write(tmp_path)).laws

    assert any(words in violation.what.en for violation in law.violations if violation.subject == code)


def test_verdict_json_is_sorted_text_that_diffs_well(tmp_path: Path) -> None:
    """UTF-8 with Vietnamese letters as they are, one value a line, a newline at the end."""
    text = to_json(judge(World().write(tmp_path))).decode()

    assert "Mỗi hồ sơ" in text
    assert text.endswith("}\n")
