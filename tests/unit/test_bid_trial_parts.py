"""Parts of a trial against products that are not honest: what they answer may not pass for what they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from simulation.text import Text
from simulation.trouble import TroubleError
from verification.bids import bid as bid_files
from verification.bids import guarding, handing_over, settling, trial, upgrading
from verification.bids.bid import Bid
from verification.bids.desk import NAMES, Desk
from verification.bids.driving import Walked
from verification.bids.evidence import Evidence, Probe
from verification.bids.settling import settle
from verification.conformance import agreement, dialects
from verification.conformance.access import Access
from verification.conformance.inspection import inspect
from verification.conformance.listener import Listener
from verification.conformance.product import OutOfReach, Product, Refusal, Sight, Step, Unreadable, Who
from verification.conformance.readable import readable
from verification.conformance.wire import Reply, Unhurried, Wire

AGREED = agreement.of_era("2026")
PLAIN, COMMUNE = AGREED.procedure("plain"), AGREED.agency("commune")
AT = datetime(2026, 11, 30, tzinfo=UTC)
LINE = msgspec.json.encode(
    {"code": "C-1", "procedure": "p", "agency": "a", "state": "returned", "number": "1", "name": "n", "fee": 0,
     "paid": 0, "received_at": None, "due_at": None, "steps": []}
)  # fmt: skip


def sight(**changes: Any) -> Sight:
    """A dossier as it was handed in."""
    shown = Sight(
        code="C-1", procedure=PLAIN.code, agency=COMMUNE.code, state="received", name="Nguyễn An",
        number="*********017", fee=PLAIN.fee, paid=PLAIN.fee, received_at=AT, due_at=AT,
        steps=(Step(1, "received", "x", AT),),
    )  # fmt: skip
    return msgspec.structs.replace(shown, **changes)


def refusing(why: Any) -> Callable[..., Any]:
    """Refuse whatever is asked."""

    def refuse(*_: object, **__: object) -> Any:
        raise Refusal(why, why)

    return refuse


def raising(error: Exception) -> Callable[..., Any]:
    """Fail whatever is asked."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def desk(**product: Callable[..., Any]) -> Desk:
    """Officials signed in at a product that can do so much."""
    may = {"sign_in": lambda account, _code: Who(account, "s" * 24), "close": lambda: None, **product}
    return Desk(cast("Product", SimpleNamespace(**may)), Access(url="", passcode_key="k"), AGREED)


# What a dossier holds.


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Nguyễn Bình"),
        ("number", "*********018"),
        ("procedure", "9"),
        ("agency", "H1"),
        ("fee", 1),
        ("code", ""),
    ],
)
def test_what_a_dossier_shows_is_held_against_what_was_handed_in(field: str, value: object) -> None:
    """An answer of the right form with somebody else's content is told by its field."""
    walked = Walked(journey=1, channel="counter", code="C-1", acknowledged="received", paid=PLAIN.fee, name="Nguyễn An")
    told = SimpleNamespace(portal=())

    def found(shown: Sight) -> tuple[str, ...]:
        (one,) = settle(desk(look=lambda *_: shown, told=lambda _: told), 1, [walked])
        return one.wrong

    assert found(sight()) == found(sight(name="NGUYEN AN", number="xxx017")) == ()
    assert found(sight(**{field: value})) == (field,)


def test_the_people_of_a_load_are_told_apart_whatever_is_done_to_their_letters() -> None:
    """No two of them have the same name without marks and capitals."""
    assert len({settling._plain(name) for name in NAMES}) == len(NAMES) == 8000


@pytest.mark.parametrize(
    "line", [b"{", b"\xff", b'{"code": "\xff"}', b'{"x": ' + b"[" * 100_000, b'{"x": ' + b"9" * 5000]
)
def test_a_line_of_the_hand_over_that_nobody_can_read_is_counted(line: bytes) -> None:
    """Nested without end, no UTF-8, broken off: one line the less, and no error of ours."""
    lines, twice, unreadable = handing_over._read(LINE + b"\n" + line + b"\n\n" + LINE)

    assert (list(lines), twice, unreadable) == (["C-1"], ("C-1",), 1)


# Deletion.


