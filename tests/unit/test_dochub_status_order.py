"""Legal order of statuses: docs/wire.md says it in words, the hub in a table."""

from __future__ import annotations

from itertools import product

import pytest

from services.dochub.status_order import MAY_FOLLOW, legal
from services.office.states import INCOMING

ALL = ("01", "02", "03", "04", "05", "06")


@pytest.mark.parametrize(("last", "status"), list(product(("", *ALL), ALL)))
def test_the_table_keeps_the_rules(last: str, status: str) -> None:
    """01 first and once; 02 or 03 after it; 04, 05, 06 only after 03; nothing after 02 or 06; nothing twice running."""
    allowed = {
        "": {"01"},
        "01": {"02", "03"},
        "03": {"04", "05", "06"},
        "04": {"05", "06"},
        "05": {"04", "06"},
    }
    assert legal(last=last, status=status) == (status in allowed.get(last, set()))


def test_every_act_of_an_office_is_legal_at_the_hub() -> None:
    """Whatever way an official goes through the office's own table, the hub's table allows its statuses."""
    reached = {("arrived", "01")}
    while True:
        further = {(act.after, act.status) for state, _ in reached for act in INCOMING.values() if state in act.before}
        for (state, last), act in product(reached, INCOMING.values()):
            if state in act.before:
                assert legal(last=last, status=act.status), (last, act)
        if further <= reached:
            break
        reached |= further
    assert {status for _, status in reached} <= set(MAY_FOLLOW)
