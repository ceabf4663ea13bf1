"""Who may call what: the reference stack's own contracts, and what an administrator changes while the LGSP runs."""

from __future__ import annotations

import html
import itertools
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from echo_provider import Echo
from page_reader import PageReader, untranslated
from running_service import PASSCODE_KEY, Place, Running
from small_province import COMMUNE, account

from infra.blueprint import SERVICES
from infra.contracts import CONTRACTS
from infra.reference import ADMINISTRATOR
from loadtests.accounts import passcode

SYSTEMS = tuple(name for name in SERVICES if name != "lgsp")
OFFERED = tuple(sorted({(one.provider, one.operation) for one in CONTRACTS}))
ALLOWED = {(one.consumer, one.provider, one.operation): one for one in CONTRACTS}


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """Stand in for every provider."""
    server = Echo()
    yield server
    server.close()


@pytest.fixture(scope="module")
def gateway(place: Place, echo: Echo, reference_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """The LGSP with the reference stack's own contracts, and all systems answered for by `echo`."""
    registry = tmp_path_factory.mktemp("registry") / "registry.json"
    systems = {
        name: {"secret": f"secret-of-{name}", "provider_secret": f"provider-secret-of-{name}" * 2, "url": echo.url}
        for name in SYSTEMS
    }
    registry.write_bytes(msgspec.json.encode({"systems": systems}))
    (reference_folder / "contracts.json").write_bytes(msgspec.json.encode([one.terms() for one in CONTRACTS]))
    return place("lgsp", LGSP_REGISTRY=str(registry))


@pytest.fixture(scope="module")
def admin(gateway: Running) -> str:
    """Token of the administrator."""
    return gateway.sign_in(ADMINISTRATOR["account"])


def _token(gateway: Running, system: str, secret: str = "") -> requests.Response:
    body = {"system": system, "secret": secret or f"secret-of-{system}"}
    return requests.post(f"{gateway.url}/token", json=body, timeout=10)


def _call(gateway: Running, token: str, provider: str, operation: str, **how: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Call-Id": str(uuid.uuid4()), "X-Purpose": how.get("purpose", "")}
    url = f"{gateway.url}/call/{provider}/{operation}"
    return requests.request(how.get("method", "POST"), url, json=how.get("body", {}), headers=headers, timeout=30)


def _onboard(gateway: Running, admin: str, *contracts: dict[str, Any], rehearse: bool = False, **system: str) -> Any:
    wanted = {"systems": [{"name": "thanh-tra", **system}], "contracts": [_contract(**one) for one in contracts]}
    headers = {"Authorization": f"Bearer {admin}"}
    return requests.put(
        f"{gateway.url}/api/onboarding", json=wanted, params={"rehearse": int(rehearse)}, headers=headers, timeout=10
    )


def _contract(**terms: Any) -> dict[str, Any]:
    return {"consumer": "thanh-tra", "provider": "national", "operation": "population.verify", **terms}


@pytest.fixture
def newcomer(gateway: Running, admin: str) -> str:
    """Secret of the system `thanh-tra`, which is linked and has no contract yet."""
    assert _onboard(gateway, admin, title="Thanh tra tỉnh").status_code == 200
    answer = gateway.post("/api/systems/thanh-tra/credentials", {"overlap_seconds": 0}, token=admin)
    return str(answer.json()["secret"])


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_may_call_what_its_contracts_say_and_nothing_else(gateway: Running, echo: Echo, system: str) -> None:
    """Every pair of system and offered service: passed on where the table has it, else the provider never sees it."""
    token = _token(gateway, system).json()["token"]
    for provider, operation in OFFERED:
        contract = ALLOWED.get((system, provider, operation))
        before = len(echo.served)
        purpose = (*contract.purposes, "deliver")[0] if contract else "deliver"
        answer = _call(gateway, token, provider, operation, purpose=purpose)
        told = (answer.status_code, answer.headers["X-Lgsp"], len(echo.served) - before)
        assert told == ((200, "answered", 1) if contract else (403, "refused", 0)), (provider, operation, answer.text)


@pytest.mark.parametrize(
    "contract",
    [one for one in CONTRACTS if one.terms()["purposes"]],
    ids=lambda one: f"{one.consumer}->{one.provider}.{one.operation}",
)
def test_a_contract_covers_its_purposes_only(gateway: Running, contract: Any) -> None:
    """The same call for something else is refused, and the answer says what it may be used for."""
    token = _token(gateway, contract.consumer).json()["token"]
    answer = _call(gateway, token, contract.provider, contract.operation, purpose="curiosity")
    assert (answer.status_code, answer.json()["title"]) == (403, "wrong-purpose")
    assert contract.terms()["purposes"][0] in answer.json()["detail"]


def test_an_onboarding_opens_a_service_at_once_and_again_changes_nothing(
    gateway: Running, admin: str, newcomer: str
) -> None:
    """Declared, not programmed: the same declaration twice is one change; one without the contract ends it."""
    token = _token(gateway, "thanh-tra", newcomer).json()["token"]
    assert _call(gateway, token, "national", "population.verify").json()["title"] == "no-contract"

    assert _onboard(gateway, admin, {}, rehearse=True).json()["added"] == ["thanh-tra -> national.population.verify"]
    assert _call(gateway, token, "national", "population.verify").status_code == 403
    assert _onboard(gateway, admin, {}).json()["added"] == ["thanh-tra -> national.population.verify"]
    assert _call(gateway, token, "national", "population.verify").status_code == 200
    assert _onboard(gateway, admin, {}).json() == {"systems": [], "added": [], "changed": [], "ended": []}

    assert _onboard(gateway, admin).json()["ended"] == ["thanh-tra -> national.population.verify"]
    assert _call(gateway, token, "national", "population.verify").status_code == 403
    changes = [one for one in gateway.export("registry_changes") if one["what"] == "onboarding"]
    assert [one["who"] for one in changes] == ["lgsp.admin"] * len(changes)
    assert changes[-1]["detail"]["ended"] == ["thanh-tra -> national.population.verify"]


@pytest.mark.parametrize(
    ("terms", "title"),
    [
        ({"valid_from": "2018-08-23"}, "not-in-force"),
        ({"valid_until": "2018-08-21"}, "not-in-force"),
        ({"suspended": "đang thanh tra"}, "suspended"),
        ({"max_body_bytes": 5}, "too-large"),
        ({"request_schema": {"type": "object", "required": ["personal_number"]}}, "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_terms_are_kept(gateway: Running, admin: str, newcomer: str, terms: dict[str, Any], title: str) -> None:
    """Today is 22 August 2018; the call carries an object without a personal number."""
    token = _token(gateway, "thanh-tra", newcomer).json()["token"]
    assert _onboard(gateway, admin, terms).status_code == 200
    answer = _call(gateway, token, "national", "population.verify", body={"number": "1"})
    assert (answer.json()["title"], answer.headers["X-Lgsp"]) == (title, "refused")


def test_quotas_and_rates_are_kept_even_over_a_restart(gateway: Running, admin: str, newcomer: str) -> None:
    """The day's quota goes on where it stood when the LGSP was killed; a rate lets a burst through and then no more."""
    token = _token(gateway, "thanh-tra", newcomer).json()["token"]
    _onboard(gateway, admin, {"operation": "business.lookup", "per_day": 3}, {"per_second": 2})

    def titles(operation: str, count: int) -> list[str]:
        answers = [_call(gateway, token, "national", operation) for _ in range(count)]
        return [answer.json().get("title", "") for answer in answers]

    assert titles("business.lookup", 2) == ["", ""]
    gateway.restart()
    assert titles("business.lookup", 2) == ["", "quota-used-up"]
    assert titles("population.verify", 50).count("too-many") > 0


def test_what_an_administrator_has_ended_or_moved_stays_so_over_a_restart(gateway: Running, admin: str) -> None:
    """No contract that the LGSP was placed with comes back, nor an old address or title; declared again, it does."""
    wanted = [one.terms() for one in CONTRACTS if one.consumer == "sector"]
    gone = wanted[0]
    other = Echo()

    def declare(contracts: list[Any], **system: str) -> None:
        body = {"systems": [{"name": "sector", **system}], "contracts": contracts}
        headers = {"Authorization": f"Bearer {admin}"}
        requests.put(f"{gateway.url}/api/onboarding", json=body, headers=headers, timeout=10).raise_for_status()

    def told() -> tuple[bool, str, str]:
        registry = gateway.get("/api/registry", token=admin).json()
        [system] = [one for one in registry["systems"] if one["name"] == "sector"]
        listed = {(one["consumer"], one["provider"], one["operation"]) for one in registry["contracts"]}
        return ("sector", gone["provider"], gone["operation"]) in listed, system["url"], system["title"]

    declare(wanted[1:], url=other.url)
    declare(wanted[1:], title="Hệ thống ngành")
    before = told()
    gateway.restart()
    assert told() == before == (False, other.url, "Hệ thống ngành")
    declare(wanted)
    gateway.restart()
    assert told() == (True, other.url, "Hệ thống ngành")
    other.close()


def test_onboardings_at_once_come_one_after_the_other(gateway: Running, admin: str, newcomer: str) -> None:
    """None fails, and the changes written down follow from each other: what they say together is what holds."""
    assert newcomer
    before = len(gateway.export("registry_changes"))
    offered = [operation for provider, operation in OFFERED if provider == "national"][:8]
    together = threading.Barrier(len(offered))

    def declare(place: int) -> int:
        together.wait()
        pair = [offered[place], offered[place - 1]]
        return int(_onboard(gateway, admin, *({"operation": one} for one in pair)).status_code)

    with ThreadPoolExecutor(len(offered)) as pool:
        assert list(pool.map(declare, range(len(offered)))) == [200] * len(offered)
    changes = [one["detail"] for one in gateway.export("registry_changes")[before:]]
    held: set[str] = set()
    for one in changes:
        assert set(one["ended"]) <= held
        assert not set(one["added"]) & held
        held = (held - set(one["ended"])) | set(one["added"])
    contracts = gateway.get("/api/registry", token=admin).json()["contracts"]
    mine = [one for one in contracts if one["consumer"] == "thanh-tra"]
    assert held == {f"thanh-tra -> national.{one['operation']}" for one in mine}
    assert len(held) == 2


def test_a_system_that_is_unlinked_stays_so_over_a_restart(gateway: Running, admin: str) -> None:
    """Caller and provider alike: contracts end, keys and tokens with them; its calls stay on the books."""
    token = _token(gateway, "dochub").json()["token"]
    portal = _token(gateway, "portal").json()["token"]
    asked = ALLOWED["dochub", "national", "signing.ocsp"]
    offer = next(one for one in CONTRACTS if (one.consumer, one.provider) == ("portal", "onestop"))
    assert _call(gateway, token, asked.provider, asked.operation, purpose=(*asked.terms()["purposes"], "")[0]).ok
    headers = {"Authorization": f"Bearer {admin}"}

    def unlink(system: str) -> requests.Response:
        return requests.delete(f"{gateway.url}/api/systems/{system}", headers=headers, timeout=10)

    ended = unlink("dochub").json()
    assert f"dochub -> {asked.provider}.{asked.operation}" in ended["contracts"]
    assert ended["credentials"] == ["placed"]
    assert unlink("dochub").status_code == 404
    assert f"portal -> onestop.{offer.operation}" in unlink("onestop").json()["contracts"]
    for _ in range(2):
        assert _token(gateway, "dochub").status_code == 401
        assert _call(gateway, token, asked.provider, asked.operation).status_code == 401
        assert _call(gateway, portal, "onestop", offer.operation).json()["title"] == "no-such-service"
        assert gateway.post("/api/systems/dochub/credentials", {}, token=admin).status_code == 404
        told = gateway.get("/api/registry", token=admin).json()
        assert not {"dochub", "onestop"} & {one["name"] for one in told["systems"]}
        assert not [one for one in told["contracts"] if {one["consumer"], one["provider"]} & {"dochub", "onestop"}]
        gateway.restart()
    calls = gateway.get("/api/audit", token=admin, consumer="dochub").json()["calls"]
    assert "answered" in {one["outcome"] for one in calls}

    body = {"systems": [{"name": "dochub"}], "contracts": [asked.terms()]}
    requests.put(f"{gateway.url}/api/onboarding", json=body, headers=headers, timeout=10).raise_for_status()
    gateway.restart()
    assert _token(gateway, "dochub").status_code == 401
    secret = gateway.post("/api/systems/dochub/credentials", {}, token=admin).json()["secret"]
    token = _token(gateway, "dochub", secret).json()["token"]
    assert _call(gateway, token, asked.provider, asked.operation, purpose=(*asked.terms()["purposes"], "")[0]).ok


def test_a_rotated_secret_overlaps_and_a_revoked_one_takes_its_tokens_along(gateway: Running, admin: str) -> None:
    """Both secrets work during the overlap; after revocation neither the secret nor a token given for it does."""
    _onboard(gateway, admin, {})
    first = gateway.post("/api/systems/thanh-tra/credentials", {"overlap_seconds": 0}, token=admin).json()
    second = gateway.post("/api/systems/thanh-tra/credentials", {"overlap_seconds": 600}, token=admin).json()
    tokens = [_token(gateway, "thanh-tra", one["secret"]).json()["token"] for one in (first, second)]
    assert [_call(gateway, one, "national", "population.verify").status_code for one in tokens] == [200, 200]

    address = f"{gateway.url}/api/systems/thanh-tra/credentials/{first['id']}"
    headers = {"Authorization": f"Bearer {admin}"}
    assert requests.delete(address, headers=headers, timeout=10).status_code == 204
    assert requests.delete(address, headers=headers, timeout=10).status_code == 404

    assert _token(gateway, "thanh-tra", first["secret"]).status_code == 401
    assert [_call(gateway, one, "national", "population.verify").status_code for one in tokens] == [401, 200]
    third = gateway.post("/api/systems/thanh-tra/credentials", {"overlap_seconds": 0}, token=admin).json()
    assert [_token(gateway, "thanh-tra", one["secret"]).status_code for one in (second, third)] == [401, 200]


def test_every_mistake_of_an_onboarding_is_told_at_once(gateway: Running, admin: str) -> None:
    """Where, what, and the way out, for each."""
    answer = _onboard(
        gateway,
        admin,
        {"consumer": "ai-do", "provider": "nation", "per_second": 0, "valid_from": "2018-09-01",
         "valid_until": "2018-08-01", "request_schema": {"type": "objekt"}},
        url="ftp://x",
    )  # fmt: skip
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json()["errors"]} == {
        "systems[0].url", "contracts[0].consumer", "contracts[0].provider", "contracts[0].per_second",
        "contracts[0].valid_until", "contracts[0].request_schema",
    }  # fmt: skip
    assert all(one["way_out"] for one in answer.json()["errors"])


#: Addresses that are not the administrator's: everybody's, the auditor's, and those where systems say who they are.
_OTHERS = re.compile(
    r"/|/(sign-in|sign-out|api/sign-in|health|ready|metrics|openapi\.json|backlog|export.*|token|call/.*|v1/.*|dmdc/.*|api[A-Z].*|soap/.*)"
)


def test_only_the_administrator_gets_in(gateway: Running, admin: str) -> None:
    """Every address of API and pages: no system's token and no other official's opens it; pages lead to the door."""
    offered = gateway.get("/openapi.json").json()["paths"]
    own = {path: [method.upper() for method in one] for path, one in offered.items() if not _OTHERS.fullmatch(path)}
    assert {"/api/onboarding", "/api/audit/retention", "/administration/onboarding", "/audit/retention"} <= own.keys()
    assert len(own) > 12
    strangers = {
        "nobody": {},
        "a system": {"Authorization": f"Bearer {_token(gateway, 'portal').json()['token']}"},
        "an official": {"Authorization": f"Bearer {gateway.sign_in(account('leader', COMMUNE))}"},
    }
    before = gateway.get("/api/registry", token=admin).json()
    let_in = []
    for path, methods in own.items():
        address = gateway.url + path.replace("{system}", "portal").replace("{credential}", "placed")
        for method, (who, headers) in itertools.product(methods, strangers.items()):
            answer = requests.request(method, address, headers=headers, json={}, timeout=30, allow_redirects=False)
            door = answer.is_redirect and answer.headers["location"].endswith("/sign-in")
            if answer.status_code not in {401, 403} and not door:
                let_in.append(f"{method} {path} {who}: {answer.status_code}")
    assert let_in == []
    told = gateway.get("/api/registry", token=admin)
    assert told.json()["systems"] == before["systems"]
    assert "secret-of" not in told.text


def test_the_pages_show_and_change_the_registry(gateway: Running, admin: str) -> None:
    """A browser can give a new secret, which is shown once, and find calls by who made them."""
    session = requests.Session()
    session.cookies.set("tinhmau_lgsp", admin)
    before = session.get(f"{gateway.url}/administration", timeout=10).text
    assert "Hệ thống và khoá" in before
    given = session.post(f"{gateway.url}/administration/rotation", data={"system": "sector"}, timeout=10).text
    secret = given.partition("<code>")[2].partition("</code>")[0]
    assert _token(gateway, "sector", secret).status_code == 200
    assert secret not in session.get(f"{gateway.url}/administration", timeout=10).text
    found = session.get(f"{gateway.url}/audit", params={"consumer": "sector", "outcome": "refused"}, timeout=10).text
    assert "sector" in found
    wrong = session.get(f"{gateway.url}/audit", params={"since": "hôm qua"}, timeout=10)
    assert "hôm qua" in wrong.text
    session.close()


@pytest.fixture
def page(gateway: Running) -> Iterator[PageReader]:
    """The administrator at a browser."""
    reader = PageReader(gateway.url)
    who = ADMINISTRATOR["account"]
    reader.open("/sign-in").press("/sign-in", account=who, passcode=passcode(PASSCODE_KEY, who))
    yield reader
    reader.close()


def test_a_system_is_linked_on_the_page(gateway: Running, page: PageReader) -> None:
    """Mistakes are told beside what was typed; a rehearsal changes nothing; once applied, the system calls."""
    where = "/administration/onboarding"
    page.open("/administration").open(where)
    page.press(where, declaration='{"systems": 1}', act="rehearse")
    assert "$.systems" in page.text
    wanted = {
        "systems": [{"name": "so-noi-vu", "title": "Sở Nội vụ"}],
        "contracts": [_contract(consumer="so-noi-vu", per_day=7, provider="khong-co")],
    }
    page.press(where, declaration=msgspec.json.encode(wanted).decode(), act="apply")
    assert "contracts[0].provider" in page.text
    assert "khong-co" in page.answer.text.partition("<textarea")[2]
    wanted["contracts"][0]["provider"] = "national"
    declaration = msgspec.json.encode(wanted).decode()
    page.press(where, declaration=declaration, act="rehearse")
    assert "so-noi-vu -> national.population.verify" in page.text
    assert "so-noi-vu" not in page.open("/administration").text
    page.open(where).press(where, declaration=declaration, act="apply")
    assert "có hiệu lực ngay" in page.text

    page.open("/administration")
    given = page.session.post(f"{gateway.url}/administration/rotation", data={"system": "so-noi-vu"}, timeout=10).text
    token = _token(gateway, "so-noi-vu", given.partition("<code>")[2].partition("</code>")[0]).json()["token"]
    assert _call(gateway, token, "national", "population.verify").status_code == 200
    assert "1/7" in page.open("/administration").text

    declared = page.open(where, system="so-noi-vu").answer.text.partition("<textarea")[2]
    written = html.unescape(declared.partition(">")[2].partition("</textarea>")[0])
    page.press(where, declaration=written, act="apply")
    assert "không có gì thay đổi" in page.text
    assert page.open(where, system="khong-co").answer.status_code == 404


def test_a_system_is_unlinked_on_the_page(gateway: Running, admin: str, page: PageReader) -> None:
    """Only who ticks that it is meant does so; then the page has it no more."""
    _onboard(gateway, admin, title="Thanh tra tỉnh").raise_for_status()
    where = f"{gateway.url}/administration/unlinking"
    assert 'name="confirmed" value="thanh-tra" required' in page.open("/administration").answer.text
    refused = page.session.post(where, data={"system": "thanh-tra"}, timeout=10)
    assert (refused.status_code, "Hãy đánh dấu" in refused.text) == (422, True)
    assert "Thanh tra tỉnh (thanh-tra)" in page.open("/administration").text
    done = page.session.post(where, data={"system": "thanh-tra", "confirmed": "thanh-tra"}, timeout=10)
    assert "Thanh tra tỉnh (thanh-tra)" not in done.text
    assert "ngắt kết nối" in done.text


def test_the_audit_is_proven_and_cut_on_a_page(page: PageReader) -> None:
    """Intact, with its numbers; what is younger than three months cannot be removed."""
    assert "Nguyên vẹn" in page.open("/audit").open("/audit/verification").text
    page.press("/audit/retention", keep_days="89")
    assert page.answer.status_code == 422
    assert "ít nhất 90 ngày" in page.text
    page.open("/audit/verification").press("/audit/retention", keep_days="90")
    assert "Đã xoá 0 lời gọi" in page.text


def test_in_english_no_page_of_the_administrator_has_a_label_left_in_vietnamese(page: PageReader) -> None:
    """Administration, onboarding with and without a mistake, audit and its proof."""
    for path in ("/administration", "/administration/onboarding", "/audit", "/audit/verification"):
        page.open(path, lang="en")
        assert untranslated(page.answer.text) == [], path
    page.open("/administration/onboarding").press("/administration/onboarding", declaration="{}", act="rehearse")
    assert untranslated(page.answer.text) == []
    assert "nothing changes" in page.text
    page.press("/administration/onboarding", declaration='{"systems": [{"name": "X"}]}', act="apply")
    assert untranslated(page.answer.text) == []
    assert "A name has small letters" in page.text


def test_an_administrator_signs_out(gateway: Running, page: PageReader) -> None:
    """The pages are closed to the browser from then on."""
    page.open("/administration").press("/sign-out")
    assert page.open("/administration").answer.url == f"{gateway.url}/sign-in"


@pytest.mark.parametrize(
    ("url", "good"),
    [("https://so-noi-vu.example:8443/api", True), ("http://10.0.0.7:80", True), ("https://", False),
     ("http://x y", False), ("https://a@b", False), ("https://a?b", False)],
)  # fmt: skip
def test_an_address_is_one_that_the_lgsp_can_call(gateway: Running, admin: str, url: str, good: bool) -> None:  # noqa: FBT001
    """With TLS or without."""
    assert _onboard(gateway, admin, rehearse=True, url=url).status_code == (200 if good else 422)


def test_a_counterpart_that_is_gone_is_left_alone_and_tried_again(gateway: Running, admin: str, newcomer: str) -> None:
    """After five calls in vain the LGSP answers by itself; once the counterpart is back, one trial is enough."""
    token = _token(gateway, "thanh-tra", newcomer).json()["token"]
    _onboard(gateway, admin, {"provider": "may-moi", "operation": "thu.nghiem"}, url="http://127.0.0.1:9")
    wanted = {"systems": [{"name": "may-moi", "url": "http://127.0.0.1:9"}], "contracts": []}
    headers = {"Authorization": f"Bearer {admin}"}
    requests.put(f"{gateway.url}/api/onboarding", json=wanted, headers=headers, timeout=10).raise_for_status()
    _onboard(gateway, admin, {"provider": "may-moi", "operation": "thu.nghiem"})

    titles = [_call(gateway, token, "may-moi", "thu.nghiem").json()["title"] for _ in range(5)]
    assert titles == ["provider-unreachable"] * 5
    assert _until(lambda: _call(gateway, token, "may-moi", "thu.nghiem"), status=503)["title"] == "circuit-open"

    back = Echo()
    wanted = {"systems": [{"name": "may-moi", "url": back.url}], "contracts": []}
    requests.put(f"{gateway.url}/api/onboarding", json=wanted, headers=headers, timeout=10).raise_for_status()
    _until(lambda: _call(gateway, token, "may-moi", "thu.nghiem"), status=200)
    back.close()
    assert gateway.get("/api/registry", token=admin).json()["breakers"]["may-moi.thu"] == "closed"


def _until(ask: Callable[[], requests.Response], *, status: int) -> Any:
    """Ask again until the answer has this status."""
    deadline = time.monotonic() + 60
    while (answer := ask()).status_code != status:
        assert time.monotonic() < deadline, answer.text
    return answer.json()


def test_what_is_past_its_time_goes_by_itself(gateway: Running, admin: str) -> None:
    """The first block is made a year old: nobody asks, its calls go, and the rest proves itself."""
    gateway.query(
        "UPDATE audit_block SET at = at - interval '1 year' WHERE number = (SELECT min(number) FROM audit_block)"
    )
    before = gateway.export("audit")
    gateway.restart()
    while len(left := gateway.export("audit")) == len(before):
        time.sleep(0.05)
    assert {row["call"] for row in left} < {row["call"] for row in before}
    assert [one["pruned"] for one in gateway.export("audit_chain")][:2] == [True, False]
    assert gateway.get("/api/audit/verification", token=admin).json()["intact"] is True


def test_the_audit_proves_itself_and_shows_what_was_done_to_it(gateway: Running, admin: str) -> None:
    """Intact over all the calls of these tests; one row changed, and the LGSP itself names the call."""
    proof = gateway.get("/api/audit/verification", token=admin).json()
    assert (proof["intact"], proof["broken"]) == (True, [])
    assert proof["rows"] == 2 * len(gateway.export("audit"))
    row = gateway.export("audit")[0]
    gateway.query("UPDATE call_begun SET purpose = 'khác' WHERE call = $1::text::uuid", row["call"])
    proof = gateway.get("/api/audit/verification", token=admin).json()
    assert proof["intact"] is False
    assert any(row["call"] in one for one in proof["broken"])


def test_a_registry_that_could_not_be_read_once_is_read_again(gateway: Running, admin: str, newcomer: str) -> None:
    """What another process revokes afterwards counts here, too."""
    answer = _onboard(gateway, admin, {})
    token = _token(gateway, "thanh-tra", newcomer).json()["token"]
    assert _call(gateway, token, "national", "population.verify").status_code == 200, answer.text
    changed = "INSERT INTO registry_change (at, who, what, detail) VALUES (now(), 'another', 'revocation', '{}')"
    gateway.query("INSERT INTO contract VALUES ('nobody', 'nothing', 'x.y', '[]', false)")
    gateway.query(changed)
    gateway.await_log("registry-not-read")
    gateway.query("DELETE FROM contract WHERE consumer = 'nobody'")
    gateway.query("UPDATE credential SET revoked_at = now() WHERE system = 'thanh-tra'")
    gateway.query(changed)
    until = time.monotonic() + 20
    while _call(gateway, token, "national", "population.verify").status_code != 401:
        assert time.monotonic() < until
        time.sleep(0.05)
