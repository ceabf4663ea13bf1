"""Finds a Pulumi engine, or gets one: on PATH, else the official way, else built from Go modules.

The plugin for OpenStack, where none is on PATH, is built from Go modules too.

Each way checks what it gets: the official installer fetches a fixed version, Go holds every module against the hashes
in go.sum, and whatever came out has to say the wanted version before it is used.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from infra import caches
from infra.trouble import TargetError
from simulation.progress import Progress, silent
from simulation.text import Text

VERSION = "3.259.0"  #: what is fetched or built; held against infra/engine/*/go.mod by a test
_OLDEST = (3, 200)  #: of one that is found; assumed: what the Automation API of 2026 asks for is older
_GO_OLDEST = (1, 25)
_HERE = Path(__file__).resolve().parent
_OPENSTACK = "pulumi-resource-openstack"
_ASK_WITHIN_SECONDS = 60
_LINES_SHOWN = 12
#: No download, no phoning home: everything works without a network once the engine is there.
OFFLINE: Mapping[str, str] = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
}
Origin = Literal["path", "cache"]
Way = Literal["official", "go"]


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """An engine that runs."""

    program: Path
    version: str
    origin: Origin

    @property
    def root(self) -> Path:
        """The folder above its `bin`, as the Automation API wants it."""
        return self.program.parent.parent


def folder() -> Path:
    """Where an engine of this project's version is kept."""
    return caches.cache() / "engine" / VERSION


def find() -> Engine | None:
    """The engine on PATH, else the one that was got before; None when there is neither or neither runs."""
    found = shutil.which("pulumi")
    candidates: list[tuple[Path, Origin]] = [(Path(found), "path")] if found else []
    candidates.append((folder() / "bin" / "pulumi", "cache"))
    for program, origin in candidates:
        version = version_of(program)
        if version and _numbers(version) >= _OLDEST:
            return Engine(program=program, version=version, origin=origin)
    return None


def openstack_folder() -> Path:
    """Where the plugin for OpenStack of just these sources is kept."""
    sources = sorted(path for path in (_HERE / "openstack").iterdir() if path.is_file())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    return caches.cache() / "engine" / f"openstack-{digest}"


def find_openstack() -> Path | None:
    """The plugin for OpenStack on PATH, else the one that was built before; None when there is neither.

    The engine looks for it on PATH, and among the plugins that it fetched by itself where it may fetch any.
    """
    found = shutil.which(_OPENSTACK) or shutil.which(_OPENSTACK, path=str(openstack_folder()))
    return Path(found) if found else None


def ensure_openstack(*, progress: Progress = silent) -> Path:
    """The plugin for OpenStack: found, or built from Go modules (about 3 minutes, once). Raises TargetError."""
    found = find_openstack()
    if found:
        return found
    try:
        _check_go()
    except TargetError as error:
        raise TargetError(
            Text(
                f"Không có phần OpenStack của Pulumi: {error.text.vi} Nơi có mạng: pulumi plugin install resource "
                "openstack; nếu không, cài Go từ 1.25.",
                f"There is no OpenStack plugin for Pulumi: {error.text.en} Where there is a network: pulumi plugin "
                "install resource openstack; or else install Go 1.25 or newer.",
            )
        ) from error
    destination = openstack_folder()
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".building-") as making:
        progress(0.1, Text("Dựng phần OpenStack (khoảng 3 phút).", "Building the OpenStack plugin (3 minutes)."))
        built = Path(making) / _OPENSTACK
        _say(_HERE / "openstack", "build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", str(built), ".")
        destination.mkdir(exist_ok=True)
        built.replace(destination / _OPENSTACK)
    return destination / _OPENSTACK


def version_of(program: Path) -> str:
    """What the program says of itself, without the v; empty when it does not run."""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            [program, "version"],
            check=True,
            capture_output=True,
            text=True,
            timeout=_ASK_WITHIN_SECONDS,
            env={**os.environ, **OFFLINE},
        ).stdout
        match = re.search(r"v?(\d+\.\d+\.\d+)", told)
        if match:
            return match[1]
    return ""


