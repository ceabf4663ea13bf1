"""Fuzzing of the edXML readers: texts that are nearly right, made from a seed, and what must hold for each.

A round takes a sample (every kind of message, sealed and not, strict and in dialects, and statuses), damages it in one
to six places, and reads it in every way there is. Whatever comes, a reader answers with values or with EdxmlError; what
it took can be written again and reads the same; and it answers within seconds.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

import edxml_samples as samples
import test_edxml_messages as messages

from services.kit.edxml.composing import compose
from services.kit.edxml.dialects import normalise
from services.kit.edxml.envelope import Envelope
from services.kit.edxml.parsing import parse
from services.kit.edxml.reading import read, structure_problems
from services.kit.edxml.status_message import compose_status, read_status
from services.kit.edxml.trouble import EdxmlError

T = TypeVar("T")
#: Longer than any reading takes on a busy machine, far shorter than a hang.
PATIENCE_SECONDS = 20.0
CORPUS = [
    *(compose(message).encode() for message in messages.MESSAGES.values()),
    *(change(compose(messages.FULL)).encode() for change, _ in messages.DIALECTS.values()),
    compose_status(messages.STATUS).encode(),
    messages.SIGNED.encode(),
]
_WORDS = [
    b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;", b"&#0;", b"&#x10FFFF;", b"&lt;", b"<![CDATA[", b"]]>", b"<!--",
    b"-->", b"<?x?>", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"xmlns=''", b"xmlns:edXML='x'", b" Id='placeholder'",
    b"xml:id='a'", b"<a/>", b"</edXML:To>", b"<edXML:To>", b"<edXML:Status/>", b"0" * 40, b"-1", b"9" * 20,
    b"2018/02/30", b",", b"/", b"cid:",
    b"\xe2\x80\xae", b"\xcc\x81" * 20, b"'", b'"', b">", b"<", b"=", b"x" * 5000,
]  # fmt: skip
_ELEMENT = re.compile(rb"<(\w+:)?(\w+)[^<>]*>[^<>]*</(\w+:)?\w+>")


def damaged(chance: random.Random) -> bytes:
    """Return a sample with a few things wrong."""
    text = chance.choice(CORPUS)
    for _ in range(chance.randint(1, 6)):
        text = chance.choice(_DAMAGES)(text, chance)
    return text


def _flip(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + bytes([chance.randrange(256)]) + text[at + 1 :]


def _cut(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 3, 10, 100, 10_000)) :]


def _word(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_WORDS) + text[at + chance.randint(0, 3) :]


def _splice(text: bytes, chance: random.Random) -> bytes:
    other = chance.choice(CORPUS)
    at, here = chance.randrange(len(other)), chance.randrange(len(text) + 1)
    return text[:here] + other[at : at + chance.choice((20, 200, 2000))] + text[here:]


def _element(text: bytes, chance: random.Random) -> bytes:
    """Repeat, drop, move, empty or fill a whole element: the damage that stays well-formed."""
    found = list(_ELEMENT.finditer(text))
    if not found:
        return text
    one, other = chance.choice(found), chance.choice(found)
    inner = one.group().split(b">", 1)
    match chance.randrange(5):
        case 0:
            return text[: other.end()] + one.group() * chance.choice((1, 2, 30)) + text[other.end() :]
        case 1:
            return text[: one.start()] + text[one.end() :]
        case 2:
            return text[: one.start()] + other.group() + text[one.end() :]
        case 3:
            return text[: one.start()] + inner[0] + b"></" + inner[1].rpartition(b"</")[2] + text[one.end() :]
        case _:
            filled = inner[0] + b">" + chance.choice(_WORDS) + b"</" + inner[1].rpartition(b"</")[2]
            return text[: one.start()] + filled + text[one.end() :]


_DAMAGES: list[Callable[[bytes, random.Random], bytes]] = [_flip, _cut, _word, _splice, _element, _element, _element]


def check(raw: bytes) -> bool:
    """Read it in every way; True when somebody took it. Raises AssertionError where something does not hold."""
    began = time.monotonic()
    envelopes = [_taken(lambda strict=strict: _read(raw, strict=strict)) for strict in (True, False)]  # type: ignore[misc]
    told = [_taken(lambda lenient=lenient: read_status(raw, lenient=lenient)) for lenient in (True, False)]  # type: ignore[misc]
    opened = believed(raw.decode("utf-8", "replace"))
    for envelope in envelopes:
        if envelope:
            assert read(parse(compose(envelope).encode())) == envelope, "what was read does not read the same again"
    for message in told:
        if message:
            assert read_status(compose_status(message).encode()) == message, "a status does not read the same again"
    assert time.monotonic() - began < PATIENCE_SECONDS, "reading took too long"
    return any((*envelopes, *told, opened))


def believed(sealed: str) -> Envelope | None:
    """What who checks seals makes of it. Raises AssertionError where that is another text than was sealed."""
    opened = _taken(lambda: messages.TRUST.examine(sealed, at=samples.NOON, strict=False).envelope)
    assert opened in {None, messages.FULL}, "an altered envelope was believed"
    return opened


def _read(raw: bytes, *, strict: bool) -> Envelope:
    root = parse(raw, character_data=not strict)
    plain = root if strict else normalise(root)[0]
    if reasons := structure_problems(plain):
        raise EdxmlError(reasons)
    return read(plain, strict=strict)


def _taken(reader: Callable[[], T]) -> T | None:
    """What the reader made of it; None where it refused, which has to have reasons."""
    try:
        return reader()
    except EdxmlError as error:
        reasons = error.reasons
    assert reasons, "refused without a reason"
    return None


def fuzz(seed: int) -> bool:
    """One round."""
    raw = damaged(random.Random(seed))  # noqa: S311 -- reproducible damage, no secret
    try:
        return check(raw)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}; text: {raw[:2000]!r}") from error
    except Exception as error:
        raise AssertionError(f"seed {seed} surprised a reader: {error!r}; text: {raw[:2000]!r}") from error
