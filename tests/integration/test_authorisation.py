"""Who may do what at office, hub, nation and neighbours: every role at every address that a service itself says it has.

The portal's and the one-stop's tables stand beside their own tests, the LGSP's in test_lgsp_matrix.py. Addresses come
from `/openapi.json`, which is made from the routes: one that is added without a row here fails.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from running_service import AUDIT_TOKEN, PASSCODE_KEY, Place, Running, lgsp_token
from signing_keys import Keys
from small_province import BINH, COMMUNE, LAN, account

from loadtests.accounts import passcode

#: Officials of an agency by role, then who has none.
OFFICIALS = {"specialist", "leader", "document_clerk", "reception_clerk"}
SPECIALIST, LEADER, CLERK = {"specialist"}, {"leader"}, {"document_clerk"}
REVIEWERS, HANDLERS = SPECIALIST | LEADER, LEADER | CLERK
MACHINE, ADMINISTRATOR, CITIZEN, AUDITOR, LGSP = {"poller"}, {"administrator"}, {"citizen"}, {"auditor"}, {"lgsp"}
#: "forged" shows a token with another end, "other operation" the LGSP's for something else.
ANYBODY = OFFICIALS | MACHINE | ADMINISTRATOR | CITIZEN | AUDITOR | LGSP | {"nobody", "forged", "other operation"}

Table = Mapping[str, tuple[str, set[str]]]

#: Address -> methods and who may use it. What the LGSP alone may call is added from the operations.
OFFICE: Table = {
    "/": ("GET", OFFICIALS),
    "/sign-in": ("GET POST", ANYBODY),
    "/sign-out": ("POST", ANYBODY),
    "/api/sign-in": ("POST", ANYBODY),
    "/documents/{draft}": ("GET", OFFICIALS),
    "/documents/{draft}/pdf": ("GET", OFFICIALS),
    "/incoming": ("GET", OFFICIALS),
    "/incoming/attachment": ("GET", OFFICIALS),
    "/archive": ("GET", OFFICIALS),
    "/undelivered": ("GET", OFFICIALS),
    "/registers/outgoing": ("GET", OFFICIALS),
    "/registers/incoming": ("GET", OFFICIALS),
    **{
        address: ("POST", who)
        for name, who in {
            "documents": SPECIALIST,
            "documents/{draft}/review": REVIEWERS,
            "documents/{draft}/return": REVIEWERS,
            "documents/{draft}/revision": SPECIALIST,
            "documents/{draft}/signature": LEADER,
            "documents/{draft}/print": CLERK,
            "documents/{draft}/scan": CLERK,
            "documents/{draft}/issue": CLERK,
            "documents/{draft}/seal": CLERK,
            "incoming/registration": CLERK,
            "incoming/assignment": HANDLERS,
            "incoming/completion": SPECIALIST,
            "incoming/refusal": CLERK,
            "incoming/answer": CLERK,
            "undelivered/replay": CLERK,
            "filings": CLERK,
            "delegations": LEADER,
            "delegations/end": LEADER,
        }.items()
        for address in (f"/api/{name}", f"/desk/{name}")
    },
    "/api/incoming/signatures": ("GET", OFFICIALS),
    "/api/polls": ("POST", MACHINE),
}
DOCHUB: Table = {
    "/": ("GET", ANYBODY),
    "/sign-in": ("GET POST", ANYBODY),
    "/sign-out": ("POST", ANYBODY),
    "/api/sign-in": ("POST", ANYBODY),
    "/control/agencies": ("GET PUT", AUDITOR),
    "/control/push": ("GET PUT", AUDITOR),
    "/undelivered": ("GET", ADMINISTRATOR),
    "/undelivered/replay": ("POST", ADMINISTRATOR),
    "/documents": ("GET", ADMINISTRATOR),
    "/documents/trail": ("GET", ADMINISTRATOR),
    "/api/documents/trail": ("GET", ADMINISTRATOR),
    "/api/undelivered": ("GET", ADMINISTRATOR),
    "/api/undelivered/replay": ("POST", ADMINISTRATOR),
}
NATIONAL: Table = {
    "/": ("GET", ANYBODY),
    "/post/intake": ("POST", ANYBODY),
    # An order's and a parcel's number cannot be guessed: who has it may act by it (docs/wire.md).
    "/pay/{order}": ("GET POST", ANYBODY),
    "/pay/{order}/form": ("POST", ANYBODY),
    "/post/parcels/{parcel}": ("GET", ANYBODY),
    "/post/parcels/{parcel}/delivery": ("POST", ANYBODY),
    "/.well-known/openid-configuration": ("GET", ANYBODY),
    "/api/sign-in": ("POST", ANYBODY),
    "/api/dossiers": ("POST", CITIZEN),
    "/dvc": ("GET", ANYBODY),
    "/dvc/tracking": ("GET", ANYBODY),
    "/dvc/thu-tuc/{procedure}": ("GET", ANYBODY),
    "/dvc/nop/{procedure}": ("GET", set()),  # a session of the sign-on's own, which no token stands for
    "/oidc/sign-on": ("GET POST", ANYBODY),
    "/oidc/authorize": ("GET POST", ANYBODY),
    "/control/catalogue": ("PUT", AUDITOR),
    "/control/faults": ("GET PUT", AUDITOR),
    "/control/ndxp": ("GET PUT", AUDITOR),
    "/control/revocations": ("GET PUT", AUDITOR),
    "/pki/crl": ("GET", ANYBODY),
    "/pki/ocsp": ("POST", ANYBODY),
    "/pki/timestamp": ("POST", ANYBODY),
}
#: Schools and hospitals keep their own accounts, which are not simulated: no sign-in in this cut (docs/wire.md).
SECTOR: Table = {
    "/": ("GET", ANYBODY),
    "/vnedu/enrolments": ("POST", ANYBODY),
    "/his/visits": ("POST", ANYBODY),
    "/ccvc/appointments": ("POST", ANYBODY),
    "/declarations": ("POST", ANYBODY),
}
#: Every service's own.
COMMON: Table = {
    "/health": ("GET", ANYBODY),
    "/ready": ("GET", ANYBODY),
    "/metrics": ("GET", ANYBODY),
    "/openapi.json": ("GET", ANYBODY),
    "/backlog": ("GET", AUDITOR),
    "/export": ("GET", AUDITOR),
    "/export/{name}": ("GET", AUDITOR),
}
#: Pages at which people say who they are: a refusal there is about that.
_DOORS = {"/sign-in", "/oidc/sign-on", "/oidc/authorize"}
TABLES: Mapping[str, Table] = {"office": OFFICE, "dochub": DOCHUB, "national": NATIONAL, "sector": SECTOR}
#: What has to be named in an address.
_VALUES = {"{draft}": "1", "{order}": "x", "{parcel}": "x", "{procedure}": "1.000003", "{name}": "dead_letters"}
_ONE = {"agency": COMMUNE, "document": "x", "reason": "y", "answer": "agree"}
#: Bodies of the office's acts that come as far as the question who may: fields of its forms, and of the API.
_FIELDS: Mapping[str, dict[str, Any]] = {
    "documents": {"kind": "Công văn", "subject": "x", "content": "x", "addressees": [COMMUNE], "priority": 0},
    "documents/{draft}/scan": {"pages": 1},
    **{f"incoming/{act}": {name: _ONE[name] for name in ("agency", "document")} for act in (
        "registration", "assignment", "completion"
    )},
    "incoming/refusal": {name: _ONE[name] for name in ("agency", "document", "reason")},
    "incoming/answer": _ONE,
    "delegations/end": {"delegation": 1},
    "delegations": {"deputy": "x", "since": "2018-08-22T07:00", "until": "2018-08-22T08:00"},
}  # fmt: skip
_FORMATS = {"date": "2018-08-22", "date-time": "2018-08-22T07:00:00+07:00"}


@pytest.fixture(scope="module")
def services(place: Place, reference_folder: Path) -> Callable[[str], Running]:
    """Each service once, started when a test first asks for it."""
    Keys().write(reference_folder)
    running: dict[str, Running] = {}

    def get(name: str) -> Running:
        if name not in running:
            running[name] = place(name)
        return running[name]

    return get


def _offered(service: Running) -> dict[str, dict[str, Any]]:
    return dict(service.get("/openapi.json").json()["paths"])


def _table(service: Running) -> dict[str, tuple[str, set[str]]]:
    """Who may do what, with the operations, which are for the LGSP alone."""
    offered = _offered(service)
    operations = {path: (" ".join(one).upper(), LGSP) for path, one in offered.items() if path.startswith("/lgsp/")}
    common = {path: row for path, row in COMMON.items() if path in offered}
    return {**common, **TABLES[service.name], **operations}


def _least(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """The least that a JSON Schema takes."""
    if "$ref" in schema:
        return _least(components[schema["$ref"].rpartition("/")[2]], components)
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], components)
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {name: _least(properties[name], components) for name in schema.get("required", [])}
    plain: dict[str, Any] = {"array": [], "integer": 1, "number": 1, "boolean": False}
    written = schema.get("enum", [_FORMATS.get(schema.get("format", ""), "x")])[0]
    return plain.get(schema.get("type", ""), written)


def _tokens(service: Running) -> dict[str, str]:
    """A bearer's token of each caller. Accounts that the service does not know have signed in nowhere."""
    if service.name == "sector":
        return {"nobody": "", "forged": "x.y.z", "auditor": AUDIT_TOKEN}
    if service.name == "national":
        citizen = service.sign_in(LAN)
        return {"nobody": "", "forged": _forged(citizen), "citizen": citizen, "auditor": AUDIT_TOKEN}
    officials = {role: service.sign_in(account(role, COMMUNE)) for role in sorted(OFFICIALS)}
    found = officials | {
        "poller": service.sign_in("poller.an-mau"),
        "administrator": service.sign_in("lgsp.admin"),
    }
    return found | {"nobody": "", "forged": _forged(officials["leader"]), "auditor": AUDIT_TOKEN}


