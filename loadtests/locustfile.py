"""Locust walks the plan: `locust -f loadtests/locustfile.py`, with or without master and workers.

`TINHMAU_PLAN`, `TINHMAU_STACK` and `TINHMAU_JOURNAL` name a plan's folder, a stack's file and a folder for the journal.
The number of users does not matter: arrivals come from the plan.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from locust import events
from locust.runners import MasterRunner, WorkerRunner

from loadtests import messages, where
from loadtests.conductor import Conductor
from loadtests.crowds import BrowsingUser, DocumentsUser, DossiersUser, NeighboursUser, PollersUser
from loadtests.driver_link import DriverLink
from loadtests.placing import OneOfEachEverywhere
from loadtests.worker_part import WorkerPart
from simulation.mistakes import BadInputError

__all__ = ["BrowsingUser", "DocumentsUser", "DossiersUser", "NeighboursUser", "PollersUser"]

_BAD_INPUT = 64
log = logging.getLogger(__name__)


@events.init.add_listener  # type: ignore[untyped-decorator]
def take_parts(environment: Any, runner: Any, **_: Any) -> None:
    """Give this process its part: master, worker, or both."""
    environment.dispatcher_class = OneOfEachEverywhere
    if not isinstance(runner, WorkerRunner):
        _conduct(environment, runner)
    if not isinstance(runner, MasterRunner):
        _work(environment, runner)


def _work(environment: Any, runner: Any) -> None:
    part = WorkerPart(environment, runner.send_message)
    environment.worker_part = part
    environment.events.test_stop.add_listener(part.on_test_stop)
    runner.register_message(messages.PREPARE, part.on_prepare, concurrent=True)
    runner.register_message(messages.BEGIN, part.on_begin)


def _conduct(environment: Any, runner: Any) -> None:
    link = DriverLink.inherited()
    if link is None:
        _say_what_is_missing()
    conductor = Conductor(environment, link, where.find)
    environment.events.test_start.add_listener(conductor.on_test_start)
    for kind in (messages.READY, messages.DONE, messages.BROKEN):
        runner.register_message(kind, conductor.on_message)


def _say_what_is_missing() -> None:
    """End early when there is nothing to walk, rather than at the first click on "start"."""
    try:
        where.look()
    except BadInputError as error:
        for mistake in error.mistakes:
            log.error("%s", mistake.into("vi"))  # noqa: TRY400 -- for people: no traceback
        sys.exit(_BAD_INPUT)
