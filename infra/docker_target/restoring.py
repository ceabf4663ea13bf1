"""A backup's folder, and what a drill measures: the last change before the loss, the last one that came back."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from docker.models.containers import Container

from infra.docker_target import up
from infra.docker_target.components.database import PROGRAMS
from infra.docker_target.up import Orders
from infra.local import cluster
from infra.trouble import TargetError
from simulation.mistakes import BadInputError, Mistake
from simulation.text import Text

#: Beside what the stack itself sends there: how it was ordered, with its master secret, and its reference data.
DATA, _ORDERS, _REFERENCE = "data", "orders.json", "reference"
_REACHED = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_BEGAN = re.compile(rb"^START TIME: (\S+ \S+) ([+-]\d\d(?::?\d\d)?)$", re.MULTILINE)
_LAST = "SELECT extract(epoch FROM timestamp) FROM pg_last_committed_xact()"
_KEPT = r"-type f \( -name calls.ndjson -o -path '*/objects/*' ! -name '.*' ! -name '*.new' \) -printf '%s %P\n'"
_BOOKS, _COPIES = f"find /srv/state {_KEPT}", f"find /var/lib/backup/books {_KEPT}"


def begin(folder: Path, orders: Orders) -> Path:
    """Make the folder of a backup and write down what a restore has to be told; returns what the stack is given.

    Raises BadInputError when there is something in it: two stacks' changes do not mix.
    """
    if folder.exists() and any(folder.iterdir()):
        found = Text("không trống.", "is not empty.")
        way_out = Text(
            "Chọn thư mục mới: mỗi stack một bản sao lưu.", "Choose a new one: each stack has its own backup."
        )
        raise BadInputError([Mistake(file="backup", key=str(folder), found=found, way_out=way_out)])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    data = folder / DATA
    data.mkdir()
    data.chmod(0o777)  # who writes is a user of the container's; the folder around it lets nobody else in
    up.save(orders, folder)
    shutil.copytree(orders.placement.reference, folder / _REFERENCE)
    return data


def read(folder: Path) -> tuple[Orders, Path]:
    """How the stack was ordered and its reference data. Raises BadInputError for what is no backup."""
    base = folder / DATA / "base" / "base.tar"
    for file in (folder / _ORDERS, base):
        if not file.exists():
            found = Text(f"không có {file.name}.", f"has no {file.name}.")
            way_out = Text("Chỉ vào thư mục của một bản sao lưu đã xong.", "Name the folder of a finished backup.")
            raise BadInputError([Mistake(file="restore", key=str(folder), found=found, way_out=way_out)])
    return up.load(folder), folder / _REFERENCE


def check_point(folder: Path, until: str) -> None:
    """Raise BadInputError for a point in time (ISO 8601 with its zone) before there was a copy to begin from."""
    began = _base_began(folder / DATA / "base" / "base.tar") if until else None
    if began is not None and datetime.fromisoformat(until) < began:
        found = Text(f"trước bản sao gốc ({began.isoformat()}).", f"is before the base copy ({began.isoformat()}).")
        way_out = Text(
            "Chọn thời điểm sau đó, hoặc bỏ --until để lấy lại tất cả.",
            "Choose a later time, or leave --until out for everything.",
        )
        raise BadInputError([Mistake(file="--until", key=until, found=found, way_out=way_out)])


def _base_began(base: Path) -> datetime | None:
    """When the base copy was begun, as PostgreSQL's own label in it says; None where it does not say."""
    with tarfile.open(base) as copy:
        label = next((one for one in copy if one.name.removeprefix("./") == "backup_label"), None)
        file = copy.extractfile(label) if label is not None else None
        said = _BEGAN.search(file.read()) if file is not None else None
    return datetime.fromisoformat(f"{said[1].decode()}{said[2].decode()}") if said else None


def last_change(database: Container) -> float | None:
    """When the database last committed anything, in Unix seconds."""
    said = ask(database, "postgres", _LAST)
    return float(said) if said else None


def reached(database: Container) -> float | None:
    """When the last change was committed that a restored database has, by its log; None where it does not say."""
    found = _REACHED.findall(database.logs().decode("utf-8", "replace"))
    return datetime.fromisoformat(found[-1]).timestamp() if found else None


def ask(database: Container, name: str, sql: str) -> str:
    """Ask one database as superuser, from inside its container. Raises TargetError."""
    command = f'PGPASSWORD="$(cat /etc/tinhmau/password)" exec {PROGRAMS}/psql -X -At -h 127.0.0.1 "$@"'
    done = database.exec_run(["sh", "-c", command, "psql", "-U", cluster.SUPERUSER, "-d", name, "-c", sql])
    said = done.output.decode("utf-8", "replace").strip()
    if done.exit_code != 0:
        raise TargetError(Text(f"PostgreSQL không trả lời: {said}", f"PostgreSQL did not answer: {said}"))
    return str(said)


def books_copied(backup: Container) -> bool:
    """Whether the copies of the services' books and objects are as long as those are."""
    return _sizes(backup, _BOOKS) == _sizes(backup, _COPIES)


def _sizes(backup: Container, command: str) -> Mapping[str, str]:
    done = backup.exec_run(["sh", "-c", command])
    lines = done.output.decode("utf-8", "replace").splitlines()
    return {name: size for size, _, name in (line.partition(" ") for line in lines)}


def discard(folder: Path) -> None:
    """Remove a backup with the secrets in it."""
    shutil.rmtree(folder, ignore_errors=not os.access(folder, os.W_OK))
