"""Two pairs of eyes: envelopes of large batches are looked at here and in the helper process, whoever is free.

Batches are cut into pieces that stand in one line. The helper takes one piece after the other; so does every call that
waits for its own, so that both processes are busy as long as there is anything in the line.
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
        self._helping: asyncio.Task[None] | None = None

    async def see(self, texts: Sequence[str], at: datetime) -> Answer:
        """Tell what each text is, or what is wrong with it, as of an official moment."""
        if not self._helper or len(texts) < _WORTH_HELP:
            return await self._here(texts, at)
        loop = asyncio.get_running_loop()
        mine = [
            _Piece(texts[first : first + _PIECE], at, loop.create_future()) for first in range(0, len(texts), _PIECE)
        ]
        self._line.extend(mine)
        if self._helping is None or self._helping.done():
            self._helping = asyncio.create_task(self._help(self._helper))
        await self._work(self._here)
        return [one for piece in mine for one in await piece.seen]

    async def stop(self) -> None:
        """End the helper."""
        if self._helping:
            self._helping.cancel()
            await asyncio.wait([self._helping])
        if self._helper:
            await self._helper.stop()

    async def _here(self, texts: Sequence[str], at: datetime) -> Answer:
        """Look at envelopes one after another; between two of them others have their turn."""
        seen: Answer = []
        for text in texts:
            seen.append(look_at(self._trust, text, at=at, strict=self._strict))
            await asyncio.sleep(0)
        return seen

    async def _help(self, helper: Helper) -> None:
        async def there(texts: Sequence[str], at: datetime) -> Answer:
            seen = await helper.look(texts, at=at, revoked=self._revocations.all())
            return await self._here(texts, at) if seen is None else seen  # it has died

        await self._work(there)

    async def _work(self, look: Callable[[Sequence[str], datetime], Awaitable[Answer]]) -> None:
        """Take pieces from the line until there are none."""
        while self._line:
            piece = self._line.popleft()
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
