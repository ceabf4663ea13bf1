"""The office as a process, with a real hub behind a stand-in LGSP: a document's whole way there and back."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest
import requests
from page_reader import untranslated
from passing_through import passing_to
from running_service import PASSCODE_KEY, Place, Running
from signing_keys import LEADER_WITHOUT_KEY, NINE, Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE, account
from standin_lgsp import Call, StandinLgsp

from loadtests.accounts import passcode
from services.kit.edxml import archive
from services.kit.edxml.content_signature import ContentSignature
from services.kit.edxml.trust import Trust
from verification import records
from verification.signature import examine

KEYS = Keys()
LETTER = {
    "kind": "Công văn",
    "subject": "V/v rà soát thủ tục hành chính",
    "content": "Kính gửi quý cơ quan.\nĐề nghị rà soát.",
    "addressees": [COMMUNE, OTHER_COMMUNE],
    "priority": 1,
}
_FROM_OFFICE = (
    "envelopes.send", "envelopes.list", "envelopes.get", "envelopes.received", "statuses.send", "statuses.list",
)  # fmt: skip
#: What the hub itself asks by the same stand-in, every few seconds.
_OF_THE_HUB = "national.signing.revocations"


@pytest.fixture(scope="module")
def hub(place: Place, lgsp: StandinLgsp, reference_folder: Path) -> Running:
    """A hub, which the stand-in LGSP passes the office's calls to."""
    KEYS.write(reference_folder)
    service = place("dochub")
    for operation in _FROM_OFFICE:
        lgsp.answers[f"dochub.{operation}"] = passing_to(service, consumer="office")
    return service


@pytest.fixture(scope="module")
def office(place: Place, hub: Running, reference_folder: Path) -> Running:
    """An office whose hub is there; one commune's program leaves the certificate out of its seals."""
    assert hub
    (reference_folder / "office_rules.json").write_bytes(msgspec.json.encode({"misformed": [OTHER_COMMUNE]}))
    return place("office")


class Desk:
    """One official at the office's API."""

    def __init__(self, office: Running, role: str, agency: str) -> None:
        """Sign in."""
        self._office, self._agency = office, agency
        self.token = office.sign_in(account(role, agency))

    def act(self, path: str, body: Any = None, *, key: str | None = None) -> requests.Response:
        """POST a step on an outgoing document."""
        return self._office.post(path, body, token=self.token, key=key)

    def on(self, act: str, document: str, *, key: str | None = None, **more: str) -> requests.Response:
        """POST a step on an incoming document of one's own agency."""
        body = {"agency": self._agency, "document": document, **more}
        return self._office.post(f"/api/incoming/{act}", body, token=self.token, key=key)


@pytest.fixture(scope="module")
def desks(office: Running) -> dict[tuple[str, str], Desk]:
    """All officials, by role and agency."""
    roles = ("specialist", "leader", "document_clerk", "reception_clerk")
    agencies = (DEPARTMENT, COMMUNE, OTHER_COMMUNE)
    return {(role, agency): Desk(office, role, agency) for role in roles for agency in agencies}


Desks = dict[tuple[str, str], Desk]


def drafted(desks: Desks, *, agency: str = DEPARTMENT, **changes: Any) -> int:
    """Return the number of a fresh draft."""
    answer = desks["specialist", agency].act("/api/documents", LETTER | changes)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["draft"])


def signed(desks: Desks, *, sender: str = DEPARTMENT, **changes: Any) -> int:
    """Return the number of a draft that its leader has signed."""
    draft = drafted(desks, agency=sender, **changes)
    answer = desks["leader", sender].act(f"/api/documents/{draft}/signature")
    assert answer.json() == {"draft": draft, "state": "signed"}
    return draft


def issued(desks: Desks, *, sender: str = DEPARTMENT, **changes: Any) -> str:
    """Return the DocumentId of an issued document."""
    draft = signed(desks, sender=sender, **changes)
    answer = desks["document_clerk", sender].act(f"/api/documents/{draft}/issue")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["document"])


def poll(office: Running, installation: str, *, key: str | None = None) -> requests.Response:
    """Let an installation ask the hub."""
    token = office.sign_in(f"poller.{installation}")
    return office.post("/api/polls", {"installation": installation}, token=token, key=key)


def emptied(office: Running) -> None:
    """Let every document on its way arrive, so that a test counts only its own."""
    office.drained()
    assert poll(office, "an-mau").status_code == 200
    office.drained()


def arrived(office: Running, desks: Desks, **changes: Any) -> str:
    """Return the DocumentId of a document that has reached its addressees' registers."""
    document = issued(desks, **changes)
    office.drained()
    assert poll(office, "an-mau").status_code == 200
    return document


def told(hub: Running, document: str, agency: str) -> list[str]:
    """Return the statuses that the hub was told."""
    return [row["status"] for row in hub.export("statuses") if (row["document"], row["agency"]) == (document, agency)]


# The way of a document.


def test_a_document_travels_from_draft_to_done(office: Running, hub: Running, desks: Desks) -> None:
    """Drafted, signed, numbered, sealed, carried, registered, assigned, finished, and the sender knows."""
    emptied(office)
    document = issued(desks)
    assert re.fullmatch(r"000\.00\.12\.H07,2018/08/22,\d+/SGTVT-VP", document)
    office.drained()
    assert poll(office, "an-mau").json() == {"installation": "an-mau", "fetched": 2}
    clerk, leader = desks["document_clerk", COMMUNE], desks["leader", COMMUNE]
    assert clerk.on("registration", document).json()["state"] == "registered"
    assert leader.on("assignment", document).json()["state"] == "assigned"
    assert desks["specialist", COMMUNE].on("completion", document).json()["state"] == "finished"
    refused = desks["document_clerk", OTHER_COMMUNE].on("refusal", document, reason="Gửi nhầm nơi nhận.")
    assert refused.json() == {"document": document, "agency": OTHER_COMMUNE, "state": "refused", "status": "02"}
    office.drained()
    assert told(hub, document, COMMUNE) == ["01", "03", "04", "06"]
    assert told(hub, document, OTHER_COMMUNE) == ["01", "02"]
    assert poll(office, "tinh").json()["fetched"] == 0
    latest = office.query("SELECT addressee, status FROM outgoing_status WHERE document = $1", document)
    assert {(row["addressee"], row["status"]) for row in latest} == {(COMMUNE, "06"), (OTHER_COMMUNE, "02")}
    register = {(row["document"], row["agency"]): row for row in office.export("incoming")}
    assert register[document, COMMUNE]["status"] == "06"
    assert register[document, OTHER_COMMUNE]["state"] == "refused"
    assert office.export("dead_letters") == []


def test_a_document_signed_on_paper_goes_the_long_way(office: Running, hub: Running, desks: Desks) -> None:
    """Printed, signed by hand, scanned, then issued like any other; the scan's pages go with it."""
    draft = drafted(desks, kind="tờ trình", addressees=[COMMUNE])
    clerk = desks["document_clerk", DEPARTMENT]
    assert clerk.act(f"/api/documents/{draft}/print").json()["state"] == "printed"
    assert clerk.act(f"/api/documents/{draft}/scan", {"pages": 7}).json()["state"] == "scanned"
    document = clerk.act(f"/api/documents/{draft}/issue").json()["document"]
    assert document.endswith("/TTr-SGTVT")
    office.drained()
    (row,) = [row for row in hub.export("envelopes") if row["document"] == document]
    assert "<edXML:PageAmount>7<" in row["xml"]
    (mine,) = [row for row in office.export("documents") if row["document"] == document]
    assert (mine["draft"], mine["signed"], mine["state"]) == (draft, "paper", "issued")


