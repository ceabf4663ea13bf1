"""Faults as people write them, and what they do."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from load_fake_world import STACK

from loadtests import faults
from loadtests.control import ControlError
from loadtests.faults.kill import Kill
from loadtests.faults.nothing import Nothing
from simulation.mistakes import BadInputError
from simulation.timeline import Timeline


def test_a_fault_is_written_as_kind_service_and_official_time() -> None:
    """`kill:portal@10:30` is the sudden death of the portal at half past ten."""
    assert faults.parse("kill:portal@10:30") == Kill(spec="kill:portal@10:30", at=37800.0, service="portal")
    assert faults.parse("kill:postgresql@10:30").spec == "kill:postgresql@10:30"
    assert faults.parse("nothing@7:05") == Nothing(spec="nothing@7:05", at=25500.0)


@pytest.mark.parametrize(
    ("spec", "ways_out"),
    [
        ("kill:portl@10:30", ["“portal”"]),
        ("kill@10:30", ["portal, postgresql, sector"]),
        ("kil:portal@10:30", ["“kill”"]),
        ("kill:portal", ["HH:MM"]),
        ("kill:portal@25:00", ["HH:MM"]),
        ("nothing:portal@10:30", ["nothing@HH:MM"]),
        ("kil:portl@99", ["“kill”", "“portal”", "HH:MM"]),
        (
            "",
            [
                "delay, drift, failover, kill, loss, nothing, outage, partition, pause, rollback, slow",
                "dochub, lgsp",
                "HH:MM",
            ],
        ),
        ("slow:populaton@9:00", ["“population”"]),
        ("slow:portal@9:00", ["“post”"]),
        ("slow:population@9:00-25:00", ["HH:MM"]),
        ("pause:portal@9:00-8:30", ["Write the beginning first"]),
        ("delay@9:00", ["portal, postgresql, sector"]),
        ("failover:portal@9:00", ["postgresql"]),
    ],
)
def test_every_mistake_in_a_fault_is_told_with_its_way_out(spec: str, ways_out: list[str]) -> None:
    """Whoever mistypes learns all that is wrong at once."""
    with pytest.raises(BadInputError) as caught:
        faults.parse(spec)
    told = [mistake.way_out.en for mistake in caught.value.mistakes]
    assert len(told) == len(ways_out)
    assert all(wanted in way_out for wanted, way_out in zip(ways_out, told, strict=True))


def test_faults_strike_in_order_of_time_and_within_the_day() -> None:
    """A fault in the night would never strike: it is refused before the run."""
    day = Timeline(day="2018-08-22", points=((7 * 3600.0, 0.0), (17 * 3600.0, 60.0)))
    early, late = faults.parse("nothing@8:00"), faults.parse("nothing@16:59")
    assert faults.check([late, early], day) == [early, late]
    with pytest.raises(BadInputError, match="07:00–17:00"):
        faults.check([faults.parse("kill:lgsp@03:00")], day)


def test_what_only_containers_can_have_is_refused_elsewhere() -> None:
    """Before the run, and with the way out; a kill can be had everywhere."""
    specs = ("upgrade:portal@9:00", "kill:portal@9:00", "rollback:lgsp@9:30", "partition:dochub@9:30")
    struck = [faults.parse(spec) for spec in specs]

    faults.only_on_docker(struck, docker=True)
    with pytest.raises(BadInputError) as caught:
        faults.only_on_docker(struck, docker=False)
    assert [mistake.key for mistake in caught.value.mistakes] == [specs[0], specs[2], specs[3]]


def test_a_server_is_lost_for_good_only_where_another_one_follows_it() -> None:
    """Before the run: without a standby, all that it held would be gone."""
    struck = [faults.parse("kill:postgresql@9:00"), faults.parse("failover:postgresql@9:30")]

    with pytest.raises(BadInputError) as caught:
        faults.only_with_standby(struck)
    assert [mistake.key for mistake in caught.value.mistakes] == ["failover:postgresql@9:30"]
    assert "--standby" in caught.value.mistakes[0].way_out.en
    faults.only_with_standby(struck[:1])
    with pytest.raises(BadInputError):
        faults.only_on_docker(struck, docker=False)


def test_a_disturbance_ends_at_its_time_and_strikes_by_the_target(tmp_path: Path) -> None:
    """Its end stands among the day's faults; without one the target ends it when the day is finished."""
    day = Timeline(day="2018-08-22", points=((7 * 3600.0, 0.0), (17 * 3600.0, 60.0)))
    begins, other, ends = faults.check(
        [faults.parse("pause:lgsp@9:00-9:30"), faults.parse("nothing@9:15")], day
    )  # fmt: skip
    assert (begins.spec, other.spec, ends.at) == ("pause:lgsp@9:00-9:30", "nothing@9:15", 9.5 * 3600)
    assert len(faults.check([faults.parse("loss:postgresql@9:00")], day)) == 1

    heard: list[dict[str, object]] = []
    for number, fault in enumerate((begins, ends)):
        stack = msgspec.structs.replace(STACK, control=str(tmp_path / f"{number}.sock"))
        thread = supervisor(tmp_path / f"{number}.sock", {"ok": True}, heard)
        fault.strike(stack)
        thread.join()
    assert heard == [
        {"act": "disturb", "kind": "pause", "service": "lgsp"},
        {"act": "relieve", "kind": "pause", "service": "lgsp"},
    ]


