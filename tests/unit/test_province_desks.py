"""Officials and their way of signing are made without chance."""

from __future__ import annotations

import pytest

from simulation.province import StaffMember
from simulation.province_files import load, load_era, sign_digitally


def signers(staff: tuple[StaffMember, ...]) -> set[str]:
    """Accounts of those who sign on screen."""
    return {member.account for member in staff if member.signs_digitally}


def test_the_same_files_give_the_same_officials() -> None:
    """Two loads agree in every name and account."""
    assert load("toy").staff == load("toy").staff


def test_neighbours_have_different_names() -> None:
    """Within an agency nobody shares a full name, and names are in full."""
    province = load("ben_tre_2018")
    names = [(member.agency, member.name) for member in province.staff]

    assert len(set(names)) == len(names)
    assert all(len(name.split()) >= 3 for _, name in names)


@pytest.mark.parametrize("share", [0.0, 0.179, 0.3, 0.355, 0.5, 1.0])
def test_the_share_of_signing_leaders_can_be_set(share: float) -> None:
    """FIG-SIGN-VP, FIG-SIGN-HD: any share can be tried, and it is spread evenly over the list."""
    staff = sign_digitally(load("ben_tre_2018").staff, share)
    leaders = [member for member in staff if member.role == "leader"]

    assert len(signers(staff)) == int(share * len(leaders) + 1e-9)
    for begin in range(0, len(leaders), 100):
        stretch = leaders[begin : begin + 100]
        assert sum(member.signs_digitally for member in stretch) == pytest.approx(share * len(stretch), abs=1)


def test_a_share_beyond_one_is_refused() -> None:
    """There are no 120 % of the leaders."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        sign_digitally(load("toy").staff, 1.2)


def test_eras_differ_in_what_they_fix() -> None:
    """2018 has districts, old codes and provincial portals; 2026 has none of the three."""
    old, new = load_era("2018"), load_era("2026")

    assert (old.districts, old.agency_code_form, old.portal, old.document_hub_levels) == (True, "old", "provincial", 4)
    assert (new.districts, new.agency_code_form, new.portal, new.document_hub_levels) == (False, "new", "national", 3)
    assert (len(old.service_levels), len(new.service_levels)) == (4, 2)
