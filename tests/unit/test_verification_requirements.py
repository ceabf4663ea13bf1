"""Requirement tables are checked whole, and every requirement answers with a value and a reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from verification_world import COUNTER, DOCUMENT, World

from simulation.journal import Event
from simulation.mistakes import BadInputError
from verification import requirement_tables
from verification.requirements import RequirementResult
from verification.verdict import judge
from verification.yardsticks import YARDSTICKS

GOOD = """
title = { vi = "Riêng", en = "Own" }
source = { vi = "giả định", en = "assumed" }

[[requirement]]
id = "OWN-01"
clause = { vi = "Nhanh.", en = "Fast." }
source = { vi = "giả định", en = "assumed" }
measure = "latency_p95"
operations = ["portal.*"]
comparator = "<="
bound = 20
unit = "ms"
"""


def _own(run: Path, text: str) -> Path:
    (run / "requirements").mkdir()
    (run / "requirements" / "own.toml").write_text(text, encoding="utf-8")
    return run


def _result(run: Path, name: str) -> RequirementResult:
    (found,) = [result for result in judge(run).requirements if result.requirement.id == name]
    return found


@pytest.mark.parametrize("name", requirement_tables.available())
def test_every_table_of_the_project_can_be_read(name: str) -> None:
    """Each table in fixtures/requirements is whole, bilingual, and measured by something that exists."""
    tables = requirement_tables.load([name])

    assert tables[0].name == name
    for requirement in tables[0].requirements:
        assert requirement.clause.vi
        assert requirement.clause.en
        assert requirement.source.vi
        assert requirement.measure in YARDSTICKS


def test_a_capacity_table_brings_the_generators_along() -> None:
    """Capacity depends on the generator, so its table is judged even if the scenario does not name it."""
    names = [table.name for table in requirement_tables.load(["capacity_hai_phong_2026"])]

    assert names == ["capacity_hai_phong_2026", "generator"]


def test_numbers_from_memory_are_marked_unverified() -> None:
    """The table of official letter 1276 says of itself that nobody has seen its numbers."""
    flags = {table.name: table.unverified for table in requirement_tables.load(requirement_tables.available())}

    assert [name for name, unverified in flags.items() if unverified] == ["capacity_unverified_1276"]


def test_all_mistakes_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    """Six slips in one file: each is named with its key, and near names are suggested."""
    text = (
        GOOD.replace('"latency_p95"', '"latency_p955"')
        .replace('"<="', '"=<"')
        .replace("bound = 20", 'bound = "20"')
        .replace('id = "OWN-01"', 'id = "GEN-01"')
        .replace(', en = "Fast." }', " }")
        .replace('unit = "ms"', 'unit = "ms"\nbuond = 3')
    )
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")

    with pytest.raises(BadInputError) as caught:
        requirement_tables.load(["own"], folders=(tmp_path, requirement_tables.FOLDER))

    keys = {mistake.key for mistake in caught.value.mistakes}
    assert keys == {f"requirement[0].{key}" for key in ("measure", "comparator", "bound", "id", "clause.en", "buond")}
    assert "Did you mean “latency_p95”?" in str(caught.value)
    assert all(mistake.into("vi") for mistake in caught.value.mistakes)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('["portal.*"]', '["portla.*"]', "requirement[0].operations[0]"),
        ('unit = "ms"', 'unit = "%"', "requirement[0].unit"),
        ('operations = ["portal.*"]', "", "requirement[0].operations"),
        ("[[requirement]]", "[[requirements]]", "requirements"),
    ],
)
def test_a_selector_or_unit_that_fits_nothing_is_refused(old: str, new: str, key: str, tmp_path: Path) -> None:
    """A pattern without an operation, a unit the measure is not given in, no selector, no requirement at all."""
    (tmp_path / "own.toml").write_text(GOOD.replace(old, new), encoding="utf-8")

    with pytest.raises(BadInputError) as caught:
        requirement_tables.load(["own"], folders=(tmp_path,))

    assert key in {mistake.key for mistake in caught.value.mistakes}


def test_an_unknown_table_is_told_with_the_nearest_name() -> None:
    """A scenario that names a table that does not exist learns which one it may have meant."""
    with pytest.raises(BadInputError, match="Did you mean “integration”"):
        requirement_tables.load(["integratoin"])


def test_a_table_in_the_run_folder_goes_before(tmp_path: Path) -> None:
    """A run that carries its own tables is judged by them, so a verdict does not change with the project."""
    world = World()
    world.requirements = ("own",)

    result = _result(_own(world.write(tmp_path), GOOD), "OWN-01")

    assert (result.answer, result.value) == ("KEPT", 20.0)


@pytest.mark.parametrize(
    ("comparator", "bound", "answer"),
    [("<=", "20", "KEPT"), ("<", "20", "BROKEN"), ("=", "20", "KEPT"), (">", "19.9", "KEPT"), (">=", "21", "BROKEN")],
)
def test_a_bound_means_what_it_says(comparator: str, bound: str, answer: str, tmp_path: Path) -> None:
    """Every comparator, at its edge: all latencies of this world are 20 ms."""
    world = World()
    world.requirements = ("own",)
    text = GOOD.replace('"<="', f'"{comparator}"').replace("bound = 20", f"bound = {bound}")

    assert _result(_own(world.write(tmp_path), text), "OWN-01").answer == answer


def test_the_worst_operation_counts_unless_all_are_taken_together(tmp_path: Path) -> None:
    """`over = "each"` holds every operation to the bound and names the worst; `over = "all"` pools them."""
    world = World()
    world.requirements = ("own",)
    slow = world.seen("portal.search")
    world.replace(slow, end=slow.intended + 1.0)
    pooled = GOOD[GOOD.index("[[") :].replace("OWN-01", "OWN-02").replace('unit = "ms"', 'unit = "ms"\nover = "all"')
    run = _own(world.write(tmp_path), GOOD.replace("latency_p95", "latency_mean") + pooled.replace("p95", "p50"))

    each, together = _result(run, "OWN-01"), _result(run, "OWN-02")

    assert (each.answer, each.value) == ("BROKEN", 1000.0)
    assert "portal.search" in each.reason.en
    assert (together.answer, together.value) == ("KEPT", 20.0)


def test_reads_and_writes_can_be_told_apart(tmp_path: Path) -> None:
    """`kind = "read"` leaves writes out of the measure."""
    world = World()
    world.requirements = ("own",)
    slow = world.seen("portal.submit", world.seen("portal.rate").subject)
    world.replace(slow, end=slow.intended + 1.0)
    text = GOOD.replace('unit = "ms"', 'unit = "ms"\nkind = "read"')

    assert _result(_own(world.write(tmp_path), text), "OWN-01").answer == "KEPT"


def test_a_measure_without_observations_is_unknown(tmp_path: Path) -> None:
    """Nobody searched: how fast a search is cannot be told, and that is no pass."""
    world = World()
    world.journal.remove(world.seen("portal.search"))

    result = _result(world.write(tmp_path), "CAP-HP-02")

    assert (result.answer, result.value) == ("UNKNOWN", None)
    assert "portal.search" in result.reason.vi


def test_late_starts_leave_capacity_open(tmp_path: Path) -> None:
    """More than 1 % late starts: the generator's own requirement and every capacity requirement are UNKNOWN."""
    world = World()
    late = world.seen("portal.home")
    world.replace(late, start=late.intended + 0.015)

    verdict = judge(world.write(tmp_path))

    answers = {result.requirement.id: result.answer for result in verdict.requirements}
    assert (answers["GEN-01"], answers["CAP-HP-01"], answers["CAP-HP-02"]) == ("UNKNOWN", "UNKNOWN", "UNKNOWN")
    assert (answers["INT-01"], answers["GEN-02"]) == ("KEPT", "KEPT")
    assert verdict.answer == "UNKNOWN"
    assert "GEN-01" in _result(tmp_path, "CAP-HP-01").reason.en


