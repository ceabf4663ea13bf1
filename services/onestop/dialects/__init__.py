"""The vendors' dialects that the adapter speaks, by the product's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.onestop.dialects.base import Dialect, Link
from services.onestop.dialects.dua import Dua
from services.onestop.dialects.sen import Sen
from services.onestop.dialects.truc import Truc

DIALECTS: Mapping[str, Callable[[Link], Dialect]] = {"sen": Sen, "truc": Truc, "dua": Dua}
