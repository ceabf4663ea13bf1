"""Program: what a job does, step by step, written with names and handed to the compiled loop as numbers.

program = Program()
start = program.here()
program.serve("desk", exponential(360.0), stream="reception")
program.end()
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.engine import kernel


class Length(NamedTuple):
    """How long something takes, in seconds: a distribution and its two numbers."""

    kind: int
    mean: float
    second: float = 0.0


def fixed(seconds: float) -> Length:
    """Always the same."""
    return Length(kernel.FIXED, seconds)


def exponential(mean: float) -> Length:
    """Without memory."""
    return Length(kernel.EXPONENTIAL, mean)


def lognormal(mean: float, variation: float) -> Length:
    """Lognormal with this mean and coefficient of variation."""
    return Length(kernel.LOGNORMAL, mean, variation) if variation > 0 else fixed(mean)


def uniform(low: float, high: float) -> Length:
    """Anything between two lengths, equally likely."""
    return Length(kernel.UNIFORM, low, high)


def given(column: int) -> Length:
    """Row: the job's number; column: this one, of the table handed to the run."""
    return Length(kernel.GIVEN, 0.0, float(column))


class Label:
    """A place in a program that may be known later."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        """Point nowhere yet."""
        self.at = -1


class Compiled(NamedTuple):
    """A program as numbers, with the names that its columns stand for."""

    code: NDArray[np.void]  #: kernel.INSTRUCTION, one a row
    streams: tuple[str, ...]
    stats: tuple[str, ...]
    marks: tuple[str, ...]


class _Names:
    """Numbers for names, in the order in which they were first said."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


