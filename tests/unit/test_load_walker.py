"""How one journey is walked: on time, tried again where that helps, every attempt in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from load_fake_world import LOST, STACK, CrowdedWorld, FakeWorld, ok, problem, timed

from loadtests.answers import Answer
from loadtests.operations.operation import Request
from loadtests.shards import TimedJourney
from loadtests.walker import UNPLANNED, Walker

CODE = "000.00.12.H07-180822-0001"
RECEIVE: dict[str, Any] = {"procedure": "p", "applicant": {}, "fee_cash": 8000, "delivery": "counter"}


def walk(world: FakeWorld, *steps: tuple[float, str, dict[str, Any]], closes: float = 1000.0) -> None:
    """Walk one journey in the fake world."""
    Walker(STACK, world.world(), run="r1", closes=closes).walk(timed(*steps))


def test_a_step_begins_at_its_time_and_the_next_not_before_the_one_before_has_ended() -> None:
    """The intended start is the later of the plan and the end of the step before."""
    world = FakeWorld(answer_seconds=3.0)
    walk(world, (5.0, "portal.home", {}), (6.0, "portal.search", {"q": ""}), (20.0, "portal.home", {}))
    assert [seen.planned for seen in world.observations] == [5.0, 6.0, 20.0]
    assert [seen.intended for seen in world.observations] == [5.0, 8.0, 20.0]
    assert [seen.start for seen in world.observations] == [5.0, 8.0, 20.0]
    assert [seen.latency for seen in world.observations] == [3.0, 3.0, 3.0]


def test_a_late_start_counts_into_the_latency() -> None:
    """A generator that comes late measures from when it should have begun."""
    world = FakeWorld(answer_seconds=0.5)
    world.time = 7.0
    walk(world, (5.0, "portal.home", {}))
    [seen] = world.observations
    assert (seen.intended, seen.start, seen.latency) == (5.0, 7.0, 2.5)


def test_a_write_is_tried_again_with_the_same_key_after_a_lost_answer() -> None:
    """Nobody knows whether the first attempt had an effect, so the second carries the same Idempotency-Key."""
    world = FakeWorld(LOST, problem(503, "database-unavailable"), ok({"code": CODE}, 201))
    walk(world, (1.0, "onestop.receive", RECEIVE))
    keys = [headers.get("Idempotency-Key") for _, request, headers in world.sent if request.target == "/api/dossiers"]
    assert keys == ["dossier-1-1-r1"] * 3
    received = world.observations[1:]
    assert [(seen.outcome, seen.attempt, seen.final, seen.why) for seen in received] == [
        ("lost", 1, False, "connection-lost"),
        ("failed", 2, False, "database-unavailable"),
        ("ok", 3, True, ""),
    ]
    assert {seen.intended for seen in received} == {received[0].intended}
    assert 0.1 <= received[2].start - received[1].end <= 0.2
    assert len({seen.trace for seen in received}) == 1


def test_an_acknowledged_write_is_in_the_journal_with_subject_key_and_money() -> None:
    """Law 5 and law 2 find what they need in the one observation."""
    world = FakeWorld(ok({"code": CODE}, 201))
    walk(world, (1.0, "onestop.receive", RECEIVE))
    seen = world.observations[-1]
    assert (seen.write, seen.subject, seen.key, seen.amount) == (True, CODE, "dossier-1-1-r1", 8000)


def test_a_system_that_stays_away_is_given_up_after_half_a_minute() -> None:
    """The last attempt is final, the rest of the journey is not attempted, and an event says so."""
    world = FakeWorld(*[LOST] * 100)
    walk(world, (1.0, "portal.home", {}), (2.0, "portal.search", {"q": ""}))
    assert [seen.final for seen in world.observations].count(True) == 1
    assert world.observations[-1].final
    assert 29.0 < world.observations[-1].end - 1.0 <= 30.0
    [event] = world.events
    assert (event.event, event.subject) == ("abandoned", "dossier-1")
    assert "step 1 of 2, portal.home: connection-lost" in event.detail


@pytest.mark.parametrize(("status", "title"), [(404, "not-found"), (409, "wrong-state")])
def test_a_subject_on_its_way_is_looked_for_again(status: int, title: str) -> None:
    """What has not reached the other system yet is no error, and costs latency."""
    world = FakeWorld(ok({"code": CODE}, 201), *[problem(status, title)] * 4, ok({"code": CODE}))
    walk(world, (0.0, "onestop.receive", RECEIVE), (1.0, "onestop.examine", {"proposal": "approve"}))
    examined = [seen for seen in world.observations if seen.operation == "onestop.examine"]
    assert [seen.outcome for seen in examined] == ["not_yet"] * 4 + ["ok"]
    pauses = [later.start - earlier.end for earlier, later in pairwise(examined)]
    assert pauses == pytest.approx([0.1, 0.2, 0.3, 0.3])
    assert examined[-1].latency == pytest.approx(0.95)


def test_a_result_waits_for_the_payment_that_is_on_its_way() -> None:
    """Money paid online reaches the one-stop a little later; until then the result is not handed out."""
    world = FakeWorld(ok({"code": CODE}, 201), problem(409, "fee-unpaid"), ok({"code": CODE, "parcel": "P1"}))
    walk(world, (0.0, "onestop.receive", RECEIVE), (1.0, "onestop.hand_back", {"by": "post", "fee_cash": 0}))
    assert [seen.outcome for seen in world.observations if seen.step == 2] == ["not_yet", "ok"]


def test_where_nothing_travels_a_missing_subject_is_refused_at_once() -> None:
    """A draft lives in the office that made it: a 404 there is an answer, not a delay."""
    world = FakeWorld(ok({"draft": 7}, 201), problem(404, "not-found"))
    walk(world, (0.0, "office.draft", DRAFT), (1.0, "office.sign", {}), (2.0, "office.issue", {}))
    assert [(seen.operation, seen.outcome) for seen in world.observations if seen.step] == [
        ("office.draft", "ok"),
        ("office.sign", "refused"),
    ]
    assert world.events[0].detail == "step 2 of 3, office.sign: not-found"


DRAFT: dict[str, Any] = {"kind": "cv", "subject": "V/v", "content": "", "addressees": ["a"], "priority": 0}


def test_a_refusal_that_the_plan_expects_is_a_success_without_a_write() -> None:
    """Who asks to pay online below level 4 is rightly told so; no order exists that law 5 could look for."""
    world = FakeWorld(problem(409, "wrong-level"))
    walk(world, (0.0, "portal.submit", {"procedure": "p", "agency": "a", "form": {}, "delivery": "counter"}))
    seen = world.observations[-1]
    assert (seen.outcome, seen.status, seen.why, seen.write, seen.amount) == ("ok", 409, "wrong-level", False, 0)


def test_staff_sign_in_once_and_their_acts_are_timed_without_it() -> None:
    """The sign-in is an observation of its own, outside the plan's numbering; later journeys reuse the token."""
    world = FakeWorld(answer_seconds=0.5)
    walker = Walker(STACK, world.world(), run="r1", closes=100.0)
    walker.walk(timed((1.0, "onestop.desk", {})))
    walker.walk(timed((5.0, "onestop.desk", {})))
    assert [(seen.operation, seen.step) for seen in world.observations] == [
        ("onestop.sign_in", UNPLANNED),
        ("onestop.desk", 1),
        ("onestop.desk", 1),
    ]
    assert [seen.latency for seen in world.observations] == [0.5, 0.5, 0.5]
    assert world.sent[-1][2]["Authorization"] == "Bearer token-of-clerk"


