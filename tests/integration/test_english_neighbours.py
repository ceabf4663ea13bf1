"""The nation's, the LGSP's, the hub's and the neighbours' pages in English: no label is left in Vietnamese."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from page_reader import PageReader, untranslated
from running_service import PASSCODE_KEY, PROVIDER_SECRET, Place, Running
from signing_keys import Keys
from small_province import DEPARTMENT, FREE, LAN, SAME_DAY

from infra.blueprint import SERVICES
from loadtests.accounts import passcode

ADMINISTRATOR = "lgsp.admin"
PRICE = 50_000


@pytest.fixture(scope="module")
def see(
    place: Place, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Running, PageReader]]:
    """Start a service and stand in front of it with a browser that wants English."""
    Keys().write(reference_folder)
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    link = {"secret": "s", "provider_secret": PROVIDER_SECRET, "url": "http://127.0.0.1:9"}
    registry.write_bytes(msgspec.json.encode({"systems": dict.fromkeys(SERVICES, link)}))

    def start(name: str) -> tuple[Running, PageReader]:
        service = place(name, LGSP_REGISTRY=str(registry))
        reader = PageReader(service.url)
        reader.open("/", lang="en")
        return service, reader

    return start


def _whole(reader: PageReader, *words: str) -> None:
    """The page is in English, all of it, and says this."""
    assert untranslated(reader.answer.text) == [], reader.answer.url
    assert [word for word in words if word not in reader.text] == []


def test_the_nations_pages(see: Callable[[str], tuple[Running, PageReader]]) -> None:
    """Search, procedure, door, agency, tracking, payment, refusals; and what was asked for in Vietnamese stays so."""
    national, reader = see("national")
    code = f"{DEPARTMENT}-180822-5001"
    known = {"code": code, "procedure": FREE, "state": "submitted", "seq": 0}
    national.deliver("dvcqg.dossiers", known, consumer="onestop")
    order = national.call(
        "payment.create", consumer="portal", body={"key": "k", "code": code, "amount": PRICE, "return_url": "http://x/"}
    ).json()["order"]  # fmt: skip
    national.call("dvcqg.offer", consumer="portal", body={"apply_url": "http://127.0.0.1:9/apply"})

    _whole(reader, "National systems that the province is linked to")
    _whole(reader.open("/dvc", q="phu hieu"), "Procedures found: 1.")
    _whole(reader.open(f"/dvc/thu-tuc/{FREE}"), "Wholly online", "Fee: none.", "Hand in a dossier")
    _whole(reader.open(f"/dvc/thu-tuc/{SAME_DAY}"), "Hand it in at the one-stop, or by post.")
    _whole(reader.open(f"/dvc/nop/{SAME_DAY}"), "This procedure cannot be handed in online.")
    _whole(reader.open("/dvc/thu-tuc/9.999999"), "Not found: procedure 9.999999")
    _whole(reader.open("/dvc/tracking", code="x"), "No province has told of a dossier x yet.")
    _whole(reader.open("/dvc/tracking", code=code), f"Dossier {code}", "Handed in")
    _whole(reader.open(f"/dvc/nop/{FREE}"), "Sign in with the e-ID account")
    _whole(reader.press("/oidc/sign-on", account=LAN, passcode="0" * 12), "Account or passcode is wrong")
    _whole(reader.press("/oidc/sign-on", account=LAN, passcode=passcode(PASSCODE_KEY, LAN), next=f"/dvc/nop/{FREE}"))
    assert "Choose the agency that decides" in reader.text
    _whole(reader.open("/oidc/authorize", client_id="x"), "The system that sent you here is not registered")
    _whole(reader.open(f"/pay/{order}"), "Not paid yet", "Pay 50.000")
    assert "Chờ thanh toán" in reader.open(f"/pay/{order}", lang="vi").text
    reader.close()


def test_the_pages_of_lgsp_and_hub(see: Callable[[str], tuple[Running, PageReader]]) -> None:
    """First page, sign-in, what administrators see, and what they are refused."""
    for name, words, inside in (
        (
            "lgsp",
            "Systems that are linked",
            ("/administration", "/audit", "/audit?since=x&colour=red", "/audit/verification"),
        ),
        ("dochub", "Envelopes accepted", ("/undelivered", "/documents", "/documents/trail?document=x")),
    ):
        _, reader = see(name)
        _whole(reader, words)
        _whole(reader.open("/sign-in"), "Administrator's account")
        _whole(reader.press("/sign-in", account=ADMINISTRATOR, passcode="0" * 12), "Account or passcode is wrong")
        reader.press("/sign-in", account=ADMINISTRATOR, passcode=passcode(PASSCODE_KEY, ADMINISTRATOR))
        assert reader.status == 200
        for path in inside:
            _whole(reader.open(path))
            assert reader.tree.xpath("//h1"), path
        if name == "lgsp":
            _whole(reader.open("/audit", since="x"), "is no moment")
            _whole(reader.open("/administration").press("/administration/rotation"), "It is shown once only")
        reader.close()


def test_the_neighbours_page(see: Callable[[str], tuple[Running, PageReader]]) -> None:
    """Schools, hospitals, civil servants."""
    _, reader = see("sector")
    _whole(reader, "Systems of the sectors", "Enrolments (VnEdu): 0.")
    reader.close()
