"""Writes that arrive side by side are committed together, and each is still exactly what it would be alone."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from national_side import Nation
from running_service import Place, Running
from small_province import BINH, COMMUNE, DEPARTMENT, FREE, LAN, ONLINE, OTHER_COMMUNE, account
from standin_lgsp import StandinLgsp

_AT_ONCE, _WRITES = 16, 96


@pytest.fixture(scope="module")
def portal(place: Place, lgsp: StandinLgsp) -> Running:
    """A portal."""
    Nation(lgsp)
    return place("portal")


@pytest.fixture(scope="module")
def onestop(place: Place) -> Running:
    """A one-stop."""
    return place("onestop")


def _filed(agency: str, number: int) -> dict[str, Any]:
    procedure = FREE if agency == DEPARTMENT else ONLINE
    return {"procedure": procedure, "agency": agency, "form": {"so": number}, "delivery": "counter"}


def _handed(name: str) -> dict[str, Any]:
    applicant = {"personal_number": LAN, "full_name": name}
    return {"procedure": ONLINE, "applicant": applicant, "fee_cash": 0, "delivery": "counter"}


def _post(service: Running, token: str, body: Any, key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return requests.post(f"{service.url}/api/dossiers", json=body, headers=headers, timeout=30)


def _side_by_side(posts: list[Callable[[], requests.Response]]) -> list[requests.Response]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda post: post(), posts))


def test_dossiers_filed_side_by_side_are_numbered_without_gaps(portal: Running) -> None:
    """Each agency's numbers follow each other, each dossier has its own form, and all are sent on."""
    tokens = [portal.sign_in(LAN), portal.sign_in(BINH)]
    agencies = [DEPARTMENT, COMMUNE, OTHER_COMMUNE]
    before = {row["code"] for row in portal.export("dossiers")}

    answers = _side_by_side(
        [
            lambda number=number: _post(
                portal, tokens[number % 2], _filed(agencies[number % 3], number), str(uuid.uuid4())
            )
            for number in range(_WRITES)
        ]
    )

    assert {one.status_code for one in answers} == {201}
    codes = [one.json()["code"] for one in answers]
    assert {row["code"] for row in portal.export("dossiers")} - before == set(codes)
    for agency in agencies:
        numbers = sorted(int(code.rpartition("-")[2]) for code in codes if code.startswith(agency))
        assert numbers == list(range(numbers[0], numbers[0] + _WRITES // 3))
    forms = {row["code"]: bytes(row["content"]) for row in portal.query("SELECT code, content FROM form")}
    owners = {row["code"]: row["applicant"] for row in portal.query("SELECT code, applicant FROM dossier")}
    for number, code in enumerate(codes):
        assert forms[code] == b'{"so":%d}' % number
        assert owners[code] == (LAN, BINH)[number % 2]


def test_one_key_is_one_dossier_however_many_send_it_at_once(portal: Running) -> None:
    """Eight twins of each of eight writes: one is done, seven get its reply; another body under the key is refused."""
    token = portal.sign_in(LAN)
    keys = [str(uuid.uuid4()) for _ in range(8)]

    answers = _side_by_side(
        [
            lambda key=key, number=number: _post(portal, token, _filed(COMMUNE, number), key)
            for _ in range(8)
            for number, key in enumerate(keys)
        ]
    )

    assert {one.status_code for one in answers} == {201}
    assert Counter(Counter(one.json()["code"] for one in answers).values()) == {8: 8}
    assert sum(one.headers.get("Idempotency-Replayed") == "true" for one in answers) == 7 * 8
    assert _post(portal, token, _filed(COMMUNE, 99), keys[0]).status_code == 422


def test_one_that_cannot_be_kept_holds_up_nobody(onestop: Running) -> None:
    """A name with a NUL, which no database column holds, is answered 422; its neighbours are received."""
    clerk = onestop.sign_in(account("reception_clerk", COMMUNE))
    names = ["Nguyễn\0Lan" if number % 8 == 0 else f"Nguyễn Thị Lan {number}" for number in range(_WRITES)]

    answers = _side_by_side(
        [lambda name=name: _post(onestop, clerk, _handed(name), str(uuid.uuid4())) for name in names]
    )

    assert [one.status_code for one in answers] == [422 if "\0" in name else 201 for name in names]
    kept = onestop.query("SELECT code, applicant_name FROM dossier")
    assert {row["code"]: row["applicant_name"] for row in kept} == {
        one.json()["code"]: name for one, name in zip(answers, names, strict=True) if one.status_code == 201
    }


def test_a_commit_carries_several_writes(portal: Running) -> None:
    """Of many that arrive at once fewer transactions are made than there are writes."""
    token = portal.sign_in(LAN)
    made = "SELECT DISTINCT xmin::text AS transaction FROM dossier"
    before = len(portal.query(made))

    answers = _side_by_side(
        [
            lambda number=number: _post(portal, token, _filed(COMMUNE, number), str(uuid.uuid4()))
            for number in range(_WRITES)
        ]
    )

    assert {one.status_code for one in answers} == {201}
    assert len(portal.query(made)) - before < _WRITES


def test_every_item_goes_on_under_the_trace_of_its_own_request(portal: Running, lgsp: StandinLgsp) -> None:
    """Side by side or not, what the one-stop hears of a dossier carries the trace of the click that filed it."""
    token = portal.sign_in(LAN)
    traces = [uuid.uuid4().hex for _ in range(_AT_ONCE)]
    portal.drained()
    lgsp.answers["onestop.dossiers.submit"] = lambda _call: (503, {})

    def send(trace: str) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {token}", "Idempotency-Key": trace, "traceparent": f"00-{trace}-{'1' * 16}-01"
        }  # fmt: skip
        return requests.post(f"{portal.url}/api/dossiers", json=_filed(COMMUNE, 1), headers=headers, timeout=30)

    answers = _side_by_side([lambda trace=trace: send(trace) for trace in traces])

    assert {one.status_code for one in answers} == {201}
    kept = portal.query("SELECT key, trace FROM outbox WHERE operation = 'dossiers.submit'")
    del lgsp.answers["onestop.dossiers.submit"]
    told = {row["key"].rpartition(":")[2]: re.split("-", row["trace"])[1] for row in kept}
    assert {trace: told[trace] for trace in traces} == {trace: trace for trace in traces}
