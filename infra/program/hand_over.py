"""Brings every server its secret files and the reference data, over SSH through the administrators' host.

    pulumi stack output --show-secrets --json | .venv/bin/python -m infra.program.hand_over --reference FOLDER

`FOLDER` is what `infra/reference.py` and the population write (docs/reference-data.md). Running it again brings the
same files again, so that a new server gets what it lacks. Nothing secret is written to this machine or to a log.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from infra.blueprint import DATABASE
from infra.program.userdata import COMPLETE_FILE, REFERENCE_FOLDER, REGISTRY_FILE

_KEYSTORE = "keystore.json"  # only who signs documents may hold it
_SIGNER = "office"
_USER = "tinhmau"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One server's parcel: a tar archive whose paths start at the root."""

    server: str
    address: str
    archive: bytes


def deliveries(outputs: Mapping[str, object], reference: Path) -> Iterator[Delivery]:
    """The parcels of all servers, the database's first, made of `pulumi stack output --show-secrets --json`."""
    files = msgspec.convert(outputs["deliveries"], dict[str, dict[str, str]])
    addresses = msgspec.convert(outputs["servers"], dict[str, str])
    for server in sorted(files, key=lambda name: (not name.startswith(DATABASE), name)):
        yield Delivery(server=server, address=addresses[server], archive=_pack(server, files[server], reference))


def _pack(server: str, files: Mapping[str, str], reference: Path) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, content in files.items():
            _add(tar, path, content.encode(), owner=_USER if path == REGISTRY_FILE else "root")
        if not server.startswith(DATABASE):
            for source in sorted(reference.iterdir()):
                if source.name != _KEYSTORE or server.startswith(_SIGNER):
                    _add(tar, f"{REFERENCE_FOLDER}/{source.name}", source.read_bytes(), owner=_USER)
            _add(tar, COMPLETE_FILE, b"", owner=_USER)  # last: the service starts when it is there
    return out.getvalue()


def _add(tar: tarfile.TarFile, path: str, content: bytes, *, owner: str) -> None:
    info = tarfile.TarInfo(path.lstrip("/"))
    info.size, info.mode, info.uname, info.gname = len(content), 0o600, owner, owner
    tar.addfile(info, io.BytesIO(content))


def send(delivery: Delivery, *, bastion: str, login: str, control: Path) -> None:
    """Unpack a parcel on its server. Raises subprocess.CalledProcessError when SSH fails."""
    way = f"ssh -o ControlMaster=auto -o ControlPath={control} -o ControlPersist=10m -W %h:%p {login}@{bastion}"
    unpack = "sudo tar --extract --directory / --same-owner --same-permissions"
    command = [
        "ssh",
        "-o",
        f"ProxyCommand={way}",
        "-o",
        "StrictHostKeyChecking=accept-new",
        f"{login}@{delivery.address}",
        unpack,
    ]
    subprocess.run(command, input=delivery.archive, check=True)


def main(arguments: list[str]) -> int:
    """Read the outputs from standard input and send every parcel; 0 when all arrived."""
    parser = argparse.ArgumentParser(prog="hand_over", description="pulumi stack output --show-secrets --json | …")
    parser.add_argument("--reference", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--login", default="debian", help="user of the image (default: debian)")
    options = parser.parse_args(arguments)
    try:
        outputs = json.load(sys.stdin)
        parcels = list(deliveries(outputs, options.reference))
    except (ValueError, KeyError, OSError, msgspec.ValidationError) as error:
        sys.stderr.write(f"✗ Không đọc được / cannot read: {error!r}\n  → pulumi stack output --show-secrets --json\n")
        return 64
    failed = []
    with tempfile.TemporaryDirectory(prefix="tinhmau-ssh-") as folder:
        for parcel in parcels:
            try:
                send(parcel, bastion=outputs["bastion"], login=options.login, control=Path(folder) / "control")
                sys.stdout.write(f"✓ {parcel.server}\n")
            except (subprocess.CalledProcessError, FileNotFoundError) as error:
                failed.append(parcel.server)
                sys.stderr.write(f"✗ {parcel.server} ({parcel.address}): {error.__class__.__name__}\n")
    if failed:
        sys.stderr.write(f"  → Kiểm tra SSH rồi chạy lại / check SSH, then run again: {', '.join(failed)}\n")
    return 70 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
