"""The desk's buttons: an HTML form becomes the same write that a machine sends, with a key made with the page.

A button pressed twice therefore takes effect once. The session cookie is same-site only, so no other site's form works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.kit.kit import Endpoint
from services.kit.problems import Problem
from services.office.desks import Desks
from services.office.states import INCOMING, OUTGOING

Fields = Mapping[str, list[str]]
#: Makes the JSON body from the form's fields.
Body = Callable[[Fields], Any]
#: Says where to go afterwards, from the fields and the JSON answer.
Onward = Callable[[Fields, Any], str]


def routes(
    desks: Desks,
    *,
    draft: Endpoint,
    outgoing: Mapping[str, Endpoint],
    incoming: Mapping[str, Endpoint],
    others: Mapping[str, Endpoint],
) -> list[Route]:
    """Form addresses beside the API's, by the names of the tables in `states`."""
    found = [Route("/desk/documents", _form(desks, draft, _new_document, _to_draft), methods=["POST"])]
    for name in OUTGOING:
        body = _OF_ACTS.get(name, _nothing)
        path = f"/desk/documents/{{draft}}/{name}"
        found.append(Route(path, _form(desks, outgoing[name], body, _to_draft), methods=["POST"]))
    for name in INCOMING:
        body = _OF_INCOMING.get(name, _on_document)
        found.append(
            Route(f"/desk/incoming/{name}", _form(desks, incoming[name], body, _to_incoming), methods=["POST"])
        )
    found.append(
        Route("/desk/incoming/answer", _form(desks, incoming["answer"], _answer, _to_incoming), methods=["POST"])
    )
    found += [
        Route(f"/desk/{name}", _form(desks, others[name], made, onward), methods=["POST"])
        for name, (made, onward) in _OTHERS.items()
    ]
    return found


def _form(desks: Desks, write: Endpoint, body_of: Body, onward: Onward) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        fields: Fields = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True)
        body = body_of(fields)
        try:
            answer = await write(_as_write(request, _first(fields, "key"), body))
        except Problem as problem:
            return desks.problem(request, problem)
        return RedirectResponse(onward(fields, msgspec.json.decode(answer.body)), 303)

    return endpoint


def _as_write(request: Request, key: str, body: Any) -> Request:
    """Return the request as the API would have got it."""
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"idempotency-key"]
    headers.append((b"idempotency-key", key.encode("ascii", "ignore")))
    content = b"" if body is None else msgspec.json.encode(body)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request({**request.scope, "headers": headers}, receive)


def _first(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def _number(fields: Fields, name: str) -> int | str:
    text = _first(fields, name).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else text  # noqa: PLR2004


def _nothing(_fields: Fields) -> Any:
    return None


def _new_document(fields: Fields) -> Any:
    plain = {name: _first(fields, name) for name in ("kind", "subject", "content")}
    body: dict[str, Any] = {
        **plain,
        "addressees": fields.get("addressees", []),
        "priority": _number(fields, "priority"),
        "answers": _first(fields, "answers"),
    }
    if _first(fields, "amends"):
        body["amends"] = {
            "document": _first(fields, "amends"),
            "how": _first(fields, "how"),
            "reason": _first(fields, "reason"),
        }
    return body


def _remark(fields: Fields) -> Any:
    return {"remark": _first(fields, "remark")}


def _revision(fields: Fields) -> Any:
    return {"subject": _first(fields, "subject"), "content": _first(fields, "content")}


def _pages(fields: Fields) -> Any:
    return {"pages": _number(fields, "pages")}


def _on_document(fields: Fields) -> Any:
    return {"agency": _first(fields, "agency"), "document": _first(fields, "document")}


def _refusal(fields: Fields) -> Any:
    return {**_on_document(fields), "reason": _first(fields, "reason")}


def _assignment(fields: Fields) -> Any:
    return {**_on_document(fields), "assignee": _first(fields, "assignee")}


def _answer(fields: Fields) -> Any:
    return {**_refusal(fields), "answer": _first(fields, "answer")}


def _letter(fields: Fields) -> Any:
    return {"key": _first(fields, "letter")}


def _to_draft(_fields: Fields, answer: Any) -> str:
    return f"/documents/{answer['draft']}"


def _filing(fields: Fields) -> Any:
    return {"document": _first(fields, "document"), "paper": bool(_first(fields, "paper"))}


def _delegation(fields: Fields) -> Any:
    """The browser's local moments are those of Việt Nam."""
    moments = {name: f"{_first(fields, name)}:00+07:00" for name in ("since", "until")}
    return {"deputy": _first(fields, "deputy"), **moments}


def _end(fields: Fields) -> Any:
    return {"delegation": _number(fields, "delegation")}


def _to_incoming(fields: Fields, _answer: Any) -> str:
    return "/incoming?" + urlencode({"document": _first(fields, "document")})


#: Acts on outgoing documents that send more than the press of a button.
_OF_ACTS: Mapping[str, Body] = {"scan": _pages, "review": _remark, "return": _remark, "revision": _revision}

#: The same of incoming ones.
_OF_INCOMING: Mapping[str, Body] = {"refusal": _refusal, "assignment": _assignment}

#: Buttons that belong to no document's own row of acts: what they send, and where they lead.
_OTHERS: Mapping[str, tuple[Body, Onward]] = {
    "undelivered/replay": (_letter, lambda _fields, _answer: "/undelivered"),
    "filings": (_filing, lambda _fields, _answer: "/archive"),
    "delegations": (_delegation, lambda _fields, _answer: "/"),
    "delegations/end": (_end, lambda _fields, _answer: "/"),
}
