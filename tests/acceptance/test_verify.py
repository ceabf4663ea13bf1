"""`tinhmau verify`, as a person types it: the verdict, the run folder, and nothing left behind."""

from __future__ import annotations

import json
import re
import shutil
import socket
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command_line import Run, Workplace, laws, verdict, verify

from loadtests.books import BOOKS

#: docs/run-folder.md: what a run folder holds when all is over.
DOCUMENTED = (
    "plan/plan.json",
    "plan/journeys.ndjson",
    "plan/people.parquet",
    "ledger/collected.json",
    *(f"ledger/{service}.{name}.ndjson" for service, names in BOOKS.items() for name in names),
    "metrics/processes.ndjson",
    *(f"metrics/{service}.prom" for service in BOOKS),
    "certificate-authority.pem",
    "environment.json",
    "verdict.json",
    "report.html",
    "junit.xml",
)


def _read(run: Path, name: str) -> Any:
    return json.loads((run / name).read_text("utf-8"))


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_toy_province_is_kept(toy_run: Run) -> None:
    """The day ends with exit code 0, all five laws kept over at least one subject each, and says so in plain lines."""
    assert toy_run.finished.code == 0, toy_run.finished
    told = verdict(toy_run.folder)
    assert laws(told) == {f"LAW-{number}": "KEPT" for number in range(1, 6)}
    assert all(law["checked"] > 0 and law["violations"] == [] for law in told["laws"])
    assert "VERDICT: Kept (KEPT)" in toy_run.finished.out
    assert "\x1b" not in toy_run.finished.out
    assert toy_run.finished.err == ""


def test_the_verdict_has_the_shape_that_others_rely_on(toy_run: Run) -> None:
    """verdict.json has every field that is promised to those who read it by machine."""
    told = verdict(toy_run.folder)

    assert {"answer", "requirements", "laws", "counts", "seed", "scenario", "target"} <= set(told)
    assert (told["answer"], told["scenario"], told["target"], told["seed"]) == ("KEPT", "toy", "local", 20180822)
    for requirement in told["requirements"]:
        assert {"id", "answer", "measure", "value", "bound", "unit", "reason"} <= set(requirement)
    for law in told["laws"]:
        assert {"id", "answer", "checked", "violations"} <= set(law)
    assert set(told["counts"]) == {"requests", "dossiers", "documents", "payments", "calls"}
    assert all(count > 0 for count in told["counts"].values())


def test_everybody_did_what_was_planned(toy_run: Run) -> None:
    """Every step of the plan has a final observation in the journal: nothing was left out on the quiet."""
    planned = {
        (journey["id"], step["number"])
        for journey in _lines(toy_run.folder / "plan" / "journeys.ndjson")
        for step in journey["steps"]
    }
    entries = [entry for path in (toy_run.folder / "journal").glob("*.ndjson") for entry in _lines(path)]
    seen = {(one["journey"], one["step"]) for one in entries if "journey" in one and one.get("final", True)}

    assert len(planned) > 1000
    assert planned - seen == set()


def test_the_run_folder_holds_all_that_is_documented(toy_run: Run) -> None:
    """Every file that docs/run-folder.md names is there, and the books were collected whole."""
    assert [name for name in DOCUMENTED if not (toy_run.folder / name).is_file()] == []
    assert list((toy_run.folder / "journal").glob("worker-*.ndjson")) != []
    collected = _read(toy_run.folder, "ledger/collected.json")
    assert collected["missing"] == []
    assert set(collected["backlog"].values()) == {0}


def test_the_environment_says_what_the_run_rests_on(toy_run: Run) -> None:
    """Versions, machine, seed, durability of the database and the command line stand in environment.json."""
    told = _read(toy_run.folder, "environment.json")

    assert told["seed"] == 20180822
    assert told["stack"]["fsync"] == "on"
    assert told["command"][1:4] == ["verify", "--scenario", "toy"]
    assert {"python", "locust", "starlette"} <= set(told["versions"])
    assert told["machine"]["processors"] >= 1


def test_no_secret_outlives_the_run(toy_run: Run) -> None:
    """No token, key, password or passcode of the run stands in its folder, nor does stack.json, which held them."""
    assert len(toy_run.secrets) > 20, "the secrets were seen while the services ran"
    assert not (toy_run.folder / "stack.json").exists()
    for path in toy_run.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"PRIVATE KEY" not in content, path
            assert b"eyJhbGciOi" not in content, f"{path}: a token that was given out"
            assert [path for secret in toy_run.secrets if secret.encode() in content] == []