def ensure(*, ways: tuple[Way, ...] = ("official", "go"), progress: Progress = silent) -> Engine:
    """An engine: found, or got in the first way that works. Raises TargetError that tells why each did not."""
    found = find()
    if found:
        return found
    troubles = []
    for way in ways:
        try:
            (_official if way == "official" else _from_modules)(progress)
        except TargetError as error:
            troubles.append(error.text)
            continue
        version = version_of(folder() / "bin" / "pulumi")
        if version == VERSION:
            return Engine(program=folder() / "bin" / "pulumi", version=version, origin="cache")
        troubles.append(
            Text(f"{way}: bản nhận được là “{version}”, cần {VERSION}.", f"{way}: got “{version}”, wanted {VERSION}.")
        )
        shutil.rmtree(folder(), ignore_errors=True)
    hint = Text(
        "Cài Pulumi theo https://www.pulumi.com/docs/install/ rồi chạy lại; hoặc cài Go từ 1.25 để tự dựng.",
        "Install Pulumi as https://www.pulumi.com/docs/install/ says, then run again; or install Go 1.25 or newer to "
        "have it built here.",
    )
    raise TargetError(
        Text(
            "\n".join(["Không có Pulumi engine.", *(f"  - {one.vi}" for one in troubles), hint.vi]),
            "\n".join(["There is no Pulumi engine.", *(f"  - {one.en}" for one in troubles), hint.en]),
        )
    )


def _official(progress: Progress) -> None:
    """The installer that Pulumi's own SDK runs; it brings the language host too."""
    from pulumi.automation import PulumiCommand  # noqa: PLC0415 -- seconds to import, and only needed here
    from semver import VersionInfo  # noqa: PLC0415 -- comes with it

    progress(0.0, Text("Tải Pulumi theo cách chính thức.", "Fetching Pulumi the official way."))
    try:
        PulumiCommand.install(root=str(folder()), version=VersionInfo.parse(VERSION), skip_version_check=True)
    except Exception as error:  # the SDK raises whatever the network, the shell or the file system did
        shutil.rmtree(folder(), ignore_errors=True)
        said = _tail(getattr(error, "output", b"") or str(error))
        raise TargetError(
            Text(f"cách chính thức không được: {said}", f"the official way does not work: {said}")
        ) from error


def _from_modules(progress: Progress) -> None:
    """Build engine and language host from Go modules, each checked against go.sum; about 6 minutes on two cores."""
    _check_go()
    destination = folder()
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".building-") as making:
        programs = Path(making) / "bin"
        programs.mkdir()
        progress(0.1, Text("Dựng Pulumi từ mô-đun Go (khoảng 6 phút).", "Building Pulumi from Go modules (6 minutes)."))
        _go(_HERE / "cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", programs / "pulumi")
        progress(0.9, Text("Dựng phần chạy chương trình Python.", "Building the language host for Python."))
        _go(
            _HERE / "language",
            "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
            programs / "pulumi-language-python",
        )
        for script in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
            source = Path(_say(_HERE / "cli", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"))
            copied = programs / Path(script).name
            shutil.copyfile(source / script, copied)
            copied.chmod(0o755)
        if destination.exists():
            shutil.rmtree(destination)
        Path(making).rename(destination)
        Path(making).mkdir()  # for the block's end to remove


def _check_go() -> None:
    go = shutil.which("go")
    told = subprocess.run([go, "version"], check=False, capture_output=True, text=True).stdout if go else ""
    match = re.search(r"go(\d+)\.(\d+)", told)
    if not match or (int(match[1]), int(match[2])) < _GO_OLDEST:
        raise TargetError(Text("không có Go từ 1.25 để tự dựng.", "no Go of 1.25 or newer to build one."))


def _go(module: Path, package: str, output: Path) -> None:
    flags = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{VERSION}"
    _say(module, "build", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(output), package)


def _say(module: Path, *arguments: str) -> str:
    try:
        return subprocess.run(["go", *arguments], cwd=module, check=True, capture_output=True, text=True).stdout.strip()
    except subprocess.CalledProcessError as error:
        said = _tail(error.stderr)
        raise TargetError(Text(f"go {arguments[0]} thất bại: {said}", f"go {arguments[0]} failed: {said}")) from error


def _tail(said: str | bytes) -> str:
    text = said.decode("utf-8", errors="replace") if isinstance(said, bytes) else said
    return "\n    ".join(text.strip().splitlines()[-_LINES_SHOWN:])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
