"""Named streams: what keeps one part of the simulation from moving another."""

from __future__ import annotations

import pytest

from simulation.streams import Streams


def _draw(streams: Streams, name: str) -> list[float]:
    return [float(number) for number in streams[name].random(5)]


def test_the_same_seed_and_name_give_the_same_numbers() -> None:
    """A stream depends on the seed and its name, not on the object or on who asked first."""
    first, second = Streams(7), Streams(7)
    _draw(second, "something else")
    assert _draw(first, "arrivals") == _draw(second, "arrivals")


def test_the_numbers_never_change() -> None:
    """These numbers stand in runs that people keep: a change of generator or of hash would be seen here."""
    assert Streams(7)["arrivals"].integers(0, 1000, 6).tolist() == [525, 359, 986, 601, 747, 702]
    assert Streams(7).block("arrivals", 3).integers(0, 1000, 6).tolist() == [800, 466, 229, 460, 981, 272]


def test_a_new_stream_leaves_the_others_as_they_were() -> None:
    """Drawing from a stream that was added moves no other."""
    before = Streams(7)
    expected = [_draw(before, "people"), _draw(before, "arrivals")]
    after = Streams(7)
    people = _draw(after, "people")
    _draw(after, "added later")
    after.block("added later", 0).random(100)
    assert [people, _draw(after, "arrivals")] == expected


def test_a_stream_goes_on_from_where_it_was() -> None:
    """Asking twice gives one generator, so nothing is drawn twice."""
    streams = Streams(7)
    assert _draw(streams, "arrivals") != _draw(streams, "arrivals")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_blocks_are_the_same_in_any_order(order: tuple[int, ...]) -> None:
    """A block's numbers do not depend on which blocks were drawn before."""
    streams = Streams(7)
    drawn = {index: streams.block("people", index).random(3).tolist() for index in order}
    assert drawn == {index: Streams(7).block("people", index).random(3).tolist() for index in range(3)}
    assert len({tuple(numbers) for numbers in drawn.values()}) == len(order)


def test_seed_name_block_and_part_all_matter() -> None:
    """Another seed, name, block or part gives other numbers; a derived seed shares none with its block."""
    drawn = [
        Streams(7).block("people", 0),
        Streams(8).block("people", 0),
        Streams(7).block("names", 0),
        Streams(7).block("people", 1),
        Streams(7)["people"],
        Streams(7).within("ben_tre_2018").block("people", 0),
        Streams(7).within("vinh_long_2026").block("people", 0),
    ]
    first = [int(rng.integers(0, 2**63)) for rng in drawn]
    assert len({*first, Streams(7).derive("people")}) == len(drawn) + 1


def test_a_negative_seed_is_refused_with_the_way_out() -> None:
    """A seed below 0 is told what to do."""
    with pytest.raises(ValueError, match="leave out the minus sign"):
        Streams(-1)
