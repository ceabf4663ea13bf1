"""Everything a verdict rests on, read once from a run folder."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from simulation import journal as journals
from simulation import plan as plans
from simulation.journal import Event, Journal, Observation, acknowledged_writes
from simulation.mistakes import BadInputError, Mistake
from simulation.plan import Journey, Plan
from simulation.text import Text
from verification import machine
from verification.coverage import Coverage, cover
from verification.ledger import Ledger
from verification.measures import Measures, measure

#: Outcomes after which nobody can know whether the operation took effect.
UNSURE = frozenset({"lost", "failed"})


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The run as plan, clients, systems and machine tell it. Parts that cannot be read come with the reason why."""

    run: Path
    plan: Plan  #: without its journeys
    journeys: tuple[Journey, ...]
    journal: Journal
    journal_damage: Text | None  #: why the journal cannot be used at all
    ledger: Ledger
    environment: Mapping[str, Any]
    samples: tuple[machine.Sample, ...]
    samples_damage: Text | None
    authority: bytes | None  #: PEM of the signing CA

    @cached_property
    def measures(self) -> Measures:
        """What the clients felt."""
        return measure(self.journal)

    @cached_property
    def coverage(self) -> Coverage:
        """What became of every planned step."""
        return cover(self.journeys, self.journal)

    @cached_property
    def acknowledged(self) -> Mapping[str, tuple[Observation, ...]]:
        """Acknowledged writes by operation. A refusal that the plan expected is `ok` too, but wrote nothing."""
        found: defaultdict[str, list[Observation]] = defaultdict(list)
        for seen in acknowledged_writes(self.journal):
            found[seen.operation].append(seen)
        return {operation: tuple(seen) for operation, seen in found.items()}

    @cached_property
    def unsure_keys(self) -> frozenset[str]:
        """Keys of requests that were sent and whose effect the client could not learn."""
        return frozenset(seen.key for seen in self.journal.observations if seen.key and seen.outcome in UNSURE)

    @cached_property
    def journal_gap(self) -> Text | None:
        """Why something may have been done that the journal does not tell; None if it tells all."""
        if self.journal_damage:
            return self.journal_damage
        if self.journal.torn:
            return Text(
                f"Nhật ký có {self.journal.torn} dòng cuối bị đứt.",
                f"The journal has {self.journal.torn} torn last line(s).",
            )
        if self.workers_lost:
            return Text(
                f"Bộ tạo tải mất {self.workers_lost} tiến trình giữa chừng.",
                f"The generator lost {self.workers_lost} worker(s) halfway.",
            )
        if self.given_up is not None:
            return Text(
                f"Tải được kết thúc sớm vì mục tiêu “{self.given_up.detail}”: phần còn lại của ngày không diễn ra.",
                f"The load was ended early by the objective “{self.given_up.detail}”: the rest of the day never came.",
            )
        if not self.ended:
            return Text(
                "Nhật ký không có sự kiện kết thúc: bộ tạo tải đã dừng giữa chừng.",
                "The journal has no end event: the generator stopped halfway.",
            )
        return None

    @property
    def workers_lost(self) -> int:
        """Processes of the generator that died: what they had under way is not in the journal."""
        return sum(event.event == "worker-lost" for event in self.journal.events)

    @property
    def given_up(self) -> Event | None:
        """Where an objective ended the load before the day was over; its detail names the objectives."""
        return next((event for event in self.journal.events if event.event == "given-up"), None)

    @property
    def began(self) -> float | None:
        """Unix time of run second 0, as the master's first event says it; None where nobody wrote it down."""
        return journals.began(self.journal)

    @property
    def ended(self) -> bool:
        """The generator came to its end."""
        return any(event.event == "end" for event in self.journal.events)


def gather(run: Path) -> Evidence:
    """Read a run folder. Raises BadInputError when it is not one (no plan in it)."""
    plan, journeys = _plan(run)
    journal, damage = _journal(run / "journal")
    samples, samples_damage = machine.read(run / "metrics" / "processes.ndjson")
    return Evidence(
        run=run,
        plan=plan,
        journeys=journeys,
        journal=journal,
        journal_damage=damage,
        ledger=Ledger(run / "ledger"),
        environment=_environment(run / "environment.json"),
        samples=samples,
        samples_damage=samples_damage,
        authority=_bytes(run / "certificate-authority.pem"),
    )


def _plan(run: Path) -> tuple[Plan, tuple[Journey, ...]]:
    mistakes = [
        Mistake(
            file=str(run),
            key=f"plan/{name}",
            found=Text("không có tệp này.", "there is no such file."),
            way_out=Text(
                "Hãy chỉ ra thư mục của một lần chạy, ví dụ runs/latest.",
                "Name the folder of a run, e.g. runs/latest.",
            ),
        )
        for name in ("plan.json", "journeys.ndjson")
        if not (run / "plan" / name).is_file()
    ]
    if mistakes:
        raise BadInputError(mistakes)
    try:
        return plans.load_head(run / "plan"), tuple(plans.journeys(run / "plan"))
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadInputError(
            [
                Mistake(
                    file=str(run),
                    key="plan",
                    found=Text(f"kế hoạch hỏng: {error}.", f"the plan is damaged: {error}."),
                    way_out=Text("Hãy chạy lại kịch bản.", "Run the scenario again."),
                )
            ]
        ) from error


def _journal(folder: Path) -> tuple[Journal, Text | None]:
    try:
        journal = journals.read(folder)
    except ValueError as error:
        return Journal([], [], 0), Text(f"Nhật ký hỏng: {error}.", f"The journal is damaged: {error}.")
    if not journal.observations:
        return journal, Text("Nhật ký không có quan sát nào.", "The journal holds no observation.")
    return journal, None


def _environment(path: Path) -> Mapping[str, Any]:
    raw = _bytes(path)
    try:
        found = msgspec.json.decode(raw or b"{}")
    except msgspec.MsgspecError as error:
        return {"damaged": str(error)}
    return found if isinstance(found, dict) else {"damaged": "not an object"}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
