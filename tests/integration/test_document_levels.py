"""The axis of an era takes documents between its own levels, from or to nobody else (QĐ 28/2018; 2026 assumed)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from running_service import Place, Running
from signing_keys import Keys
from small_province import AGENCIES, COMMUNE, DEPARTMENT, OTHER_COMMUNE

KEYS = Keys()
#: Whose tier is played with; its key stays the same.
_PLAYED = OTHER_COMMUNE
_LEVELS = {4: {"central", "province", "department", "district", "commune"},
           3: {"central", "province", "department", "commune"}}  # fmt: skip
_TIERS = ("central", "province", "department", "district", "commune", "village")
_numbers = iter(range(1, 10_000))


@pytest.fixture(scope="module", params=[(levels, tier) for levels in _LEVELS for tier in _TIERS],
                ids=lambda one: f"{one[0]} levels, {one[1]}")  # fmt: skip
def case(request: pytest.FixtureRequest, place: Place, reference_folder: Path) -> Iterator[tuple[Running, int, str]]:
    """A hub of an axis with so many levels, to which an agency of that tier is linked."""
    levels, tier = request.param
    KEYS.write(reference_folder)
    agencies = [one | {"tier": tier} if one["code"] == _PLAYED else one for one in AGENCIES]
    (reference_folder / "agencies.json").write_bytes(msgspec.json.encode(agencies))
    (reference_folder / "document_axis.json").write_bytes(msgspec.json.encode({"levels": levels}))
    hub = place("dochub")
    yield hub, levels, tier
    hub.close()


def _sent(hub: Running, *, sender: str, addressees: tuple[str, ...]) -> dict[str, str]:
    text = KEYS.sealed(next(_numbers), sender=sender, addressees=addressees)
    return hub.deliver("envelopes.send", {"xml": text}, consumer="office")[0]


def test_a_document_travels_between_levels_of_the_axis_only(case: tuple[Running, int, str]) -> None:
    """As sender and as one of the addressees; the reason names agency, tier and axis; nobody gets half of it."""
    hub, levels, tier = case
    as_sender = _sent(hub, sender=_PLAYED, addressees=(DEPARTMENT,))
    as_addressee = _sent(hub, sender=DEPARTMENT, addressees=(COMMUNE, _PLAYED))
    beside = _sent(hub, sender=COMMUNE, addressees=(DEPARTMENT,))
    wanted = "done" if tier in _LEVELS[levels] else "refused"
    assert (as_sender["result"], as_addressee["result"], beside["result"]) == (wanted, wanted, "done")
    if wanted == "refused":
        for told in (as_sender, as_addressee):
            assert f"{_PLAYED} thuộc cấp “{tier}”, cấp này không có trên trục {levels} cấp" in told["detail"]
        assert {row["sender"] for row in hub.export("envelopes")} == {COMMUNE}
    listed = hub.call("agencies.list", consumer="office").json()["agencies"]
    assert (_PLAYED in {one["code"] for one in listed}) == (wanted == "done")
