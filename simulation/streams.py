"""Named streams of chance, all from one seed.

One stream per purpose: what one part of the simulation draws never moves what another part draws, and a new stream
leaves the old ones as they were. A block of a stream has a generator of its own, so work that is cut into blocks gives
the same result in whatever order, and by however many workers, the blocks are done.

    streams = Streams(7)
    streams["arrivals"].exponential()          # one generator, going on from where it was
    streams.block("people.households", 41)     # always the same fresh generator
    streams.within("ben_tre_2018")["arrivals"] # this province's own
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import blake2b

import numpy as np

#: Words of 32 bits taken from the hash of a stream's name; 128 bits make a clash of two names unthinkable.
_NAME_WORDS = 4


class Streams:
    """Generators by name. The same seed and name give the same numbers, in every process and on every machine."""

    def __init__(self, seed: int) -> None:
        """Take the run's one seed: any integer from 0. Raises ValueError for a negative one."""
        if seed < 0:
            message = f"a seed is an integer from 0, found {seed}; leave out the minus sign"
            raise ValueError(message)
        self.seed = seed
        self._path: tuple[int, ...] = ()
        self._streams: dict[str, np.random.Generator] = {}

    def within(self, name: str) -> Streams:
        """Return streams of their own for one of several like parts (a province, a replication), from the same seed."""
        part = Streams(self.seed)
        part._path = (*self._path, *_words(name))
        return part

    def __getitem__(self, name: str) -> np.random.Generator:
        """Return the stream's generator, the same object every time, so that it goes on from where it was."""
        if name not in self._streams:
            self._streams[name] = _generator(self.seed, (*self._path, *_words(name)))
        return self._streams[name]

    def block(self, name: str, index: int) -> np.random.Generator:
        """Return a fresh generator for one block (from 0) of a stream; it shares no number with `streams[name]`."""
        return _generator(self.seed, (*self._path, *_words(name), index))

    def derive(self, name: str, index: int = 0) -> int:
        """Return a seed for something that brings its own generator (Faker, a child process)."""
        # One more word in the key: the seed shares nothing with the block of the same name and index.
        return _derived(self.seed, (*self._path, *_words(name), index, 1))


@cache
def _words(name: str) -> tuple[int, ...]:
    digest = blake2b(name.encode(), digest_size=4 * _NAME_WORDS).digest()
    return tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))


@lru_cache(maxsize=256)
def _derived(seed: int, key: tuple[int, ...]) -> int:
    return int(_generator(seed, key).integers(0, 2**63))


def _generator(seed: int, key: tuple[int, ...]) -> np.random.Generator:
    # PCG64DXSM, named outright: numpy may change what default_rng means, and populations must not change with it.
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence(entropy=seed, spawn_key=key)))
