"""Two pairs of eyes: every text gets its own answer whoever looks, and what goes wrong stays with its own batch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from services.dochub import eyes
from services.dochub.eyes import Eyes

_AT = datetime(2018, 8, 22, 2, tzinfo=UTC)


class Helper:
    """Answers like the process would; `dead`: not at all."""

    def __init__(self, *, dead: bool = False) -> None:
        """Has looked at nothing yet."""
        self.looked: list[str] = []
        self._dead = dead

    async def look(self, texts: Sequence[str], *, at: datetime, revoked: Mapping[str, datetime]) -> list[str] | None:
        """Look at a piece."""
        assert (at, revoked) == (_AT, {})
        for _ in texts:
            await asyncio.sleep(0)
        if self._dead:
            return None
        self.looked += texts
        return [f"seen {text}" for text in texts]

    async def stop(self) -> None:
        """End."""


class _Nothing:
    def all(self) -> dict[str, datetime]:
        return {}


@pytest.fixture(autouse=True)
def _texts_are_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_at(_trust: object, xml: str, **_how: Any) -> str:
        if xml.startswith("bad"):
            raise RuntimeError(xml)
        return f"seen {xml}"

    monkeypatch.setattr(eyes, "look_at", look_at)


def _eyes(helper: Helper | None) -> Eyes:
    return Eyes(None, strict=True, revocations=_Nothing(), helper=helper)  # type: ignore[arg-type]


def _batch(name: str, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(count)]


@pytest.mark.parametrize("helper", [None, Helper(), Helper(dead=True)], ids=["alone", "helped", "helper dead"])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 23, 100])
def test_every_text_has_its_answer_in_its_place(helper: Helper | None, count: int) -> None:
    """Whatever the size of the batch, and several batches at once."""
    batches = [_batch(name, count) for name in "abc"]

    async def scene() -> list[Any]:
        looking = _eyes(helper)
        seen = await asyncio.gather(*(looking.see(one, _AT) for one in batches))
        await looking.stop()
        return list(seen)

    assert asyncio.run(scene()) == [[f"seen {text}" for text in one] for one in batches]


def test_the_helper_has_its_share_of_several_batches() -> None:
    """Not only of the one that came first."""
    helper = Helper()

    async def scene() -> None:
        looking = _eyes(helper)
        await asyncio.gather(*(looking.see(_batch(name, 50), _AT) for name in "abc"))
        await looking.stop()

    asyncio.run(scene())
    assert len({text.partition("-")[0] for text in helper.looked}) > 1
    assert 20 <= len(helper.looked) <= 130


def test_who_came_first_is_answered_first() -> None:
    """A batch can be stored while the next ones are still looked at."""
    helper = Helper()
    counts: dict[str, int] = {}

    async def timed(looking: Eyes, name: str) -> None:
        await looking.see(_batch(name, 50), _AT)
        counts[name] = len(helper.looked)

    async def scene() -> None:
        looking = _eyes(helper)
        await asyncio.gather(*(timed(looking, name) for name in "abc"))
        await looking.stop()

    asyncio.run(scene())
    assert list(counts) == ["a", "b", "c"]
    assert counts["a"] < counts["b"] < counts["c"]


def test_what_nobody_expected_stays_with_its_own_batch() -> None:
    """Its caller hears of it; the others, and later ones, have their answers."""

    async def scene() -> tuple[list[Any], list[Any]]:
        looking = _eyes(Helper(dead=True))
        three = [_batch("a", 20), [*_batch("b", 19), "bad"], _batch("c", 20)]
        seen = await asyncio.gather(*(looking.see(one, _AT) for one in three), return_exceptions=True)
        later = await looking.see(_batch("d", 20), _AT)
        await looking.stop()
        return list(seen), list(later)

    (first, second, third), later = asyncio.run(scene())
    assert isinstance(second, RuntimeError)
    assert [len(one) for one in (first, third, later)] == [20, 20, 20]


def test_a_call_that_is_given_up_leaves_no_gap_for_others() -> None:
    """Its client has gone while its batch stood in the line."""

    async def scene() -> list[Any]:
        looking = _eyes(Helper())
        gone = asyncio.create_task(looking.see(_batch("a", 40), _AT))
        stays = asyncio.create_task(looking.see(_batch("b", 40), _AT))
        await asyncio.sleep(0)
        gone.cancel()
        seen = await stays
        await looking.stop()
        return list(seen)

    assert asyncio.run(scene()) == [f"seen {text}" for text in _batch("b", 40)]
