"""A product whose answers are either read or called unreadable: no answer of its own making ends a trial."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable
from typing import Any, cast

import msgspec

from verification.conformance.product import Product, Unreadable

#: What is raised over JSON that is none, is of another form, holds no UTF-8, or is nested without end.
NO_JSON = (ValueError, RecursionError, msgspec.MsgspecError)
#: What a dialect stumbles with over an answer that its documents do not describe.
_STUMBLES = (
    KeyError, TypeError, AttributeError, IndexError, ArithmeticError, csv.Error, *NO_JSON,
)  # fmt: skip


def readable(product: Product) -> Product:
    """The same product; where its dialect stumbles over an answer, Unreadable is raised."""
    return cast("Product", _Readable(product))


class _Readable:
    def __init__(self, product: Product) -> None:
        self._product = product

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._product, name)
        return _reading(found) if callable(found) else found


def _reading(ask: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(ask)
    def asked(*what: Any, **more: Any) -> Any:
        try:
            return ask(*what, **more)
        except _STUMBLES as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error

    return asked
