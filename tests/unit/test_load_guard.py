"""Load goes to this machine, or to somebody who has said yes in writing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from loadtests import guard
from loadtests.guard import Leave, Pace
from simulation.mistakes import BadInputError

HOME = {"portal": "http://127.0.0.1:8001", "lgsp": "http://localhost:8002", "national": "http://[::1]:8003"}
AWAY = {**HOME, "portal": "https://dichvucong.example.vn"}
PERMISSION = """
targets = ["https://dichvucong.example.vn"]
owner = "Sở Thông tin và Truyền thông"
contact = "trực ban"
rate = 50
begins = 2026-11-25T22:00:00+07:00
ends = 2026-11-26T04:00:00+07:00
"""


def at(moment: str) -> float:
    """Unix time."""
    return datetime.fromisoformat(moment).timestamp()


MIDNIGHT = at("2026-11-26T00:00:00+07:00")


def written(folder: Path, text: str = PERMISSION) -> Path:
    """A permission file."""
    path = folder / "permission.toml"
    path.write_text(text)
    return path


def test_this_machine_needs_no_permission() -> None:
    """Loopback addresses of both families and the name localhost; no rate, no end."""
    assert guard.ask_leave(HOME, None, now=MIDNIGHT) == Leave()


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.10",
        "https://dichvucong.example.vn",
        "http://127.0.0.1.example.vn",
        "http://localhost.example.vn",
        "http://127.0.0.1@example.vn",
        "http://[2001:db8::1]",
        "http://0.0.0.0:80",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:192.0.2.7]",
        "http://127.0.0.1\\@example.vn",
        "file://192.0.2.7:8080/",
        "http://[bad",
        "http://example.vn:99999",
        "",
    ],
)
def test_anybody_else_is_refused_by_name(address: str) -> None:
    """Private networks, public names and names that look like this machine; the refusal tells the way out."""
    with pytest.raises(BadInputError, match=r"endpoints\.portal.*--permission"):
        guard.ask_leave({**HOME, "portal": address}, None, now=MIDNIGHT)


def test_every_foreign_system_is_named_at_once(tmp_path: Path) -> None:
    """With a permission for one of three, the other two are told together."""
    stack = {**AWAY, "lgsp": "https://lgsp.example.vn", "national": "http://dichvucong.example.vn"}
    with pytest.raises(BadInputError) as refused:
        guard.ask_leave(stack, written(tmp_path), now=MIDNIGHT)
    assert [mistake.key for mistake in refused.value.mistakes] == ["endpoints.lgsp", "endpoints.national"]


def test_a_permission_gives_its_rate_and_its_end(tmp_path: Path) -> None:
    """That is what the generator then keeps to."""
    leave = guard.ask_leave(AWAY, written(tmp_path), now=MIDNIGHT)
    assert leave == Leave(rate=50.0, ends=at("2026-11-26T04:00:00+07:00"))


@pytest.mark.parametrize("moment", ["2026-11-25T21:59:59+07:00", "2026-11-26T04:00:00+07:00"])
def test_outside_its_window_a_permission_is_none(moment: str, tmp_path: Path) -> None:
    """A second early and a second late are refused alike."""
    with pytest.raises(BadInputError, match="outside the window"):
        guard.ask_leave(AWAY, written(tmp_path), now=at(moment))


def test_every_mistake_in_a_permission_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to correct a file five times."""
    text = """
targets = ["dichvucong.example.vn"]
owner = ""
rate = 0
begins = 2026-11-25T22:00:00
ends = "tomorrow"
speed = 3
"""
    with pytest.raises(BadInputError) as refused:
        guard.read_permission(written(tmp_path, text))
    keys = {mistake.key for mistake in refused.value.mistakes}
    assert keys == {"targets[0]", "owner", "contact", "rate", "begins", "ends", "speed"}


@pytest.mark.parametrize(
    "target",
    [
        "http://[bad", "https://example.vn:99999", "https://example.vn:0", "https://you:secret@example.vn",
        "https://example.vn/portal", "https://example.vn?all=1", "https://example.vn#all", "file:///srv", "*",
    ],
)  # fmt: skip
def test_a_target_is_an_origin_and_nothing_besides(target: str, tmp_path: Path) -> None:
    """What is no address is told as a mistake; what says more than an origin would permit more than it says."""
    with pytest.raises(BadInputError) as refused:
        guard.read_permission(written(tmp_path, PERMISSION.replace("https://dichvucong.example.vn", target)))
    assert [mistake.key for mistake in refused.value.mistakes] == ["targets[0]"]


@pytest.mark.parametrize("text", [b"targets = " + b"[" * 3000, b"rate = " + b"9" * 5000, b"\xff\xfe", b"owner = 'x"])
def test_a_permission_that_cannot_be_read_is_told(text: bytes, tmp_path: Path) -> None:
    """Nested without end, a number of thousands of digits, no UTF-8, broken off: bad input, never an error of ours."""
    path = tmp_path / "permission.toml"
    path.write_bytes(text)
    with pytest.raises(BadInputError, match=r"permission\.toml"):
        guard.ask_leave(AWAY, path, now=MIDNIGHT)


def test_a_permission_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(BadInputError, match=r"nowhere\.toml"):
        guard.ask_leave(AWAY, tmp_path / "nowhere.toml", now=MIDNIGHT)


def test_a_worker_keeps_its_share_of_the_permitted_rate() -> None:
    """Two workers of a permission of 10 a second: each sends at most 5 in any second, however many are due at once."""
    time = 0.0
    sent: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal time
        time += seconds

    pace = Pace(Leave(rate=10.0), workers=2, now=lambda: time, sleep=sleep)
    for _ in range(50):
        pace.wait()
        sent.append(time)
    assert max(sum(begins <= each < begins + 1.0 - 1e-9 for each in sent) for begins in sent) == 5


def test_without_a_permitted_rate_nobody_waits() -> None:
    """On this machine the plan alone sets the pace."""
    assert Pace(Leave(), workers=1, now=lambda: 0.0, sleep=lambda _seconds: pytest.fail("waited")).wait()


def test_what_would_have_to_wait_past_the_window_is_not_sent() -> None:
    """A hundred requests at once at 10 a second, the window over after 2 s: twenty go, the rest is told no at once."""
    time = 0.0

    def sleep(seconds: float) -> None:
        nonlocal time
        time += seconds

    pace = Pace(Leave(rate=10.0), workers=1, now=lambda: time, sleep=sleep, closes=2.0 - 1e-9)
    assert [pace.wait() for _ in range(100)] == [True] * 20 + [False] * 80
    assert time < 2.0