def test_a_release_is_the_targets_to_do(tmp_path: Path) -> None:
    """The fault asks by the control socket and does not wait for the end."""
    heard: list[dict[str, object]] = []
    stack = msgspec.structs.replace(STACK, control=str(tmp_path / "control.sock"))
    thread = supervisor(tmp_path / "control.sock", {"ok": True}, heard)
    assert faults.parse("upgrade:portal@9:00").strike(stack) == "portal gets its next release"
    thread.join()
    assert heard == [{"act": "upgrade", "service": "portal"}]


def supervisor(path: Path, answer: dict[str, object], heard: list[dict[str, object]]) -> threading.Thread:
    """Answer one question over a Unix socket."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener, listener.accept()[0] as line, line.makefile("rb") as questions:
            heard.append(msgspec.json.decode(questions.readline()))
            line.sendall(msgspec.json.encode(answer) + b"\n")

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_kill_is_the_supervisors_to_do(tmp_path: Path) -> None:
    """The fault asks the supervisor by its socket, and a no is an error with the supervisor's words."""
    heard: list[dict[str, object]] = []
    stack = msgspec.structs.replace(STACK, control=str(tmp_path / "control.sock"))
    thread = supervisor(tmp_path / "control.sock", {"ok": True, "pid": 1}, heard)
    assert faults.parse("kill:onestop@9:00").strike(stack) == "onestop was killed"
    thread.join()
    assert heard == [{"act": "kill", "service": "onestop"}]
    (tmp_path / "control.sock").unlink()
    thread = supervisor(tmp_path / "control.sock", {"ok": False, "vi": "không", "en": "it is not running"}, heard)
    with pytest.raises(ControlError, match="it is not running"):
        faults.parse("kill:onestop@9:00").strike(stack)
    thread.join()


class Nation(BaseHTTPRequestHandler):
    """Keeps what it is told under /control/faults, as the national counterparts do."""

    suffered: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        """Answer what is suffered."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(msgspec.json.encode(self.suffered))

    def do_PUT(self) -> None:
        """Take it over."""
        told = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).suffered = told
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_slow_ministry_comes_on_top_of_what_there_is() -> None:
    """`slow:` and `outage:` add to the counterpart's faults, with the end they were given (TRB-SLOW-MINISTRY)."""
    server = HTTPServer(("127.0.0.1", 0), Nation)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stack = msgspec.structs.replace(STACK, endpoints={"national": f"http://127.0.0.1:{server.server_port}"})
    faults.parse("slow:population@9:30").strike(stack)
    said = faults.parse("outage:population@10:00-10:15").strike(stack)
    server.shutdown()
    thread.join()
    server.server_close()
    assert "until 10:15" in said
    slow, out = Nation.suffered["population"]
    assert slow["latency_ms"] > 0
    assert "until" not in slow
    assert out == {"outage": True, "until": "10:15:00"}
    with pytest.raises(ControlError, match="did not take"):
        faults.parse("slow:population@9:30").strike(stack)


def test_a_stack_without_a_supervisor_cannot_be_hit() -> None:
    """A vendor's system may offer no way to kill its parts: the fault fails, loudly."""
    with pytest.raises(ControlError, match="no supervisor"):
        faults.parse("kill:portal@9:00").strike(STACK)


def test_the_fault_that_does_nothing_needs_nothing() -> None:
    """The do-nothing twin works on any stack."""
    assert "left alone" in faults.parse("nothing@9:00").strike(STACK)