class Program:
    """Collects instructions. Roles, groups and tables are named; the network says what they are."""

    def __init__(self, *, roles: tuple[str, ...], groups: tuple[str, ...] = (), tables: tuple[str, ...] = ()) -> None:
        """Name the roles of teams, the groups of places, and the tables of chances that instructions may speak of."""
        self.roles, self.groups, self.tables = roles, groups, tables
        self._rows: list[tuple[list[int | Label], list[float]]] = []
        self._streams, self._stats, self._marks = _Names(), _Names(), _Names()

    def here(self) -> int:
        """Number of the next instruction: where an arrival may begin."""
        return len(self._rows)

    def put(self, label: Label) -> None:
        """Let a label point at the next instruction."""
        label.at = self.here()

    def compile(self) -> Compiled:
        """Put labels in. Raises ValueError where one points nowhere or there are more marks than a job can carry."""
        if len(self._marks.numbers) > kernel.MARKS:
            raise ValueError(f"a job carries {kernel.MARKS} marks, the program speaks of {list(self._marks.numbers)}")
        code = np.zeros(len(self._rows), dtype=kernel.INSTRUCTION)
        for number, (integers, numbers) in enumerate(self._rows):
            places = [value.at if isinstance(value, Label) else value for value in integers]
            for value, at in zip(integers, places, strict=True):
                if isinstance(value, Label) and not 0 <= at < len(self._rows):
                    raise ValueError(f"instruction {number} goes to a label that points nowhere; put() it")
            code[number] = (*places, *numbers)
        return Compiled(code, tuple(self._streams.numbers), tuple(self._stats.numbers), tuple(self._marks.numbers))

    # --- Instructions

    def serve(
        self,
        role: str | None,
        length: Length,
        *,
        stream: str = "",
        priority: int = 0,
        work: str | None = None,
        wait: str | None = None,
        patience: float = 0.0,
        out_of_patience: Label | None = None,
    ) -> None:
        """Wait for one of the place's team of that role (None: the chosen team) and be served once.

        Priority 0 goes first; nobody is interrupted. `work` and `wait` name statistics of service and waiting time
        (on the office clock where there is one). Whoever still waits after `patience` wall seconds goes to a label.
        """
        if not 0 <= priority < kernel.PRIORITIES:
            raise ValueError(f"priorities run from 0 to {kernel.PRIORITIES - 1}, found {priority}")
        if (patience > 0) != (out_of_patience is not None):
            raise ValueError("patience and the label to go to belong together")
        which = kernel.CHOSEN if role is None else self.roles.index(role)
        self._add(
            kernel.SERVE,
            which,
            priority,
            -1 if out_of_patience is None else out_of_patience,
            stream=stream,
            length=length,
            work=work,
            wait=wait,
            z=patience,
        )

    def delay(self, length: Length, *, stream: str = "", office: bool = False) -> None:
        """Let time pass: on the wall, or working time on the office clock."""
        self._add(kernel.DELAY, kernel.OFFICE if office else kernel.WALL, stream=stream, length=length)

    def chance(self, share: float, to: Label, *, stream: str) -> None:
        """Go to a label with this chance, otherwise on."""
        self._add(kernel.CHANCE, to, kernel.OWN, stream=stream, x=share)

    def chance_of_place(self, table: str, to: Label, *, stream: str) -> None:
        """Go to a label with the chance that the table gives the place."""
        self._add(kernel.CHANCE, to, kernel.OF_PLACE, self.tables.index(table), stream=stream)

    def chance_of_chosen(self, to: Label, *, stream: str) -> None:
        """Go to a label with the chosen team's own chance (from the moment on at which it holds)."""
        self._add(kernel.CHANCE, to, kernel.OF_TEAM, stream=stream)

    def jump(self, to: Label) -> None:
        """Go to a label."""
        self._add(kernel.JUMP, to)

    def mark(self, name: str, *, office: bool = True) -> None:
        """Remember the moment under a name, on the office clock or on the wall."""
        self._add(kernel.MARK, self._marks[name], kernel.OFFICE if office else kernel.WALL)

    def measure(self, stat: str, *, since: str, office: bool = True) -> None:
        """Record the time since a mark (made on the same clock)."""
        self._add(kernel.MEASURE, self._stats[stat], self._marks[since], kernel.OFFICE if office else kernel.WALL)

    def due(self, working_seconds: float) -> None:
        """Set the legal limit, in working time from now."""
        self._add(kernel.DUE, x=working_seconds)

    def due_same_day(self, *, cutoff: float) -> None:
        """Set the legal limit to the end of this working day, or of the next in the day's last `cutoff` seconds."""
        self._add(kernel.DUE, y=max(cutoff, 1e-6))

    def put_off(self, *, since: str) -> None:
        """Move the legal limit by the working time since a mark: the clock stood still."""
        self._add(kernel.SHIFT, 0, self._marks[since])

    def judge(self, *, on_time: str, late: str) -> None:
        """Count the job among those on time or late."""
        self._add(kernel.JUDGE, self._stats[on_time], self._stats[late])

    def count(self, stat: str) -> None:
        """Count the job, at the place where it is."""
        self._add(kernel.COUNT, self._stats[stat])

    def choose(self, role: str, *, stand_in: str, stream: str, stand_in_stream: str) -> None:
        """Choose one of the place's teams of a role; where it is absent in office hours, perhaps one that is there.

        `stand_in` is the table with the chance that somebody else takes it; the one with the least to do does.
        """
        self._add(
            kernel.CHOOSE,
            self.roles.index(role),
            self.tables.index(stand_in),
            self._streams[stand_in_stream],
            stream=stream,
        )

    def move(self, group: str, *, otherwise: Label, stream: str) -> None:
        """Go to a place of the group that the present place has; where it has none, on at a label."""
        self._add(kernel.MOVE, self.groups.index(group), otherwise, stream=stream)

    def home(self) -> None:
        """Go back to where the job began."""
        self._add(kernel.HOME)

    def again(self) -> None:
        """From here on every draw is a new one: the job comes round once more."""
        self._add(kernel.AGAIN)

    def spawn(self, at: Label, *, more: float, stream: str) -> None:
        """Start one new job here, and a Poisson number more with this mean; they begin at a label."""
        self._add(kernel.SPAWN, at, stream=stream, x=more)

    def end(self) -> None:
        """Leave."""
        self._add(kernel.END)

    def _add(  # noqa: PLR0913 -- one row of the program has that many columns
        self,
        op: int,
        a: int | Label = 0,
        b: int | Label = 0,
        c: int | Label = 0,
        *,
        stream: str = "",
        length: Length | None = None,
        work: str | None = None,
        wait: str | None = None,
        x: float = 0.0,
        y: float = 0.0,
        z: float = 0.0,
    ) -> None:
        kind = kernel.FIXED
        if length is not None:
            kind, x, y = length
        stats = [kernel.NO_STAT if name is None else self._stats[name] for name in (work, wait)]
        self._rows.append(([op, a, b, c, self._streams[stream], kind, *stats], [x, y, z]))