def test_a_citizen_signs_in_by_plan_and_again_in_the_next_journey() -> None:
    """A citizen's session lasts one journey."""
    world = FakeWorld(ok({"code": CODE}, 201), ok({"code": CODE}, 201))
    submit = {"procedure": "p", "agency": "a", "form": {}, "delivery": "counter"}
    walker = Walker(STACK, world.world(), run="r1", closes=100.0)
    for at in (1.0, 2.0):
        walker.walk(timed((at, "portal.sign_in", {}), (at, "portal.submit", submit), account="083180000001"))
    assert [seen.operation for seen in world.observations] == ["portal.sign_in", "portal.submit"] * 2
    assert [seen.step for seen in world.observations] == [1, 2] * 2


def test_a_session_that_is_over_is_renewed_once() -> None:
    """A 401 leads to a new sign-in and one more attempt with the same key."""
    world = FakeWorld(problem(401, "not-signed-in"), ok({"code": CODE}, 201))
    walk(world, (1.0, "onestop.receive", RECEIVE))
    assert [(seen.operation, seen.outcome, seen.final) for seen in world.observations] == [
        ("onestop.sign_in", "ok", True),
        ("onestop.receive", "refused", False),
        ("onestop.sign_in", "ok", True),
        ("onestop.receive", "ok", True),
    ]
    world = FakeWorld(*[problem(401, "not-signed-in")] * 2)
    walk(world, (1.0, "onestop.receive", RECEIVE))
    assert [seen.final for seen in world.observations if seen.operation == "onestop.receive"] == [False, True]