def amended(office: Running, desks: Desks, document: str, how: str) -> str:
    """Return the DocumentId of a message that recalls, updates or replaces `document`, taken over by its addressees."""
    amends = {"document": document, "how": how, "reason": "Có sai sót."}
    return arrived(office, desks, amends=amends)


@pytest.mark.parametrize(
    ("how", "answer", "state", "statuses"),
    [
        ("recall", "agree", "withdrawn", ["01", "03", "13", "15"]),
        ("replace", "agree", "withdrawn", ["01", "03", "13", "15"]),
        ("update", "agree", "registered", ["01", "03", "13", "15", "06"]),
        ("recall", "decline", "registered", ["01", "03", "13", "16", "06"]),
    ],
)
def test_a_sender_asks_and_the_addressee_answers(
    office: Running, hub: Running, desks: Desks, how: str, answer: str, state: str, statuses: list[str]
) -> None:
    """Recall, update and replacement stop the work until the clerk has answered; given back, nothing follows."""
    document = arrived(office, desks)
    clerk, specialist = desks["document_clerk", COMMUNE], desks["specialist", COMMUNE]
    clerk.on("registration", document)
    message = amended(office, desks, document, how)
    stopped = specialist.on("completion", document)
    assert (stopped.status_code, stopped.json()["state"]) == (409, "asked")
    told_back = clerk.on("answer", document, answer=answer, reason="Đã xem.").json()
    assert (told_back["state"], told_back["status"]) == (state, statuses[3])
    assert clerk.on("answer", document, answer=answer, reason="Lần nữa.").status_code == 409
    done = specialist.on("completion", document)
    assert done.status_code == (409 if state == "withdrawn" else 200)
    office.drained()
    assert told(hub, document, COMMUNE) == statuses
    assert told(hub, document, OTHER_COMMUNE) == ["01", "13"]
    assert told(hub, message, COMMUNE) == ["01"]
    (row,) = [row for row in hub.export("envelopes") if row["document"] == message]
    assert (row["doc_type"], row["about"]) == (how, [document])
    assert office.export("dead_letters") == []


def test_only_an_own_issued_document_can_be_amended(office: Running, desks: Desks) -> None:
    """And a recall goes to nobody who never had it."""
    document = issued(desks, addressees=[COMMUNE])
    amends = {"document": document, "how": "recall", "reason": "Sai."}
    answer = desks["specialist", DEPARTMENT].act("/api/documents", LETTER | {"amends": amends})
    assert [one["where"] for one in answer.json()["errors"]] == ["$.addressees[1]"]
    stranger = desks["specialist", COMMUNE].act("/api/documents", LETTER | {"amends": amends})
    assert "$.amends.document" in [one["where"] for one in stranger.json()["errors"]]
    assert office.export("documents")


def answering(desks: Desks, document: str, **changes: Any) -> requests.Response:
    """Let the commune's specialist draft a reply to that document."""
    letter = LETTER | {"addressees": [DEPARTMENT], "answers": document}
    return desks["specialist", COMMUNE].act("/api/documents", letter | changes)


@pytest.mark.parametrize(
    ("case", "way_out"),
    [
        ("never issued", "đã đến cơ quan này"),
        ("came to another agency", "đã đến cơ quan này"),
        ("our own", "đã đến cơ quan này"),
        ("not registered", "đã vào sổ đến"),
        ("sent back", "đã vào sổ đến"),
        ("asked back", "hãy trả lời yêu cầu trước"),
        ("answered by a recall", "hãy soạn văn bản riêng"),
    ],
)
def test_only_what_came_and_is_in_the_register_is_answered(
    office: Running, desks: Desks, case: str, way_out: str
) -> None:
    """422 `$.answers`, and what to do instead; nothing is drafted."""
    clerk = desks["document_clerk", COMMUNE]
    changes: dict[str, Any] = {}
    if case == "never issued":
        document = f"{DEPARTMENT},2018/08/22,9999/SGTVT-VP"
    elif case == "came to another agency":
        document = arrived(office, desks, addressees=[OTHER_COMMUNE])
        desks["document_clerk", OTHER_COMMUNE].on("registration", document)
    elif case == "our own":
        document = issued(desks, sender=COMMUNE, addressees=[DEPARTMENT])
    else:
        document = arrived(office, desks, addressees=[COMMUNE])
    if case == "sent back":
        clerk.on("refusal", document, reason="Gửi nhầm.")
    elif case in {"asked back", "answered by a recall"}:
        clerk.on("registration", document)
    if case == "asked back":
        arrived(office, desks, addressees=[COMMUNE], amends={"document": document, "how": "recall", "reason": "Sai."})
    elif case == "answered by a recall":
        ours = issued(desks, sender=COMMUNE, addressees=[DEPARTMENT])
        changes = {"amends": {"document": ours, "how": "recall", "reason": "Sai."}}
    drafts = len(office.export("documents"))

    answer = answering(desks, document, **changes)

    assert (answer.status_code, answer.json()["title"]) == (422, "invalid")
    (error,) = answer.json()["errors"]
    assert (error["where"], error["found"]) == ("$.answers", document)
    assert way_out in error["way_out"]
    assert len(office.export("documents")) == drafts


def test_a_clerk_answers_a_recall_in_a_browser(office: Running, hub: Running, desks: Desks) -> None:
    """The specialist drafts the recall on the issued document's page; the other side's clerk agrees by button."""
    document = arrived(office, desks, addressees=[COMMUNE])
    (row,) = [row for row in office.export("documents") if row["document"] == document]
    specialist = Browser(office, account("specialist", DEPARTMENT))
    specialist.open(f"/documents/{row['draft']}")
    page = specialist.press(
        "/desk/documents", how="recall", reason="Gửi nhầm", subject="Thu hồi", content="Đề nghị trả lại.",
        addressees=COMMUNE, kind="Công văn", priority="0",
    )  # fmt: skip
    assert "Văn bản này thu hồi" in page.text
    draft = page.url.rsplit("/", 1)[1]
    desks["leader", DEPARTMENT].act(f"/api/documents/{draft}/signature")
    desks["document_clerk", DEPARTMENT].act(f"/api/documents/{draft}/issue")
    emptied(office)
    clerk = Browser(office, account("document_clerk", COMMUNE))
    page = clerk.open(f"/incoming?document={document}")
    assert "yêu cầu thu hồi văn bản này" in page.text
    assert "đã trả về theo yêu cầu" in clerk.press("/desk/incoming/answer", answer="agree", reason="Đồng ý").text
    office.drained()
    assert told(hub, document, COMMUNE) == ["01", "13", "15"]
    for browser in (specialist, clerk):
        browser.close()


def test_what_the_hub_holds_satisfies_the_judge(office: Running, hub: Running, desks: Desks) -> None:
    """The judge's own check finds digest, header, seal and certificate of every envelope right."""
    issued(desks)
    office.drained()
    rows = hub.export("envelopes")
    assert rows
    for row in rows:
        assert examine(msgspec.convert(row, records.Envelope), KEYS.authority.pem.encode()) == ()


def test_the_leaders_own_signature_travels_in_the_attachment(office: Running, hub: Running, desks: Desks) -> None:
    """A receiver can check that this person signed this very text."""
    document = issued(desks)
    office.drained()
    (row,) = [row for row in hub.export("envelopes") if row["document"] == document]
    trust = Trust(KEYS.authority.pem.encode())
    at = datetime.fromisoformat(row["accepted_at"])
    (attachment,) = trust.open(row["xml"], at=at).attachments
    files = archive.unpack(attachment.archive)
    signature = msgspec.json.decode(files["chu-ky-ca-nhan.json"], type=ContentSignature)
    holder = trust.signer(files["van-ban.txt"], signature, at=at)
    assert holder.code == account("leader", DEPARTMENT)
    assert "Đề nghị rà soát." in files["van-ban.txt"].decode()


