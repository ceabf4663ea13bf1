"""Collects what is wrong with a request, so that all of it is said at once."""

from __future__ import annotations

from services.kit.problems import invalid


class Mistakes:
    """The mistakes of one request."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: list[dict[str, str]] = []

    def add(self, where: str, found: str, way_out: str) -> None:
        """Note one: the place in the body, what was found there, and how to put it right."""
        self._found.append({"where": f"$.{where}", "found": found, "way_out": way_out})

    @property
    def found(self) -> list[dict[str, str]]:
        """All that were noted."""
        return list(self._found)

    def stop(self) -> None:
        """Raise a 422 Problem that lists all, when there are any."""
        if self._found:
            raise invalid(self._found)
