"""The document hub as a process: what it takes, what it refuses, what it hands out."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from running_service import Place, Running, lgsp_token
from signing_keys import Keys
from small_province import COMMUNE, DEPARTMENT, OTHER_COMMUNE

from verification import records
from verification.signature import examine

KEYS = Keys()
AT = "2018-08-22T09:00:00+07:00"
_numbers = iter(range(1, 10_000))


@pytest.fixture(scope="module")
def hub(place: Place, reference_folder: Path) -> Running:
    """A hub that trusts the test's authority."""
    KEYS.write(reference_folder)
    return place("dochub")


def name(number: int, sender: str = DEPARTMENT) -> str:
    """DocumentId of the envelope with that number."""
    return f"{sender},2018/08/22,{number}/SGTVT-VP"


def send(hub: Running, *texts: str) -> list[dict[str, str]]:
    """Deliver envelopes as an office would."""
    return hub.deliver("envelopes.send", *({"xml": text} for text in texts), consumer="office")


def accepted(hub: Running, **how: Any) -> str:
    """Return the DocumentId of a fresh envelope that the hub has taken."""
    number = next(_numbers)
    assert send(hub, KEYS.sealed(number, **how))[0]["result"] == "done"
    return name(number)


def receipt(document: str, agency: str) -> dict[str, str]:
    """Body of `envelopes.received`."""
    return {"document": document, "agency": agency, "at": AT}


def status(document: str, agency: str, number: str, seq: int) -> dict[str, Any]:
    """Body of `statuses.send`."""
    return {"document": document, "agency": agency, "status": number, "seq": seq, "at": AT}


def arrived(hub: Running, agency: str = COMMUNE) -> str:
    """Return the DocumentId of an envelope that has reached `agency`."""
    document = accepted(hub)
    (result,) = hub.deliver("envelopes.received", receipt(document, agency), consumer="office")
    assert result["result"] == "done"
    return document


def waiting(hub: Running, installation: str) -> list[tuple[str, str]]:
    """Return what waits for an installation."""
    answer = hub.call("envelopes.list", consumer="office", query={"installation": installation})
    assert answer.status_code == 200, answer.text
    return [(entry["document"], entry["addressee"]) for entry in answer.json()["envelopes"]]


def told(hub: Running, document: str) -> list[tuple[str, str, int]]:
    """Return the statuses in the hub's book: agency, status, seq."""
    return [(row["agency"], row["status"], row["seq"]) for row in hub.export("statuses") if row["document"] == document]


def test_an_accepted_envelope_waits_for_each_addressee_and_comes_out_letter_by_letter(hub: Running) -> None:
    """What was sealed is what is handed out, and its digest with it."""
    number = next(_numbers)
    text = KEYS.sealed(number)
    assert send(hub, text)[0]["result"] == "done"
    assert {(name(number), COMMUNE), (name(number), OTHER_COMMUNE)} <= set(waiting(hub, "an-mau"))
    assert (name(number), COMMUNE) not in waiting(hub, "tinh")
    answer = hub.call("envelopes.get", consumer="office", query={"document": name(number)}).json()
    assert answer["xml"] == text


def test_the_auditor_finds_every_signature_in_the_book_right(hub: Running) -> None:
    """The judge's own check, which shares no code with the hub, agrees with it."""
    document = accepted(hub)
    (row,) = [row for row in hub.export("envelopes") if row["document"] == document]
    assert set(row) == {"document", "sender", "addressees", "accepted_at", "digest", "xml", "doc_type", "about"}
    assert row["addressees"] == [COMMUNE, OTHER_COMMUNE]
    assert examine(msgspec.convert(row, records.Envelope), KEYS.authority.pem.encode()) == ()


def test_the_same_envelope_again_changes_nothing(hub: Running) -> None:
    """A sender that did not hear the answer may send again, under the same key or another."""
    number = next(_numbers)
    text, key = KEYS.sealed(number), str(uuid.uuid4())
    for _ in range(2):
        (result,) = hub.deliver("envelopes.send", {"xml": text}, consumer="office", keys=[key])
        assert result["result"] == "done"
    assert send(hub, text)[0]["result"] == "done"
    assert waiting(hub, "an-mau").count((name(number), COMMUNE)) == 1


