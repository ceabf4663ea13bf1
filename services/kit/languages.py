"""English on request: what pages of two languages need. Both languages stand side by side in the code (decision 8)."""

from __future__ import annotations

import re
from typing import Literal, Self

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

Language = Literal["vi", "en"]
COOKIE = "tinhmau_language"
_YEAR_SECONDS = 365 * 86400
#: A letter that only Vietnamese text has.
_MARKED = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")


class Text(str):
    """A sentence for people: Vietnamese that knows its English: a plain `str`, but for `say`.

    What is made from it by `str`'s own methods or an f-string is Vietnamese only.
    """

    __slots__ = ("english",)
    english: str

    def __new__(cls, vi: str, en: str) -> Self:
        """Keep both."""
        both = super().__new__(cls, vi)
        both.english = en
        return both


def english(text: str) -> str:
    """Return a text's English; its Vietnamese where it has none."""
    return text.english if isinstance(text, Text) else text


def plain(value: object) -> str:
    """Let msgspec encode a Text as the Vietnamese that it is (`enc_hook`)."""
    if isinstance(value, Text):
        return str(value)
    raise NotImplementedError


def language(request: Request) -> Language:
    """Language of a request: what its address asks for, else what was asked for before, else Vietnamese."""
    wanted = request.query_params.get("lang") or request.cookies.get(COOKIE, "")
    return "en" if wanted == "en" else "vi"


def remember(request: Request, response: Response) -> None:
    """Keep the language that an address has asked for."""
    if request.query_params.get("lang") in {"vi", "en"}:
        response.set_cookie(COOKIE, language(request), max_age=_YEAR_SECONDS, httponly=True, samesite="lax", path="/")


def other_language(request: Request) -> str:
    """Address of the same page in the other language; empty for what a form has sent."""
    if request.method != "GET":
        return ""
    other = "vi" if language(request) == "en" else "en"
    return str(request.url.include_query_params(lang=other).replace(scheme="", netloc=""))


@jinja2.pass_context
def choose(context: jinja2.runtime.Context, vi: str, en: str) -> str:
    """Let templates choose: `t("Tra cứu", "Track")`."""
    return en if context.get("lang") == "en" else vi


@jinja2.pass_context
def say(context: jinja2.runtime.Context, text: object) -> object:
    """Show a text in the page's language; Vietnamese that has no English is marked as what it is, for screen readers.

    In attributes, options and titles, which take no marks, use `plainly`.
    """
    if context.get("lang") != "en" or not isinstance(text, str):
        return text
    if not isinstance(text, Text) and _MARKED.search(text):
        return Markup('<span lang="vi">{}</span>').format(text)
    return escape(english(text))


@jinja2.pass_context
def plainly(context: jinja2.runtime.Context, text: str) -> str:
    """Show a text in the page's language, as `say`, without marks."""
    return english(text) if context.get("lang") == "en" else text
