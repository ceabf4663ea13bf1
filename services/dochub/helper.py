"""The hub's side of its helper process (looking.py): started with the first large batch, replaced when it dies."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
import structlog

from services.dochub.looking import LENGTH, Answer, Question, Rules, frame

log = structlog.get_logger()
_PATIENCE_SECONDS = 30.0  # a batch takes some hundredths of a second, one of largest envelopes a few seconds
_decode = msgspec.msgpack.Decoder(Answer).decode


class Helper:
    """Looks at envelopes in a second process."""

    def __init__(self, rules: Rules) -> None:
        """Nothing is started yet."""
        self._rules = rules
        self._process: asyncio.subprocess.Process | None = None
        self._asking, self._reading = asyncio.Lock(), asyncio.Lock()

    async def look(self, texts: Sequence[str], *, at: datetime, revoked: Mapping[str, datetime]) -> Answer | None:
        """Tell what these envelopes are; None where the helper has died: somebody else has to look then.

        Several may ask at a time; they are answered in turn.
        """
        process: asyncio.subprocess.Process | None = None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                async with self._asking:
                    process = await self._started()
                    await _ask(process, Question(texts, at, revoked))
                async with self._reading:  # reached in the order of asking: nothing is awaited between the two
                    return await _answer(process)
        # TimeoutError is an OSError; uvloop raises RuntimeError for a pipe that it has closed.
        except (OSError, RuntimeError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
            log.warning("helper-lost", error=repr(error))
            self._kill(process)
            return None
        except asyncio.CancelledError:
            self._kill(process)  # its next words would be the answer to what nobody waits for any more
            raise

    async def stop(self) -> None:
        """End it, where it was started."""
        async with self._asking:
            process = self._process
            self._kill(process)
        if process:
            await process.wait()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "services.dochub.looking",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert self._process.stdin  # noqa: S101 -- a pipe was asked for
            self._process.stdin.write(frame(self._rules))
        return self._process

    def _kill(self, process: asyncio.subprocess.Process | None) -> None:
        """End a helper: the next question starts another. Who still waits for this one's answers hears of it."""
        if process is None:
            return
        if self._process is process:
            self._process = None
        with suppress(ProcessLookupError):
            process.kill()


async def _ask(process: asyncio.subprocess.Process, question: Question) -> None:
    assert process.stdin  # noqa: S101 -- a pipe was asked for
    process.stdin.write(frame(question))
    await process.stdin.drain()


async def _answer(process: asyncio.subprocess.Process) -> Answer:
    assert process.stdout  # noqa: S101 -- a pipe was asked for
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return _decode(await process.stdout.readexactly(length))
