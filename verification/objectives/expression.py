"""One bound as k6 writes it: `p(95)<800`, `rate<0.01`, `avg<=200`, `max<5000`, `count>100`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Aggregate = Literal["avg", "min", "med", "max", "p", "rate", "count", "value"]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "===": operator.eq,
    "!=": operator.ne,
}
_FORM = re.compile(
    r"\s*(?P<aggregate>avg|min|med|max|rate|count|value|p\(\s*(?P<share>\d+(\.\d+)?)\s*\))"
    r"\s*(?P<sign><=|>=|===|==|!=|<|>)\s*(?P<bound>-?\d+(\.\d+)?)\s*"
)
_WHOLE = 100.0


def _last(values: Values) -> np.float64:
    """Return the value that a gauge showed in the end."""
    return np.float64(values[-1])


_REDUCE: Mapping[str, Callable[[Values], Any]] = {
    "avg": np.mean,
    "rate": np.mean,
    "min": np.min,
    "med": np.median,
    "max": np.max,
    "value": _last,
}


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """An aggregate held against a bound."""

    text: str  #: as written
    aggregate: Aggregate
    share: float = 0.0  #: of p(N): between 0 and 100
    sign: str
    bound: float

    def holds(self, value: float) -> bool:
        """Tell whether a value keeps the bound."""
        return _COMPARE[self.sign](value, self.bound)

    @property
    def more_is_worse(self) -> bool:
        """Whether the bound is an upper one."""
        return self.sign in {"<", "<="}

    def is_lost(self, value: float) -> bool:
        """Tell whether it is broken however the rest goes: maxima and counts only grow, minima only fall."""
        if self.holds(value):
            return False
        if self.aggregate in {"max", "count"}:
            return self.sign in {"<", "<="} or (self.sign in {"==", "==="} and value > self.bound)
        return self.aggregate == "min" and (
            self.sign in {">", ">="} or (self.sign in {"==", "==="} and value < self.bound)
        )

    def of(self, values: Values) -> float:
        """Aggregate values, of which there is at least one. `rate` is the mean of noughts and ones."""
        if self.aggregate == "p":
            return float(np.percentile(values, self.share))
        if self.aggregate == "count":
            return float(values.sum())
        return float(_REDUCE[self.aggregate](values))


def parse(text: str) -> Expression | None:
    """Read an expression; None where it is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    share = float(found["share"] or 0)
    if share > _WHOLE:
        return None
    name = found["aggregate"]
    return Expression(
        text=text.strip(),
        aggregate="p" if name.startswith("p(") else name,  # type: ignore[arg-type]
        share=share,
        sign=found["sign"],
        bound=float(found["bound"]),
    )
