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
        self._busy = asyncio.Lock()

    async def look(self, texts: Sequence[str], *, at: datetime, revoked: Mapping[str, datetime]) -> Answer | None:
        """Tell what these envelopes are; None where the helper has died: somebody else has to look then."""
        async with self._busy:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return await self._ask(Question(texts, at, revoked))
            # TimeoutError is an OSError; uvloop raises RuntimeError for a pipe that it has closed.
            except (OSError, RuntimeError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
                log.warning("helper-lost", error=repr(error))
                await self._end()
                return None
            except asyncio.CancelledError:
                self._kill()  # its next words would be the answer to what nobody waits for any more
                raise

    async def stop(self) -> None:
        """End it, where it was started."""
        async with self._busy:
            await self._end()

    async def _ask(self, question: Question) -> Answer:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "services.dochub.looking",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert self._process.stdin  # noqa: S101 -- a pipe was asked for
            self._process.stdin.write(frame(self._rules))
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout  # noqa: S101, PT018 -- pipes were asked for
        stdin.write(frame(question))
        await stdin.drain()
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        return _decode(await stdout.readexactly(length))

    def _kill(self) -> asyncio.subprocess.Process | None:
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):
                process.kill()
        return process

    async def _end(self) -> None:
        if process := self._kill():
            await process.wait()
