"""English on request, for pages that people look at before they sign in: search, a procedure, tracking, the door.

Both languages stand side by side in the templates (decision 8); here is what comes from tables. Names of procedures,
agencies and fields stay Vietnamese: they are names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

Language = Literal["vi", "en"]
#: Templates in both languages; all others are Vietnamese whatever was asked for, and say so.
PAGES = frozenset({"home.html", "procedure.html", "tracking.html", "sign_in.html"})
COOKIE = "tinhmau_portal_language"
_YEAR_SECONDS = 365 * 86400

STATES: Mapping[str, str] = {
    "submitted": "Submitted, waiting to be accepted",
    "received": "Received, being handled",
    "awaiting_supplement": "More is needed from you",
    "referred": "With another agency",
    "examined": "Examined, waiting for a decision",
    "approved": "Approved",
    "rejected": "Not approved",
    "posted": "The result is on its way by post",
    "returned": "Result returned",
    "withdrawn": "Withdrawn by the applicant",
}
LEVELS: Mapping[str, Mapping[int, str]] = {
    "2018": {
        1: "Level 1: full information about the procedure",
        2: "Level 2: forms to download; hand in at the counter or by post",
        3: "Level 3: fill in and submit online; pay and collect at the counter",
        4: "Level 4: pay online; result online, at the counter or by post",
    },
    "2026": {
        1: "Information only",
        2: "Information and forms to download",
        3: "Partly online",
        4: "Wholly online",
    },
}
TIERS: Mapping[str, str] = {
    "province": "the provincial People's Committee",
    "department": "the provincial departments",
    "district": "the district People's Committee",
    "commune": "the commune People's Committee",
}


def language(request: Request) -> Language:
    """Language of a request: what its address asks for, else what was asked for before, else Vietnamese."""
    wanted = request.query_params.get("lang") or request.cookies.get(COOKIE, "")
    return "en" if wanted == "en" else "vi"


def remember(request: Request, response: Response) -> None:
    """Keep the language that an address has asked for."""
    if request.query_params.get("lang") in {"vi", "en"}:
        response.set_cookie(COOKIE, language(request), max_age=_YEAR_SECONDS, httponly=True, samesite="lax", path="/")


def chooser(wanted: Language) -> Callable[[str, str], str]:
    """Return the function by which templates choose: `t("Tra cứu", "Track")`."""
    return lambda vi, en: en if wanted == "en" else vi


def deadline(hours: float, *, same_day: bool) -> str:
    """Say the legal deadline: "3 working days"."""
    if same_day or hours <= 0:
        return "within the working day"
    days, rest = divmod(hours, 8)
    parts = [f"{days:.0f} working day{'s' if days > 1 else ''}" if days else "", f"{rest:g} hours" if rest else ""]
    return " ".join(part for part in parts if part)
