"""Builds the images, without an image registry: Debian by debootstrap, Python packages from checked wheels.

What is built stays in the engine under its content-hash tag, so the next stack finds it. Beside it, in the cache
folder, lies a bill of materials (infra/docker_target/materials.py).
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError, BuildError, ImageNotFound

from infra.docker_target import materials, recipe
from infra.trouble import TargetError
from simulation.progress import Progress, silent
from simulation.text import Text

#: A Debian mirror other than the one this machine's own packages come from, e.g. in a closed network.
MIRROR_VARIABLE = "TINHMAU_DEBIAN_MIRROR"
#: An image to start from where a registry is within reach, e.g. debian:bookworm-slim; debootstrap is then not used.
BASE_VARIABLE = "TINHMAU_BASE_IMAGE"
_BOOTSTRAP = "tinhmau/bootstrap"
_LINES_SHOWN = 15
_DEBIAN = re.compile(r"https?://\S+/debian/?(?=\s|$)")
_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def present(client: docker.DockerClient, tag: str) -> bool:
    """Whether the engine has this image."""
    try:
        client.images.get(tag)
    except ImageNotFound:
        return False
    return True


def ensure(client: docker.DockerClient, *, progress: Progress = silent) -> tuple[str, str]:
    """Build what is missing; returns the tags of the runtime and the services. Raises TargetError with the way out."""
    runtime, services = recipe.runtime_tag(), recipe.services_tag()
    if not present(client, runtime):
        _make_runtime(client, runtime, ensure_base(client, progress=progress), progress)
    if not present(client, services):
        _make_services(client, services, runtime, progress)
    return runtime, services


def ensure_base(client: docker.DockerClient, *, progress: Progress = silent) -> str:
    """Build the image with Debian's part if it is missing; returns its tag. Raises TargetError with the way out."""
    base = recipe.base_tag()
    if not present(client, base):
        _make_base(client, base, progress)
    return base


def label(client: docker.DockerClient, source: str, tag: str, labels: Mapping[str, str]) -> str:
    """Give a stack an image of its own name that adds nothing but labels; returns its id."""
    return build(client, {"Dockerfile": f"FROM {source}\n".encode()}, tag=tag, labels=labels)