def test_numbers_of_an_agency_rise_without_gaps(desks: Desks) -> None:
    """A refused attempt takes no number; every agency has its own book."""
    first = _number(issued(desks))
    clerk = desks["document_clerk", DEPARTMENT]
    assert clerk.act(f"/api/documents/{drafted(desks)}/issue").status_code == 409
    assert _number(issued(desks)) == first + 1


def _number(document: str) -> int:
    return int(document.split(",")[2].split("/", maxsplit=1)[0])


# Once, whatever happens.


@pytest.fixture
def later(office: Running) -> Iterator[Callable[[str], None]]:
    """Turn the official day of the office on, until the test ends."""

    def turn(day: str) -> None:
        office.set_clock(day, 9 * 3600.0)
        office.restart()

    yield turn
    turn("2018-08-22")


def test_numbers_begin_anew_with_the_year(office: Running, desks: Desks, later: Callable[[str], None]) -> None:
    """In both books; what was issued last year keeps its own."""
    document = arrived(office, desks, addressees=[COMMUNE])
    draft, last = signed(desks), issued(desks)
    later("2019-01-02")
    assert not last.endswith(",2018/08/22,1/SGTVT-VP")
    told = desks["document_clerk", DEPARTMENT].act(f"/api/documents/{draft}/issue").json()
    assert told["document"] == f"{DEPARTMENT},2019/01/02,1/SGTVT-VP"
    assert desks["document_clerk", COMMUNE].on("registration", document).json()["number"] == 1


def test_a_document_stays_good_when_a_certificate_has_run_out_since(
    office: Running, desks: Desks, later: Callable[[str], None]
) -> None:
    """Seal and personal signature are held against the moment they came, not against the day of whoever looks."""
    document = arrived(office, desks, addressees=[COMMUNE])
    (draft,) = [one["draft"] for one in office.export("documents") if one["document"] == document]
    later("2038-08-22")
    for who, path, good in (
        (account("specialist", COMMUNE), f"/incoming?document={document}", 2),
        (account("specialist", DEPARTMENT), f"/documents/{draft}", 1),
    ):
        browser = Browser(office, who)
        page = _plain(browser.open(path).text)
        assert (page.count("hợp lệ, của"), page.count("KHÔNG hợp lệ")) == (good, 0)
        browser.close()


def test_every_act_repeated_with_its_key_gives_the_same_reply_and_one_event(office: Running, desks: Desks) -> None:
    """A client that did not hear the answer asks again; nothing happens twice."""
    keys = [str(uuid.uuid4()) for _ in range(5)]
    specialist, leader = desks["specialist", DEPARTMENT], desks["leader", DEPARTMENT]
    clerk = desks["document_clerk", DEPARTMENT]

    def twice(act: Callable[[], requests.Response]) -> Any:
        first, second = act(), act()
        assert first.status_code < 300, first.text
        assert "Idempotency-Replayed" not in first.headers
        assert second.headers["Idempotency-Replayed"] == "true"
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        return first.json()

    draft = twice(lambda: specialist.act("/api/documents", LETTER, key=keys[0]))["draft"]
    twice(lambda: leader.act(f"/api/documents/{draft}/signature", key=keys[1]))
    document = twice(lambda: clerk.act(f"/api/documents/{draft}/issue", key=keys[2]))["document"]
    office.drained()
    twice(lambda: poll(office, "an-mau", key=keys[3]))
    twice(lambda: desks["document_clerk", COMMUNE].on("registration", document, key=keys[4]))
    events = [row["request_key"] for row in office.export("events")]
    polls = [row["request_key"] for row in office.export("polls")]
    assert [events.count(key) for key in keys] == [1, 1, 1, 0, 1]
    assert polls.count(keys[3]) == 1


def test_a_key_used_for_something_else_is_refused(desks: Desks) -> None:
    """One key, one act."""
    key = str(uuid.uuid4())
    specialist = desks["specialist", DEPARTMENT]
    assert specialist.act("/api/documents", LETTER, key=key).status_code == 201
    other = specialist.act("/api/documents", LETTER | {"priority": 0}, key=key)
    assert (other.status_code, other.json()["title"]) == (422, "key-reused")


