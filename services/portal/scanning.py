"""The seam for scanning uploads for malware: one that knows nothing, one for test files, and a real scanner's door."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from services.kit.languages import Text
from services.kit.problems import Problem

_TIMEOUT_SECONDS = 20.0
_LENGTH_BYTES = 4
#: The harmless string that every scanner reports (EICAR standard anti-malware test file), kept in two halves so that
#: this file itself is not reported.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner(Protocol):
    """Looks into a file."""

    async def scan(self, content: bytes) -> str:
        """Name of what was found, or "" when nothing was. Raises a 503 Problem when it cannot look."""


class Nothing:
    """Finds nothing, ever."""

    async def scan(self, content: bytes) -> str:  # noqa: ARG002 -- the protocol's parameter
        """Find nothing."""
        return ""


class TradeTestFiles:
    """Finds the trade's test file and nothing else: the default of a testbed, where nobody uploads anything real."""

    async def scan(self, content: bytes) -> str:
        """Find EICAR anywhere in the file."""
        return "Eicar-Test-Signature" if EICAR in content else ""


class Clamd:
    """Asks a ClamAV daemon over TCP (command INSTREAM)."""

    def __init__(self, host: str, port: int) -> None:
        """`host` and `port` of clamd."""
        self._host, self._port = host, port

    async def scan(self, content: bytes) -> str:
        """Have the daemon look. A scanner that cannot be reached lets nothing through."""
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection(self._host, self._port)
                try:
                    writer.write(b"zINSTREAM\0" + len(content).to_bytes(_LENGTH_BYTES) + content + bytes(_LENGTH_BYTES))
                    await writer.drain()
                    answer = (await reader.readuntil(b"\0")).rstrip(b"\0").decode("utf-8", "replace")
                finally:
                    writer.close()
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise _out_of_reach() from error
        if answer.endswith(" OK"):
            return ""
        if answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        raise _out_of_reach()


def from_environment(environment: Mapping[str, str]) -> Scanner:
    """`SCANNER` is "nothing", "test-files" (default) or "clamd:HOST:PORT". Raises ValueError for anything else."""
    wanted = environment.get("SCANNER", "") or "test-files"
    kind, _, address = wanted.partition(":")
    host, _, port = address.rpartition(":")
    if kind == "clamd" and host and port.isdigit():
        return Clamd(host, int(port))
    if wanted == "nothing":
        return Nothing()
    if wanted == "test-files":
        return TradeTestFiles()
    message = f"SCANNER is “{wanted}”; use nothing, test-files or clamd:HOST:PORT"
    raise ValueError(message)


def _out_of_reach() -> Problem:
    return Problem(
        503,
        "scanner-out-of-reach",
        Text(
            "Chưa quét được mã độc nên chưa nhận tệp; xin thử lại sau ít phút.",
            "The file could not be scanned for malware, so it was not taken; please try again in a few minutes.",
        ),
    )