def mirror_of_this_machine(folder: Path = Path("/etc/apt")) -> str:
    """Where this machine's own packages come from, by apt's settings in `folder`. Raises TargetError without one."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for file in files:
        lines = file.read_text("utf-8").splitlines() if file.is_file() else []
        for line in lines:
            if found := _DEBIAN.search(line.partition("#")[0]):
                return found[0].rstrip("/")
    raise TargetError(
        Text(
            f"Không thấy kho gói Debian nào trong {folder}. Đặt {MIRROR_VARIABLE} (địa chỉ một kho Debian), hoặc nơi "
            f"có kho ảnh: {BASE_VARIABLE}=debian:bookworm-slim.",
            f"No Debian mirror stands in {folder}. Set {MIRROR_VARIABLE} (a Debian mirror's address), or where a "
            f"registry is within reach: {BASE_VARIABLE}=debian:bookworm-slim.",
        )
    )


def _make_base(client: docker.DockerClient, tag: str, progress: Progress) -> None:
    given = os.environ.get(BASE_VARIABLE, "")
    mirror = os.environ.get(MIRROR_VARIABLE, "") or ("" if given else mirror_of_this_machine())
    if given:  # without a mirror named, it keeps its own
        progress(0.02, Text(f"Lấy ảnh nền {given}.", f"Fetching the base image {given}."))
        try:
            client.images.pull(given).tag(_BOOTSTRAP)
        except APIError as error:
            raise _failed(f"{BASE_VARIABLE}={given}", str(error)) from error
    else:
        progress(0.02, Text("Dựng Debian (một lần, khoảng 2 phút).", "Building Debian (once, about 2 minutes)."))
        _bootstrap(client, mirror)
    progress(0.5, Text("Cài các gói Debian.", "Installing Debian packages."))
    arguments = {
        "SUITE": recipe.SUITE,
        "MIRROR": mirror,
        "SECURITY_MIRROR": f"{mirror.rstrip('/')}-security",
        "PACKAGES": " ".join(recipe.PACKAGES),
    }
    build(client, {"Dockerfile": recipe.FILES / "base.Dockerfile"}, tag=tag, arguments=arguments)
    with suppress(APIError):
        client.images.remove(_BOOTSTRAP)


def _bootstrap(client: docker.DockerClient, mirror: str) -> None:
    program = shutil.which("debootstrap") or shutil.which("debootstrap", path="/usr/sbin")
    if program is None or os.geteuid() != 0:
        raise TargetError(
            Text(
                "Muốn dựng ảnh nền cần debootstrap và quyền root (sudo apt install debootstrap). Nơi có kho ảnh: đặt "
                f"{BASE_VARIABLE}=debian:bookworm-slim rồi chạy lại.",
                "Building the base image needs debootstrap and root (sudo apt install debootstrap). Where a registry "
                f"is within reach: set {BASE_VARIABLE}=debian:bookworm-slim, then run again.",
            )
        )
    folder = Path(tempfile.mkdtemp(prefix="tinhmau-debian-"))
    try:
        _run([program, "--variant=minbase", recipe.SUITE, str(folder), mirror], what="debootstrap")
        with subprocess.Popen(
            [
                "tar",
                "--create",
                "--numeric-owner",
                "--directory",
                folder,
                "--exclude=./var/cache/apt/archives/*.deb",
                ".",
            ],
            stdout=subprocess.PIPE,
        ) as packing:
            client.api.import_image_from_stream(packing.stdout, repository=_BOOTSTRAP, tag="latest")
        if packing.returncode:
            raise _failed("tar", f"exit code {packing.returncode}")
    except (APIError, OSError) as error:
        raise _failed("docker import", str(error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_runtime(client: docker.DockerClient, tag: str, base: str, progress: Progress) -> None:
    progress(0.7, Text("Lấy các gói Python đã ghim.", "Fetching the pinned Python packages."))
    files: dict[str, bytes | Path] = {
        "Dockerfile": recipe.FILES / "runtime.Dockerfile",
        **{path.name: path for path in recipe.scripts()},
    }
    with tempfile.TemporaryDirectory(prefix="tinhmau-wheels-") as folder:
        files |= {f"wheels/{path.name}": path for path in _wheels(Path(folder))}
        progress(0.8, Text("Đóng ảnh nền chung.", "Building the common image."))
        build(client, files, tag=tag, arguments={"BASE": base})
    materials.write(client, tag)


def _make_services(client: docker.DockerClient, tag: str, runtime: str, progress: Progress) -> None:
    progress(0.9, Text("Đóng ảnh của các dịch vụ.", "Building the services' image."))
    files: dict[str, bytes | Path] = {
        "Dockerfile": recipe.FILES / "services.Dockerfile",
        **{str(path.relative_to(recipe.ROOT)): path for path in recipe.service_files()},
    }
    build(client, files, tag=tag, arguments={"BASE": runtime})
    materials.write(client, tag)


def _wheels(folder: Path) -> tuple[Path, ...]:
    """Download the lock's wheels for the image's Python, each checked against its hash."""
    lock = folder / "lock.txt"
    lock.write_text("".join(f"{one.lines}\n" for one in recipe.pinned()), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", recipe.PYTHON]
    command += [part for platform in _PLATFORMS for part in ("--platform", platform)]
    _run([*command, "--requirement", str(lock), "--dest", str(folder / "wheels")], what="pip download")
    return tuple(sorted((folder / "wheels").glob("*.whl")))


def build(
    client: docker.DockerClient,
    files: Mapping[str, bytes | Path],
    *,
    tag: str,
    arguments: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Build an image from these files; returns its id. Equal files make an equal context: modes and times are fixed."""
    with tempfile.TemporaryFile(prefix="tinhmau-context-") as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            for name, content in sorted(files.items()):
                body = content if isinstance(content, bytes) else content.read_bytes()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(body), 0o755 if "/" not in name and "." not in name else 0o644
                archive.addfile(entry, io.BytesIO(body))
        context.seek(0)
        try:
            image, _ = client.images.build(
                fileobj=context,
                custom_context=True,
                tag=tag,
                buildargs=dict(arguments or {}),
                labels=dict(labels or {}),
                rm=True,
                forcerm=True,
            )
        except BuildError as error:
            said = "".join(line.get("stream", "") for line in error.build_log)
            raise _failed(f"docker build {tag}", said or str(error)) from error
        except APIError as error:
            raise _failed(f"docker build {tag}", str(error)) from error
    return str(image.id)


def _run(command: list[str], *, what: str) -> None:
    try:
        subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except FileNotFoundError as error:
        raise _failed(what, str(error)) from error
    except subprocess.CalledProcessError as error:
        raise _failed(what, error.output) from error


def _failed(what: str, said: str) -> TargetError:
    lines = "\n".join(f"  {line}" for line in said.strip().splitlines()[-_LINES_SHOWN:])
    return TargetError(
        Text(
            f"Không dựng được ảnh: {what} thất bại. Những dòng cuối:\n{lines}\nKiểm tra mạng và chỗ trống trên đĩa "
            "rồi chạy lại; phần đã xong được giữ.",
            f"An image could not be built: {what} failed. Its last lines:\n{lines}\nCheck network and free disk "
            "space, then run again; what is done is kept.",
        )
    )
