"""What if: one trouble switched off (or on), as changes to the numbers that the year goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from simulation.mistakes import BadInputError, Mistake, did_you_mean
from simulation.text import Text
from simulation.year.conduct import Conduct


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and the trouble of the brief that it answers to."""

    title: Text
    trouble: str
    change: Callable[[Conduct], Conduct]


def _come_themselves(conduct: Conduct) -> Conduct:
    # Whoever sent a deputy to the training never learned to sign; those who came sign as often as the others do now.
    now, sent = conduct["leader_signs_digitally_share"], conduct["deputy_at_training_share"]
    return conduct.changed(leader_signs_digitally_share=min(1.0, now / (1.0 - sent)), deputy_at_training_share=0.0)


WHAT_IFS: Final[Mapping[str, WhatIf]] = {
    "leaders-sign-digitally": WhatIf(
        title=Text("Mọi lãnh đạo ký số", "Every leader signs digitally"),
        trouble="TRB-WETSIGN",
        change=lambda conduct: conduct.changed(leader_signs_digitally_share=1.0),
    ),
    "leaders-sign-on-paper": WhatIf(
        title=Text("Mọi lãnh đạo ký tay", "Every leader signs on paper"),
        trouble="TRB-WETSIGN",
        change=lambda conduct: conduct.changed(leader_signs_digitally_share=0.0),
    ),
    "leaders-come-themselves": WhatIf(
        title=Text("Lãnh đạo tự đi tập huấn, không cử cấp phó", "Leaders come to the training themselves"),
        trouble="TRB-DELEGATE",
        change=_come_themselves,
    ),
    "somebody-always-stands-in": WhatIf(
        title=Text("Vắng thì luôn ủy quyền ký thay", "Whoever is away always has a stand-in"),
        trouble="TRB-DELEGATE",
        change=lambda conduct: conduct.changed(stand_in_share=1.0),
    ),
    "nobody-stands-in": WhatIf(
        title=Text("Vắng thì không ai ký thay", "Nobody stands in for whoever is away"),
        trouble="TRB-DELEGATE",
        change=lambda conduct: conduct.changed(stand_in_share=0.0),
    ),
    "leaders-are-there": WhatIf(
        title=Text("Lãnh đạo không họp, không đi vắng", "Leaders are never away"),
        trouble="TRB-DELEGATE",
        change=lambda conduct: conduct.changed(leader_days_away_share=0.0, meeting_share=0.0),
    ),
    "one-track": WhatIf(
        title=Text("Bỏ lưu giấy song song", "No paper kept beside the electronic original"),
        trouble="TRB-TWO-TRACK",
        change=lambda conduct: conduct.changed(two_track_share=0.0),
    ),
}


def find(name: str) -> WhatIf:
    """Return a what-if by name. Raises BadInputError with the nearest name for an unknown one."""
    if name not in WHAT_IFS:
        found = Text(f"không có phương án “{name}”.", f"there is no what-if “{name}”.")
        raise BadInputError([Mistake(file="year", key="--against", found=found, way_out=did_you_mean(name, WHAT_IFS))])
    return WHAT_IFS[name]
