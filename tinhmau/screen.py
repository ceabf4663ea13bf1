"""What the user sees while work goes on: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from simulation.progress import Progress as Tell
from simulation.text import Text
from tinhmau.language import number, say

_GONE = (errno.EPIPE, errno.EIO)
_PLAIN_EVERY_SECONDS = 5.0
_TITLE_WIDTH = 27  # of the longest title below, so that bars stand under one another
_BAR_WIDTH = 12


class _Outlet:
    """A standard stream whose reader may leave: a run is not lost because `| head` or a closed terminal is.

    What was left to say is dropped; what has been started is finished and put away as ever.
    """

    def __init__(self, stream: Callable[[], IO[str]]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, as long as somebody reads."""
        return self._guarded(lambda: self._stream().write(text)) or 0

    def flush(self) -> None:
        """Flush, as long as somebody reads."""
        self._guarded(lambda: self._stream().flush())

    def _guarded(self, work: Callable[[], int | None]) -> int | None:
        try:
            return work()
        except OSError as error:
            if error.errno not in _GONE:
                raise
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._stream().fileno())  # what is still buffered goes there, not into an error at the end
            os.close(nothing)
            return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)


out = Console(file=cast("IO[str]", _Outlet(lambda: sys.stdout)), highlight=False)
err = Console(file=cast("IO[str]", _Outlet(lambda: sys.stderr)), highlight=False)


@contextmanager
def progress(title: Text) -> Iterator[Tell]:
    """Show how far one piece of work is; yields the function to tell it."""
    if out.is_terminal:
        columns = (
            TextColumn("{task.fields[title]}", style="bold", table_column=Column(min_width=_TITLE_WIDTH)),
            BarColumn(bar_width=_BAR_WIDTH),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim", table_column=Column(no_wrap=True, overflow="ellipsis")),
        )
        with Progress(*columns, console=out) as bar:
            task = bar.add_task("", total=1.0, title=say(title))

            def tell(done: float, what: Text) -> None:
                bar.update(task, completed=done, description=escape(say(what)))

            yield tell
            bar.update(task, completed=1.0, description="")
        return

    began = told = time.monotonic()
    line(f"… {say(title)}")

    def tell_plainly(done: float, what: Text) -> None:
        nonlocal told
        if time.monotonic() - told >= _PLAIN_EVERY_SECONDS:
            told = time.monotonic()
            line(f"    {done:4.0%}  {say(what)}")

    yield tell_plainly
    line(f"  ✓ {say(title)} ({number(time.monotonic() - began, places=1)} s)")


def line(message: str) -> None:
    """One line on standard output, never broken: it may hold a path, an address or a command to copy."""
    out.print(escape(message), soft_wrap=True)


def complain(message: str) -> None:
    """One line of trouble on standard error."""
    err.print(f"[bold red]✗[/] {escape(message)}", soft_wrap=True)


def hint(message: str) -> None:
    """A way out, on standard error."""
    err.print(f"  → {escape(message)}", soft_wrap=True)


def program() -> str:
    """How to call this program from here, for commands to copy."""
    if shutil.which("tinhmau"):
        return "tinhmau"
    own = Path(sys.argv[0])
    if own.name == "__main__.py":
        return f"{Path(sys.executable).name} -m tinhmau"
    try:
        return str(own.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(own)