def test_no_personal_number_is_in_a_log(toy_run: Run) -> None:
    """Services log what happens without saying to whom: no personal number of the population is in any log."""
    people = pl.read_parquet(toy_run.folder / "plan" / "people.parquet")
    numbers = set(people["personal_number"].to_list())
    logs = sorted((toy_run.folder / "logs").iterdir())

    assert len(numbers) > 900
    assert {"portal.log", "onestop.log", "national.log", "sector.log", "lgsp.log"} <= {path.name for path in logs}
    for path in logs:
        assert numbers & set(re.findall(r"\d{9,}", path.read_text("utf-8"))) == set(), path


def test_nothing_is_left_behind(toy_run: Run) -> None:
    """No process, no port and no file outside of the run folder is left."""
    assert len(toy_run.ports) >= 8, "seven services and PostgreSQL listened"
    assert toy_run.left == ()
    for port in toy_run.ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, f"port {port} still answers"


def test_judging_again_gives_the_same_bytes(toy_run: Run, workplace: Workplace) -> None:
    """`judge` twice, on the run and on a copy of its folder elsewhere, writes the very verdict.json of the run."""
    first = (toy_run.folder / "verdict.json").read_bytes()
    elsewhere = workplace.root / "elsewhere"
    shutil.copytree(toy_run.folder, elsewhere)

    for folder in (toy_run.folder, elsewhere, elsewhere):
        (folder / "verdict.json").unlink()
        assert workplace.run("judge", folder).code == 0
        assert (folder / "verdict.json").read_bytes() == first


def test_a_run_is_judged_by_its_own_requirements(toy_run: Run, workplace: Workplace) -> None:
    """The run folder carries the requirement tables: a bound changed there, and only there, changes the verdict."""
    elsewhere = workplace.root / "elsewhere"
    shutil.copytree(toy_run.folder, elsewhere)
    table = elsewhere / "requirements" / "capacity_hai_phong_2026.toml"
    assert "bound = 5\n" in table.read_text("utf-8")
    table.write_text(table.read_text("utf-8").replace("bound = 5\n", "bound = 0.0001\n", 1), "utf-8")

    finished = workplace.run("judge", elsewhere)

    assert finished.code == 1
    assert "CAP-HP-01" in finished.out
    assert verdict(toy_run.folder)["answer"] == "KEPT"


def test_the_summary_fits_a_narrow_terminal(toy_run: Run) -> None:
    """No line of the summary is wider than 80 columns, but for paths, which are never broken."""
    _, _, summary = toy_run.finished.out.partition("VERDICT")

    assert [line for line in summary.splitlines() if len(line.rstrip()) > 80 and "report.html" not in line] == []


def test_one_seed_is_one_plan(workplace: Workplace) -> None:
    """The same seed gives the same plan byte for byte, another seed another one."""
    plans = {}
    for name, seed in (("first", "1"), ("again", "1"), ("other", "2")):
        runs = workplace.root / name
        assert workplace.run("simulate", "--scenario", "toy", "--seed", seed, "--runs", runs).code == 0
        plan = (runs / "latest").resolve() / "plan"
        plans[name] = {path.name: path.read_bytes() for path in sorted(plan.iterdir())}

    assert plans["first"] == plans["again"]
    assert plans["first"]["journeys.ndjson"] != plans["other"]["journeys.ndjson"]


@pytest.mark.parametrize("objective", ["latency p(95)<0.001", "memory max<1", "pool max<0"])
def test_an_objective_that_is_broken_ends_the_day_at_once(workplace: Workplace, objective: str) -> None:
    """By clients, by samples of the machine, by looks at it: exit 1, no law called kept, no books, nothing left."""
    objectives = workplace.root / "objectives.toml"
    metric, threshold = objective.split()
    entry = f'{{ threshold = "{threshold}", abortOnFail = true, delayAbortEval = "2s" }}'
    objectives.write_text(f'[thresholds]\n"{metric}" = [{entry}]\n')

    run = verify(workplace, "--objectives", str(objectives))

    told = verdict(run.folder)
    assert run.finished.code == 1, run.finished
    assert "VERDICT: Broken (BROKEN)" in run.finished.out
    assert f"ended early: {objective}" in run.finished.out
    assert told["reasons_en"][0].startswith(f"Objective {objective}: ended the load early")
    assert set(laws(told).values()) == {"UNKNOWN"}
    events = [one for one in _lines(run.folder / "journal" / "driver.ndjson") if one.get("event") == "given-up"]
    assert [one["detail"] for one in events] == [objective]
    assert not (run.folder / "ledger").exists()
    assert run.left == ()