def test_a_poller_signs_in_as_its_installation() -> None:
    """The machine's account follows from the installation that it polls for."""
    world = FakeWorld()
    walker = Walker(STACK, world.world(), run="r1", closes=100.0)
    walker.walk(timed((1.0, "office.poll", {"installation": "vp-ubnd"}), account=""))
    assert msgspec.json.decode(world.sent[0][1].body)["account"] == "poller.vp-ubnd"


def polls(world: CrowdedWorld, *polls: tuple[float, str], closes: float = 1000.0) -> list[tuple[float, float, float]]:
    """Walk polls at their seconds, each a journey; returns (planned, intended, start) of each, sign-ins left out."""
    walker = Walker(STACK, world.world(), run="r1", closes=closes)
    world.walk_all(
        [partial(walker.walk, timed((at, "office.poll", {"installation": name}), account="")) for at, name in polls]
    )
    return [(seen.planned, seen.intended, seen.start) for seen in world.observations if seen.step]


def test_a_poller_that_is_behind_asks_one_thing_after_the_other() -> None:
    """What is due while it waits for an answer comes late and counts from when it could begin, as a person's step."""
    world = CrowdedWorld(answer_seconds=3.0)
    seen = polls(world, (1.0, "a"), (2.0, "a"), (3.0, "a"), (30.0, "a"))
    assert world.most_under_way == 1
    assert seen == [(1.0, 4.0, 4.0), (2.0, 7.0, 7.0), (3.0, 10.0, 10.0), (30.0, 30.0, 30.0)]


def test_pollers_do_not_wait_for_each_other() -> None:
    """Each installation has a machine of its own."""
    world = CrowdedWorld(answer_seconds=3.0)
    seen = polls(world, (1.0, "a"), (1.0, "b"))
    assert world.most_under_way == 2
    assert seen == [(1.0, 4.0, 4.0), (1.0, 4.0, 4.0)]


def test_a_poll_that_is_tried_again_holds_up_the_next() -> None:
    """While the hub is away there is one poll of an installation on its way, however many have fallen due."""
    world = CrowdedWorld(*[problem(503, "busy")] * 5, answer_seconds=0.1)
    polls(world, (1.0, "a"), (1.1, "a"), (1.2, "a"))
    assert world.most_under_way == 1
    attempts = [(seen.planned, seen.attempt) for seen in world.observations if seen.step]
    assert attempts == [*((1.0, number) for number in range(1, 7)), (1.1, 1), (1.2, 1)]


def test_a_poll_whose_turn_does_not_come_before_the_end_is_abandoned() -> None:
    """Nothing new begins past the end, waiting for a turn included."""
    world = CrowdedWorld(answer_seconds=3.0)
    seen = polls(world, (1.0, "a"), (2.0, "a"), closes=5.0)
    assert [planned for planned, _, _ in seen] == [1.0]
    assert [event.event for event in world.events] == ["abandoned"]


