"""What a vendor's double keeps: an act is on the disk before it is answered for, and told of only after that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.vendors.engine import agreement
from services.vendors.engine.dossier import Handed, News
from services.vendors.engine.office import Office
from services.vendors.engine.store import Store
from services.vendors.sen.webhook import Webhook
from verification.conformance import agreement as agreed
from verification.conformance import waiting
from verification.conformance.listener import Listener


class Place:
    """A place with a store that offices are opened on: each is what a product is after a start."""

    def __init__(self, folder: Path) -> None:
        """Agree with the older era."""
        self._agreed, self._folder = agreed.of_era("2018"), folder
        self._agreed.write(folder)

    def open(self) -> Office:
        """Open what is on the disk; nothing is ever closed, as after `kill -9`."""
        office = Office(agreement.read(self._folder, "key"), Store(self._folder / "store.db"))
        office.clock = lambda: self._agreed.moment(9)  # numbers begin anew at midnight
        return office

    def receive(self, office: Office) -> str:
        """Take a dossier in at the counter; returns its code."""
        clerk = office.agreement.staff[self._agreed.account("reception_clerk", "commune")]
        wanted = self._agreed.procedure("plain")
        handed = Handed(procedure=wanted.code, number="083190000017", name="Lan", delivery="counter", cash=0)
        return office.receive(clerk, handed).code


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A fresh one."""
    return Place(tmp_path)


@pytest.fixture
def ear() -> Iterator[Listener]:
    """Where news are posted to."""
    listener = Listener()
    yield listener
    listener.close()


def test_what_was_answered_for_is_there_after_a_kill(place: Place) -> None:
    """Dossiers, numbers and replies: the next start goes on where the last one stood."""
    before = place.open()
    first = place.receive(before)
    reply = before.once("request-1", lambda: place.receive(before).encode())

    after = place.open()

    assert list(after.dossiers) == [first, reply.decode()]
    assert after.once("request-1", lambda: b"done twice") == reply
    assert int(place.receive(after)[-4:]) == 3


def test_nothing_is_told_before_it_is_kept(place: Place) -> None:
    """Whoever is told of a dossier finds it on the disk."""
    office = place.open()
    kept: list[bool] = []
    office.listeners.append(lambda news: kept.append(news.code in place.open().dossiers))

    place.receive(office)

    assert kept == [True]


def test_acts_side_by_side_are_each_kept_whole(place: Place) -> None:
    """Eight clerks at once: every act that was answered for is there, with its news and its number."""
    office, codes = place.open(), list[str]()

    def work() -> None:
        codes.extend(place.receive(office) for _ in range(5))

    clerks = [threading.Thread(target=work) for _ in range(8)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    after = place.open()

    assert len(set(codes)) == 40
    assert set(after.dossiers) == set(codes)
    assert [news.number for news in after.news] == list(range(1, 41))


def test_news_that_nobody_took_are_told_after_a_kill(place: Place) -> None:
    """What was told is not told again once that is kept; what was not, is."""
    before = place.open()
    taken: list[News] = []
    before.listeners.append(taken.append)
    first, second = place.receive(before), place.receive(before)
    before.told(taken[0])
    place.receive(before)  # keeps that the first was told

    untold = [news.code for news in place.open().untold()]

    assert untold[0] == second
    assert first not in untold


def test_starting_over_forgets_what_is_on_its_way(ear: Listener) -> None:
    """News of what was before are heard before `start_over` returns, or never: they are no news of what comes then."""
    heard: list[Any] = []
    arrived, go_on = threading.Event(), threading.Event()

    def hear(_path: str, body: Any) -> Any:
        arrived.set()
        go_on.wait(20)
        heard.append(body["soTin"])
        return {}

    ear.hear = hear
    webhook, taken = Webhook(ear.url), threading.Event()
    for number in (1, 2, 3):
        webhook.send({"soTin": number}, then=lambda: None)
    arrived.wait(20)
    over = threading.Thread(target=webhook.start_over)
    over.start()
    assert waiting.until(lambda: webhook.waiting == 0)
    go_on.set()
    over.join(20)
    at_once = list(heard)
    webhook.send({"soTin": 4}, then=taken.set)
    taken.wait(20)

    assert at_once == [1]
    assert heard == [1, 4]


def test_a_store_belongs_to_one_running_product(tmp_path: Path) -> None:
    """A second one, as a second replica would start, is refused with the way out; once the first is dead, it starts."""
    agreed.of_era("2018").write(tmp_path)
    environment = os.environ | {
        "REFERENCE_DATA": str(tmp_path), "PASSCODE_KEY": "k", "PROVIDER_SECRET": "s", "LISTEN": "127.0.0.1:0",
        "STORE": str(tmp_path / "store.db"),
    }  # fmt: skip

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "services.vendors", "truc"], env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    with start() as first:
        began = _said(first)
        with start() as second:
            refused = _said(second)
            second.terminate()
            assert second.stderr
            told = second.stderr.read()
        first.send_signal(signal.SIGKILL)
    with start() as third:
        again = _said(third)
        third.terminate()

    assert "url" in began
    assert (second.returncode, refused) == (64, "")
    assert "belongs to another truc" in told
    assert "one replica" in told
    assert "url" in again


def _said(product: subprocess.Popen[str]) -> str:
    """First line that it says; nothing where it ends instead."""
    assert product.stdout
    return product.stdout.readline()
