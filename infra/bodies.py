"""The 93 bodies that were to have an LGSP by 2020, and the day each is linked to the national platform (FIG-LGSP)."""

from __future__ import annotations

import csv
import random
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from simulation.text import Text

_FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
_ROLLOUT = _FIXTURES / "ndxp" / "rollout.toml"
_PROVINCES = _FIXTURES / "admin-units" / "province-codes-2018.csv"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A province or ministry."""

    code: str
    name: str
    kind: Literal["province", "ministry"]
    linked_from: date


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What the press said of a day."""

    day: date
    linked: int
    share_percent: float


class Rollout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """fixtures/ndxp/rollout.toml."""

    seed: int
    source: Text
    assumed: Text
    published: tuple[Published, ...]
    ministries: tuple[str, ...]


@cache
def rollout() -> Rollout:
    """Read the roll-out."""
    return msgspec.convert(tomllib.loads(_ROLLOUT.read_text("utf-8")), Rollout)


@cache
def all_bodies() -> tuple[Body, ...]:
    """Every body with its day: as many as published on the published days, at an even pace in between."""
    plan = rollout()
    with _PROVINCES.open(encoding="utf-8", newline="") as file:
        named = [(row["agency_code"], row["name"], "province") for row in csv.DictReader(file)]
    named += [(f"BN{number:02d}", name, "ministry") for number, name in enumerate(plan.ministries, 1)]
    random.Random(plan.seed).shuffle(named)  # noqa: S311 -- simulation, not secrecy
    days = _days(plan.published, len(named))
    return tuple(
        msgspec.convert({"code": code, "name": name, "kind": kind, "linked_from": day}, Body)
        for (code, name, kind), day in zip(named, days, strict=True)
    )


def _days(published: tuple[Published, ...], bodies: int) -> list[date]:
    first, *later = published
    days = [first.day] * first.linked
    for before, after in zip(published, later, strict=False):
        step = (after.day - before.day) / (after.linked - before.linked)
        days += [before.day + timedelta(days=round(step.days * number + step.seconds * number / 86_400))
                 for number in range(1, after.linked - before.linked + 1)]  # fmt: skip
    assert len(days) == bodies, "rollout.toml ends with every body linked"  # noqa: S101 -- data of our own
    return days
