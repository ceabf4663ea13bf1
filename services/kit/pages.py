"""Server-rendered pages in Vietnamese: one base layout, autoescaped, readable on a phone, no JavaScript needed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

from services.kit.clock import VIETNAM

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def money(amount: int) -> str:
    """1234567 -> "1.234.567 ₫"."""
    return f"{amount:,}".replace(",", ".") + " ₫"


def moment(when: datetime | None) -> str:
    """Day and hour as written in Việt Nam: "22/08/2018 09:05"."""
    return when.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if when else "—"


class Pages:
    """Templates of one service (its `templates` folder), over the kit's base layout."""

    def __init__(self, service: str) -> None:
        """Load from services/<service>/templates and services/kit/templates."""
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [jinja2.PackageLoader(f"services.{service}"), jinja2.PackageLoader("services.kit")]
            ),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"money": money, "moment": moment}

    def page(self, template: str, /, status: int = 200, **values: Any) -> HTMLResponse:
        """Render a template."""
        return HTMLResponse(self._environment.get_template(template).render(**values), status, _HEADERS)
