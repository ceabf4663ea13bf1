"""A service's OpenAPI document."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import msgspec
from starlette.requests import Request
from starlette.routing import Route

from services.kit import openapi
from services.kit.operations import Operation


class _Taken(msgspec.Struct):
    name: str


async def _endpoint(_request: Request) -> Any:
    """Answers nothing."""


def _document() -> dict[str, Any]:
    routes = [Route("/things/{thing:path}", _endpoint, methods=["GET", "POST"])]
    operations = {"things.add": Operation(body=_Taken), "things.list": Operation()}
    told: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(openapi.document("service", routes, operations, {_endpoint: _Taken}))
    )
    return told


def test_an_address_says_what_it_takes() -> None:
    """Path parameters without their kind, and the body by the type that the endpoint decodes."""
    path = _document()["paths"]["/things/{thing}"]
    assert set(path) == {"get", "post"}
    assert [one["name"] for one in path["post"]["parameters"] if one["in"] == "path"] == ["thing"]
    assert path["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/_Taken")
    assert "requestBody" not in path["get"]


def test_outbox_items_are_described_with_their_keys() -> None:
    """An operation that applies items takes a list of them; a question at once takes anything."""
    told = _document()
    schema = told["paths"]["/lgsp/things.add"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    check = jsonschema_rs.validator_for({**schema, "components": told["components"]})
    assert check.is_valid({"items": [{"key": "1", "body": {"name": "a"}}]})
    assert not check.is_valid({"items": [{"key": "1", "body": {"name": 1}}]})
    assert not check.is_valid({"items": [{"body": {"name": "a"}}]})
    assert set(told["paths"]["/lgsp/things.list"]) == {"get", "post"}
