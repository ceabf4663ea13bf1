"""What cannot be placed is refused with what was found and the way out, and leaves nothing."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import psutil
import pytest
from standin import samples

from infra.blueprint import SERVICES
from infra.local.target import LocalTarget, Options
from infra.trouble import TargetError


def _port_base() -> int:
    """A run of free ports below those that the system hands out by itself."""
    for base in range(20_000, 30_000, 50):
        opened = []
        try:
            opened.extend(socket.create_server(("127.0.0.1", base + number)) for number in range(len(SERVICES)))
        except OSError:
            continue
        else:
            return base
        finally:
            for one in opened:
                one.close()
    pytest.fail("no run of free ports")


def test_fixed_ports_are_given_in_order(tmp_path: Path) -> None:
    """With a first port, the services get it and those after it, in the order of the list of services."""
    base = _port_base()
    target = LocalTarget(Options(commands=samples.COMMANDS, port_base=base))

    stack = samples.place(target, tmp_path)
    target.remove(stack)

    assert [int(stack.endpoints[name].rpartition(":")[2]) for name in SERVICES] == list(range(base, base + 7))


def test_taken_ports_are_all_named_with_who_has_them(tmp_path: Path) -> None:
    """Every taken port is named together with the process that listens there and what to do about it."""
    base = _port_base()
    target = LocalTarget(Options(commands=samples.COMMANDS, port_base=base))

    with (
        socket.create_server(("127.0.0.1", base + 1)),
        socket.create_server(("127.0.0.1", base + 4)),
        pytest.raises(TargetError) as refused,
    ):
        samples.place(target, tmp_path)

    english = refused.value.text.en.splitlines()
    assert len(english) == 2
    assert english[0].startswith(f"onestop: port {base + 1} is taken by ")
    assert f"({os.getpid()})" in english[0]
    assert english[1].startswith(f"office: port {base + 4} is taken by ")
    assert f"onestop: cổng {base + 1} đang được dùng bởi" in refused.value.text.vi


def test_a_port_past_the_highest_is_refused(tmp_path: Path) -> None:
    """A first port so high that some service would get none is refused with the highest there is."""
    target = LocalTarget(Options(commands=samples.COMMANDS, port_base=65_530))

    with pytest.raises(TargetError, match=r"sector: there is no port 65536\. .* the highest is 65535"):
        samples.place(target, tmp_path)


def test_a_service_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    """When a service ends as soon as it is started, the error shows its last log lines, and the logs can be kept."""
    broken = {**samples.COMMANDS, "dochub": (sys.executable, samples.PROGRAM, "dies")}
    target = LocalTarget(Options(commands=broken, logs_to=tmp_path / "logs"))
    before = _processes()

    with pytest.raises(TargetError) as refused:
        samples.place(target, tmp_path)

    assert refused.value.text.en.startswith("dochub does not start. The last lines of its log:")
    assert refused.value.text.vi.startswith("dochub khởi động không được.")
    assert "standin: no such table: người dân" in refused.value.text.en
    assert "người dân" in (tmp_path / "logs" / "dochub.log").read_text("utf-8")
    assert _processes() <= before


def test_a_service_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    """When a service runs but does not say that it is ready, the error says which, after the time that was given.

    On a busy machine the others may not be ready either in so short a time: then they are given more.
    """
    slow = {**samples.COMMANDS, "lgsp": (sys.executable, samples.PROGRAM, "never-ready")}
    before = _processes()

    for seconds in (3, 15, 60):
        target = LocalTarget(Options(commands=slow, ready_within_seconds=seconds))
        with pytest.raises(TargetError, match=rf"is not ready after {seconds} s") as refused:
            samples.place(target, tmp_path)
        if "standin: serving lgsp" in refused.value.text.en:
            break

    assert refused.value.text.en.startswith(f"lgsp is not ready after {seconds} s")
    assert "standin: serving lgsp" in refused.value.text.en
    assert _processes() <= before


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A command that cannot be run is refused like a service that does not start."""
    target = LocalTarget(Options(commands={**samples.COMMANDS, "portal": ("/nonexistent/portal",)}))
    before = _processes()

    with pytest.raises(TargetError, match=r"portal does not start\.[^¶]*Cannot start /nonexistent/portal"):
        samples.place(target, tmp_path)

    assert _processes() <= before


def _processes() -> set[psutil.Process]:
    """What this process has started and still runs; other tests may have left helpers of Python's own."""
    return set(psutil.Process().children(recursive=True))