def test_clients_turned_away_together_do_not_come_again_together() -> None:
    """Pauses towards a system that does not answer differ between clients, and are the same in the same run."""

    def second_attempts(run: str) -> list[float]:
        world = CrowdedWorld(*[problem(503, "busy")] * 20, answer_seconds=0.1)
        walker = Walker(STACK, world.world(), run=run, closes=1000.0)
        journeys = [timed((1.0, "portal.home", {})) for _ in range(20)]
        named = [
            msgspec.structs.replace(one, journey=msgspec.structs.replace(one.journey, id=f"citizen-{number}"))
            for number, one in enumerate(journeys)
        ]
        world.walk_all([partial(walker.walk, one) for one in named])
        return [seen.start for seen in world.observations if seen.attempt == 2]

    starts = second_attempts("r1")
    assert all(1.15 <= start <= 1.2 for start in starts)
    assert len(set(starts)) == 20
    assert starts == second_attempts("r1")


def test_a_receipt_without_the_promised_number_is_no_success() -> None:
    """A 201 without a code leaves the citizen with nothing to track."""
    world = FakeWorld(ok({"state": "received"}, 201))
    walk(world, (1.0, "onestop.receive", RECEIVE), (2.0, "onestop.examine", {"proposal": "approve"}))
    assert (world.observations[-1].outcome, world.observations[-1].why) == ("failed", "bad-answer")
    assert world.events[0].event == "abandoned"


def test_a_server_error_is_final() -> None:
    """A 500 is a mistake of the system, and trying again would hide it."""
    world = FakeWorld(problem(500, "internal"))
    walk(world, (1.0, "portal.home", {}))
    assert [(seen.outcome, seen.final, seen.why) for seen in world.observations] == [("failed", True, "internal")]


def test_nothing_new_begins_once_traffic_is_closed() -> None:
    """Past the end the rest of a journey is abandoned and no attempt repeated."""
    world = FakeWorld(LOST, LOST, LOST)
    walk(world, (1.0, "portal.home", {}), (2.0, "portal.home", {}), closes=1.05)
    assert [(seen.outcome, seen.final) for seen in world.observations] == [("lost", True)]
    world = FakeWorld()
    walk(world, (1.0, "portal.home", {}), (2.0, "portal.home", {}), closes=1.5)
    assert len(world.observations) == 1
    assert world.events[0].detail == "step 2 of 2, portal.home: traffic-over"


@pytest.mark.parametrize("script", [(), (problem(503, "database-unavailable"),)], ids=["first", "tried again"])
def test_what_a_permitted_rate_puts_off_past_the_end_is_not_sent(script: tuple[Answer, ...]) -> None:
    """Waiting for the rate is no way round the window: nothing goes out after it, and the journey says why."""
    world = FakeWorld(*script)
    admitted = iter([True] * len(script) + [False])
    given = msgspec.structs.replace(world.world(), admit=lambda: next(admitted))
    Walker(STACK, given, run="r1", closes=10.0).walk(timed((1.0, "portal.home", {})))
    assert len(world.sent) == len(script)
    assert [event.detail for event in world.events] == ["step 1 of 1, portal.home: traffic-over"]


def test_people_come_over_lines_of_their_own_and_officials_do_not() -> None:
    """The line of a journey carries its citizen's acts alone, and is hung up at the journey's end, come what may."""
    world = FakeWorld()
    over: list[str] = []
    closed: list[str] = []

    def line(journey: str) -> Any:
        def send(request: Request, headers: Mapping[str, str]) -> Answer:
            over.append(request.target)
            return world.world().send(request, headers)

        return SimpleNamespace(send=send, close=lambda: closed.append(journey))

    plan = timed((1.0, "portal.home", {}), (2.0, "onestop.receive", RECEIVE))
    people = msgspec.structs.replace(plan.journey.steps[0], actor="citizen")
    plan = TimedJourney(msgspec.structs.replace(plan.journey, steps=(people, plan.journey.steps[1])), plan.planned)

    Walker(STACK, msgspec.structs.replace(world.world(), line=line), run="r1", closes=100.0).walk(plan)

    assert over == ["/"]
    assert len(world.sent) == 3, "the clerk signs in and receives over the office's connections"
    assert closed == ["dossier-1"]
