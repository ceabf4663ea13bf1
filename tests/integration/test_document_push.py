"""Push beside polling, and what the hub could not deliver: hub and office as processes behind a stand-in LGSP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from page_reader import PageReader
from passing_through import passing_to
from running_service import AUDIT_TOKEN, PASSCODE_KEY, Place, Running
from signing_keys import Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE
from standin_lgsp import Call, StandinLgsp

from infra.reference import ADMINISTRATOR
from loadtests.accounts import passcode

KEYS = Keys()
_FROM_OFFICE = ("envelopes.send", "envelopes.list", "envelopes.get", "envelopes.received", "statuses.list")
_numbers = iter(range(1, 10_000))


@pytest.fixture(scope="module")
def hub(place: Place, lgsp: StandinLgsp, reference_folder: Path) -> Running:
    """A hub that knows the agencies' keys."""
    KEYS.write(reference_folder)
    service = place("dochub")
    for operation in _FROM_OFFICE:
        lgsp.answers[f"dochub.{operation}"] = passing_to(service, consumer="office")
    return service


@pytest.fixture(scope="module")
def office(place: Place, hub: Running, lgsp: StandinLgsp) -> Running:
    """An office that the hub's pushes reach."""
    assert hub
    service = place("office")
    lgsp.answers["office.envelopes.push"] = passing_to(service, consumer="dochub")
    return service


@pytest.fixture
def pushed(hub: Running) -> Iterator[None]:
    """Push to the communes' installation while the test lasts."""
    assert control(hub, "push", {"installations": ["an-mau"]}).json() == {"installations": ["an-mau"]}
    yield
    control(hub, "push", {"installations": []}).raise_for_status()


def control(hub: Running, name: str, body: Any) -> requests.Response:
    """Turn a switch of the testbed."""
    headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}
    return requests.put(f"{hub.url}/control/{name}", json=body, headers=headers, timeout=30)


def send(hub: Running, *texts: str) -> list[dict[str, str]]:
    """Deliver envelopes as an office would."""
    return hub.deliver("envelopes.send", *({"xml": text} for text in texts), consumer="office")


def name(number: int) -> str:
    """DocumentId of the department's envelope with that number."""
    return f"{DEPARTMENT},2018/08/22,{number}/SGTVT-VP"


def poll(office: Running, installation: str) -> int:
    """Let an installation ask; returns how many documents it brought."""
    token = office.sign_in(f"poller.{installation}")
    answer = office.post("/api/polls", {"installation": installation}, token=token)
    return int(answer.json()["fetched"])


def incoming(office: Running, document: str) -> list[str]:
    """Agencies at which a document has arrived."""
    return sorted(row["agency"] for row in office.export("incoming") if row["document"] == document)


@pytest.mark.usefixtures("pushed")
def test_a_pushed_document_arrives_without_a_poll_and_once(hub: Running, office: Running) -> None:
    """Both communes have it, the hub has both receipts, and the next poll finds nothing left."""
    number = next(_numbers)
    assert send(hub, KEYS.sealed(number))[0]["result"] == "done"
    hub.drained()
    assert incoming(office, name(number)) == [COMMUNE, OTHER_COMMUNE]
    office.drained()
    received = [row["addressee"] for row in hub.export("deliveries") if row["document"] == name(number)]
    assert sorted(received) == [COMMUNE, OTHER_COMMUNE]
    assert poll(office, "an-mau") == 0


@pytest.mark.usefixtures("pushed")
def test_poll_and_push_of_one_document_take_it_once(hub: Running, office: Running, lgsp: StandinLgsp) -> None:
    """The push waits for an office out of its reach; meanwhile a poll brings the document; then the push comes."""
    honest = lgsp.answers["office.envelopes.push"]
    lgsp.answers["office.envelopes.push"] = lambda _call: (503, {})
    number = next(_numbers)
    try:
        assert send(hub, KEYS.sealed(number))[0]["result"] == "done"
        assert poll(office, "an-mau") == 2
    finally:
        lgsp.answers["office.envelopes.push"] = honest
    hub.drained()
    office.drained()
    assert incoming(office, name(number)) == [COMMUNE, OTHER_COMMUNE]
    assert hub.export("dead_letters") == []
    told = [row["status"] for row in hub.export("statuses") if row["document"] == name(number)]
    assert told == ["01", "01"]


@pytest.mark.usefixtures("pushed")
def test_what_is_most_urgent_is_pushed_first(hub: Running, office: Running, lgsp: StandinLgsp) -> None:
    """Four documents wait for an office out of reach; once it is back they come by urgency, then by age."""
    assert office
    first = [next(_numbers) for _ in range(4)]
    urgencies = (0, 2, 4, 2)
    began = len(lgsp.calls)
    lgsp.out_of_reach = True
    try:
        for number, urgency in zip(first, urgencies, strict=True):
            assert send(hub, KEYS.sealed(number, priority=urgency))[0]["result"] == "done"
        while not (tried := [came for came in _pushed(lgsp, began) if len(came) == 4]):  # earlier attempts have fewer
            time.sleep(0.01)
    finally:
        lgsp.out_of_reach = False
    hub.drained()
    assert tried[0] == [name(first[place]) for place in (2, 1, 3, 0)]
    office.drained()


def _pushed(lgsp: StandinLgsp, began: int) -> list[list[str]]:
    """Documents of each push, in their order; those of two addressees once."""
    pushes = [call.body["items"] for call in lgsp.calls[began:] if call.name == "office.envelopes.push"]
    return [list(dict.fromkeys(item["body"]["document"] for item in items)) for items in pushes]


