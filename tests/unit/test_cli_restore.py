"""What `restore` and `--backup` are asked for, before anything is placed."""

from __future__ import annotations

import pytest

from simulation.mistakes import BadInputError
from tinhmau import targets
from tinhmau.commands.restore import point_of


def test_a_point_in_time_without_a_zone_is_viet_nams() -> None:
    """One that names its zone keeps it; none means everything."""
    assert point_of("2026-01-05T10:30:00") == "2026-01-05T10:30:00+07:00"
    assert point_of("2026-01-05 03:30:00+00:00") == "2026-01-05T03:30:00+00:00"
    assert point_of("") == ""


@pytest.mark.parametrize("until", ["yesterday", "10:30", "2026-13-01T00:00:00", "'; DROP"])
def test_what_is_no_time_is_refused_with_an_example(until: str) -> None:
    """It would otherwise come to light when the database has stopped in the middle of its recovery."""
    with pytest.raises(BadInputError, match="2026-01-05T10:30:00"):
        point_of(until)


def test_a_target_without_backups_says_which_has_them() -> None:
    """With the option that was used."""
    with pytest.raises(BadInputError, match=r"--backup: local: .*--target docker"):
        targets.check_backup("local", option="--backup")
    targets.check_backup("docker", option="--backup")
