"""A backup's folder and zone, without a Docker engine: what is written, who may reach what, and what is refused."""

from __future__ import annotations

import io
import socket
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from infra import demand
from infra.blueprint import DATABASE, draw_up
from infra.docker_target import layout, restoring, secret_files
from infra.docker_target.layout import BACKUP
from infra.docker_target.settings import Placement
from infra.docker_target.target import check_free
from infra.docker_target.up import Orders
from infra.trouble import TargetError
from simulation import province_files
from simulation.mistakes import BadInputError

_MASTER = "0f" * 32
_TOY = province_files.load("toy")
_BLUEPRINT = draw_up(_TOY, demand.demand_of_province(_TOY))


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    """A stack that is to be backed up."""
    reference = tmp_path / "reference"
    reference.mkdir()
    (reference / "province.json").write_text("{}")
    return Orders(
        placement=Placement(
            stack="s", layout=layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=True), ports={"portal": 40000},
            reference=str(reference), runtime="r:1", services="s:1",
        ),
        province="toy", era="2018", master=_MASTER, passphrase="p",
    )  # fmt: skip


def test_the_backup_has_a_zone_of_its_own_from_which_only_the_database_is_reached() -> None:
    """One network, one door; everything else is laid out as it is without a backup."""
    plain = layout.draw(_BLUEPRINT, block="10.77.0.0/16")
    backed_up = layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=True)

    (network,) = [one for one in backed_up.networks if one not in plain.networks]
    (door,) = [one for one in backed_up.doors if one not in plain.doors]
    assert (network.name, network.internal) == (BACKUP, True)
    assert (door.source, door.destination, door.network) == (BACKUP, DATABASE, BACKUP)
    assert not [one for one in backed_up.doors if one.destination == BACKUP]


def test_who_receives_changes_may_do_nothing_else() -> None:
    """A role for replication alone, let in through the zone's gateway; without a backup there is none."""
    files = {
        backup: {
            file.path: file.content
            for file in secret_files.of_database(
                layout.draw(_BLUEPRINT, block="10.77.0.0/16", backup=backup), master=_MASTER
            )
        }
        for backup in (False, True)
    }

    assert f'CREATE ROLE "{BACKUP}" LOGIN REPLICATION' in files[True]["making.sql"]
    assert "SUPERUSER" not in files[True]["making.sql"]
    assert [line for line in files[True]["pg_hba.conf"].splitlines() if BACKUP in line.split()[1:3]] == [
        line for line in files[True]["pg_hba.conf"].splitlines() if line.startswith(f"host replication {BACKUP} ")
    ]
    assert BACKUP not in files[False]["making.sql"] + files[False]["pg_hba.conf"]


def test_a_backup_lets_only_its_owner_in_and_can_be_read_back(tmp_path: Path, orders: Orders) -> None:
    """It holds the master secret: mode 0700 around what containers write."""
    data = restoring.begin(tmp_path / "backup", orders)
    (data / "base").mkdir()
    (data / "base" / "base.tar").write_bytes(b"tar")

    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    read, reference = restoring.read(tmp_path / "backup")
    assert read == orders
    assert (reference / "province.json").exists()


def test_two_stacks_do_not_share_a_backup(tmp_path: Path, orders: Orders) -> None:
    """Their changes would mix; the way out is another folder."""
    restoring.begin(tmp_path / "backup", orders)

    with pytest.raises(BadInputError, match="is not empty"):
        restoring.begin(tmp_path / "backup", orders)


def test_what_is_no_backup_is_told_from_one_that_never_finished(tmp_path: Path, orders: Orders) -> None:
    """Before anything is placed."""
    with pytest.raises(BadInputError, match=r"has no orders\.json"):
        restoring.read(tmp_path)
    restoring.begin(tmp_path / "backup", orders)
    with pytest.raises(BadInputError, match=r"has no base\.tar"):
        restoring.read(tmp_path / "backup")


def test_a_point_before_the_base_copy_is_refused_before_anything_is_placed(tmp_path: Path) -> None:
    """PostgreSQL would say so itself, from inside a container, again and again; later points and none are let pass."""
    label = b"START WAL LOCATION: 0/4000028 (file 000000010000000000000004)\nSTART TIME: 2026-01-05 08:00:00 +07\n"
    base = tmp_path / restoring.DATA / "base"
    base.mkdir(parents=True)
    with tarfile.open(base / "base.tar", "w") as copy:
        entry = tarfile.TarInfo("backup_label")
        entry.size = len(label)
        copy.addfile(entry, io.BytesIO(label))

    with pytest.raises(BadInputError, match=r"--until: 2026-01-05T00:59:59\+00:00.*2026-01-05T08:00:00\+07:00"):
        restoring.check_point(tmp_path, "2026-01-05T00:59:59+00:00")
    restoring.check_point(tmp_path, "2026-01-05 08:00:01.5+07")
    restoring.check_point(tmp_path, "")


def test_the_point_that_was_reached_is_read_from_postgresqls_log() -> None:
    """Its last word on the subject, with its time zone; none where nothing was replayed."""
    line = (
        "2026-01-05 08:00:02.100 +07 [1] @ LOG:  last completed transaction was at log time 2026-01-05 08:00:01.25+07"
    )

    def said(text: str) -> Any:
        return cast("Any", SimpleNamespace(logs=text.encode))

    assert restoring.reached(said(f"starting\n{line}\n")) == 1767574801.25
    assert restoring.reached(said("starting\n")) is None


def test_a_placement_with_a_restore_can_be_written_down(orders: Orders) -> None:
    """Orders are kept as JSON."""
    assert msgspec.json.decode(msgspec.json.encode(orders), type=Orders) == orders


def test_a_restore_names_all_ports_that_the_lost_stack_still_holds() -> None:
    """It comes up at its old addresses or not at all, and says so before anything is made."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        held = {"portal": one.getsockname()[1], "office": other.getsockname()[1]}
        with pytest.raises(TargetError) as refused:
            check_free(held)
    said = refused.value.text.en

    assert all(f"{name} {port}" in said for name, port in held.items())
    assert "tinhmau down" in said
    check_free(held)  # it has gone