class _Fetched:
    """A hand-over that answers so."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        self._reply = Reply(status, body)

    def request(self, *_: object, **__: object) -> Reply:
        """Hand it over."""
        return self._reply


EMPTY, GONE = _Fetched(200), _Fetched(404)
DELETED: dict[str, tuple[_Fetched, Callable[..., Any], int | None]] = {
    "no such dossier": (EMPTY, refusing("unknown"), 0),
    "still shown": (EMPTY, lambda *_: sight(), 1),
    "hidden, but handed over": (_Fetched(200, LINE), refusing("unknown"), 1),
    "does not answer any more": (GONE, raising(OutOfReach("gone")), None),
    "answers with nothing that can be read": (EMPTY, raising(Unreadable("?")), None),
    "lets nobody in, and hands nothing over": (GONE, refusing("sign-in"), None),
    "says that it may not be seen": (GONE, refusing("rights"), None),
    "lets nobody in, and hands over an empty file": (EMPTY, refusing("sign-in"), 0),
}


@pytest.mark.parametrize("name", DELETED)
def test_deleted_is_what_is_said_not_to_exist(name: str) -> None:
    """Silence, a closed door and a hidden row are no deletion; what cannot be told is unknown."""
    again, look, left = DELETED[name]
    assert handing_over._left(desk(look=look), cast("Wire", again), {}, ["C-1"]) == left


# The watch over an upgrade.


def looks(look: Callable[..., Any], **more: Callable[..., Any]) -> bool:
    """Whether one look of the watch counts as having been served."""
    watch = upgrading._Watch.__new__(upgrading._Watch)
    watch._desk = desk(look=look, **more)
    watch._code, watch._clerk = "C-1", watch._desk.clerk
    return watch._looks()


def test_a_door_that_turns_everybody_away_does_not_serve() -> None:
    """Signed out is served only where signing in anew works, and the dossier is shown."""
    with pytest.raises(Refusal):
        looks(refusing("sign-in"))

    asked: list[int] = []

    def once_refused(*_: object) -> Sight:
        asked.append(1)
        return cast("Sight", refusing("sign-in")()) if len(asked) == 1 else sight()

    assert looks(once_refused)


@pytest.mark.parametrize("changes", [{"code": "C-2"}, {"state": "returned"}])
def test_another_dossier_than_the_one_looked_at_is_no_answer(changes: dict[str, Any]) -> None:
    """A page that stands in while the product is away shows the same to everybody."""
    assert looks(lambda *_: sight())
    assert not looks(lambda *_: sight(**changes))


# Keys.


def wrong_key(submit: Callable[..., Any], look: Callable[..., Any]) -> bool | None:
    """What the attempt with a wrong key comes to."""
    made = cast("Product", SimpleNamespace(submit=submit, close=lambda: None))
    return guarding._wrong_key(desk(look=look), Access(url="", passcode_key="k"), lambda _access: made).kept


def test_a_wrong_key_is_refused_because_of_the_key_and_nothing_is_kept() -> None:
    """A refusal for another reason says nothing of keys; one that keeps the dossier all the same is none."""
    gone = refusing("unknown")
    assert wrong_key(refusing("sign-in"), gone) is True
    assert wrong_key(refusing("content"), gone) is None
    assert wrong_key(refusing("sign-in"), lambda *_: sight()) is False
    assert wrong_key(lambda *_, **__: None, gone) is False


# What stops on the way.


@pytest.mark.parametrize(
    "error",
    [
        KeyError("lichSu"), TypeError("x"), ValueError("x"), RecursionError(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    ],
)  # fmt: skip
def test_an_answer_over_which_a_dialect_stumbles_is_unreadable(error: Exception) -> None:
    """And no error of ours, that would end the trial of whoever is about to fail it."""
    with pytest.raises(Unreadable, match=type(error).__name__):
        readable(cast("Product", SimpleNamespace(look=raising(error)))).look(Who("a", "b"), "C-1")


class _Overflowing:
    """A product whose every answer holds a moment that there is not."""

    name, last, resolution = "x", "", timedelta(seconds=1)

    def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, _name: str) -> Any:
        return raising(OverflowError("date value out of range"))


def test_an_inspection_goes_on_where_a_dialect_stumbles(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a mismatch of the product, with what was found, and not the end of the inspection."""
    monkeypatch.setitem(cast("dict[str, Any]", dialects.DIALECTS), "sen", lambda *_: _Overflowing())
    listener = Listener()

    rating = inspect("sen", Access(url="", passcode_key="k"), AGREED, listener)
    listener.close()

    (unreadable,) = [one for one in rating.of("broken") if one.point.id == "answer-readable"]
    assert unreadable.witness is not None
    assert "OverflowError" in unreadable.witness.found


