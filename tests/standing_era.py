"""A running province of each era, small enough to be placed for a file of tests, and those who use it."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import jwt
import msgspec
import requests

from infra import demand, reference
from infra.blueprint import draw_up
from infra.local import clock, launch
from infra.local.target import LocalTarget
from infra.stack import Stack
from loadtests.accounts import passcode
from simulation import population, province_files
from simulation.province import Agency, Procedure, Province, Role

#: Era -> province and day. 2026 is a province made from the lists of units, with its departments and three communes.
ERAS = {"2018": ("toy", "2018-08-22"), "2026": ("vinh_long_2026", "2026-07-01")}
PATIENCE_SECONDS = 120.0
_LOOK_EVERY_SECONDS = 0.05
T = TypeVar("T")
_NINE = 9 * 3600.0


class Running:
    """A running province and those who use it."""

    def __init__(self, stack: Stack, province: Province, people: population.Population) -> None:
        """Made by the fixture."""
        self.stack, self.province, self.people = stack, province, people.people
        grown = people.people.filter(people.people["age"] > 30) if "age" in people.people.columns else people.people
        self.citizen = str(grown["personal_number"][0])
        self.name = str(grown["full_name"][0])
        company = people.companies.row(0, named=True)
        self.company = str(company["tax_code"])
        self._keys = 0

    def url(self, service: str) -> str:
        """Base address."""
        return self.stack.endpoints[service]

    def get(self, service: str, path: str, *, token: str = "", **params: str) -> requests.Response:
        """GET as whoever holds `token`."""
        return requests.get(self.url(service) + path, params=params, headers=bearer(token), timeout=30)

    def post(self, service: str, path: str, body: Any = None, *, token: str = "") -> requests.Response:
        """POST under a fresh Idempotency-Key."""
        self._keys += 1
        headers = bearer(token) | {"Idempotency-Key": f"row-{time.time_ns()}-{self._keys}"}
        data = b"" if body is None else msgspec.json.encode(body)
        return requests.post(self.url(service) + path, data=data, headers=headers, timeout=30)

    def done(self, service: str, path: str, body: Any = None, *, token: str = "") -> dict[str, Any]:
        """POST what has to succeed; returns the answer."""
        answer = self.post(service, path, body, token=token)
        assert answer.status_code in {200, 201}, f"{path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def sign_in(self, service: str, account: str) -> str:
        """Token of an account."""
        attempt = {"account": account, "passcode": passcode(self.stack.passcode_key, account)}
        return str(self.done(service, "/api/sign-in", attempt)["token"])

    def official(self, role: Role, agency: str) -> str:
        """Token of an official at the one-stop."""
        member = next(one for one in self.province.staff if one.role == role and one.agency == agency)
        return self.sign_in("onestop", member.account)

    def nearest_agency(self) -> str:
        """Agency of the citizen's own commune."""
        unit = self.people.filter(self.people["personal_number"] == self.citizen)["commune"][0]
        return next(one.code for one in self.province.agencies if one.tier == "commune" and one.unit == unit)

    @property
    def post_office(self) -> str:
        """A post office of the province, named by its commune."""
        return next(one.unit for one in self.province.agencies if one.tier == "commune")

    def procedure(self, wanted: Callable[[Procedure], bool], what: str) -> Procedure:
        """A procedure of the catalogue that is asked for by a person and goes through no other agency."""
        found = next((one for one in self.province.procedures if wanted(one)), None)
        assert found, f"the catalogue has no procedure {what}"
        return found

    def receiver(self, procedure: Procedure) -> Agency:
        """An agency that takes the procedure in."""
        return next(
            one
            for one in self.province.agencies
            if one.tier == procedure.tier and procedure.department in {"", one.code}
        )

    def filed(self, procedure: Procedure, *, delivery: str = "counter", **more: Any) -> str:
        """A dossier of the citizen's, filed online; returns its code."""
        body = {"procedure": procedure.code, "agency": self.receiver(procedure).code,
                "form": {"full_name": self.name, "request": procedure.name}, "prefilled": ["full_name"],
                "delivery": delivery} | more  # fmt: skip
        return str(self.done("portal", "/api/dossiers", body, token=self.sign_in("portal", self.citizen))["code"])

    def state(self, code: str, wanted: str) -> dict[str, Any]:
        """How the public sees a dossier, once it is in the state that is wanted."""

        def found() -> dict[str, Any] | None:
            told = self.get("portal", f"/api/dossiers/{code}").json()
            return dict(told) if told.get("state") == wanted else None

        return until(found, f"{code} never was {wanted}")

    def arrived(self, code: str, token: str) -> None:
        """Wait until the one-stop has a dossier."""
        until(
            lambda: self.get("onestop", f"/api/dossiers/{code}", token=token).status_code == 200,
            f"{code} never arrived at the one-stop",
        )

    def delivered(self, parcel: str) -> None:
        """Let the postman deliver a parcel, once the post has it."""
        until(
            lambda: self.post("national", f"/post/parcels/{parcel}/delivery").status_code != 404,
            "the post never got the parcel",
        )

    def worked(self, code: str, procedure: Procedure, *, by: str) -> dict[str, Any]:
        """Let officials accept, examine, decide and hand back; returns the last answer."""
        agency, one = self.receiver(procedure).code, f"/api/dossiers/{code}"
        clerk, specialist = self.official("reception_clerk", agency), self.official("specialist", agency)
        self.arrived(code, clerk)
        self.done("onestop", f"{one}/acceptance", token=clerk)
        self.done("onestop", f"{one}/examination", {"proposal": "approve"}, token=specialist)
        who = self.official("leader", agency) if procedure.needs_leader else specialist
        self.done("onestop", f"{one}/decision", {"decision": "approve"}, token=who)
        fee = procedure.online_fee if procedure.level < 4 else 0
        return self.done("onestop", f"{one}/return", {"by": by, "fee_cash": fee}, token=clerk)

    def export(self, service: str, name: str) -> list[dict[str, Any]]:
        """Records of a book."""
        answer = self.get(service, f"/export/{name}", token=self.stack.audit_token)
        assert answer.status_code == 200, answer.text
        return [msgspec.json.decode(line) for line in answer.content.splitlines()]

    def secret(self, service: str, name: str) -> str:
        """A secret of one service, as its supervisor was told."""
        told = launch.load(Path(self.stack.state) / "launch.json")
        return next(one.secrets[name] for one in told.services if one.name == service)

    def keys(self, agency: str) -> dict[str, str]:
        """Key and certificate of an agency, as its office has them."""
        told = launch.load(Path(self.stack.state) / "launch.json")
        keystore = msgspec.json.decode((Path(told.reference) / "keystore.json").read_bytes())
        return dict(keystore["organisation"][agency])

    def from_the_nation(self, operation: str, **query: str) -> dict[str, Any]:
        """Answer of an operation of the nation's to the LGSP: for whoever is linked to it."""
        return self._asked("GET", "national", operation, consumer="guest", params=query)

    def over_the_lgsp(self, provider: str, operation: str, body: Any, *, consumer: str) -> dict[str, Any]:
        """Answer of an operation, as the LGSP would call it on behalf of `consumer`."""
        return self._asked("POST", provider, operation, consumer=consumer, data=msgspec.json.encode(body))

    def _asked(self, method: str, provider: str, operation: str, *, consumer: str, **more: Any) -> dict[str, Any]:
        token = jwt.encode(
            {"sub": consumer, "aud": provider, "op": operation, "call": str(uuid.uuid4()),
             "exp": int(time.time()) + 60},
            self.secret(provider, "PROVIDER_SECRET"), algorithm="HS256",
        )  # fmt: skip
        address, headers = f"{self.url(provider)}/lgsp/{operation}", {"X-Lgsp-Token": token}
        answer = requests.request(method, address, headers=headers, timeout=30, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def called(self, provider: str, operation: str) -> list[str]:
        """Who has called an operation through the LGSP and been answered, call by call, by the LGSP's own audit."""
        return [
            row["consumer"]
            for row in self.export("lgsp", "audit")
            if (row["provider"], row["operation"], row["outcome"]) == (provider, operation, "answered")
        ]


def until(found: Callable[[], T], what: str) -> T:
    """Return what is found once anything is: systems tell each other in their own time, and nobody tells a test."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := found()):
        assert time.monotonic() < deadline, what
        time.sleep(_LOOK_EVERY_SECONDS)
    return seen


def bearer(token: str) -> dict[str, str]:
    """Header by which a service knows who asks."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _of_all_levels(province: Province) -> Province:
    """The province with a procedure of level 1, which the catalogue of 2026 does not list."""
    if any(one.level == 1 for one in province.procedures):
        return province
    lowest = min(province.procedures, key=lambda one: one.level)
    changed = (msgspec.structs.replace(one, level=1) if one is lowest else one for one in province.procedures)
    return msgspec.structs.replace(province, procedures=tuple(changed))


def _small(province: Province) -> Province:
    """The province with three of its communes and a few of their people."""
    communes = tuple(msgspec.structs.replace(one, population=min(one.population, 400)) for one in province.communes[:3])
    units = {one.code for one in communes}
    agencies = tuple(one for one in province.agencies if one.tier != "commune" or one.unit in units)
    codes = {one.code for one in agencies}
    return msgspec.structs.replace(
        province,
        communes=communes,
        agencies=agencies,
        staff=tuple(one for one in province.staff if one.agency in codes),
        schools=tuple(one for one in province.schools if one.commune in units),
        health=tuple(one for one in province.health if one.commune in units),
        personas=tuple(one for one in province.personas if one.commune in units),
        companies=40,
    )


@contextmanager
def standing(era: str, *, product: str = "", planted: Sequence[str] = (), other: str = "") -> Iterator[Running]:
    """Place a province of the era: nine o'clock on a working day, up as long as the block.

    `product`: a vendor's, behind the one-stop, with the mismatches `planted` in it; `other`: another province.
    """
    name, day = ERAS[era]
    name = other or name
    whole = province_files.load(name)
    province = _of_all_levels(whole if name == "toy" else _small(whole))
    people = population.draw(province, seed=7)
    target = LocalTarget()
    with tempfile.TemporaryDirectory(prefix="tinhmau-rows-") as folder:
        given = Path(folder) / "reference"
        reference.write(province, given, day=date.fromisoformat(day))
        people.write_reference(given)
        reference.write_product(given, name=product, planted=planted)
        blueprint = draw_up(province, demand.demand_of_province(province))
        stack = target.place(blueprint, reference=given, province=province)
        try:
            clock.stand_clock(stack, day, _NINE)
            running = Running(stack, province, people)
            _await_day(running, day)
            yield running
        finally:
            target.remove(stack)


def _await_day(running: Running, day: str) -> None:
    """Services look at their clock four times a second: wait until a number drawn at a counter is one of the day."""
    agency = next(one.code for one in running.province.agencies if one.tier == "commune")

    def drawn() -> bool:
        running.post("onestop", f"/api/queues/{agency}/tickets")
        return any(row["day"] == day for row in running.export("onestop", "tickets"))

    until(drawn, f"it never became {day}")