def test_another_text_under_a_used_number_is_refused(hub: Running) -> None:
    """A DocumentId stands for one text for ever; even a second signature makes another text."""
    number = next(_numbers)
    assert send(hub, KEYS.sealed(number))[0]["result"] == "done"
    result = send(hub, KEYS.sealed(number))[0]
    assert result["result"] == "refused"
    assert "nội dung khác" in result["detail"]


def test_one_envelope_sent_at_once_from_two_sides_is_taken_once(hub: Running) -> None:
    """A batch that was given up and is still running may meet its own repetition."""
    number = next(_numbers)
    text = KEYS.sealed(number)

    def deliver(_: int) -> str:
        headers = {"X-Lgsp-Token": lgsp_token(provider="dochub", operation="envelopes.send", consumer="office")}
        body: Any = {"items": [{"key": str(uuid.uuid4()), "body": {"xml": text}}]}
        answer = requests.post(f"{hub.url}/lgsp/envelopes.send", json=body, headers=headers, timeout=30)
        return str(answer.json()["results"][0]["result"])

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(deliver, range(6))) == {"done"}
    assert len([row for row in hub.export("envelopes") if row["document"] == name(number)]) == 1
    assert waiting(hub, "an-mau").count((name(number), COMMUNE)) == 1


def _tampered() -> str:
    return KEYS.sealed(9001).replace("V/v thử trục liên thông", "V/v thử lại trục liên thông")


