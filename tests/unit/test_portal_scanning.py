"""The seam for malware scanners."""

from __future__ import annotations

import asyncio

import pytest

from services.kit.problems import Problem
from services.portal.scanning import EICAR, Clamd, Nothing, TradeTestFiles, from_environment


async def _clamd(answer: bytes) -> tuple[asyncio.Server, Clamd, list[bytes]]:
    """A stand-in daemon that answers every INSTREAM with `answer`."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        while size := int.from_bytes(await reader.readexactly(4)):
            seen.append(await reader.readexactly(size))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, Clamd("127.0.0.1", server.sockets[0].getsockname()[1]), seen


@pytest.mark.parametrize(
    ("answer", "found"), [(b"stream: OK\0", ""), (b"stream: Win.Test.EICAR FOUND\0", "Win.Test.EICAR")]
)
async def test_a_clam_daemon_is_asked_and_believed(answer: bytes, found: str) -> None:
    """The whole file goes to the daemon, and its finding comes back by name."""
    server, scanner, seen = await _clamd(answer)
    async with server:
        assert await scanner.scan(b"%PDF-1.7") == found
    assert seen == [b"%PDF-1.7"]


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b""], ids=["error", "hangs up"])
async def test_a_scanner_that_cannot_look_lets_nothing_through(answer: bytes) -> None:
    """No answer is not a clean file: the upload is refused until the scanner is back."""
    server, scanner, _ = await _clamd(answer)
    async with server:
        with pytest.raises(Problem, match="scanner-out-of-reach"):
            await scanner.scan(b"%PDF-1.7")


async def test_the_default_finds_the_test_file_and_the_one_that_does_nothing_does_not() -> None:
    """EICAR anywhere in a file is found by default."""
    assert await TradeTestFiles().scan(b"%PDF" + EICAR) == "Eicar-Test-Signature"
    assert await TradeTestFiles().scan(b"%PDF") == ""
    assert await Nothing().scan(EICAR) == ""


def test_the_setting_chooses_the_scanner() -> None:
    """SCANNER names it; a slip of the pen is told with the ways out."""
    assert isinstance(from_environment({}), TradeTestFiles)
    assert isinstance(from_environment({"SCANNER": "nothing"}), Nothing)
    assert isinstance(from_environment({"SCANNER": "clamd:127.0.0.1:3310"}), Clamd)
    with pytest.raises(ValueError, match="clamd:HOST:PORT"):
        from_environment({"SCANNER": "clam"})
