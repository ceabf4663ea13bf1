"""FIG-LGSP: 3 of 93 bodies in 2018, all of them at the end of 2020."""

from __future__ import annotations

from datetime import date

from infra.bodies import all_bodies, rollout


def test_the_roll_out_meets_what_was_published() -> None:
    """As many bodies are linked on each published day as the press said, and their share is the one it printed."""
    bodies = all_bodies()
    assert len(bodies) == len({body.code for body in bodies}) == 93
    assert sum(body.kind == "province" for body in bodies) == 63
    for day in rollout().published:
        linked = sum(body.linked_from <= day.day for body in bodies)
        assert (linked, round(100 * linked / len(bodies), 1)) == (day.linked, day.share_percent)
    assert 40 < sum(body.linked_from <= date(2019, 10, 28) for body in bodies) < 56  # half of the way, half of them
