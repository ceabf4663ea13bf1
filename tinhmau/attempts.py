"""Tries several things that may find mistakes in what the user gave, so that all mistakes are told at once."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from simulation.mistakes import BadInputError, Mistake

P = ParamSpec("P")
R = TypeVar("R")


class Attempts:
    """A block in which nothing is raised for bad input until its end; then everything is."""

    def __init__(self) -> None:
        """Begin with no mistake."""
        self._mistakes: list[Mistake] = []

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Do it; None where it found mistakes."""
        try:
            return work(*args, **kwargs)
        except BadInputError as error:
            self._mistakes += error.mistakes
            return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise BadInputError with every mistake there was."""
        if error is None and self._mistakes:
            raise BadInputError(self._mistakes)
