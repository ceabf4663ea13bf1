"""The LGSP that the contract tests of dialects speak to: the reference, or any other one by its address.

Another one is named by the variable LGSP_CONTRACT: a JSON file with the fields of `UnderTest`. It must hold contracts
of `system` for the operations of the catalogue and the population check, and of `agency` for those of documents
(docs/howto/check-an-lgsp.md). One that is not on this machine needs its owner's permission file, which the variable
TINHMAU_PERMISSION names; every request waits for its rate, and goes where it says and nowhere else.
"""

from __future__ import annotations

import base64
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import requests

from loadtests.guard import Leave, ask_leave, named_in
from tinhmau.pacing import Paced

VARIABLE = "LGSP_CONTRACT"
SECONDS = 30


class Person(msgspec.Struct, frozen=True):
    """Somebody whom the population knows."""

    number: str
    name: str
    born: str  #: yyyy-mm-dd
    sex: str  #: male or female
    commune: str  #: code of the unit, as civil status names it
    insurance_number: str  #: the last ten characters of the card


class UnderTest(msgspec.Struct, frozen=True):
    """Where an LGSP is, as whom it is spoken to, and what is known of the people behind it."""

    url: str
    system: str
    secret: str
    agency: str
    agency_secret: str
    receiver: str  #: an agency that documents can be sent to
    receiver_secret: str
    person: Person
    company: str  #: tax code

    def access_token(self, *, secret: str = "") -> str:
        """What goes into the header lgspaccesstoken."""
        shown = {
            "AccessKey": self.system, "SecretKey": secret or self.secret, "AppName": "contract-test",
            "PartnerCode": "000.00.00", "PartnerCodeCus": "000.00.00",
        }  # fmt: skip
        return base64.b64encode(msgspec.json.encode(shown)).decode()

    def oauth(self, **headers: str) -> requests.Response:
        """Ask `/token` the OAuth way."""
        return self.send("POST", "/token", data={"grant_type": "client_credentials"}, headers=headers)

    def bearer(self) -> dict[str, str]:
        """Headers of a system that has got its token."""
        basic = base64.b64encode(f"{self.system}:{self.secret}".encode()).decode()
        answer = self.oauth(Authorization=f"Basic {basic}")
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def post(self, path: str, body: Any, **headers: str) -> requests.Response:
        """POST JSON with these headers."""
        return self.send("POST", path, json=body, headers=headers)

    def get(self, path: str, *, headers: dict[str, str], **query: str) -> requests.Response:
        """GET with these headers."""
        return self.send("GET", path, params=query, headers=headers)

    def send(self, method: str, path: str, **what: Any) -> requests.Response:
        """Send anything: once its owner allows it, there itself, by no proxy and to no address in an answer."""
        _paced(self.url)()
        with requests.Session() as line:
            line.trust_env = False
            return line.request(method, f"{self.url}{path}", timeout=SECONDS, allow_redirects=False, **what)


@cache
def _paced(url: str) -> Paced:
    return Paced(_leave(url))


def _leave(url: str) -> Leave:
    """Ask whether anything may be sent there. Raises BadInputError where its owner has not said so."""
    return ask_leave({"lgsp": url}, named_in(), now=time.time())


def elsewhere() -> UnderTest | None:
    """The LGSP that the variable names; None for the reference."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    other = msgspec.json.decode(Path(named).read_bytes(), type=UnderTest)
    _leave(other.url)
    return other