REFUSALS = {
    "tampered": (_tampered, "chữ ký"),
    "foreign-authority": (lambda: Keys().sealed(9002), "không do cơ quan chứng thực"),
    "unknown-addressee": (
        lambda: KEYS.sealed(9003, addressees=(COMMUNE, "000.09.99.H07", "000.09.98.H07")),
        "000.09.98.H07",
    ),
    "recall of nothing": (lambda: KEYS.sealed(9004, doc_type="recall"), "cần Bussiness/DocumentId"),
    "recall of something unknown": (lambda: KEYS.sealed(9006, doc_type="recall", about=9999), "trục chưa nhận"),
    "not-xml": (lambda: "chào trục", "không phải XML"),
    "entity": (lambda: f'<!DOCTYPE x [<!ENTITY a "b">]>{KEYS.sealed(9005)}', "DOCTYPE"),
    "structure": (lambda: "<edXML/>", "edXML"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_trusted_is_refused_with_the_reason(hub: Running, case: str) -> None:
    """The item becomes a dead letter at its sender, and nothing of it stays here."""
    make, says = REFUSALS[case]
    before = hub.query("SELECT count(*) AS n FROM envelope")
    (result,) = send(hub, make())
    assert result["result"] == "refused"
    assert says in result["detail"]
    assert hub.query("SELECT count(*) AS n FROM envelope") == before


def test_a_bad_envelope_does_not_hold_up_the_good_ones_around_it(hub: Running) -> None:
    """A batch is judged item by item."""
    first, last = next(_numbers), next(_numbers)
    results = send(hub, KEYS.sealed(first), _tampered(), KEYS.sealed(last))
    assert [result["result"] for result in results] == ["done", "refused", "done"]
    assert {(name(first), COMMUNE), (name(last), COMMUNE)} <= set(waiting(hub, "an-mau"))


def test_a_large_batch_is_looked_at_by_two_and_each_envelope_has_its_own_answer(hub: Running) -> None:
    """Good, altered, repeated and recalling ones at every place, before and after the helping process was killed."""
    for _ in range(3):
        numbers = [next(_numbers) for _ in range(16)]
        texts = [KEYS.sealed(number) for number in numbers]
        texts[3], texts[12] = (one.replace("V/v thử", "V/v bỏ") for one in (texts[3], texts[12]))
        recall = next(_numbers)
        batch = [*texts, texts[5], KEYS.sealed(recall, doc_type="recall", about=numbers[15])]
        came = [one["result"] for one in send(hub, *batch)]
        assert came == ["refused" if place in {3, 12} else "done" for place in range(18)]
        kept = {row["document"] for row in hub.export("envelopes")}
        assert {name(one) for place, one in enumerate(numbers) if place not in {3, 12}} | {name(recall)} <= kept
        assert hub.query("SELECT 1 FROM change_request WHERE document = $1", name(numbers[15]))
        for helper in hub.children():
            helper.kill()
            helper.wait(timeout=20)
    send(hub, *(KEYS.sealed(next(_numbers)) for _ in range(8)))
    send(hub, *(KEYS.sealed(next(_numbers)) for _ in range(8)))
    assert len(hub.children()) == 1


def test_the_helping_process_ends_with_the_hub(hub: Running) -> None:
    """However the hub ends."""
    send(hub, *(KEYS.sealed(next(_numbers)) for _ in range(8)))
    [helper] = hub.children()
    hub.restart()
    helper.wait(timeout=20)


def test_receipts_come_many_at_once_and_each_counts_once(hub: Running) -> None:
    """The sender reads 01 of each under the next numbers, none twice, in the order of the receipts."""
    after = max(
        (row["number"] for row in hub.query("SELECT number FROM status WHERE installation = 'tinh'")), default=0
    )
    documents = [accepted(hub, addressees=(COMMUNE, OTHER_COMMUNE)) for _ in range(3)]
    receipts = [receipt(document, agency) for document in documents for agency in (OTHER_COMMUNE, COMMUNE)]
    results = hub.deliver("envelopes.received", *receipts, receipts[0], receipt("x", COMMUNE), consumer="office")
    assert [one["result"] for one in results] == ["done"] * 7 + ["refused"]
    assert {one["result"] for one in hub.deliver("envelopes.received", *receipts, consumer="office")} == {"done"}
    query = {"installation": "tinh", "after": str(after)}
    told = hub.call("statuses.list", consumer="office", query=query).json()["statuses"]
    assert sorted((one["document"], one["agency"]) for one in told) == sorted(
        (one["document"], one["agency"]) for one in receipts
    )
    assert [one["number"] for one in told] == list(range(after + 1, after + 7))


def test_several_texts_come_in_one_answer(hub: Running) -> None:
    """In the order asked for; what nobody knows is left out, and too many are too many."""
    documents = [accepted(hub) for _ in range(3)]
    asked = ";".join([documents[2], "x", documents[0]])
    told = hub.call("envelopes.get", consumer="office", query={"documents": asked}).json()["envelopes"]
    assert sorted(one["document"] for one in told) == sorted([documents[2], documents[0]])
    one = hub.call("envelopes.get", consumer="office", query={"document": documents[0]}).json()
    assert one in told
    many = ";".join(["x"] * 51)
    assert hub.call("envelopes.get", consumer="office", query={"documents": many}).status_code == 422


def test_a_receipt_ends_the_waiting_and_tells_the_sender(hub: Running) -> None:
    """Taken over by one addressee: delivered there, status 01; the other still waits. A second receipt adds nothing."""
    document = accepted(hub)
    for _ in range(2):
        (result,) = hub.deliver("envelopes.received", receipt(document, COMMUNE), consumer="office")
        assert result["result"] == "done"
    assert (document, COMMUNE) not in waiting(hub, "an-mau")
    assert (document, OTHER_COMMUNE) in waiting(hub, "an-mau")
    assert told(hub, document) == [(COMMUNE, "01", 1)]
    delivered = [row for row in hub.export("deliveries") if row["document"] == document]
    assert [row["addressee"] for row in delivered] == [COMMUNE]
    assert set(delivered[0]) == {"document", "addressee", "received_at"}


def test_a_receipt_of_what_was_never_sent_there_is_refused(hub: Running) -> None:
    """Neither an unknown document nor an agency that is not among the addressees."""
    document = accepted(hub, addressees=(COMMUNE,))
    results = hub.deliver(
        "envelopes.received", receipt(name(7777), COMMUNE), receipt(document, OTHER_COMMUNE), consumer="office"
    )
    assert [result["result"] for result in results] == ["refused", "refused"]


def test_statuses_in_their_legal_order_are_kept(hub: Running) -> None:
    """Registered, assigned, in process, finished."""
    document = arrived(hub)
    reports = [status(document, COMMUNE, number, seq) for seq, number in enumerate(("03", "04", "05", "06"), start=2)]
    results = hub.deliver("statuses.send", *reports, consumer="office")
    assert {result["result"] for result in results} == {"done"}
    assert [one[1:] for one in told(hub, document)] == [("01", 1), ("03", 2), ("04", 3), ("05", 4), ("06", 5)]


@pytest.mark.parametrize(
    "history", [("04",), ("06",), ("01",), ("02", "03"), ("03", "03"), ("03", "06", "04"), ("03", "02"), ("03", "99")]
)
def test_a_status_out_of_order_is_refused(hub: Running, history: tuple[str, ...]) -> None:
    """The last of each history is illegal; the ones before it stand."""
    document = arrived(hub)
    reports = [status(document, COMMUNE, number, seq) for seq, number in enumerate(history, start=2)]
    results = [result["result"] for result in hub.deliver("statuses.send", *reports, consumer="office")]
    assert results == ["done"] * (len(history) - 1) + ["refused"]
    assert [one[1] for one in told(hub, document)] == ["01", *history[:-1]]


def test_a_request_of_the_sender_is_told_answered_and_closed(hub: Running) -> None:
    """13 only while a request is open, 15 or 16 only as its answer; a replay of any of them changes nothing."""
    number = next(_numbers)
    document = name(number)
    send(hub, KEYS.sealed(number))
    hub.deliver("envelopes.received", receipt(document, COMMUNE), consumer="office")
    early = hub.deliver("statuses.send", status(document, COMMUNE, "13", 2), consumer="office")[0]
    assert "không có yêu cầu nào" in early["detail"]
    assert send(hub, KEYS.sealed(next(_numbers), doc_type="recall", about=number))[0]["result"] == "done"
    reports = [status(document, COMMUNE, code, seq) for seq, code in enumerate(("03", "13", "16", "06"), start=2)]
    for _ in range(2):
        results = hub.deliver("statuses.send", *reports, consumer="office")
        assert {result["result"] for result in results} == {"done"}
    again = hub.deliver("statuses.send", status(document, COMMUNE, "13", 6), consumer="office")[0]
    assert again["result"] == "refused"
    assert [one[1] for one in told(hub, document)] == ["01", "03", "13", "16", "06"]


def test_a_document_given_back_says_no_more(hub: Running) -> None:
    """After 15 to a recall nothing follows, not even what would follow the work."""
    number = next(_numbers)
    document = name(number)
    send(hub, KEYS.sealed(number), KEYS.sealed(next(_numbers), doc_type="recall", about=number))
    hub.deliver("envelopes.received", receipt(document, COMMUNE), consumer="office")
    reports = [status(document, COMMUNE, code, seq) for seq, code in enumerate(("13", "15", "03"), start=2)]
    results = hub.deliver("statuses.send", *reports, consumer="office")
    assert [result["result"] for result in results] == ["done", "done", "refused"]
    assert "đã được lấy lại" in results[2]["detail"]


def test_a_recall_goes_only_where_the_document_went(hub: Running) -> None:
    """To ask somebody for what was never sent there is refused."""
    number = next(_numbers)
    send(hub, KEYS.sealed(number, addressees=(COMMUNE,)))
    (result,) = send(hub, KEYS.sealed(next(_numbers), doc_type="recall", about=number))
    assert result["result"] == "refused"
    assert OTHER_COMMUNE in result["detail"]


def test_a_file_of_ten_megabytes_goes_through_unaltered_and_a_larger_one_is_refused(hub: Running) -> None:
    """Letter by letter, though libxml2 calls it huge; past the limit the reason names the size."""
    number, larger = next(_numbers), next(_numbers)
    text = KEYS.sealed(number, files={"tep.bin": random.Random(7).randbytes(10_000_000)})  # noqa: S311 -- filler
    assert send(hub, text)[0]["result"] == "done"
    assert hub.call("envelopes.get", consumer="office", query={"document": name(number)}).json()["xml"] == text
    (result,) = send(hub, KEYS.sealed(larger, files={"tep.bin": random.Random(8).randbytes(11_500_000)}))  # noqa: S311
    assert result["result"] == "refused"
    assert "giới hạn" in result["detail"]


def test_what_is_urgent_is_handed_out_first(hub: Running) -> None:
    """Priority before age."""
    first, urgent = next(_numbers), next(_numbers)
    send(hub, KEYS.sealed(first, addressees=(COMMUNE,)), KEYS.sealed(urgent, addressees=(COMMUNE,), priority=4))
    order = [document for document, _ in waiting(hub, "an-mau")]
    assert order.index(name(urgent)) < order.index(name(first))


def test_a_status_that_overtook_another_is_asked_for_again(hub: Running) -> None:
    """Not lost and not refused: its turn comes when the one before it has come."""
    document = accepted(hub)
    early = status(document, COMMUNE, "03", 2)
    assert hub.deliver("statuses.send", early, consumer="office")[0]["result"] == "again"
    hub.deliver("envelopes.received", receipt(document, COMMUNE), consumer="office")
    assert hub.deliver("statuses.send", early, consumer="office")[0]["result"] == "done"
    assert hub.deliver("statuses.send", early, consumer="office")[0]["result"] == "done"  # the same again
    assert told(hub, document) == [(COMMUNE, "01", 1), (COMMUNE, "03", 2)]


def test_a_sender_reads_each_status_once_in_order(hub: Running) -> None:
    """Numbers rise without gaps per installation of the sender, and the list of envelopes tells the newest."""
    document = arrived(hub)
    hub.deliver("statuses.send", status(document, COMMUNE, "03", 2), consumer="office")
    listed = hub.call("envelopes.list", consumer="office", query={"installation": "tinh"}).json()
    newest = listed["newest_status"]
    after = {"installation": "tinh", "after": str(newest - 2)}
    read = hub.call("statuses.list", consumer="office", query=after).json()["statuses"]
    assert [(one["number"], one["document"], one["status"]) for one in read] == [
        (newest - 1, document, "01"),
        (newest, document, "03"),
    ]
    numbers = [row["number"] for row in hub.query("SELECT number FROM status WHERE installation = 'tinh'")]
    assert sorted(numbers) == list(range(1, newest + 1))


def test_questions_about_unknown_things_are_answered_plainly(hub: Running) -> None:
    """404 for a document, 422 for an installation or a number that is none."""
    assert hub.call("envelopes.get", consumer="office", query={"document": "x"}).status_code == 404
    assert hub.call("envelopes.list", consumer="office", query={"installation": "x"}).status_code == 422
    odd = {"installation": "tinh", "after": "-1"}
    assert hub.call("statuses.list", consumer="office", query=odd).status_code == 422


def test_nobody_gets_in_but_through_the_lgsp(hub: Running) -> None:
    """Without the LGSP's token, or with one for another operation, nothing is told."""
    assert requests.get(f"{hub.url}/lgsp/envelopes.list?installation=tinh", timeout=10).status_code == 401
    token = lgsp_token(provider="dochub", operation="envelopes.get", consumer="office")
    answer = requests.get(f"{hub.url}/lgsp/envelopes.list", headers={"X-Lgsp-Token": token}, timeout=10)
    assert answer.status_code == 403


def test_the_books_are_for_the_auditor_only(hub: Running) -> None:
    """Envelopes are correspondence."""
    assert hub.get("/export/envelopes").status_code == 401


def test_the_page_counts_what_passes(hub: Running) -> None:
    """For people: numbers only."""
    page = hub.get("/")
    assert page.status_code == 200
    assert "Trục liên thông văn bản" in page.text


def test_what_was_accepted_survives_a_power_cut(hub: Running) -> None:
    """Killed right after the answer, the hub still has the envelope, its receipt and its status."""
    document = arrived(hub)
    hub.restart()
    assert (document, OTHER_COMMUNE) in waiting(hub, "an-mau")
    assert told(hub, document) == [(COMMUNE, "01", 1)]
    result = hub.deliver("statuses.send", status(document, COMMUNE, "03", 2), consumer="office")
    assert result[0]["result"] == "done"


@pytest.fixture
def future(hub: Running) -> Iterator[Running]:
    """The hub, with its clock in a year when certificates have run out."""
    hub.set_clock("2038-08-22", 9 * 3600.0)
    yield hub.restart()
    hub.set_clock("2018-08-22", 9 * 3600.0)
    hub.restart()


def test_an_expired_certificate_is_refused_by_official_time(future: Running) -> None:
    """The machine's own clock plays no part."""
    (result,) = send(future, KEYS.sealed(9100))
    assert result["result"] == "refused"
    assert "hiệu lực" in result["detail"]
