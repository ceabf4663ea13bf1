"""Signing in through the nation's OpenID Connect provider, both sides as real processes; filing for companies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from national_side import Nation
from page_reader import PageReader
from running_service import PASSCODE_KEY, Place, Running
from small_province import AGENT, BINH, COMPANY, DEPARTMENT, LAN, PAID
from standin_lgsp import Call, StandinLgsp

from loadtests.accounts import passcode


@pytest.fixture(scope="module")
def national(place: Place, lgsp: StandinLgsp) -> Running:
    """The nation, which the stand-in LGSP passes sign-ins on to."""
    running = place("national")
    Nation(lgsp)

    def passed_on(call: Call) -> tuple[int, Any]:
        answer = running.call(call.operation, consumer="portal", body=call.body)
        return answer.status_code, answer.json()

    lgsp.answers |= {f"national.identity.{name}": passed_on for name in ("register", "token", "keys")}
    return running


@pytest.fixture(scope="module")
def portal(place: Place, national: Running) -> Running:  # noqa: ARG001 -- must answer before the portal asks
    """The portal."""
    return place("portal")


@pytest.fixture
def reader(portal: Running) -> Iterator[PageReader]:
    """Somebody with a browser."""
    made = PageReader(portal.url)
    yield made
    made.close()


def authorise(reader: PageReader, national: Running, account: str, **values: str) -> PageReader:
    """Fill in the nation's page, which is another site."""
    reader.address = national.url
    reader.press("/oidc/authorize", account=account, passcode=passcode(PASSCODE_KEY, account), **values)
    reader.address = ""
    return reader


def test_somebody_signs_in_with_the_nations_account(reader: PageReader, portal: Running, national: Running) -> None:
    """From the portal to the nation and back to the page that was wanted, with a session of level 1."""
    reader.open("/sign-in/national", next=f"/apply/{PAID}")
    assert reader.answer.url.startswith(f"{national.url}/oidc/authorize?")
    authorise(reader, national, LAN)

    assert reader.answer.url == f"{portal.url}/apply/{PAID}"
    assert "Nguyễn Thị Lan" in reader.text
    assert portal.query("SELECT assurance FROM session ORDER BY made_at DESC LIMIT 1") == [{"assurance": 1}]


def code_sent(reader: PageReader, national: Running) -> str:
    """Come as far as the second step; returns the code that the telephone gets."""
    reader.open("/sign-in/national", level="2")
    authorise(reader, national, LAN)
    reader.address = national.url
    code = re.search(r"mã xác thực là (\d{6})", reader.text)
    assert code is not None
    return code.group(1)


def test_level_2_wants_the_code_from_the_telephone(reader: PageReader, portal: Running, national: Running) -> None:
    """The second step: a wrong code is refused, the one from the message gives a session of level 2."""
    code = code_sent(reader, national)
    step = reader.fields("/oidc/authorize")
    wrong = reader.session.post(f"{national.url}/oidc/authorize", data={**step, "code": "nope"}, timeout=30)
    assert wrong.status_code == 401

    reader.press("/oidc/authorize", code=code)
    assert reader.answer.url == f"{portal.url}/my"
    assert portal.query("SELECT assurance FROM session ORDER BY made_at DESC LIMIT 1") == [{"assurance": 2}]


def test_brute_force_a_second_step_bears_five_codes(reader: PageReader, national: Running) -> None:
    """Five wrong codes, and the right one is of no use any more: one has to begin anew."""
    code = code_sent(reader, national)
    step = reader.fields("/oidc/authorize")
    tried = [
        reader.session.post(f"{national.url}/oidc/authorize", data={**step, "code": given}, timeout=30).status_code
        for given in (*(f"{number:06d}" for number in range(5)), code)
    ]

    assert tried == [401] * 6


def test_a_way_back_works_once_and_only_in_the_browser_that_left(
    reader: PageReader, portal: Running, national: Running
) -> None:
    """A return address is worthless in another browser (state), a second time (code), and when altered."""
    reader.open("/sign-in/national")
    reader.address = national.url
    reader.press("/oidc/authorize", follow=False, account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    back = reader.answer.headers["location"]

    elsewhere = requests.get(back, timeout=30)
    altered = reader.session.get(back.replace("state=", "state=x"), timeout=30, allow_redirects=False)
    cookies = reader.session.cookies.copy()
    first = reader.session.get(back, timeout=30, allow_redirects=False)
    second = requests.get(back, cookies=dict(cookies), timeout=30, allow_redirects=False)

    assert elsewhere.status_code == 400
    assert altered.status_code == 400
    assert first.status_code == 303
    assert second.status_code == 401
    assert urlsplit(back).netloc == urlsplit(portal.url).netloc


def test_a_code_needs_the_secret_of_who_asked_for_it(reader: PageReader, national: Running) -> None:
    """PKCE: whoever catches a code on its way cannot exchange it without the verifier."""
    reader.open("/sign-in/national")
    reader.address = national.url
    reader.press("/oidc/authorize", follow=False, account=LAN, passcode=passcode(PASSCODE_KEY, LAN))
    caught = parse_qs(urlsplit(reader.answer.headers["location"]).query)["code"][0]
    redirect_uri = reader.answer.headers["location"].partition("?")[0]

    stolen = national.call(
        "identity.token",
        consumer="portal",
        body={"code": caught, "code_verifier": "guess", "redirect_uri": redirect_uri},
    )
    assert stolen.status_code == 400
    assert stolen.json()["title"] == "invalid_grant"


@pytest.mark.parametrize("change", [{"client_id": "office"}, {"redirect_uri": "https://evil.example/"}])
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    reader: PageReader, national: Running, change: dict[str, str]
) -> None:
    """An unknown client or another address gets a page of the nation's own, never a redirect."""
    reader.open("/sign-in/national")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(reader.answer.url).query).items()}
    answer = requests.get(f"{national.url}/oidc/authorize", params=asked | change, timeout=30, allow_redirects=False)

    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_director_grants_a_mandate_and_the_accountant_files_without_a_letter(
    portal: Running, national: Running, lgsp: StandinLgsp
) -> None:
    """SYS-DB-BUSINESS: only the director may grant; with the mandate no letter is asked for."""
    director, agent = PageReader(portal.url), PageReader(portal.url)
    for reader, account in ((director, BINH), (agent, AGENT)):
        reader.open("/sign-in/national")
        authorise(reader, national, account)
        reader.address = portal.url
    agent.open("/companies").press("/companies", "grant", company=COMPANY, agent=AGENT)
    assert "không phải người đại diện" in agent.complaints

    director.open("/companies").press("/companies", "grant", company=COMPANY, agent=AGENT)
    agent.open(f"/apply/{PAID}")
    assert COMPANY in agent.text
    agent.press(f"/apply/{PAID}", "submit", company=COMPANY, agency=DEPARTMENT, request="Cấp phép")
    assert "Đã nộp hồ sơ" in agent.text
    code = agent.answer.url.rpartition("/")[2].partition("?")[0]
    (sent,) = lgsp.wait_for("onestop.dossiers.submit", lambda one: one["code"] == code)
    assert sent["standing"] == "mandate"
    assert sent["company"] == {"tax_code": COMPANY, "name": "Công ty TNHH Vận tải Mẫu"}

    director.open("/companies").press("/companies", "take_back")
    agent.open(f"/apply/{PAID}").press(f"/apply/{PAID}", "submit", company=COMPANY, request="x")
    assert "Thiếu “Giấy ủy quyền" in agent.complaints
    director.close()
    agent.close()
