"""`tinhmau up`, `status`, `drive`, `judge`, `down`: a province left running, and damage to it that is noticed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from command_line import Finished, Standing, Workplace, laws, listening, stand, verdict

from infra import stack as stacks
from loadtests import ledger, sabotage

SERVICES = {"portal", "onestop", "lgsp", "dochub", "office", "national", "sector"}
#: Which law each damage breaks.
BROKEN_LAW = {
    "dossier-lost": "LAW-1",
    "payment-altered": "LAW-2",
    "document-delivered-twice": "LAW-3",
    "signature-altered": "LAW-3",
    "status-out-of-order": "LAW-3",
    "audit-row-removed": "LAW-4",
    "audit-chain-altered": "LAW-4",
    "write-undone": "LAW-5",
}


class Driven:
    """A province that is up, has had its day, and has been judged; and what the verdict on it was last."""

    def __init__(self, standing: Standing) -> None:
        """Let the day happen."""
        self.standing, workplace = standing, standing.workplace
        self.status_before = workplace.run("status", "--runs", workplace.runs)
        self.drive = workplace.run("drive", "--runs", workplace.runs)
        self.judge = workplace.run("judge", standing.folder)
        self.told = verdict(standing.folder)

    def judge_books_of_now(self, copy: Path) -> Finished:
        """Collect the books as they are now into a copy of the run folder, and judge that."""
        shutil.copytree(self.standing.folder, copy, ignore=shutil.ignore_patterns("stack.json", "ledger"))
        ledger.collect(stacks.load(self.standing.folder / "stack.json"), copy)
        return self.standing.workplace.run("judge", copy)


@pytest.fixture(scope="module")
def driven() -> Iterator[Driven]:
    """The toy province, up and driven through its day."""
    workplace = Workplace()
    yield Driven(stand(workplace))
    workplace.run("down", "--runs", workplace.runs)
    workplace.close()


def test_up_prints_what_one_needs(driven: Driven) -> None:
    """`up` prints an address for every service, an account for every desk, and how to go on and to stop."""
    said = driven.standing.finished.out

    assert set(driven.standing.endpoints) == SERVICES
    assert set(driven.standing.accounts) == {"portal", "onestop", "office", "lgsp"}
    assert [word for word in ("drive", "status", "down") if f"tinhmau {word} --runs" not in said] == []


def test_status_shows_every_service(driven: Driven) -> None:
    """`status` lists PostgreSQL and every service with address, state and memory, says where the logs are, exits 0."""
    finished = driven.status_before

    assert finished.code == 0, finished
    rows = {words[0]: words for line in finished.out.splitlines() if len(words := line.split()) > 3}
    for service in SERVICES:
        _, address, state, megabytes, *_ = rows[service]
        assert (address, state) == (driven.standing.endpoints[service], "ready")
        assert int(megabytes) > 10
    assert rows["postgresql"][2] == "ready"
    assert "logs/<service>.log" in finished.out


def test_the_portal_opens(driven: Driven) -> None:
    """The portal's home answers whoever comes, in Vietnamese, with its search."""
    with build_opener().open(driven.standing.endpoints["portal"]) as answer:
        page = answer.read().decode()

    assert "Dịch vụ công trực tuyến" in page
    assert 'role="search"' in page


@pytest.mark.parametrize(("service", "words"), [("onestop", "hồ sơ đang giải quyết"), ("office", "Văn phòng điện tử")])
def test_a_desk_opens_with_the_printed_account(driven: Driven, service: str, words: str) -> None:
    """With the account and passcode that `up` has printed, a desk opens in a browser; with a wrong one it does not."""
    address = driven.standing.endpoints[service]
    account, passcode = driven.standing.accounts[service]
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    page = _sign_in(browser, address, account, passcode)

    assert words in page
    assert "passcode" not in page
    with pytest.raises(OSError, match="HTTP Error 40"):
        _sign_in(build_opener(), address, account, "000000000000")


def _sign_in(browser: OpenerDirector, address: str, account: str, passcode: str) -> str:
    form = urlencode({"account": account, "passcode": passcode}).encode()
    with browser.open(f"{address}/sign-in", form) as answer:
        content: bytes = answer.read()
    return content.decode()


def test_a_day_in_the_standing_province_is_kept(driven: Driven) -> None:
    """`drive` acts the plan out against what `up` left running; the five laws hold."""
    assert driven.drive.code == 0, driven.drive
    assert driven.judge.code in {0, 2}, driven.judge
    assert set(laws(driven.told).values()) == {"KEPT"}


def test_the_day_happens_once(driven: Driven) -> None:
    """A second `drive` of the same run is refused, with the way out, before it does anything."""
    finished = driven.standing.workplace.run("drive", "--runs", driven.standing.workplace.runs)

    assert finished.code == 64
    assert "tinhmau up" in finished.err


def test_every_sabotage_has_its_law() -> None:
    """Whoever adds a sabotage says here which law it breaks."""
    assert set(BROKEN_LAW) == set(sabotage.names())


@pytest.mark.parametrize("name", sabotage.names())
def test_damage_is_noticed(driven: Driven, name: str, tmp_path: Path) -> None:
    """After a damage the verdict is BROKEN and names the very subject. One comes on top of the other: each is told."""
    before = _violations(driven.told)

    damage = sabotage.apply(name, stacks.load(driven.standing.folder / "stack.json"))
    finished = driven.judge_books_of_now(tmp_path / "run")

    driven.told = verdict(tmp_path / "run")
    assert finished.code == 1
    assert (driven.told["answer"], laws(driven.told)[BROKEN_LAW[name]]) == ("BROKEN", "BROKEN")
    new = _violations(driven.told) - before
    assert damage.subject in {subject for law, subject, _ in new if law == BROKEN_LAW[name]}


def _violations(told: Any) -> set[tuple[str, str, str]]:
    return {(law["id"], one["subject"], one["what"]) for law in told["laws"] for one in law["violations"]}


def test_verify_names_what_it_has_damaged(workplace: Workplace) -> None:
    """`verify --sabotage dossier-lost` ends with exit code 1 and tells which dossier it is."""
    finished = workplace.run("verify", "--scenario", "toy", "--runs", workplace.runs, "--sabotage", "dossier-lost")

    assert finished.code == 1, finished
    damaged = json.loads((workplace.newest() / "environment.json").read_text("utf-8"))["sabotage"]["subject"]
    assert damaged in {subject for law, subject, _ in _violations(verdict(workplace.newest())) if law == "LAW-1"}
    assert damaged in finished.out
    assert workplace.left_behind() == []


def test_down_leaves_nothing(workplace: Workplace) -> None:
    """After `down` no process, port, temporary file or secret is left, and the logs are in the run folder."""
    standing = stand(workplace)
    assert len(listening(workplace.processes())) >= 8

    finished = workplace.run("down", "--runs", workplace.runs)

    assert finished.code == 0, finished
    assert workplace.left_behind() == []
    assert not (standing.folder / "stack.json").exists()
    assert (standing.folder / "logs" / "portal.log").exists()
    assert "No province is running" in workplace.run("down", "--runs", workplace.runs).out
    assert "No province is running" in workplace.run("status", "--runs", workplace.runs).out