def test_two_clerks_at_once_issue_a_document_once(office: Running, desks: Desks) -> None:
    """One gets the number, the others are told that it is issued; nothing is sent twice."""
    draft = signed(desks)
    token = desks["document_clerk", DEPARTMENT].token

    def issue(_: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        return requests.post(f"{office.url}/api/documents/{draft}/issue", headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(issue, range(6))) == [200, 409, 409, 409, 409, 409]
    office.drained()
    assert office.export("dead_letters") == []


def test_drafts_issued_side_by_side_are_what_each_would_be_alone(
    office: Running, hub: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """Numbers without gaps, text and trace of each its own; who is refused, or clicks twice, holds up nobody.

    And the database commits less often than documents are issued.
    """
    office.drained()
    senders = (DEPARTMENT, COMMUNE)
    good = [signed(desks, sender=senders[turn % 2], subject=f"V/v việc {turn}") for turn in range(32)]
    bad = [drafted(desks), 999_999_999]
    twice = [(draft, senders[turn // 2 % 2]) for turn, draft in enumerate(one for one in good for _ in range(2))]
    clicks = twice + [(one, DEPARTMENT) for one in bad]
    traces = [uuid.uuid4().hex for _ in clicks]
    lgsp.answers["dochub.envelopes.send"] = lambda _call: (503, {})

    def issue(click: tuple[int, str], trace: str) -> requests.Response:
        token = desks["document_clerk", click[1]].token
        headers = {
            "Authorization": f"Bearer {token}", "Idempotency-Key": trace, "traceparent": f"00-{trace}-{'1' * 16}-01"
        }  # fmt: skip
        return requests.post(f"{office.url}/api/documents/{click[0]}/issue", headers=headers, timeout=30)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(issue, clicks, traces))

    statuses = [one.status_code for one in answers]
    assert statuses[-2:] == [409, 404]
    assert all(sorted(pair) == [200, 409] for pair in zip(statuses[:64:2], statuses[1:64:2], strict=True))
    documents = {one.json()["draft"]: one.json()["document"] for one in answers if one.status_code == 200}
    for turn in range(2):
        numbers = sorted(_number(documents[draft]) for draft in good[turn::2])
        assert numbers == list(range(numbers[0], numbers[0] + 16))
    issued_by = {
        row["request_key"]: row["draft"]
        for row in office.query("SELECT request_key, draft FROM event WHERE event = 'issued'")
    }
    waiting = office.query("SELECT key, trace FROM outbox WHERE operation = 'envelopes.send'")
    assert {row["trace"].split("-")[1] for row in waiting} == {row["key"].rpartition(":")[2] for row in waiting}
    assert {issued_by[row["key"].rpartition(":")[2]] for row in waiting} == set(good)
    transactions = office.query("SELECT DISTINCT xmin::text FROM document WHERE draft = ANY($1)", good)
    assert len(transactions) < len(good)
    lgsp.answers["dochub.envelopes.send"] = passing_to(hub, consumer="office")
    office.drained()
    kept = {row["document"]: row["xml"] for row in hub.export("envelopes")}
    for turn, draft in enumerate(good):
        assert f"V/v việc {turn}<" in kept[documents[draft]]
    assert office.export("dead_letters") == []


def test_polls_at_once_take_a_document_over_once(office: Running, lgsp: StandinLgsp, desks: Desks) -> None:
    """Whoever is first fetches and registers it; the hub gets one receipt for each addressee."""
    emptied(office)
    document = issued(desks)
    office.drained()
    token = office.sign_in("poller.an-mau")
    before = len(lgsp.calls)

    def ask(_: int) -> int:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        body = {"installation": "an-mau"}
        answer = requests.post(f"{office.url}/api/polls", json=body, headers=headers, timeout=30)
        return int(answer.json()["fetched"])

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 2
    office.drained()
    receipts = [item for item in lgsp.items("dochub.envelopes.received") if item["document"] == document]
    assert sorted(item["agency"] for item in receipts) == [COMMUNE, OTHER_COMMUNE]
    assert len([row for row in office.export("incoming") if row["document"] == document]) == 2
    fetched = [call.query["documents"] for call in lgsp.calls[before:] if call.name == "dochub.envelopes.get"]
    assert fetched == [document]


def test_a_poll_whose_client_has_gone_before_its_turn_is_not_made(office: Running, lgsp: StandinLgsp) -> None:
    """Behind a slow hub, work for clients that have given up would keep the others waiting."""
    emptied(office)
    token = office.sign_in("poller.tinh")
    asked, go_on = Event(), Event()
    honest = lgsp.answers["dochub.envelopes.list"]

    def slow(call: Call) -> tuple[int, Any]:
        asked.set()
        go_on.wait(30)
        return honest(call)

    def ask(key: str, patience: float) -> None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        with suppress(requests.ReadTimeout):
            requests.post(f"{office.url}/api/polls", json={"installation": "tinh"}, headers=headers, timeout=patience)

    first, gone = str(uuid.uuid4()), str(uuid.uuid4())
    lgsp.answers["dochub.envelopes.list"] = slow
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ask, first, 30)
            assert asked.wait(20)
            ask(gone, 0.5)
            go_on.set()
            waiting.result()
    finally:
        go_on.set()
        lgsp.answers["dochub.envelopes.list"] = honest
    poll(office, "tinh")  # has its turn after the one that has gone
    keys = {row["request_key"] for row in office.export("polls")}
    assert (first in keys, gone in keys) == (True, False)


def test_what_nobody_real_waits_for_is_called_as_such(office: Running, lgsp: StandinLgsp) -> None:
    """`X-Synthetic` of a request goes with the LGSP calls made while it is served, and with no others."""
    for headers, passed in (({"X-Synthetic": "1"}, "1"), ({}, None)):
        before = len(lgsp.calls)
        token = office.sign_in("poller.tinh")
        headers |= {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        body = {"installation": "tinh"}
        requests.post(f"{office.url}/api/polls", json=body, headers=headers, timeout=30).raise_for_status()
        asked = [call for call in lgsp.calls[before:] if call.name == "dochub.envelopes.list"]
        assert [call.headers.get("x-synthetic") for call in asked] == [passed]


def test_a_poll_that_finds_nothing_costs_one_call(office: Running, lgsp: StandinLgsp) -> None:
    """Most polls find nothing; they ask once and write one line."""
    emptied(office)  # what other tests have left comes home here, and its statuses with the next poll
    poll(office, "tinh")
    before = len(lgsp.calls)
    key = str(uuid.uuid4())
    assert poll(office, "tinh", key=key).json() == {"installation": "tinh", "fetched": 0}
    asked = [call.name for call in lgsp.calls[before:] if call.name != _OF_THE_HUB]
    assert asked == ["dochub.envelopes.list"]
    (row,) = [row for row in office.export("polls") if row["request_key"] == key]
    assert (row["installation"], row["fetched"]) == ("tinh", 0)


def test_what_only_waits_for_its_receipt_is_not_fetched_again(office: Running, lgsp: StandinLgsp, desks: Desks) -> None:
    """The hub lists a document until it has the receipt; the office knows that it is here already."""
    emptied(office)
    issued(desks)
    office.drained()
    honest = lgsp.answers["dochub.envelopes.received"]
    lgsp.answers["dochub.envelopes.received"] = lambda _call: (503, {})
    try:
        assert poll(office, "an-mau").json()["fetched"] == 2
        before = len(lgsp.calls)
        assert poll(office, "an-mau").json()["fetched"] == 0
        assert "dochub.envelopes.get" not in [call.name for call in lgsp.calls[before:]]
    finally:
        lgsp.answers["dochub.envelopes.received"] = honest
    office.drained()


# When others are not there.


def test_a_hub_out_of_reach_delays_and_loses_nothing(
    office: Running, hub: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """Issuing goes on; a poll says that it could not ask; later all arrives once."""
    emptied(office)
    lgsp.out_of_reach = True
    try:
        document = issued(desks)
        key = str(uuid.uuid4())
        assert poll(office, "an-mau", key=key).status_code == 503
    finally:
        lgsp.out_of_reach = False
    office.drained()
    assert len([row for row in hub.export("envelopes") if row["document"] == document]) == 1
    assert poll(office, "an-mau", key=key).json()["fetched"] == 2


def test_what_is_most_urgent_leaves_first_but_not_before_what_it_is_about(
    office: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """Documents wait for a hub out of reach; then the urgent one goes first, and a recall after what it recalls."""
    office.drained()
    began = len(lgsp.calls)
    lgsp.out_of_reach = True
    try:
        plain, urgent = (issued(desks, priority=urgency) for urgency in (0, 4))
        recall = issued(desks, priority=4, amends={"document": plain, "how": "recall", "reason": "Có sai sót."})
        last = issued(desks, priority=1)
        while not (tried := [items for items in _sent(lgsp, began) if len(items) == 4]):  # earlier attempts have fewer
            time.sleep(0.01)
    finally:
        lgsp.out_of_reach = False
    office.drained()
    names = [re.search("DocumentId>([^<]*)<", item["body"]["xml"]) for item in tried[0]]
    assert [found and found[1] for found in names] == [urgent, last, plain, recall]
    assert office.export("dead_letters") == []


def _sent(lgsp: StandinLgsp, began: int) -> list[list[dict[str, Any]]]:
    return [call.body["items"] for call in lgsp.calls[began:] if call.name == "dochub.envelopes.send"]


def test_what_was_acknowledged_survives_a_power_cut(
    office: Running, hub: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """Killed with everything undelivered, the office comes back and delivers each thing once."""
    travelling = arrived(office, desks)
    office.drained()
    lgsp.out_of_reach = True
    try:
        document = issued(desks)
        assert desks["document_clerk", COMMUNE].on("registration", travelling).status_code == 200
        assert desks["leader", COMMUNE].on("assignment", travelling).status_code == 200
        assert office.backlog() == 3
        office.restart()
        assert office.backlog() == 3
    finally:
        lgsp.out_of_reach = False
    office.drained()
    assert len([row for row in hub.export("envelopes") if row["document"] == document]) == 1
    assert told(hub, travelling, COMMUNE) == ["01", "03", "04"]
    assert document in {row["document"] for row in office.export("documents")}


def test_an_envelope_that_is_not_what_the_hub_says_is_left_alone(
    office: Running, hub: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """A text that does not match its digest is not taken over; once the hub is right again, it is."""
    emptied(office)
    document = issued(desks)
    office.drained()
    honest = lgsp.answers["dochub.envelopes.get"]

    def dishonest(call: Call) -> tuple[int, Any]:
        status, body = honest(call)
        altered = [one | {"xml": one["xml"].replace("rà soát", "xóa bỏ")} for one in body["envelopes"]]
        return status, {"envelopes": altered}

    lgsp.answers["dochub.envelopes.get"] = dishonest
    try:
        assert poll(office, "an-mau").json()["fetched"] == 0
    finally:
        lgsp.answers["dochub.envelopes.get"] = honest
    assert poll(office, "an-mau").json()["fetched"] == 2
    office.drained()
    assert told(hub, document, COMMUNE) == ["01"]


def test_a_document_that_the_hub_refuses_is_kept_as_a_dead_letter_and_can_be_sent_again(
    office: Running, hub: Running, lgsp: StandinLgsp, desks: Desks
) -> None:
    """With the hub's reason, for the own clerk to look at; sent again by button, it arrives once."""
    honest = lgsp.answers["dochub.envelopes.send"]

    def refusing(call: Call) -> tuple[int, Any]:
        results = [{"key": item["key"], "result": "refused", "detail": "thử"} for item in call.body["items"]]
        return 200, {"results": results}

    lgsp.answers["dochub.envelopes.send"] = refusing
    try:
        document = issued(desks)
        office.drained()
    finally:
        lgsp.answers["dochub.envelopes.send"] = honest
    letters = office.export("dead_letters")
    assert [(letter["subject"], letter["detail"]) for letter in letters] == [(document, "thử")]
    body = {"key": letters[0]["key"]}
    assert desks["document_clerk", COMMUNE].act("/api/undelivered/replay", body).status_code == 404
    clerk = Browser(office, account("document_clerk", DEPARTMENT))
    assert document in clerk.open("/undelivered").text
    assert "Mọi gói tin đều đã gửi được" in clerk.press("/desk/undelivered/replay").text
    clerk.close()
    office.drained()
    assert [row["document"] for row in hub.export("envelopes")].count(document) == 1
    assert office.export("dead_letters") == []


# What is not allowed.

WRONG_STEPS = [
    ("draft", "document_clerk", "issue"),
    ("draft", "document_clerk", "scan"),
    ("signed", "leader", "signature"),
    ("signed", "document_clerk", "print"),
    ("signed", "document_clerk", "scan"),
    ("printed", "leader", "signature"),
    ("printed", "document_clerk", "issue"),
    ("printed", "document_clerk", "print"),
    ("scanned", "document_clerk", "scan"),
    ("scanned", "leader", "signature"),
    ("issued", "document_clerk", "issue"),
]
WAYS = {
    "draft": (),
    "signed": (("leader", "signature"),),
    "printed": (("document_clerk", "print"),),
    "scanned": (("document_clerk", "print"), ("document_clerk", "scan")),
    "issued": (("leader", "signature"), ("document_clerk", "issue")),
}


def test_what_the_hub_refuses_for_its_seals_form_is_sealed_again(office: Running, hub: Running, desks: Desks) -> None:
    """TRB-SIGNFORMAT: sent back with the reason, sealed in the required form by the clerk, and then it arrives."""
    clerk, draft = desks["document_clerk", OTHER_COMMUNE], drafted(desks, agency=OTHER_COMMUNE, addressees=[COMMUNE])
    for act, body in (("print", None), ("scan", {"pages": 2}), ("issue", None)):
        done = clerk.act(f"/api/documents/{draft}/{act}", body)
    document = done.json()["document"]
    office.drained()
    (letter,) = [one for one in office.export("dead_letters") if one["subject"] == document]
    at_hub = [row for row in hub.export("envelopes") if row["document"] == document]
    browser = Browser(office, account("document_clerk", OTHER_COMMUNE))
    page = browser.open(f"/documents/{draft}")
    browser.close()
    stranger = desks["document_clerk", COMMUNE].act(f"/api/documents/{draft}/seal")
    again = clerk.act(f"/api/documents/{draft}/seal")
    office.drained()
    once_more = clerk.act(f"/api/documents/{draft}/seal")
    (row,) = [row for row in hub.export("envelopes") if row["document"] == document]

    assert "X509Certificate" in letter["detail"]
    assert at_hub == []
    assert "Ký lại theo đúng định dạng" in page.text
    assert stranger.status_code == 403
    assert again.json() == {"draft": draft, "document": document, "state": "issued"}
    assert "<ds:X509Certificate>" in row["xml"]
    assert [one for one in office.export("dead_letters") if one["subject"] == document] == []
    assert (once_more.status_code, once_more.json()["title"]) == (409, "wrong-state")


def outgoing_act(desks: Desks, draft: int, role: str, act: str) -> requests.Response:
    """Do a step in the department."""
    body = {"pages": 1} if act == "scan" else None
    return desks[role, DEPARTMENT].act(f"/api/documents/{draft}/{act}", body)


@pytest.mark.parametrize(("state", "role", "act"), WRONG_STEPS, ids=lambda value: value)
def test_a_step_out_of_order_is_told_the_state_found(desks: Desks, state: str, role: str, act: str) -> None:
    """409 `wrong-state`, and the document stays as it is."""
    draft = drafted(desks)
    for way_role, way in WAYS[state]:
        assert outgoing_act(desks, draft, way_role, way).status_code == 200
    answer = outgoing_act(desks, draft, role, act)
    assert (answer.status_code, answer.json()["title"], answer.json()["state"]) == (409, "wrong-state", state)


@pytest.mark.parametrize(
    ("done", "act", "role", "state"),
    [
        ((), "assignment", "leader", "arrived"),
        ((), "completion", "specialist", "arrived"),
        (("registration",), "registration", "document_clerk", "registered"),
        (("registration",), "refusal", "document_clerk", "registered"),
        (("refusal",), "registration", "document_clerk", "refused"),
        (("registration", "completion"), "assignment", "leader", "finished"),
    ],
)
def test_an_incoming_step_out_of_order_is_told_the_state_found(
    office: Running, desks: Desks, done: tuple[str, ...], act: str, role: str, state: str
) -> None:
    """The sender is not told of steps that were not taken."""
    document = arrived(office, desks, addressees=[COMMUNE])
    roles = {"registration": "document_clerk", "completion": "specialist", "refusal": "document_clerk"}
    for step in done:
        more = {"reason": "Gửi nhầm."} if step == "refusal" else {}
        assert desks[roles[step], COMMUNE].on(step, document, **more).status_code == 200
    more = {"reason": "Gửi nhầm."} if act == "refusal" else {}
    answer = desks[role, COMMUNE].on(act, document, **more)
    assert (answer.status_code, answer.json()["title"], answer.json()["state"]) == (409, "wrong-state", state)


RIGHT_ROLES = {
    "/api/documents": {"specialist"},
    "/api/documents/1/signature": {"leader"},
    "/api/documents/1/print": {"document_clerk"},
    "/api/documents/1/scan": {"document_clerk"},
    "/api/documents/1/issue": {"document_clerk"},
    "/api/incoming/registration": {"document_clerk"},
    "/api/incoming/assignment": {"leader", "document_clerk"},
    "/api/incoming/completion": {"specialist"},
    "/api/incoming/refusal": {"document_clerk"},
    "/api/incoming/answer": {"document_clerk"},
    "/api/undelivered/replay": {"document_clerk"},
    "/api/filings": {"document_clerk"},
    "/api/delegations": {"leader"},
    "/api/polls": {"poller"},
}
BODIES: dict[str, Any] = {
    "/api/documents": LETTER,
    "/api/documents/1/scan": {"pages": 1},
    "/api/incoming/refusal": {"agency": COMMUNE, "document": "x", "reason": "y"},
    "/api/incoming/answer": {"agency": COMMUNE, "document": "x", "reason": "y", "answer": "agree"},
    "/api/undelivered/replay": {"key": "x"},
    "/api/filings": {"document": "x"},
    "/api/delegations": {"deputy": "x", "since": "2018-08-22T07:00:00+07:00", "until": "2018-08-22T08:00:00+07:00"},
    "/api/polls": {"installation": "tinh"},
}


@pytest.mark.parametrize("path", RIGHT_ROLES)
def test_each_act_is_for_its_roles_only(office: Running, desks: Desks, path: str) -> None:
    """Nobody unknown (401), nobody in another role (403)."""
    body = BODIES.get(path, {"agency": COMMUNE, "document": "x"} if "incoming" in path else None)
    assert office.post(path, body).status_code == 401
    for (role, agency), desk in desks.items():
        if agency == COMMUNE and role not in RIGHT_ROLES[path]:
            answer = desk.act(path, body)
            assert (answer.status_code, answer.json()["title"]) == (403, "wrong-role"), role


def test_an_official_works_for_the_own_agency_only(office: Running, desks: Desks) -> None:
    """Neither another agency's drafts nor its incoming documents."""
    draft = drafted(desks)
    stranger = desks["leader", COMMUNE].act(f"/api/documents/{draft}/signature")
    assert (stranger.status_code, stranger.json()["title"]) == (403, "wrong-agency")
    document = arrived(office, desks, addressees=[COMMUNE])
    body = {"agency": COMMUNE, "document": document}
    stranger = desks["document_clerk", OTHER_COMMUNE].act("/api/incoming/registration", body)
    assert (stranger.status_code, stranger.json()["title"]) == (403, "wrong-agency")


def test_an_installation_asks_for_itself_only(office: Running) -> None:
    """A poller cannot take another installation's documents."""
    token = office.sign_in("poller.tinh")
    answer = office.post("/api/polls", {"installation": "an-mau"}, token=token)
    assert (answer.status_code, answer.json()["title"]) == (403, "wrong-installation")


def test_a_leader_without_a_certificate_is_shown_the_paper_way(desks: Desks) -> None:
    """409, and the way out is in the sentence."""
    draft = drafted(desks, agency=OTHER_COMMUNE)
    answer = desks["leader", OTHER_COMMUNE].act(f"/api/documents/{draft}/signature")
    assert (answer.status_code, answer.json()["title"]) == (409, "no-certificate")
    assert LEADER_WITHOUT_KEY in answer.json()["detail"]
    assert "in, ký tay rồi quét" in answer.json()["detail"]


def test_what_has_not_arrived_is_not_found(desks: Desks) -> None:
    """404 `not-found`: the client may come back later."""
    answer = desks["document_clerk", COMMUNE].on("registration", f"{DEPARTMENT},2018/08/22,9999/SGTVT-VP")
    assert (answer.status_code, answer.json()["title"]) == (404, "not-found")


@pytest.mark.parametrize("draft", ["0", "987654321", "9" * 40, "abc", "-1"])
def test_an_unknown_draft_is_not_found(desks: Desks, draft: str) -> None:
    """Whatever stands in its place."""
    answer = desks["leader", DEPARTMENT].act(f"/api/documents/{draft}/signature")
    assert (answer.status_code, answer.json()["title"]) == (404, "not-found")


def test_all_mistakes_of_a_draft_are_listed_at_once(desks: Desks) -> None:
    """Kind, subject, content, each addressee and priority, with the nearest kind proposed."""
    wrong = {
        "kind": "Công văng",
        "subject": " ",
        "content": "có ký tự \u0007",
        "addressees": [COMMUNE, "000.99.99.H07", COMMUNE],
        "priority": 9,
    }
    answer = desks["specialist", DEPARTMENT].act("/api/documents", wrong)
    assert (answer.status_code, answer.json()["title"]) == (422, "invalid")
    errors = {one["where"]: one["way_out"] for one in answer.json()["errors"]}
    assert list(errors) == ["$.kind", "$.subject", "$.content", "$.addressees[1]", "$.addressees[2]", "$.priority"]
    assert "“Công văn”" in errors["$.kind"]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/api/documents", LETTER | {"addressees": []}, "$.addressees"),
        ("/api/documents", LETTER | {"colour": "red"}, "$"),
        ("/api/documents/1/scan", {"pages": 0}, "$.pages"),
        ("/api/incoming/refusal", {"agency": COMMUNE, "document": "x", "reason": " "}, "$.reason"),
    ],
)
def test_bad_bodies_are_refused_with_the_place(desks: Desks, path: str, body: Any, where: str) -> None:
    """422 names where."""
    role, agency = ("specialist", DEPARTMENT) if path == "/api/documents" else ("document_clerk", COMMUNE)
    answer = desks[role, agency].act(path, body)
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == [where]


def test_a_write_needs_a_key_and_a_sign_in_needs_the_right_passcode(office: Running, desks: Desks) -> None:
    """400 without a key; 401 for a wrong passcode and for an account that nobody has."""
    assert office.post("/api/documents", LETTER, token=desks["specialist", DEPARTMENT].token, key="").status_code == 400
    wrong = {"account": account("leader", COMMUNE), "passcode": "0" * 12}
    assert office.post("/api/sign-in", wrong, key="").status_code == 401
    nobody = {"account": "nobody", "passcode": passcode(PASSCODE_KEY, "nobody")}
    assert office.post("/api/sign-in", nobody, key="").status_code == 401


# Pages.


class Browser:
    """A person at the pages: cookies, forms, no JavaScript."""

    def __init__(self, office: Running, who: str) -> None:
        """Sign in by the form."""
        self._url, self._session = office.url, requests.Session()
        fields = {"account": who, "passcode": passcode(PASSCODE_KEY, who)}
        self.page = self._session.post(f"{self._url}/sign-in", data=fields, timeout=30)
        assert "Bàn làm việc" in self.page.text

    def open(self, path: str) -> requests.Response:
        """Look at a page."""
        self.page = self._session.get(self._url + path, timeout=30)
        return self.page

    def press(self, action: str, **fields: Any) -> requests.Response:
        """Send the form with that action, with the hidden fields of the page that shows it."""
        whole = rf'<form method="post" action="{re.escape(action)}">(.*?)</form>'
        (form,) = re.findall(whole, self.page.text, re.DOTALL)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        return self._session.post(self._url + action, data=hidden | fields, timeout=30)

    def close(self) -> None:
        """Leave."""
        self._session.close()


def test_officials_do_their_work_in_a_browser(office: Running, hub: Running) -> None:
    """Draft, sign, issue, then on the other side register and refuse nothing but finish, all by buttons."""
    specialist = Browser(office, account("specialist", DEPARTMENT))
    fields = {"kind": "Thông báo", "subject": "Nghỉ lễ <2/9>", "content": "Kính báo.", "addressees": [COMMUNE],
              "priority": "0"}  # fmt: skip
    page = specialist.press("/desk/documents", **fields)
    assert "Nghỉ lễ &lt;2/9&gt;" in page.text
    path = page.url.removeprefix(office.url)
    again = specialist.press("/desk/documents", **fields)
    assert again.url == page.url  # the button pressed twice
    leader = Browser(office, account("leader", DEPARTMENT))
    leader.open(path)
    page = leader.press(f"/desk{path}/signature")
    assert "hợp lệ, của Lãnh đạo Sở Giao thông vận tải" in page.text
    clerk = Browser(office, account("document_clerk", DEPARTMENT))
    clerk.open(path)
    page = clerk.press(f"/desk{path}/issue")
    found = re.search(r"<code>([^<]+/TB-SGTVT)</code>", page.text)
    assert found
    document = found.group(1)
    assert "Nghỉ lễ" in clerk.open("/registers/outgoing").text
    office.drained()
    poll(office, "an-mau")
    receiver = Browser(office, account("document_clerk", COMMUNE))
    page = receiver.open(f"/incoming?document={document}")
    assert "Chữ ký số của cơ quan gửi: hợp lệ, của Sở Giao thông vận tải" in page.text
    assert "đã vào sổ" in receiver.press("/desk/incoming/registration").text
    assert document.split(",")[2] in receiver.open("/registers/incoming").text
    office.drained()
    assert told(hub, document, COMMUNE) == ["01", "03"]
    for browser in (specialist, leader, clerk, receiver):
        browser.close()


def _delegate(desks: Desks, agency: str, since: str, until: str, deputy: str = "") -> requests.Response:
    body = {
        "deputy": deputy or account("specialist", agency),
        "since": f"2018-08-22T{since}:00+07:00",
        "until": f"2018-08-22T{until}:00+07:00",
    }
    return desks["leader", agency].act("/api/delegations", body)


def test_a_deputy_signs_in_a_leaders_stead_while_it_lasts(office: Running, hub: Running, desks: Desks) -> None:
    """Not before it begins; with his own certificate; and the envelope says in whose stead (TUQ.)."""
    deputy, draft = desks["specialist", COMMUNE], drafted(desks, agency=COMMUNE, addressees=[DEPARTMENT])
    assert deputy.act(f"/api/documents/{draft}/signature").status_code == 403
    assert _delegate(desks, COMMUNE, "12:00", "13:00").status_code == 201
    assert deputy.act(f"/api/documents/{draft}/signature").status_code == 403  # it is nine o'clock
    assert _delegate(desks, COMMUNE, "07:00", "12:00").status_code == 201
    assert deputy.act(f"/api/documents/{draft}/signature").json()["state"] == "signed"
    told = desks["document_clerk", COMMUNE].act(f"/api/documents/{draft}/issue").json()
    office.drained()
    (row,) = [row for row in hub.export("envelopes") if row["document"] == told["document"]]
    assert "<edXML:Competence>TUQ. LÃNH ĐẠO<" in row["xml"]
    assert "<edXML:FullName>Chuyên viên UBND xã An Mẫu<" in row["xml"]


def test_a_deputy_without_a_certificate_assigns_and_is_shown_the_paper_way(office: Running, desks: Desks) -> None:
    """TRB-DELEGATE: who was sent in the leader's place cannot sign on screen."""
    deputy, draft = desks["specialist", DEPARTMENT], drafted(desks)
    leader = Browser(office, account("leader", DEPARTMENT))
    page = leader.press(
        "/desk/delegations",
        deputy=account("specialist", DEPARTMENT),
        since="2018-08-22T07:00",
        until="2018-08-22T12:00",
    )
    assert "ủy quyền cho Chuyên viên Sở Giao thông vận tải từ 22/08/2018 07:00" in page.text
    answer = deputy.act(f"/api/documents/{draft}/signature")
    assert (answer.status_code, answer.json()["title"]) == (409, "no-certificate")
    document = arrived(office, desks, addressees=[DEPARTMENT], sender=COMMUNE)
    poll(office, "tinh")
    desks["document_clerk", DEPARTMENT].on("registration", document)
    assert deputy.on("assignment", document).json()["state"] == "assigned"
    leader.close()


def test_a_deputy_finds_the_leaders_buttons_on_the_pages(office: Running, desks: Desks) -> None:
    """Signing and assigning stand on his pages while he deputises, and only then."""
    draft = drafted(desks, agency=OTHER_COMMUNE, addressees=[DEPARTMENT])
    document = arrived(office, desks, addressees=[OTHER_COMMUNE])
    desks["document_clerk", OTHER_COMMUNE].on("registration", document)
    deputy = Browser(office, account("specialist", OTHER_COMMUNE))
    pages = {f"/documents/{draft}": "Ký số</button>", f"/incoming?document={document}": "Phân công xử lý</button>"}
    assert [button in deputy.open(path).text for path, button in pages.items()] == [False, False]
    given = _delegate(desks, OTHER_COMMUNE, "07:00", "12:00").json()
    assert [button in deputy.open(path).text for path, button in pages.items()] == [True, True]
    assert "đang xử lý" in deputy.press("/desk/incoming/assignment").text
    leader = Browser(office, account("leader", OTHER_COMMUNE))
    assert "Thôi ủy quyền cho" in leader.page.text
    page = leader.press("/desk/delegations/end", key=str(uuid.uuid4()), delegation=given["delegation"])
    assert "Thôi ủy quyền cho" not in page.text
    deputy.open(f"/documents/{draft}")
    assert "Ký số</button>" not in deputy.page.text
    for browser in (deputy, leader):
        browser.close()


def test_only_the_leader_who_gave_a_mandate_ends_it_and_only_once(desks: Desks) -> None:
    """404 for everybody else's, for one that has ended, and for one that nobody gave."""
    given = _delegate(desks, OTHER_COMMUNE, "07:00", "12:00").json()["delegation"]
    ended = {"delegation": given}
    assert desks["leader", DEPARTMENT].act("/api/delegations/end", ended).status_code == 404
    assert desks["leader", OTHER_COMMUNE].act("/api/delegations/end", ended).json()["delegation"] == given
    assert desks["leader", OTHER_COMMUNE].act("/api/delegations/end", ended).status_code == 404
    assert desks["leader", OTHER_COMMUNE].act("/api/delegations/end", {"delegation": 1 << 40}).status_code == 404
    assert desks["leader", OTHER_COMMUNE].act("/api/delegations/end", {"delegation": -1}).status_code == 422


def test_work_is_assigned_to_somebody_who_finds_it_on_top_of_the_desk(office: Running, desks: Desks) -> None:
    """By name, on the page; the desk, the document and its history tell who; nobody of another agency can be named."""
    older, document = (arrived(office, desks, addressees=[COMMUNE]) for _ in range(2))
    for one in (older, document):
        desks["document_clerk", COMMUNE].on("registration", one)
    leader = desks["leader", COMMUNE]
    wrong = leader.on("assignment", document, assignee=account("specialist", DEPARTMENT))
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "$.assignee")
    browser = Browser(office, account("leader", COMMUNE))
    browser.open(f"/incoming?document={document}")
    page = browser.press("/desk/incoming/assignment", assignee=account("specialist", COMMUNE)).text
    assert "Người được giao xử lý: Chuyên viên UBND xã An Mẫu" in _plain(page)
    specialist = Browser(office, account("specialist", COMMUNE))
    listed = [one for one in _plain(specialist.page.text).splitlines() if "/SGTVT-" in one]
    assert document.split(",")[2] in listed[0]
    assert ["giao cho bạn" in one for one in listed[:2]] == [True, False]
    (told,) = [one for one in office.export("events") if (one["document"], one["event"]) == (document, "assigned")]
    assert told["actor"] == account("leader", COMMUNE)
    browser.close()
    specialist.close()


def _plain(page: str) -> str:
    return re.sub(r"<[^>]+>", "", page)


def test_a_receiver_reads_what_came_and_takes_it_along(office: Running, hub: Running, desks: Desks) -> None:
    """The text, whose personal signature it carries, and the attachment byte for byte; all for the own agency only."""
    document = arrived(office, desks, addressees=[COMMUNE], content="Kính gửi quý xã.\nĐề nghị <rà soát>.")
    browser = Browser(office, account("specialist", COMMUNE))
    page = browser.open(f"/incoming?document={document}").text
    assert "Kính gửi quý xã.\nĐề nghị &lt;rà soát&gt;." in page
    assert "Chữ ký số cá nhân: hợp lệ, của Lãnh đạo Sở Giao thông vận tải" in _plain(page)
    (row,) = [row for row in hub.export("envelopes") if row["document"] == document]
    opened = Trust(KEYS.authority.pem.encode()).open(row["xml"], at=NINE)
    file = browser.open(f"/incoming/attachment?document={document}&number=1")
    assert (file.content, file.headers["Content-Type"]) == (opened.attachments[0].archive, "application/zip")
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert [browser.open(f"/incoming/attachment?document={document}&number={one}").status_code for one in "02x"] == [
        404, 404, 404,
    ]  # fmt: skip
    stranger = Browser(office, account("specialist", OTHER_COMMUNE))
    assert stranger.open(f"/incoming/attachment?document={document}&number=1").status_code == 404
    for one in (browser, stranger):
        one.close()


def test_a_delegation_needs_a_colleague_and_an_end_after_its_beginning(desks: Desks) -> None:
    """All mistakes at once."""
    wrong = _delegate(desks, DEPARTMENT, "12:00", "11:00", deputy=account("specialist", COMMUNE))
    assert [one["where"] for one in wrong.json()["errors"]] == ["$.deputy", "$.until"]


def test_what_is_done_is_archived_and_two_tracks_show(office: Running, desks: Desks) -> None:
    """Signed digitally and filed on paper as well: TRB-TWO-TRACK; what is not done is not filed."""
    document = issued(desks)
    clerk = Browser(office, account("document_clerk", DEPARTMENT))
    (row,) = [row for row in office.export("documents") if row["document"] == document]
    clerk.open(f"/documents/{row['draft']}")
    page = clerk.press("/desk/filings", paper="yes")
    assert "1 văn bản đã ký số mà vẫn in thêm bản giấy" in page.text
    filed = [row for row in office.export("filings") if row["document"] == document]
    assert [(row["paper"], row["signed"], row["direction"]) for row in filed] == [(True, "digital", "outgoing")]
    arriving = arrived(office, desks, addressees=[COMMUNE])
    answer = desks["document_clerk", COMMUNE].act("/api/filings", {"document": arriving})
    assert (answer.status_code, answer.json()["title"]) == (409, "wrong-state")
    clerk.close()


@pytest.mark.parametrize(("how", "pages"), [("digital", 1), ("paper", 7)])
def test_a_filing_says_what_an_incoming_document_was(office: Running, desks: Desks, how: str, pages: int) -> None:
    """Signed on screen, or paper that its sender scanned with so many pages: and only the first is two tracks."""
    draft = drafted(desks, addressees=[COMMUNE])
    clerk, leader = desks["document_clerk", DEPARTMENT], desks["leader", DEPARTMENT]
    if how == "digital":
        leader.act(f"/api/documents/{draft}/signature")
    else:
        clerk.act(f"/api/documents/{draft}/print")
        clerk.act(f"/api/documents/{draft}/scan", {"pages": pages})
    document = clerk.act(f"/api/documents/{draft}/issue").json()["document"]
    emptied(office)
    desks["document_clerk", COMMUNE].on("refusal", document, reason="Gửi nhầm.")
    body = {"document": document, "paper": True}

    told = desks["document_clerk", COMMUNE].act("/api/filings", body).json()

    assert told == body | {
        "signed": how, "held": "valid" if how == "digital" else "", "pages": pages, "two_tracks": how == "digital",
    }  # fmt: skip
    filed = [row for row in office.export("filings") if (row["document"], row["agency"]) == (document, COMMUNE)]
    assert [(row["signed"], row["pages"], row["direction"]) for row in filed] == [(how, pages, "incoming")]
    browser = Browser(office, account("document_clerk", COMMUNE))
    (shown,) = re.findall(rf"<tr><td><code>{re.escape(document)}</code>(.*?)</tr>", browser.open("/archive").text)
    assert [_plain(shown).count(one) for one in ("ký số", "ký tay, quét")] == [how == "digital", how == "paper"]
    assert f"<td>{pages}</td>" in shown
    browser.close()


def test_pages_show_only_the_own_agency_and_only_to_officials(office: Running, desks: Desks) -> None:
    """A stranger is asked to sign in; another agency's document is not there."""
    draft = drafted(desks)
    assert "Mã đăng nhập" in office.get(f"/documents/{draft}").text
    stranger = Browser(office, account("leader", COMMUNE))
    page = stranger.open(f"/documents/{draft}")
    assert page.status_code == 404
    assert "Không tìm thấy" in page.text
    assert stranger.open("/incoming?document=x").status_code == 404
    stranger.close()


def test_a_wrong_step_in_a_browser_is_explained(office: Running, desks: Desks) -> None:
    """A page, not JSON, with the way back: here the leader signs in the middle of a colleague's signing."""
    draft = drafted(desks)
    leader = Browser(office, account("leader", DEPARTMENT))
    leader.open(f"/documents/{draft}")
    desks["leader", DEPARTMENT].act(f"/api/documents/{draft}/signature")
    page = leader.press(f"/desk/documents/{draft}/signature")
    assert page.status_code == 409
    assert "đang ở trạng thái" in page.text
    assert "Về bàn làm việc" in page.text
    leader.close()


def test_in_english_no_page_of_the_office_has_a_label_left_in_vietnamese(office: Running, desks: Desks) -> None:
    """Door, desks of each role, documents in each state, both registers, the archive, the undelivered, problems."""
    roles = ("specialist", "leader", "document_clerk")
    browsers = {role: Browser(office, account(role, DEPARTMENT)) for role in roles}
    draft, other, printed = drafted(desks), signed(desks), drafted(desks)
    clerk = desks["document_clerk", DEPARTMENT]
    assert clerk.act(f"/api/documents/{printed}/print").status_code == 200
    ready = signed(desks)
    assert clerk.act(f"/api/documents/{ready}/issue").status_code == 200
    incoming = arrived(office, desks, sender=COMMUNE, addressees=[OTHER_COMMUNE])
    addressee = Browser(office, account("document_clerk", OTHER_COMMUNE))
    seen = []

    def see(browser: Browser, path: str, *words: str) -> None:
        page = browser.open(path)
        assert untranslated(page.text) == [], path
        assert [word for word in words if word not in page.text] == []
        seen.append(path)

    for browser in browsers.values():
        see(browser, "/?lang=en", "Outgoing documents in hand", "Incoming documents to handle")
        for number in (draft, other, printed, ready):
            see(browser, f"/documents/{number}", "Full text", "What has been done")
        for path in ("/archive", "/undelivered", "/registers/outgoing", "/registers/incoming"):
            see(browser, path, "Desk")
        see(browser, "/documents/999999", "Could not be done", "Not found")
    see(browsers["leader"], "/", "Delegate while away")
    see(browsers["specialist"], "/", "Draft a new document")
    see(addressee, "/?lang=en", "to be registered")
    see(addressee, f"/incoming?document={requests.utils.quote(incoming, safe='')}", "Sender:", "Return to the sender")
    addressee.open(f"/incoming?document={requests.utils.quote(incoming, safe='')}")
    assert untranslated(addressee.press("/desk/incoming/registration").text) == []
    assert untranslated(requests.get(f"{office.url}/sign-in?lang=en", timeout=30).text) == []
    for browser in (*browsers.values(), addressee):
        browser.close()

    assert len(seen) > 30


def test_the_books_have_the_columns_of_the_contract(office: Running, desks: Desks) -> None:
    """docs/wire.md, "Books"."""
    arrived(office, desks)
    columns = {name: set(office.export(name)[-1]) for name in ("documents", "events", "incoming", "polls")}
    assert columns == {
        "documents": {"draft", "document", "agency", "signed", "state", "addressees", "issued_at"},
        "events": {"draft", "document", "agency", "event", "actor", "at", "request_key"},
        "incoming": {"document", "agency", "arrived_at", "state", "status"},
        "polls": {"installation", "at", "fetched", "request_key"},
    }
