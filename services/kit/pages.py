"""Server-rendered pages in Vietnamese, English on request: one layout, autoescaped, for phones, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse

from services.kit import languages
from services.kit.clock import VIETNAM
from services.kit.languages import Text

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
    """First letter large, the rest as it is; in both languages of what has two."""
    if isinstance(text, Text):
        return Text(capfirst(str(text)), capfirst(text.english))
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
        self._environment.filters |= {"say": languages.say, "plainly": languages.plainly}
        self._environment.globals["t"] = languages.choose

    def page(
        self, template: str, /, status: int = 200, *, request: Request | None = None, leads_to: str = "", **values: Any
    ) -> HTMLResponse:
        """Render a template, in the language that `request` wants; without it the page is Vietnamese only.

        `leads_to` is the origin of another system that a form of the page may lead to.
        """
        headers = dict(_HEADERS)
        if leads_to:
            headers["Content-Security-Policy"] = _POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}")
        values["lang"] = languages.language(request) if request else "vi"
        values["other_language"] = languages.other_language(request) if request else ""
        page = HTMLResponse(self._environment.get_template(template).render(**values), status, headers)
        if request:
            languages.remember(request, page)
        return page
