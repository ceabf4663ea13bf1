"""Errors as application/problem+json (RFC 9457): what was found and the way out, in Vietnamese.

Pages in English show the English that comes with it (services/kit/languages.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.kit import tracing
from services.kit.languages import Text, english


class Problem(Exception):  # noqa: N818 -- the field's word is "problem"
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, title: str, detail: str, *, errors: Sequence[dict[str, str]] = (), **more: Any
    ) -> None:
        """Keep status, short stable title (ASCII slug), Vietnamese detail, and every single mistake."""
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail, self.errors, self.more = status, title, detail, list(errors), more

    def response(self) -> Response:
        """Render the problem."""
        document: dict[str, Any] = {
            "type": f"urn:tinhmau:problem:{self.title}",
            "title": self.title,
            "status": self.status,
            "detail": str(self.detail),
            "trace_id": tracing.trace_id(),
            **self.more,
        }
        if self.errors:
            document["errors"] = [{name: str(text) for name, text in error.items()} for error in self.errors]
        headers = {"Retry-After": "1"} if self.status in {429, 503} else None
        return Response(msgspec.json.encode(document), self.status, headers, "application/problem+json")


def not_found(what: str) -> Problem:
    """404: the thing is not in this system (or not yet)."""
    detail = Text(
        f"Không tìm thấy {what}. Kiểm tra lại mã, hoặc thử lại sau ít phút.",
        f"Not found: {english(what)}. Check the code, or try again in a few minutes.",
    )
    return Problem(404, "not-found", detail)


def wrong_state(what: str, state: str, wanted: str | Sequence[str]) -> Problem:
    """409: the step is out of order; says the state found, and in which it would be in order."""
    ways = [wanted] if isinstance(wanted, str) else wanted
    detail = Text(
        f"{what} đang ở trạng thái “{state}”, bước này cần “{' hoặc '.join(ways)}”.",
        f"{english(what)} is in the state “{state}”; this step needs “{' or '.join(english(one) for one in ways)}”.",
    )
    return Problem(409, "wrong-state", detail, state=state)


def invalid(errors: Sequence[dict[str, str]]) -> Problem:
    """422: the body is understood but wrong; every mistake is listed."""
    return Problem(
        422,
        "invalid",
        Text("Dữ liệu gửi lên có lỗi; xem danh sách “errors”.", "What was sent has mistakes; see “errors”."),
        errors=errors,
    )


def decode(raw: bytes, wanted: Any) -> Any:
    """Decode a JSON body into `wanted`. Raises a 400 or 422 Problem that names the place."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        found, _, where = str(error).partition(" - at ")
        mistake = {"where": where.strip("`") or "$", "found": found, "way_out": "Sửa theo docs/wire.md."}
        raise invalid([mistake]) from error
    except msgspec.DecodeError as error:
        raise Problem(400, "not-json", f"Nội dung không phải JSON hợp lệ: {error}.") from error
    except RecursionError as error:
        raise Problem(400, "not-json", "Nội dung JSON lồng nhau quá sâu.") from error


async def on_problem(_request: Request, error: Exception) -> Response:
    """Starlette's handler for Problem."""
    assert isinstance(error, Problem)  # noqa: S101 -- registered for this class only
    return error.response()
