"""Rounds of faults: some documents go their way while parts of the stack are killed and the wires misbehave.

A round is a small history from a seed. Officials act through the office's API and repeat what was not acknowledged,
with the same key; installations poll; meanwhile hub, office, LGSP and database are killed at random instants and
started again, and the wires between them lose, repeat, delay and replay. Then all is left to settle, and the history
is checked.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import msgspec
import requests
from faulty_wire import FaultyWire
from running_service import Postgres, Running
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE, account

from verification import records, signature
from verification.document_history import Act, Books, Issue, check
from verification.laws import calls
from verification.ledger import Ledger

#: No act takes longer, whatever happens; only a real fault runs into it.
_PATIENCE_SECONDS = 90.0
_INSTALLATIONS = ("tinh", "an-mau")
_ATTEMPT_SECONDS = 10.0
_ADDRESSEES = (COMMUNE, OTHER_COMMUNE)


class Journal:
    """What clients were told, in the order in which they were."""

    def __init__(self) -> None:
        """Begin empty."""
        self._guard = threading.Lock()
        self.issues: list[Issue] = []
        self.acts: list[Act] = []

    def issued(self, issue: Issue) -> None:
        """An issue was acknowledged."""
        with self._guard:
            self.issues.append(issue)

    def did(self, act: Act) -> None:
        """An act of an addressee was acknowledged."""
        with self._guard:
            self.acts.append(act)


class Stack:
    """Office, LGSP and hub on one PostgreSQL, joined by wires that can be harmed. One round after the other."""

    def __init__(
        self, *, postgres: Postgres, office: Running, lgsp: Running, hub: Running, wires: list[FaultyWire]
    ) -> None:
        """All of them are running."""
        self.postgres, self.office, self.lgsp, self.hub, self.wires = postgres, office, lgsp, hub, wires
        self.journal = Journal()
        self.killed: list[str] = []
        self._tokens: dict[str, str] = {}

    def token(self, who: str) -> str:
        """Sign in once; tokens outlive restarts."""
        if who not in self._tokens:
            self._tokens[who] = self.office.sign_in(who)
        return self._tokens[who]

    def play(self, seed: int, *, documents: int, kills: int, seconds: float) -> list[str]:
        """Play one round; return what is wrong with the history so far, which is everything since the stack began."""
        chance = random.Random(seed)  # noqa: S311 -- reproducible faults, no secret
        for number, wire in enumerate(self.wires):
            wire.harm(seed=chance.randrange(1 << 30) + number, share=chance.uniform(0.02, 0.15))
        for role in ("specialist", "leader", "document_clerk"):
            for agency in (DEPARTMENT, *_ADDRESSEES):
                self.token(account(role, agency))
        for installation in _INSTALLATIONS:
            self.token(f"poller.{installation}")
        stop = threading.Event()
        polls = [threading.Thread(target=self._poll, args=(one, stop)) for one in _INSTALLATIONS]
        seeds = [chance.randrange(1 << 30) for _ in range(documents)]
        deaths = sorted((chance.uniform(0.0, seconds), chance.choice(("office", "hub", "lgsp", "postgres")))
                        for _ in range(kills))  # fmt: skip
        began = time.monotonic()
        for thread in polls:
            thread.start()
        try:
            with ThreadPoolExecutor(documents) as people:
                lives = [people.submit(self._live, one) for one in seeds]
                for at, victim in deaths:
                    time.sleep(max(0.0, began + at - time.monotonic()))
                    self._kill(victim)
                for life in lives:
                    life.result(_PATIENCE_SECONDS)
            for wire in self.wires:
                wire.heal()
            self._settle()
        finally:
            stop.set()
            for thread in polls:
                thread.join()
        self._settle()
        return self._judge()

    def _kill(self, victim: str) -> None:
        self.killed.append(victim)
        if victim == "postgres":
            self.postgres.kill()
            self.postgres.start_again()
        else:
            getattr(self, victim).restart()

    def _live(self, seed: int) -> None:
        """A document's whole life."""
        chance = random.Random(seed)  # noqa: S311
        issue = self._issue(chance, addressees=chance.choice((_ADDRESSEES, _ADDRESSEES[:1])))
        how = chance.choice(("", "", "recall", "update", "replace"))
        if how:
            self._issue(chance, addressees=issue.addressees, amends=issue.document, how=how)
        with ThreadPoolExecutor(2) as agencies:
            for one in [
                agencies.submit(self._take_up, random.Random(chance.random()), issue.document, agency, how)  # noqa: S311
                for agency in issue.addressees
            ]:
                one.result(_PATIENCE_SECONDS)

    def _issue(self, chance: random.Random, *, addressees: tuple[str, ...], amends: str = "", how: str = "") -> Issue:
        letter: dict[str, Any] = {
            "kind": "Công văn", "subject": "V/v thử", "content": "Kính gửi.", "addressees": addressees,
            "priority": chance.randrange(5),
        }  # fmt: skip
        if how:
            letter["amends"] = {"document": amends, "how": how, "reason": "Có sai sót."}
        draft = self._done("specialist", DEPARTMENT, "/api/documents", letter)["draft"]
        if chance.random() < 0.5:
            self._done("leader", DEPARTMENT, f"/api/documents/{draft}/signature")
        else:
            self._done("document_clerk", DEPARTMENT, f"/api/documents/{draft}/print")
            self._done("document_clerk", DEPARTMENT, f"/api/documents/{draft}/scan", {"pages": 2})
        told = self._done("document_clerk", DEPARTMENT, f"/api/documents/{draft}/issue")
        issue = Issue(draft=draft, document=told["document"], agency=DEPARTMENT, addressees=addressees)
        self.journal.issued(issue)
        return issue

    def _take_up(self, chance: random.Random, document: str, agency: str, how: str) -> None:
        """Register (or refuse) and finish, answering the sender's request whenever it stands in the way."""
        refuses = not how and chance.random() < 0.2
        plan = [("refusal", "document_clerk")] if refuses else [
            ("registration", "document_clerk"), ("assignment", "leader"), ("completion", "specialist"),
        ]  # fmt: skip
        answer = chance.choice(("agree", "decline"))
        open_request = bool(how)
        for name, role in plan:
            while not self._act(name, role, document, agency):
                open_request = False
                if self._answer(answer, document, agency) == "withdrawn":
                    return
        if open_request:
            self._answer(answer, document, agency)

    def _act(self, name: str, role: str, document: str, agency: str) -> bool:
        """False where the sender's request has to be answered first."""
        body = {"agency": agency, "document": document} | ({"reason": "Gửi nhầm."} if name == "refusal" else {})
        told = self._done(role, agency, f"/api/incoming/{name}", body, stop_at="asked")
        if told.get("title") == "wrong-state":
            return False
        events = {
            "registration": "registered",
            "assignment": "assigned",
            "completion": "finished",
            "refusal": "refused",
        }
        self.journal.did(Act(document=document, agency=agency, event=events[name], status=told["status"]))
        return True

    def _answer(self, answer: str, document: str, agency: str) -> str:
        body = {"agency": agency, "document": document, "answer": answer, "reason": "Đã xem."}
        told = self._done("document_clerk", agency, "/api/incoming/answer", body)
        event = "agreed" if answer == "agree" else "declined"
        self.journal.did(Act(document=document, agency=agency, event=event, status=told["status"]))
        return str(told["state"])

    def _done(self, role: str, agency: str, path: str, body: Any = None, *, stop_at: str = "") -> dict[str, Any]:
        """Repeat with one key until it is acknowledged; with a fresh one where what it needs has not come yet."""
        key, deadline = str(uuid.uuid4()), time.monotonic() + _PATIENCE_SECONDS
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"Authorization": f"Bearer {self.token(account(role, agency))}"}
        said = "nothing"
        while time.monotonic() < deadline:
            try:
                answer = requests.post(
                    self.office.url + path, data=content, headers=headers | {"Idempotency-Key": key},
                    timeout=_ATTEMPT_SECONDS,
                )  # fmt: skip
            except requests.RequestException as error:
                said = repr(error)
            else:
                said = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 300:
                    return dict(answer.json())
                if answer.status_code == 409 and stop_at and answer.json()["state"] == stop_at:
                    return dict(answer.json())
                assert answer.status_code in {404, 409} or answer.status_code >= 500, f"{path}: {said}"
            time.sleep(0.05)
        message = f"{path} {body} was never acknowledged; the last answer: {said}"
        raise AssertionError(message)

    def _poll(self, installation: str, stop: threading.Event) -> None:
        """The installation's own schedule; what is not acknowledged is asked again at the next turn."""
        while not stop.wait(0.1):
            self.poll(installation)

    def poll(self, installation: str) -> int | None:
        """Ask once; None when it failed."""
        headers = {
            "Authorization": f"Bearer {self.token(f'poller.{installation}')}",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        try:
            answer = requests.post(
                f"{self.office.url}/api/polls", json={"installation": installation}, headers=headers,
                timeout=_ATTEMPT_SECONDS,
            )  # fmt: skip
        except requests.RequestException:
            return None
        return int(answer.json()["fetched"]) if answer.status_code == 200 else None

    def _settle(self) -> None:
        """Wait until nothing is on its way any more and every sender has read what it was told."""

        def settled() -> bool:
            if any(self.poll(installation) is None for installation in _INSTALLATIONS):
                return False
            waiting = self.hub.query("SELECT count(*) AS n FROM delivery WHERE received_at IS NULL")[0]["n"]
            return self.office.backlog() == 0 and waiting == 0 and self._read_to() == self._newest()

        _wait_for(settled)

    def _newest(self) -> set[tuple[str, int]]:
        return {(row["installation"], row["number"]) for row in self.hub.query("SELECT * FROM status_counter")}

    def _read_to(self) -> set[tuple[str, int]]:
        return {(row["installation"], row["number"]) for row in self.office.query("SELECT * FROM status_cursor")}

    def _judge(self) -> list[str]:
        envelopes = self.hub.export("envelopes")
        books = Books(
            envelopes=envelopes,
            deliveries=self.hub.export("deliveries"),
            statuses=self.hub.export("statuses"),
            documents=self.office.export("documents"),
            incoming=self.office.export("incoming"),
            events=self.office.export("events"),
            outgoing_statuses=self.office.query("SELECT document, addressee, status FROM outgoing_status"),
            dead_letters=self.office.export("dead_letters"),
        )
        found = check(self.journal.issues, self.journal.acts, books)
        pem = (Path(self.hub.settings["REFERENCE_DATA"]) / "certificate-authority.pem").read_bytes()
        for row in envelopes:
            found += [problem.en for problem in signature.examine(msgspec.convert(row, records.Envelope), pem)]
        return found + self._calls_that_do_not_fit()

    def _calls_that_do_not_fit(self) -> list[str]:
        """Law 4: what was answered or served stands once in the LGSP's audit, as its chain has it, whoever was killed.

        Callers' books first: what they say is answered by now stands in the audit when that is asked for.
        """
        told = {"office.calls": self.office.export("calls")}
        # What the hub itself calls goes to a stand-in.
        told["dochub.calls"] = [row for row in self.hub.export("calls") if row["side"] == "served"]
        told |= {f"lgsp.{name}": self.lgsp.export(name) for name in ("audit_heads", "audit", "audit_chain")}
        told["lgsp.registry_changes"] = []
        with TemporaryDirectory() as folder:
            for name in (*calls.BOOKS, "lgsp.registry_changes"):
                lines = b"".join(msgspec.json.encode(row) + b"\n" for row in told.get(name, ()))
                (Path(folder) / f"{name}.ndjson").write_bytes(lines)
            evidence: Any = SimpleNamespace(ledger=Ledger(Path(folder)), journal_damage=None)
            law = calls.check(evidence)
        assert law.answer != "UNKNOWN", law.reason
        return [f"call {one.subject}: {one.what.en}" for one in law.violations]


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(requests.RequestException, OSError, AssertionError):
            if condition():
                return
        assert time.monotonic() < deadline, "the stack does not settle"
        time.sleep(0.05)