def _forged(token: str) -> str:
    return token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")


def _body(path: str, schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:
    """What an address takes: the least that its type asks for, or what a table says."""
    fields = _FIELDS.get(path.removeprefix("/desk/").removeprefix("/api/"))
    if path.startswith("/desk/"):
        return fields or {}
    if path == "/api/delegations" and fields:
        return {name: f"{value}:00+07:00" if name != "deputy" else value for name, value in fields.items()}
    return fields or _least(schema, components)


def _ask(service: Running, path: str, method: str, body: Any, headers: dict[str, str]) -> requests.Response:
    for name, value in _VALUES.items():
        path = path.replace(name, value)
    sent: dict[str, Any] = {"json": body}
    if path.startswith("/desk/") or path in {*_DOORS, "/sign-out", "/undelivered/replay"}:
        sent = {"data": {"key": str(uuid.uuid4()), **(body if isinstance(body, dict) else {})}}
    return requests.request(
        method, service.url + path, headers={"Idempotency-Key": str(uuid.uuid4()), **headers}, timeout=30,
        allow_redirects=False, **({} if method == "GET" else sent),
    )  # fmt: skip


def _let_in(answer: requests.Response) -> bool:
    """Whether somebody got further than the door; what is wrong then is the matter's own business."""
    to_the_door = answer.is_redirect and answer.headers["location"].partition("?")[0].endswith(("/sign-in", "/sign-on"))
    return answer.status_code not in {401, 403} and not to_the_door


@pytest.mark.parametrize("name", TABLES)
def test_every_address_has_a_row(services: Callable[[str], Running], name: str) -> None:
    """What is offered without saying to whom fails here, and so does a row for what is not offered."""
    service = services(name)
    offered = {(path, method.upper()) for path, one in _offered(service).items() for method in one}
    listed = {(path, method) for path, (methods, _) in _table(service).items() for method in methods.split()}

    assert len(offered) > 5
    assert offered - listed == set()
    assert listed - offered == set()


@pytest.mark.parametrize("name", TABLES)
def test_each_address_lets_in_whom_it_is_for_and_nobody_else(services: Callable[[str], Running], name: str) -> None:
    """Every caller at every address, with the least that it takes: the wrong ones get 401, 403 or the door, first."""
    service = services(name)
    document = service.get("/openapi.json").json()
    components, tokens, wrong = document["components"]["schemas"], _tokens(service), []
    for path, (methods, allowed) in _table(service).items():
        for method in methods.split():
            described = document["paths"][path][method.lower()].get("requestBody", {})
            schema = described.get("content", {}).get("application/json", {}).get("schema", {})
            body, operation = _body(path, schema, components), path.removeprefix("/lgsp/")
            callers = {who: {"Authorization": f"Bearer {token}"} for who, token in tokens.items()}
            for who, for_what in (("lgsp", operation), ("other operation", "health.check")):
                callers[who] = {"X-Lgsp-Token": lgsp_token(provider=name, operation=for_what, consumer="portal")}
            for who, headers in callers.items():
                answer = _ask(service, path, method, body, headers)
                own_refusal = _own_refusal(answer) or path in _DOORS or path == "/sign-out"
                if answer.status_code >= 500 and who not in allowed:
                    wrong.append(f"{method} {path} {who}: {answer.status_code}")
                elif (_let_in(answer) or own_refusal) is not (who in allowed):
                    wrong.append(f"{method} {path} {who}: {answer.status_code} {answer.text[:120]}")

    assert not wrong, "\n".join(wrong)


def _own_refusal(answer: requests.Response) -> bool:
    """Whether a 401 or 403 speaks of what was asked, not of who asked: a wrong passcode, another agency's document."""
    own = ("wrong-passcode", "wrong-agency", "wrong-installation", "own-draft", "not-the-author", "sign-in-refused")
    return answer.status_code in {401, 403} and any(title in answer.text for title in own)


def test_a_caller_in_the_wrong_place_would_be_noticed(services: Callable[[str], Running]) -> None:
    """The measure itself: the door and a refusal are told from an answer, and a wrong passcode from no right."""
    office = services("office")
    at_the_desk = _ask(office, "/", "GET", None, {})
    refused = _ask(office, "/api/polls", "POST", {"installation": "x"}, {"Authorization": "Bearer x"})
    wrong = _ask(office, "/api/sign-in", "POST", {"account": "a", "passcode": "b"}, {})

    assert [_let_in(one) for one in (at_the_desk, refused, _ask(office, "/health", "GET", None, {}))] == [
        False, False, True,
    ]  # fmt: skip
    assert (_own_refusal(wrong), _own_refusal(refused)) == (True, False)


def test_every_operation_of_the_nation_can_be_switched_off_by_its_counterpart(
    services: Callable[[str], Running],
) -> None:
    """TRB-SLOW-MINISTRY: an outage reaches each operation of its counterpart and no other; there is none without."""
    nation = services("national")
    offered = {
        path.removeprefix("/lgsp/"): next(iter(one))
        for path, one in _offered(nation).items()
        if path.startswith("/lgsp/")
    }

    def fault(settings: dict[str, Any]) -> int:
        headers = {"Authorization": f"Bearer {AUDIT_TOKEN}"}
        return requests.put(f"{nation.url}/control/faults", json=settings, headers=headers, timeout=30).status_code

    def out() -> set[str]:
        answers = {
            name: nation.call(name, consumer="portal", body={} if method == "post" else None)
            for name, method in offered.items()
        }
        return {name for name, answer in answers.items() if "counterpart-fault" in answer.text}

    counterparts = {name.partition(".")[0] for name in offered}
    for one in sorted(counterparts):
        assert fault({one: {"outage": True}}) == 200, f"{one} has no switch"
        assert out() == {name for name in offered if name.startswith(f"{one}.")}
    assert fault({}) == 200
    assert out() == set()
    assert len(counterparts) > 10


#: Doors by page: service, address, an account that gets in there, and what is closed to whoever has not.
DOORS = (
    ("onestop", "/sign-in", account("specialist", COMMUNE), "/desk"),
    ("office", "/sign-in", account("specialist", COMMUNE), "/"),
    ("dochub", "/sign-in", "lgsp.admin", "/undelivered"),
    ("national", "/oidc/sign-on", LAN, "/dvc/nop/1.000003"),
)  # fmt: skip
_EACH_DOOR = pytest.mark.parametrize(("name", "door", "who", "inside"), DOORS, ids=[row[0] for row in DOORS])


def _enter(session: requests.Session, service: Running, door: str, who: str, code: str) -> requests.Response:
    fields = {"account": who, "passcode": code, "next": "/dvc"}
    return session.post(service.url + door, data=fields, timeout=30, allow_redirects=False)


def _inside(answer: requests.Response) -> bool:
    """Whether somebody is past the door: not led back to it, not refused."""
    return not answer.is_redirect and answer.status_code not in {401, 403}


@_EACH_DOOR
def test_brute_force_ends_at_every_door(
    services: Callable[[str], Running], name: str, door: str, who: str, inside: str
) -> None:
    """Five wrong passcodes, by page and API together, and the account rests, right passcode or not; no other does."""
    service, right = services(name), passcode(PASSCODE_KEY, who)
    other = {"national": BINH, "dochub": account("leader", COMMUNE)}.get(name, account("leader", COMMUNE))
    with requests.Session() as guesser:
        wrong = [_enter(guesser, service, door, who, "0" * 12).status_code for _ in range(3)]
        wrong += [
            service.post("/api/sign-in", {"account": who, "passcode": "1" * 12}, key="").status_code for _ in range(2)
        ]
        page = _enter(guesser, service, door, who, right)
        program = service.post("/api/sign-in", {"account": who, "passcode": right}, key="")
        closed = guesser.get(service.url + inside, timeout=30, allow_redirects=False)
    unharmed = service.post("/api/sign-in", {"account": other, "passcode": passcode(PASSCODE_KEY, other)}, key="")
    service.query("DELETE FROM sign_in_failure")

    assert wrong == [401] * 5
    assert (page.status_code, program.status_code) == (429, 429)
    assert not _inside(closed)
    assert unharmed.status_code == 200


@_EACH_DOOR
def test_session_fixation_is_in_vain_at_every_door(
    services: Callable[[str], Running], name: str, door: str, who: str, inside: str
) -> None:
    """What somebody planted in a browser opens nothing, before and after its owner signs in; scripts cannot read it."""
    service = services(name)
    with requests.Session() as victim:
        first = _enter(victim, service, door, who, passcode(PASSCODE_KEY, who))
        ((cookie, issued),) = victim.cookies.items()
        opened = victim.get(service.url + inside, timeout=30, allow_redirects=False)
    with requests.Session() as planted:
        planted.cookies.set(cookie, "planted")
        entered = _enter(planted, service, door, who, passcode(PASSCODE_KEY, who))
        given = entered.cookies.get(cookie)
    after = requests.get(service.url + inside, cookies={cookie: "planted"}, timeout=30, allow_redirects=False)
    told = first.headers["set-cookie"].lower()

    assert first.status_code == entered.status_code == 303
    assert _inside(opened)
    assert given not in {None, "planted"}
    assert issued != "planted"
    assert not _inside(after)
    assert "httponly" in told
    assert "samesite=" in told
