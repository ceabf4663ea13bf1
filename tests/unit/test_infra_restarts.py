"""When an ended process is started again."""

from __future__ import annotations

from infra.local.restarts import RestartRule, Restarts

RULE = RestartRule(first_pause_seconds=1, longest_pause_seconds=5, give_up_after=6, window_seconds=60)


def test_the_first_restart_is_at_once_and_later_ones_wait_longer() -> None:
    """Pauses after exits in quick succession: none, then doubling up to the longest; then no more."""
    record = Restarts(RULE)

    pauses = [record.after_exit(float(now)) for now in range(6)]

    assert pauses == [0.0, 1.0, 2.0, 4.0, 5.0, None]
    assert record.count == 5


def test_exits_long_ago_are_forgotten() -> None:
    """A process that ends once in a while is always started again at once."""
    record = Restarts(RULE)

    pauses = [record.after_exit(61.0 * hour) for hour in range(50)]

    assert set(pauses) == {0.0}


def test_exits_that_were_asked_for_do_not_count() -> None:
    """A scenario may kill a service as often as it likes: it is started again at once every time."""
    record = Restarts(RULE)

    pauses = [record.after_exit(float(now), asked=True) for now in range(50)]

    assert set(pauses) == {0.0}
    assert record.count == 50
