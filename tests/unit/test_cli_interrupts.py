"""Asking for the end: once stops, twice is answered, thrice is obeyed; what is being put away is put away whole."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tinhmau import interrupts


@pytest.fixture(autouse=True)
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that nobody has interrupted yet."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, signal.SIG_DFL)  # tests may themselves have been started where signals are ignored
    monkeypatch.setattr(interrupts, "_asked", 0)
    interrupts.listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asking_once_stops(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C, a polite kill and a closed terminal all end what is going on, and say so at once."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert "Đang dừng" in capfd.readouterr().err


def test_asking_twice_is_answered_and_thrice_obeyed(capfd: pytest.CaptureFixture[str]) -> None:
    """The second Ctrl-C does not break off the tidying that the first has begun; the third does."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    assert "Ctrl-C lần nữa" in capfd.readouterr().err
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_is_put_away_is_put_away_whole() -> None:
    """An interrupt in a block that must not be interrupted waits for its end, and comes then."""
    done = []

    def put_away() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            done.append("put away")

    with pytest.raises(KeyboardInterrupt):
        put_away()
    assert done == ["put away"]


def test_a_shell_that_ignores_a_signal_is_respected() -> None:
    """Under nohup a hang-up stays ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    interrupts.listen()

    signal.raise_signal(signal.SIGHUP)
