"""Server-rendered pages in Vietnamese: one base layout, autoescaped, readable on a phone, no JavaScript needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

from services.kit.clock import VIETNAM

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; img-src data:; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def money(amount: int) -> str:
    """1234567 -> "1.234.567 ₫"."""
    return f"{amount:,}".replace(",", ".") + " ₫"


def moment(when: datetime | None) -> str:
    """Day and hour as written in Việt Nam: "22/08/2018 09:05"."""
    return when.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if when else "—"


def capfirst(text: str) -> str:
    """First letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


class Pages:
    """Templates of one service (its `templates` folder), over the kit's base layout."""

    def __init__(self, service: str, **filters: Callable[..., str]) -> None:
        """Load from services/<service>/templates and services/kit/templates; `filters` are the service's own."""
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [jinja2.PackageLoader(f"services.{service}"), jinja2.PackageLoader("services.kit")]
            ),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"money": money, "moment": moment, "capfirst": capfirst, **filters}

    def page(self, template: str, /, status: int = 200, *, leads_to: str = "", **values: Any) -> HTMLResponse:
        """Render a template. `leads_to` is the origin of another system that a form of the page may lead to."""
        headers = dict(_HEADERS)
        if leads_to:
            headers["Content-Security-Policy"] = _POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}")
        return HTMLResponse(self._environment.get_template(template).render(**values), status, headers)
