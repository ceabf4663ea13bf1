"""Damaged edXML never surprises a reader: thousands of seeded texts here, ten minutes of them in the nightly tier."""

from __future__ import annotations

import base64
import itertools
import re
import time

import pytest
import test_edxml_messages as messages
from edxml_fuzz import CORPUS, believed, check, fuzz

_ROUNDS = 1500
_NIGHTLY_SECONDS = 600.0
#: Seeds that once found a fault.
FOUND = [40_361_048, 40_363_112]


def test_the_samples_themselves_are_taken() -> None:
    """Otherwise the damage would be done to texts that are refused anyway."""
    assert all(check(sample) for sample in CORPUS)


def test_no_damaged_text_surprises_a_reader() -> None:
    """Refused with a reason, or taken and the same when written again; some of both."""
    taken = sum(fuzz(seed) for seed in [*FOUND, *range(_ROUNDS)])
    assert 0.01 * _ROUNDS < taken < 0.9 * _ROUNDS


def test_no_damaged_certificate_surprises_a_reader() -> None:
    """Whichever byte of it is another: refused with a reason, and never taken for somebody else's."""
    before, encoded, after = re.split("(?<=X509Certificate>)([^<]+)", messages.SIGNED, maxsplit=1)
    good = base64.b64decode("".join(encoded.split()))
    assert believed(messages.SIGNED)
    for place, value in itertools.product(range(len(good)), (0x00, 0x0F, 0xFF)):
        bad = base64.b64encode(good[:place] + bytes([value]) + good[place + 1 :]).decode()
        believed(before + bad + after)


@pytest.mark.nightly
@pytest.mark.timeout(2 * _NIGHTLY_SECONDS)
def test_ten_minutes_of_damage_surprise_no_reader() -> None:
    """Fresh seeds for ten minutes; a failing one goes into FOUND."""
    until = time.monotonic() + _NIGHTLY_SECONDS
    rounds = 0
    for seed in itertools.count(1_000_000):
        if time.monotonic() > until:
            break
        fuzz(seed)
        rounds += 1
    assert rounds > _ROUNDS