def test_a_torn_journal_is_tolerated_and_told(tmp_path: Path) -> None:
    """One torn last line: everything else is still measured, and the report says that the journal is not whole."""
    world = World()
    world.torn = b'{"journey":"x","step":1,"oper'

    verdict = judge(world.write(tmp_path))

    answers = {result.requirement.id: result.answer for result in verdict.requirements}
    assert (answers["GEN-02"], answers["INT-06"], verdict.answer) == ("UNKNOWN", "KEPT", "UNKNOWN")
    assert verdict.counts["requests"] == len(world.journal)


def test_a_journal_without_an_end_is_not_whole(tmp_path: Path) -> None:
    """The generator was killed: without its end event nobody can say that everything was attempted."""
    world = World()
    world.events = [Event(at=0.0, event="begin")]

    assert _result(world.write(tmp_path), "GEN-02").answer == "UNKNOWN"


def test_steps_that_nobody_tried_are_listed(tmp_path: Path) -> None:
    """A planned step without an observation is named, and leaves the verdict open."""
    world = World()
    world.journal.remove(world.seen("portal.home"))

    result = _result(world.write(tmp_path), "GEN-03")

    assert (result.answer, result.value) == ("UNKNOWN", 1.0)
    assert "browse-1#1" in result.reason.vi


