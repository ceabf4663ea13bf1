"""How many connections docker-proxy carries on this machine, without a Docker engine: a /proc of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.docker_target import published
from tinhmau import targets

_LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max processes             94232                94232                processes
Max open files            1024                 {hard:<20} files
"""


def _proc(folder: Path, *given: str, hard: str = "20000", name: str = "dockerd") -> Path:
    daemon = folder / "proc" / "4711"
    daemon.mkdir(parents=True)
    (folder / "proc" / "sys").mkdir()
    (daemon / "comm").write_text(f"{name}\n")
    (daemon / "cmdline").write_bytes("\0".join(["dockerd", *given, ""]).encode())
    (daemon / "limits").write_text(_LIMITS.format(hard=hard))
    return folder / "proc"


@pytest.mark.parametrize(
    ("given", "settings", "hard", "most"),
    [
        ((), "", "20000", 3333),
        ((), "{}", "1048576", 174762),
        ((), '{"userland-proxy": true}', "20000", 3333),
        ((), '{"userland-proxy": false}', "20000", None),
        (("--userland-proxy=false",), "", "20000", None),
        (("--userland-proxy",), "", "20000", 3333),
        ((), "not JSON", "20000", 3333),
        ((), "", "unlimited", None),
    ],
)
def test_the_bound_is_that_of_the_files_that_the_daemon_may_open(
    tmp_path: Path, given: tuple[str, ...], settings: str, hard: str, most: int | None
) -> None:
    """Six files a connection, where Docker's settings leave docker-proxy on, as they do unless told otherwise."""
    file = tmp_path / "daemon.json"
    if settings:
        file.write_text(settings)

    assert published.most_connections(_proc(tmp_path, *given, hard=hard), file) == most


def test_without_a_daemon_on_this_machine_nothing_is_said(tmp_path: Path) -> None:
    """The engine may be on another machine, or in somebody else's namespace."""
    assert published.most_connections(_proc(tmp_path, name="bash"), tmp_path / "none") is None
    assert published.doubt(None) is None


def test_who_brings_a_stack_up_is_told_before_it_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With the way out; where there is room enough, nothing."""
    monkeypatch.setattr(published, "most_connections", lambda: published.CONNECTIONS_WANTED)
    targets.make("docker", tmp_path)
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(published, "most_connections", lambda: 3333)
    targets.make("docker", tmp_path)
    said = capsys.readouterr().err
    assert "3333" in said
    assert '"userland-proxy": false' in said
