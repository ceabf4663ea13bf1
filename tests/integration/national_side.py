"""The national counterparts behind the stand-in LGSP, for tests of the portal."""

from __future__ import annotations

import uuid
from typing import Any

from small_province import COMPANIES, NATIONAL_PROCEDURES, PEOPLE
from standin_lgsp import Call, StandinLgsp

DAY = "180822"


class Nation:
    """The national counterparts behind the stand-in LGSP."""

    def __init__(self, lgsp: StandinLgsp) -> None:
        """Answer from the small province's registers."""
        self.orders: dict[str, dict[str, Any]] = {}
        lgsp.answers |= {
            "national.population.verify": self.verify,
            "national.business.lookup": self.look_up,
            "national.payment.create": self.create,
            "national.procedures.list": lambda _: (200, {"procedures": NATIONAL_PROCEDURES}),
        }

    def verify(self, call: Call) -> tuple[int, Any]:
        """Population database."""
        person = PEOPLE.get(call.body["personal_number"])
        return 200, {"exists": person is not None, "person": person}

    def look_up(self, call: Call) -> tuple[int, Any]:
        """Business register."""
        company = COMPANIES.get(call.query["tax_code"])
        return 200, {"exists": company is not None, "company": company}

    def create(self, call: Call) -> tuple[int, Any]:
        """Payment platform: the same key gives the same order."""
        key = call.body["key"]
        if key not in self.orders:
            order = f"H07-{DAY}{uuid.uuid4().int % 10**12:012d}"
            self.orders[key] = {"order": order, "pay_url": f"http://127.0.0.1:1/pay/{order}", "asked": call.body}
        return 200, {name: self.orders[key][name] for name in ("order", "pay_url")}
