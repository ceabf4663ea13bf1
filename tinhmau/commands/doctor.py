"""`tinhmau doctor`: what this machine has, what it lacks, and the way out of each lack."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.table import Table

from infra import demand, rules
from infra.blueprint import draw_up
from infra.engine import finding as engines
from infra.local import binaries, machine
from infra.trouble import TargetError
from simulation import province_files
from tinhmau import exits, screen
from tinhmau.commands import options
from tinhmau.language import current, number, say, t

_GIB = 1 << 30
_PACKAGES = ("asyncpg", "locust", "lxml", "msgspec", "numpy", "polars", "signxml", "starlette", "uvicorn", "uvloop")
_PROCESSORS_WANTED = 2  # the main job's bounds are stated for two


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    what: str
    found: str
    good: bool
    needed: bool  #: without it the main job does not run
    way_out: str = ""


@click.command(
    name="doctor",
    help=t(
        "Xem máy này có đủ để chạy không, thiếu gì thì cách khắc phục.",
        "See whether this machine will do, and what it lacks.",
    ),
)
@options.runs
def command(*, runs: Path) -> int:
    """Look at the machine."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", t("mục", "item"), t("thấy", "found"), t("cách khắc phục", "way out")):
        table.add_column(heading, overflow="fold")
    bad = False
    for finding in _look(runs):
        sign = "[green]✓[/]" if finding.good else "[red]✗[/]" if finding.needed else "[yellow]–[/]"
        table.add_row(sign, finding.what, finding.found, "" if finding.good else finding.way_out)
        bad = bad or (finding.needed and not finding.good)
    screen.out.print(table)
    screen.out.print(
        t("Còn thiếu điều bắt buộc (✗).", "Something that is needed is missing (✗).")
        if bad
        else t("Máy này chạy được: make verify", "This machine will do: make verify")
    )
    return exits.OUR_FAULT if bad else exits.KEPT


def _look(runs: Path) -> Iterator[Finding]:
    yield Finding(
        t("hệ điều hành", "system"),
        f"{platform.system()} {platform.release()}",
        platform.system() == "Linux",
        True,
        t(
            "Đích local cần Linux; trên máy khác hãy dùng máy ảo.",
            "The local target needs Linux; use a virtual machine.",
        ),
    )
    yield Finding("Python", platform.python_version(), sys.version_info >= (3, 11), True, "Python ≥ 3.11")
    yield from _packages()
    yield _postgres()
    processors = os.cpu_count() or 1
    yield Finding(
        t("bộ xử lý", "processors"),
        str(processors),
        processors >= _PROCESSORS_WANTED,
        False,
        t("Dưới 2 lõi: chạy kịch bản toy.", "Fewer than 2: run the scenario toy."),
    )
    yield _memory()
    for name, folder in ((t("thư mục tạm", "temporary folder"), Path(tempfile.gettempdir())), ("runs", runs)):
        yield _folder(name, folder)
    yield _program("chromium", t("chỉ để kiểm thử báo cáo trong trình duyệt", "only to test the report in a browser"))
    yield from _docker()
    yield _pulumi()


def _packages() -> Iterator[Finding]:
    missing = []
    for name in _PACKAGES:
        try:
            importlib.import_module(name) if name != "locust" else importlib.util.find_spec(name)
        except ImportError:
            missing.append(name)
    yield Finding(
        t("gói Python", "Python packages"),
        t("đủ", "complete") if not missing else t(f"thiếu {', '.join(missing)}", f"missing {', '.join(missing)}"),
        not missing,
        True,
        "make clean verify",
    )


def _postgres() -> Finding:
    try:
        found = binaries.find()
    except TargetError as error:
        return Finding("PostgreSQL", t("không thấy", "not found"), False, True, say(error.text))
    return Finding("PostgreSQL", f"{found.version} ({found.origin.partition('=')[0]})", True, True)


def _memory() -> Finding:
    province = province_files.load("ben_tre_2018")
    blueprint = draw_up(province, demand.demand_of_province(province))
    needed, free = blueprint.floor_mb / 1024, machine.available_memory_mb() / 1024
    shown = number(free, places=1), number(needed, places=1)
    found = t(f"trống {shown[0]} GB, cần {shown[1]} GB", f"{shown[0]} GB free, {shown[1]} GB needed")
    broken = "".join(f"; {mistake.into(current())}" for mistake in rules.check(blueprint))
    return Finding(
        t("bộ nhớ", "memory"), found + broken, free >= needed, True, t("Đóng bớt chương trình.", "Close programs.")
    )


def _folder(name: str, folder: Path) -> Finding:
    existing = next(parent for parent in (folder.resolve(), *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(existing).free / _GIB
    writable = os.access(existing, os.W_OK | os.X_OK)
    found = t(f"{folder}: trống {number(free)} GB", f"{folder}: {number(free)} GB free")
    way_out = t("Cấp quyền ghi, hoặc chọn thư mục khác.", "Grant write permission, or choose another folder.")
    return Finding(name, found, writable and free > 2, True, way_out)  # noqa: PLR2004 -- GB of a run, measured below 1


def _docker() -> Iterator[Finding]:
    only = t("chỉ cho đích docker", "only for the target docker")
    try:
        from infra.docker_target import engine, published  # noqa: PLC0415 -- its libraries are an extra

        version = str(engine.connect().version()["Version"])
    except ImportError as error:
        yield Finding("Docker", t(f"thiếu {error.name}", f"missing {error.name}"), False, False, only)
        return
    except TargetError as error:
        yield Finding("Docker", t("không trả lời", "no answer"), False, False, f"{only}. {say(error.text)}")
        return
    yield Finding("Docker", version, True, False)
    most = published.most_connections()
    if most is not None:
        found = t(f"chịu được {number(most)} kết nối mỗi cổng", f"carries {number(most)} connections a port")
        doubt = published.doubt(most)
        yield Finding("docker-proxy", found, doubt is None, False, "" if doubt is None else say(doubt))


def _pulumi() -> Finding:
    found = engines.find()
    if found is None:
        way_out = t(
            f"Chỉ cho đích docker và openstack: {screen.program()} engine",
            f"Only for the targets docker and openstack: {screen.program()} engine",
        )
        return Finding("Pulumi", t("không có", "absent"), False, False, way_out)
    return Finding("Pulumi", f"{found.version} ({found.program})", True, False)


def _program(name: str, why: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, path or t("không có", "absent"), path is not None, False, why)