@pytest.mark.parametrize(
    "error", [Refusal("unclear", "không làm nữa"), TroubleError(Text("không làm nữa", "no more"))], ids=["it", "time"]
)
def test_what_a_load_has_shown_stays_where_a_trial_ends_before_its_time(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whoever has lost dossiers gets no unknown verdict by refusing the next one, nor by outlasting the window."""
    bid: Bid = bid_files.load(Path(__file__).parents[2] / "fixtures" / "bids" / "honest.toml")
    probe = Probe(number=1, load=2.0, per_second=16, seed=1, seconds=1, took=1, late_ms=0)
    driven = SimpleNamespace(probe=probe, calls=(), walked=())
    monkeypatch.setattr(trial, "drive", lambda *_, **__: driven)
    monkeypatch.setattr(trial, "_next", lambda _bid, seen, _budget: None if seen.probes else 1.0)
    monkeypatch.setattr(guarding, "attempt", raising(error))
    reach = cast("Any", SimpleNamespace(access=Access(url=""), upgrade="http://x", handover=""))

    seen = trial._beyond(
        bid, reach, Evidence(), desk, lambda _access: cast("Product", None),
        seconds=1, budget=1, seed=1, pace=Unhurried(), tell=lambda _done, _what: None,
    )  # fmt: skip

    assert seen.probes == (probe,)
    assert (seen.upgrade.tried, seen.handover.why_not) == (False, "không làm nữa")


# The wire.


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[tuple[str, int]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.client_address[1]))
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"12345")
            self.close_connection = True
        elif self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://192.0.2.7/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"abc")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """An address, and what was asked there from which port."""
    asked: list[tuple[str, int]] = []
    handler = type("Handler", (_Answers,), {"asked": asked})
    made = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{made.server_address[1]}", asked
    made.shutdown()
    made.server_close()


def test_answers_are_read_whole_over_one_connection_once_each(
    server: tuple[str, list[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request is made twice, none through a proxy of the environment, none where an answer points to."""
    url, asked = server
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.7:3128")
    wire = Wire(url)

    bodies = [wire.request("GET", path).body for path in ("/a", "/elsewhere", "/b")]
    wire.close()

    assert bodies == [b"abc", b"", b"abc"]
    assert [path for path, _ in asked] == ["/a", "/elsewhere", "/b"]
    assert len({port for _, port in asked}) == 1


def test_an_answer_that_is_cut_short_is_none(server: tuple[str, list[tuple[str, int]]]) -> None:
    """Asked once more on a fresh connection, then out of reach."""
    with pytest.raises(OutOfReach, match="/short"):
        Wire(server[0]).request("GET", "/short")


def test_an_answer_without_end_is_given_up(
    server: tuple[str, list[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends on and on fills no memory and holds up no trial."""
    monkeypatch.setattr("verification.conformance.wire.LONGEST_ANSWER", 2)
    url, asked = server
    with pytest.raises(OutOfReach, match="chưa hết"):
        Wire(url).request("GET", "/a")
    assert len(asked) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'"\xff"'])
def test_news_that_nobody_can_read_are_refused_without_a_word_of_ours(
    body: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """A product that posts rubbish fills no screen with errors, and what comes after it is heard."""
    heard: list[Any] = []
    listener = Listener()
    listener.hear = lambda _path, told: heard.append(told) or {}
    wire = Wire(listener.url)

    statuses = [wire.request("POST", "/tin", said).status for said in (body, b'{"maHoSo": "C-1"}')]
    wire.close()
    listener.close()

    assert statuses == [400, 200]
    assert heard == [{"maHoSo": "C-1"}]
    assert capfd.readouterr().err == ""
