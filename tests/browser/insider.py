"""What only the run knows: passcodes of any of its people, and who directs which companies."""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path

import psutil
from command_line import Standing

from loadtests.accounts import passcode


class Insider:
    """Reads the environment of the province's own processes."""

    def __init__(self, toy_up: Standing) -> None:
        """Find the national counterparts, who are given the registers."""
        for process in toy_up.workplace.processes():
            with suppress(psutil.Error):
                environment = process.environ()
                if environment.get("SERVICE") == "national":
                    self._key, self._reference = environment["PASSCODE_KEY"], Path(environment["REFERENCE_DATA"])

    def passcode(self, account: str) -> str:
        """Passcode of an account."""
        return passcode(self._key, account)

    def companies(self, count: int) -> list[dict[str, str]]:
        """Companies of different directors, as the business register has them."""
        with (self._reference / "companies.csv").open(encoding="utf-8") as file:
            rows = {row["director"]: row for row in csv.DictReader(file)}
        return list(rows.values())[:count]
