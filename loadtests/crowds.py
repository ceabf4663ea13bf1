"""Locust's users: one for each crowd on every worker. Each sends off its crowd's journeys, open loop."""

from __future__ import annotations

from typing import ClassVar

from locust import User, task
from locust.exception import StopUser

from loadtests.operations.operation import Crowd


class CrowdUser(User):
    """Lends its greenlet to the worker's part until all journeys of the crowd are over."""

    abstract = True
    crowd: ClassVar[Crowd]

    @task
    def send_off(self) -> None:
        """Walk the whole shard of this crowd, then leave."""
        self.environment.worker_part.walk(self.crowd)
        raise StopUser


class BrowsingUser(CrowdUser):
    """Citizens who only look around."""

    crowd = "browsing"
    fixed_count = 1


class DossiersUser(CrowdUser):
    """Citizens, companies' agents and one-stop officials around dossiers."""

    crowd = "dossiers"
    fixed_count = 1


class DocumentsUser(CrowdUser):
    """Officials writing to each other."""

    crowd = "documents"
    fixed_count = 1


class PollersUser(CrowdUser):
    """Office installations asking the hub for news."""

    crowd = "pollers"
    fixed_count = 1


class NeighboursUser(CrowdUser):
    """Schools and health facilities."""

    crowd = "neighbours"
    fixed_count = 1
