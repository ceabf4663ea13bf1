"""Two pairs of eyes: envelopes of large batches are looked at here and in the helper process, whoever is free.

Batches are cut into pieces that stand in one line. One task takes them from there for this process, so that between
two envelopes everything else has its turn once; two take them for the helper, so that its next piece lies before it
when it has done one. Who came first is answered first, and stored while the others are looked at.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from services.dochub.helper import Helper
from services.dochub.looking import Answer, look_at
from services.dochub.revocations import Revocations
from services.kit.edxml.trust import Trust

_WORTH_HELP = 8  # envelopes in a batch; for fewer the way to the other process costs as much as it spares (assumed)
_PIECE = 5  # envelopes: some milliseconds
_BEFORE_HELPER = 2  # pieces: one being looked at, one that waits


class _Piece(msgspec.Struct):
    texts: Sequence[str]
    at: datetime
    seen: asyncio.Future[Answer]


class Eyes:
    """Looks at envelopes."""

    def __init__(self, trust: Trust, *, strict: bool, revocations: Revocations, helper: Helper | None) -> None:
        """Without a `helper` all is done here."""
        self._trust, self._strict, self._revocations, self._helper = trust, strict, revocations, helper
        self._line: deque[_Piece] = deque()
        looks = [self._here] + [self._there] * (_BEFORE_HELPER if helper else 0)
        self._looks, self._workers = looks, dict[int, asyncio.Task[None]]()

    async def see(self, texts: Sequence[str], at: datetime) -> Answer:
        """Tell what each text is, or what is wrong with it, as of an official moment."""
        if not self._helper or len(texts) < _WORTH_HELP:
            return await self._here(texts, at)
        loop = asyncio.get_running_loop()
        mine = [
            _Piece(texts[first : first + _PIECE], at, loop.create_future()) for first in range(0, len(texts), _PIECE)
        ]
        self._line.extend(mine)
        self._set_to_work()
        try:
            return [one for piece in mine for one in await piece.seen]
        finally:
            for piece in mine:
                piece.seen.cancel()  # where nobody waits for it any more

    async def stop(self) -> None:
        """End the helper."""
        for worker in self._workers.values():
            worker.cancel()
        if self._workers:
            await asyncio.wait(self._workers.values())
        if self._helper:
            await self._helper.stop()

    def _set_to_work(self) -> None:
        for number, look in enumerate(self._looks):
            worker = self._workers.get(number)
            if worker is None or worker.done():
                self._workers[number] = asyncio.create_task(self._work(look))

    async def _here(self, texts: Sequence[str], at: datetime) -> Answer:
        """Look at envelopes one after another; between two of them others have their turn."""
        seen: Answer = []
        for text in texts:
            seen.append(look_at(self._trust, text, at=at, strict=self._strict))
            await asyncio.sleep(0)
        return seen

    async def _there(self, texts: Sequence[str], at: datetime) -> Answer:
        assert self._helper  # noqa: S101 -- whoever has none has no task that comes here
        seen = await self._helper.look(texts, at=at, revoked=self._revocations.all())
        return await self._here(texts, at) if seen is None else seen  # it has died

    async def _work(self, look: Callable[[Sequence[str], datetime], Awaitable[Answer]]) -> None:
        """Take pieces from the line until there are none."""
        while self._line:
            piece = self._line.popleft()
            if piece.seen.done():
                continue
            try:
                seen = await look(piece.texts, piece.at)
            except asyncio.CancelledError:
                self._line.appendleft(piece)  # whoever comes next
                raise
            except Exception as error:  # noqa: BLE001 -- told to who waits for this piece, and to nobody else
                if not piece.seen.done():
                    piece.seen.set_exception(error)
                continue
            if not piece.seen.done():
                piece.seen.set_result(seen)
