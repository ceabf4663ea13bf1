"""Changes while people work: another release of a service, its first one again, more replicas and fewer."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from standing_docker import Standing

pytestmark = pytest.mark.needs("docker", "pulumi")


@contextmanager
def asking(url: str) -> Iterator[Counter[str]]:
    """Somebody who opens the page again and again as long as the block, each time by a connection of his own."""
    answers: Counter[str] = Counter()
    enough = threading.Event()

    def ask() -> None:
        while not enough.wait(0.05):
            try:
                with urllib.request.urlopen(f"{url}/ready", timeout=20) as answer:  # noqa: S310 -- 127.0.0.1
                    answers[str(answer.status)] += 1
            except urllib.error.HTTPError as error:
                answers[str(error.code)] += 1
            except OSError as error:
                answers[type(error).__name__] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        enough.set()
        thread.join()


def _images(standing: Standing, service: str) -> set[str]:
    return {one.attrs["Config"]["Image"] for one in standing.containers(service)}


def test_a_service_gets_another_release_and_its_first_one_again_while_it_answers(standing: Standing) -> None:
    """Only that service's container is replaced, its secrets and state stay, and nearly every request is answered."""
    first, others = _images(standing, "portal"), {one.id for one in standing.containers()}
    others -= {one.id for one in standing.containers("portal")}

    with asking(standing.stack.endpoints["portal"]) as answers:
        standing.target.upgrade(standing.stack, "portal")
        after = _images(standing, "portal")
        standing.target.roll_back(standing.stack, "portal")

    assert after.isdisjoint(first)
    assert _images(standing, "portal") == first
    assert others <= {one.id for one in standing.containers()}
    # A connection that was open to the old container may still be cut; what is not answered is told, not hidden.
    assert answers["200"] >= 0.95 * answers.total(), answers


def test_a_service_is_scaled_up_and_down_without_touching_its_gateway(standing: Standing) -> None:
    """The second replica is found by name; the first stays throughout."""
    (first,) = standing.containers("onestop")
    (gateway,) = standing.containers("application-gateway")

    with asking(standing.stack.endpoints["onestop"]) as answers:
        standing.target.scale(standing.stack, {"onestop": 2})
        both = standing.containers("onestop")
        standing.target.scale(standing.stack, {"onestop": 1})

    assert len(both) == 2
    assert [one.id for one in standing.containers("onestop")] == [first.id]
    assert [one.id for one in standing.containers("application-gateway")] == [gateway.id]
    assert answers["200"] >= 0.95 * answers.total(), answers
