"""Legal order of statuses: docs/wire.md says it in words, office and hub share a table, the judge has its own."""

from __future__ import annotations

from itertools import product

import pytest

from services.kit.edxml.statuses import NAMES, may_follow, work_of
from services.office.states import INCOMING
from verification.histories import wrong_status


def test_the_table_and_the_judge_agree_on_every_history_of_five() -> None:
    """Every history of up to five statuses with a legal beginning: the hub takes what the judge finds legal."""
    histories: list[tuple[str, ...]] = [()]
    seen = 0
    for _ in range(5):
        longer = []
        for history, status in product(histories, NAMES):
            taken = status in may_follow(work=work_of(history), last=history[-1] if history else "")
            candidate = (*history, status)
            assert (wrong_status(candidate) is None) == taken, candidate
            seen += 1
            if taken:
                longer.append(candidate)
        histories = longer
    assert ("01", "03", "13", "16", "06") in histories
    assert len(histories) > 20


@pytest.mark.parametrize("state", ["arrived", "registered", "assigned"])
def test_every_act_of_an_office_is_legal_at_the_hub(state: str) -> None:
    """Whatever way an official goes through the office's own table, its statuses are legal ones."""
    reached = {("arrived", "01")}
    while True:
        further = {(act.after, act.status) for at, _ in reached for act in INCOMING.values() if at in act.before}
        for (at, last), act in product(reached, INCOMING.values()):
            if at in act.before:
                assert act.status in may_follow(work=last, last=last), (last, act)
        if further <= reached:
            break
        reached |= further
    assert state in {at for at, _ in reached}
