"""Counts the lines of growing files, reading each byte once."""

from __future__ import annotations

from pathlib import Path

_BLOCK_BYTES = 1 << 20


class Tail:
    """Lines so far in the files of a folder that match a pattern."""

    def __init__(self, folder: Path, pattern: str) -> None:
        """Start from nothing; files may appear later."""
        self._folder, self._pattern = folder, pattern
        self._read: dict[Path, int] = {}
        self.lines = 0

    def look(self) -> bool:
        """Count what is new; tells whether anything is."""
        before = self.lines
        for path in self._folder.glob(self._pattern):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                while block := file.read(_BLOCK_BYTES):
                    self._read[path] = file.tell()
                    self.lines += block.count(b"\n")
        return self.lines > before