def test_an_error_and_what_it_made_impossible_count_together(tmp_path: Path) -> None:
    """A refused examination breaks the error share, with the steps after it, and is not held against the generator."""
    world = World()
    refused = world.seen("onestop.examine", COUNTER)
    world.replace(refused, outcome="refused", status=409, why="wrong-state")
    world.journal.remove(world.seen("onestop.decide", COUNTER))
    world.journal.remove(world.seen("onestop.hand_back", COUNTER))

    run = world.write(tmp_path)

    share = _result(run, "INT-06")
    assert share.answer == "BROKEN"
    assert share.value == pytest.approx(300 / 38, abs=1e-4)
    assert "onestop.examine" in share.reason.en
    assert _result(run, "GEN-03").answer == "KEPT"


def test_dead_letters_and_leftovers_break_integration(tmp_path: Path) -> None:
    """What a destination refused for good and what still waits are told with their subjects."""
    world = World()
    letter = {"key": "k", "destination": "dochub", "operation": "envelopes.send", "subject": DOCUMENT, "detail": "no"}
    world.books["office.dead_letters"].append(letter)
    world.backlog["onestop"] = 3

    run = world.write(tmp_path)

    assert (_result(run, "INT-07").answer, _result(run, "INT-08").answer) == ("BROKEN", "BROKEN")
    assert DOCUMENT in _result(run, "INT-07").reason.vi
    assert "onestop 3" in _result(run, "INT-08").reason.en


def test_a_service_that_did_not_answer_leaves_leftovers_open(tmp_path: Path) -> None:
    """A backlog of -1 is how the collector says that a service could not be asked: nobody knows what it still holds."""
    world = World()
    world.backlog["office"] = -1

    result = _result(world.write(tmp_path), "INT-08")

    assert (result.answer, result.value) == ("UNKNOWN", None)
    assert "office" in result.reason.en


def test_a_lost_worker_leaves_the_journal_incomplete(tmp_path: Path) -> None:
    """What a dead worker had under way is in no journal, so the journal is not whole."""
    world = World()
    world.events.append(Event(at=3.0, event="worker-lost", subject="4711"))

    result = _result(world.write(tmp_path), "GEN-02")

    assert (result.answer, result.value) == ("UNKNOWN", 1.0)


def test_without_the_collectors_word_leftovers_are_unknown(tmp_path: Path) -> None:
    """No collected.json: nobody knows what was still waiting."""
    run = World().write(tmp_path)
    (run / "ledger" / "collected.json").unlink()

    assert _result(run, "INT-08").answer == "UNKNOWN"


def test_memory_is_held_against_the_machine(tmp_path: Path) -> None:
    """300 MB in use at once on a machine of 8,000 MB is 3.75 %; a machine of unknown size makes it UNKNOWN."""
    world = World()
    world.requirements = ("capacity_opencrvs",)
    run = world.write(tmp_path / "known")
    assert (_result(run, "CAP-OC-08").value, _result(run, "CAP-OC-09").value) == (3.75, 30.0)

    world.environment = {}
    assert _result(world.write(tmp_path / "unknown"), "CAP-OC-08").answer == "UNKNOWN"


def test_a_damaged_journal_makes_what_rests_on_it_unknown(tmp_path: Path) -> None:
    """A bad line in the middle of the journal: no measure is taken from it and no law is kept."""
    run = World().write(tmp_path)
    path = run / "journal" / "worker-1.ndjson"
    path.write_bytes(b"nonsense\n" + path.read_bytes())

    verdict = judge(run)

    assert verdict.answer == "UNKNOWN"
    assert {law.answer for law in verdict.laws} == {"UNKNOWN"}
    assert verdict.counts["requests"] is None
    assert all("worker-1.ndjson:1" in law.reason.en for law in verdict.laws if law.reason)


def test_copying_the_folder_keeps_the_verdict(tmp_path: Path) -> None:
    """Nothing in a verdict comes from where the folder lies."""
    run = World().write(tmp_path / "here")
    shutil.copytree(run, tmp_path / "there")

    assert msgspec.json.encode(judge(run)) == msgspec.json.encode(judge(tmp_path / "there"))


def test_a_fault_that_was_not_struck_leaves_the_run_open(tmp_path: Path) -> None:
    """A run with a kill that never happened is not the run that was asked for: UNKNOWN, and the fault is named."""
    world = World()
    world.events.append(Event(at=3.0, event="fault-failed", subject="kill:portal@10:30", detail="no supervisor"))

    result = _result(world.write(tmp_path / "run"), "GEN-04")

    assert result.answer == "UNKNOWN"
    assert "kill:portal@10:30" in result.reason.vi