@pytest.mark.usefixtures("pushed")
def test_only_who_wants_pushes_gets_them(hub: Running, office: Running) -> None:
    """The department's installation goes on asking."""
    number = next(_numbers)
    text = KEYS.sealed(number, sender=COMMUNE, addressees=(DEPARTMENT, OTHER_COMMUNE))
    assert send(hub, text)[0]["result"] == "done"
    hub.drained()
    document = f"{COMMUNE},2018/08/22,{number}/SGTVT-VP"
    assert incoming(office, document) == [OTHER_COMMUNE]
    assert poll(office, "tinh") == 1
    assert incoming(office, document) == [DEPARTMENT, OTHER_COMMUNE]


def test_pushes_to_nobody_known_are_refused(hub: Running) -> None:
    """With the place of the mistake."""
    answer = control(hub, "push", {"installations": ["an-mau", "o-dau"]})
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "installations[1]")


@pytest.mark.usefixtures("pushed")
def test_a_push_that_the_office_refuses_is_a_dead_letter_that_can_be_sent_again(
    hub: Running, office: Running, lgsp: StandinLgsp
) -> None:
    """Seen by the administrator with the reason; put right and sent again it arrives, and the letter is gone."""
    honest = lgsp.answers["office.envelopes.push"]

    def refusing(call: Call) -> tuple[int, Any]:
        keys = [item["key"] for item in call.body["items"]]
        return 200, {"results": [{"key": key, "result": "refused", "detail": "hộp thư đầy"} for key in keys]}

    lgsp.answers["office.envelopes.push"] = refusing
    number = next(_numbers)
    try:
        send(hub, KEYS.sealed(number))
        hub.drained()
    finally:
        lgsp.answers["office.envelopes.push"] = honest
    admin = hub.sign_in(ADMINISTRATOR["account"])
    [letter] = hub.get("/api/undelivered", token=admin).json()["pushes"]
    assert (letter["subject"], letter["detail"]) == (name(number), "hộp thư đầy")
    again = hub.post("/api/undelivered/replay", {"kind": "push", "name": letter["key"]}, token=admin)
    assert again.json()["state"] == "sent-again"
    hub.drained()
    assert incoming(office, name(number)) == [COMMUNE, OTHER_COMMUNE]
    assert hub.get("/api/undelivered", token=admin).json()["pushes"] == []


def test_a_refused_envelope_is_kept_and_taken_once_its_cause_is_gone(hub: Running) -> None:
    """The addressee was locked. Refused twice it is one letter; while the cause lasts it is refused again."""
    number = next(_numbers)
    text = KEYS.sealed(number)
    control(hub, "agencies", {"locked": {COMMUNE: "đang kiểm kê"}}).raise_for_status()
    admin = hub.sign_in(ADMINISTRATOR["account"])
    try:
        assert [send(hub, text)[0]["result"] for _ in range(2)] == ["refused", "refused"]
        [letter] = hub.get("/api/undelivered", token=admin).json()["envelopes"]
        assert (letter["times"], "đang kiểm kê" in letter["reason"]) == (2, True)
        asked = {"kind": "envelope", "name": letter["digest"]}
        assert hub.post("/api/undelivered/replay", asked, token=admin).json()["state"] == "refused"
    finally:
        control(hub, "agencies", {"locked": {}}).raise_for_status()
    assert hub.post("/api/undelivered/replay", asked, token=admin).json()["state"] == "accepted"
    assert hub.get("/api/undelivered", token=admin).json()["envelopes"] == []
    assert [row["document"] for row in hub.export("envelopes")].count(name(number)) == 1
    assert hub.post("/api/undelivered/replay", asked, token=admin).status_code == 404
    assert send(hub, text)[0]["result"] == "done"  # its sender, who was refused, repeats it


def test_the_administrators_page_takes_a_refused_envelope(hub: Running) -> None:
    """By sign-in and one button, in a browser without JavaScript."""
    number = next(_numbers)
    control(hub, "agencies", {"locked": {COMMUNE: "bận"}}).raise_for_status()
    assert send(hub, KEYS.sealed(number))[0]["result"] == "refused"
    control(hub, "agencies", {"locked": {}}).raise_for_status()
    browser, account = PageReader(hub.url), ADMINISTRATOR["account"]
    assert "Đăng nhập quản trị" in browser.open("/undelivered").text
    browser.press("/sign-in", account=account, passcode=passcode(PASSCODE_KEY, account))
    assert "bận" in browser.text
    browser.press("/undelivered/replay")
    assert "bận" not in browser.text
    browser.close()
    assert name(number) in {row["document"] for row in hub.export("envelopes")}


def test_an_altered_envelope_stays_refused_whoever_asks(hub: Running) -> None:
    """Taking it after all does not pass by the check of its seal."""
    text = KEYS.sealed(next(_numbers)).replace("V/v thử", "V/v bỏ")
    assert send(hub, text)[0]["result"] == "refused"
    admin = hub.sign_in(ADMINISTRATOR["account"])
    [letter] = hub.get("/api/undelivered", token=admin).json()["envelopes"]
    told = hub.post("/api/undelivered/replay", {"kind": "envelope", "name": letter["digest"]}, token=admin).json()
    assert (told["state"], "đã bị thay đổi" in told["reason"]) == ("refused", True)


def test_dead_letters_are_for_administrators_only(hub: Running) -> None:
    """Nobody else sees them, signed in or not."""
    assert hub.get("/api/undelivered").status_code == 401
    asked = {"kind": "envelope", "name": "x"}
    assert hub.post("/api/undelivered/replay", asked).status_code == 401
