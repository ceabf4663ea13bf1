"""A way to this machine's Docker engine that can be cut: the engine dies for whoever uses it, and for nobody else."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_ENGINE = "/var/run/docker.sock"


class DockerLine:
    """A Unix socket that passes everything on until it is cut."""

    def __init__(self, path: Path) -> None:
        """Listen at `path`, from the block's beginning to its end."""
        self.path = path
        self._listening = socket.socket(socket.AF_UNIX)
        self._open: list[socket.socket] = []
        self._cut = threading.Event()

    def __enter__(self) -> Self:
        """Begin to pass on."""
        self._listening.bind(str(self.path))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Cut it if nobody has."""
        self.cut()

    def cut(self) -> None:
        """From now on nobody answers, and whoever was talking is interrupted."""
        self._cut.set()
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._cut.is_set():
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(_ENGINE)
            self._open += [caller, engine]
            for source, destination in ((caller, engine), (engine, caller)):
                threading.Thread(target=_pass_on, args=(source, destination), daemon=True).start()


def _pass_on(source: socket.socket, destination: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            destination.sendall(part)
        destination.shutdown(socket.SHUT_WR)
