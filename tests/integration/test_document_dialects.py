"""An axis that reads leniently: what programs of other vendors write goes all the way to the addressee's desk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from passing_through import passing_to
from running_service import Place, Running
from signing_keys import Keys, envelope
from small_province import COMMUNE, DEPARTMENT
from standin_lgsp import StandinLgsp

from services.kit.edxml.composing import compose

KEYS = Keys()
_FROM_OFFICE = ("envelopes.list", "envelopes.get", "envelopes.received", "statuses.list")
#: Form -> what stands in our text, and what such a program writes in its place (shapes of public samples).
DIALECTS = {
    "spelling": ("Bussiness>", "Business>"),
    "attributes": ("<edXML:TraceHeaderList>", '<edXML:TraceHeaderList id="1" version="1.0" actor="x">'),
    "dates": ("<edXML:PromulgationDate>2018/08/22", "<edXML:PromulgationDate>2018-08-22"),
    "left out": ("<edXML:Place>Tỉnh Mẫu</edXML:Place>", ""),
    "content id": (">cid:1<", ">209<"),
    "character data": (">Công văn<", "><![CDATA[Công văn]]><"),
}
_SEALED_FIRST = {"character data"}  # the seal does not tell it from text, and whoever seals writes text


@pytest.fixture(scope="module", params=["strict", "lenient"])
def axis(
    request: pytest.FixtureRequest, place: Place, lgsp: StandinLgsp, reference_folder: Path
) -> tuple[str, Running, Running]:
    """Mode, hub and office of a province whose axis reads in that way."""
    KEYS.write(reference_folder)
    (reference_folder / "document_axis.json").write_bytes(msgspec.json.encode({"mode": request.param}))
    hub = place("dochub")
    for operation in _FROM_OFFICE:
        lgsp.answers[f"dochub.{operation}"] = passing_to(hub, consumer="office")
    office = place("office")
    lgsp.answers["office.envelopes.push"] = passing_to(office, consumer="dochub")
    return request.param, hub, office


def test_what_the_axis_takes_its_offices_can_read(axis: tuple[str, Running, Running]) -> None:
    """Lenient: each form is taken, taken over by a poll and told to its sender; strict: each is refused by name."""
    mode, hub, office = axis
    texts = {}
    for number, (name, (ours, theirs)) in enumerate(DIALECTS.items(), 1):
        plain = compose(envelope(number, sender=DEPARTMENT, addressees=(COMMUNE,)))
        assert ours in plain, name
        if name in _SEALED_FIRST:
            texts[name] = KEYS.seal(DEPARTMENT).sign_envelope(plain).replace(ours, theirs)
        else:
            texts[name] = KEYS.seal(DEPARTMENT).sign_envelope(plain.replace(ours, theirs))
    came = hub.deliver("envelopes.send", *({"xml": text} for text in texts.values()), consumer="office")
    wanted = "done" if mode == "lenient" else "refused"
    assert {name: one["result"] for name, one in zip(texts, came, strict=True)} == dict.fromkeys(texts, wanted)

    answer = office.post("/api/polls", {"installation": "an-mau"}, token=office.sign_in("poller.an-mau"))

    taken = len(DIALECTS) if mode == "lenient" else 0
    assert answer.json()["fetched"] == taken
    office.drained()
    assert [row["status"] for row in hub.export("statuses")] == ["01"] * taken


def test_what_the_axis_takes_its_face_hands_out(axis: tuple[str, Running, Running]) -> None:
    """An addressee that asks the provincial face for it gets each form, with what it carries."""
    mode, hub, _ = axis
    window = {"fromDate": "2000/01/01", "toDate": "2100/01/01"}
    listed = hub.call("edoc.list", consumer=COMMUNE, query=window).json()["data"]
    assert len(listed) == (len(DIALECTS) if mode == "lenient" else 0)
    for one in listed:
        told = hub.call("edoc.get", consumer=COMMUNE, query={"docId": one["docId"]}).json()["data"]
        assert (told["from"], len(told["attachments"])) == (DEPARTMENT, 1)


@pytest.mark.parametrize("day", ["9999/12/31", "99999999999/1/1", "2018-08-22", ""])
def test_a_day_that_is_none_for_the_face_is_told(axis: tuple[str, Running, Running], day: str) -> None:
    """Code 20, also of the last day there is."""
    _, hub, _ = axis
    told = hub.call("edoc.list", consumer=COMMUNE, query={"fromDate": "2018/01/01", "toDate": day})
    assert (told.status_code, told.json()["data"]["errorCode"]) == (200, "20")
