"""Run folders: `runs/<time>-<scenario>/`, and `runs/latest` that points to the newest (docs/run-folder.md)."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
import psutil

from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text
from simulation.timeline import VIETNAM
from simulation.trouble import TroubleError
from verification import requirement_tables

ROOT = Path(__file__).resolve().parents[1]
#: Bến Tre's day takes 90 MB in its run folder (measured), two and a half times as much is asked for.
_NEEDED_BYTES = 256 << 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # another one after every start of the machine
#: Packages whose versions can change what a run shows.
_TELLING = (
    "locust",
    "uvicorn",
    "starlette",
    "asyncpg",
    "numpy",
    "polars",
    "signxml",
    "cryptography",
    "msgspec",
    "faker",
)


def create(runs: Path, scenario: str) -> Path:
    """Make a new run folder and let `latest` point to it.

    It gets copies of the requirement tables, so that the run can be judged again from its folder alone when the
    project's tables have changed. Raises TroubleError for a disk that is nearly full, OSError where nothing can be
    written.
    """
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:  # a place where no folder can be made, such as /proc
        raise TroubleError(
            Text(
                f"Không tạo được thư mục {runs}. Chọn nơi khác bằng --runs THƯ_MỤC.",
                f"Cannot make the folder {runs}. Choose another place with --runs FOLDER.",
            )
        ) from error
    free = shutil.disk_usage(runs).free
    if free < _NEEDED_BYTES:
        needed, found = _NEEDED_BYTES >> 20, free >> 20
        raise TroubleError(
            Text(
                f"{runs} chỉ còn trống {found} MB, một lần chạy cần {needed} MB. Xoá bớt lần chạy cũ, hoặc chọn đĩa "
                "khác bằng --runs THƯ_MỤC.",
                f"{runs} has only {found} MB free and a run needs {needed} MB. Delete old runs, or choose another disk "
                "with --runs FOLDER.",
            )
        )
    stem = f"{datetime.now(VIETNAM):%Y%m%d-%H%M%S}-{scenario}"
    number = 1
    while True:
        run = runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            run.mkdir()
            break
        except FileExistsError:
            number += 1
    link = runs / f".latest-{os.getpid()}"
    link.symlink_to(run.name)
    link.replace(runs / "latest")
    shutil.copytree(requirement_tables.FOLDER, run / "requirements", ignore=_all_but_tables)
    return run


def _all_but_tables(_folder: str, names: Sequence[str]) -> Sequence[str]:
    return [name for name in names if not name.endswith(".toml")]


def find(given: Path | None, runs: Path) -> Path:
    """The run the user means: a folder, or the newest. Raises BadInputError when there is none."""
    run = (given or runs / "latest").resolve()
    if (run / "plan" / "plan.json").exists():
        return run
    found = Text(
        "không có tệp này: đây không phải thư mục của một lần chạy.",
        "there is no such file: this is not the folder of a run.",
    )
    others = ", ".join(str(runs / name) for name in sorted(path.parent.parent.name for path in _plans(runs))[-5:])
    way_out = (
        Text(f"Các lần chạy gần đây: {others}.", f"Recent runs: {others}.")
        if others
        else Text("Chưa có lần chạy nào; hãy chạy tinhmau verify.", "There is no run yet; run tinhmau verify.")
    )
    raise BadInputError([Mistake(file=str(run), key="plan/plan.json", found=found, way_out=way_out)])


def with_stack(runs: Path) -> Sequence[Path]:
    """The runs whose stack is running, or was when its command was killed; the newest last."""
    return [path.parent for path in sorted(runs.glob("*/stack.json")) if not path.parent.is_symlink()]


def _plans(runs: Path) -> Iterator[Path]:
    return (path for path in runs.glob("*/plan/plan.json") if not path.parent.parent.is_symlink())


def environment(run: Path) -> Mapping[str, Any]:
    """What environment.json says; nothing where there is none."""
    path = run / "environment.json"
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict[str, Any]) if path.exists() else {}
    return found


def write_environment(run: Path, **more: Any) -> None:
    """Write (or add to) environment.json: versions, machine, settings, and whatever the caller knows."""
    path = run / "environment.json"
    known: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else _surroundings(run)
    known |= more
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known, order="sorted"), indent=2))


def _surroundings(run: Path) -> dict[str, Any]:
    disk = shutil.disk_usage(run)
    return {
        "tinhmau": metadata.version("tinhmau"),
        "git": _git_revision(),
        "command": ["tinhmau", *sys.argv[1:]],
        "began_at": datetime.now(VIETNAM).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
            "boot": _BOOT.read_text("ascii").strip() if _BOOT.exists() else "",
            "memory_mb": psutil.virtual_memory().total >> 20,
            "disk_free_mb": disk.free >> 20,
        },
    }


def _versions() -> Mapping[str, str]:
    return {name: metadata.version(name) for name in _TELLING}


def _git_revision() -> str:
    try:
        told = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return told.stdout.strip() or "unknown"
