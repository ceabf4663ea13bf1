"""A service's API as an OpenAPI 3.1 document, made from its routes, the types of their bodies, and its operations.

Queries and answers are not described: they stand in docs/wire.md. What is here is enough for clients and for tools that
try every address with every kind of body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Route

from services.kit.operations import Operation

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_REFERENCES = "#/components/schemas/{name}"
_ANSWERS = {"default": {"description": "docs/wire.md"}}
_SKIPPED = frozenset({"HEAD", "OPTIONS"})
_OPERATIONS = "/lgsp/{operation}"


def document(
    service: str,
    routes: Sequence[BaseRoute],
    operations: Mapping[str, Operation],
    bodies: Mapping[Callable[..., Any], Any],
) -> dict[str, Any]:
    """Return the document. `bodies` maps endpoints to the msgspec types of what they take."""
    types = [
        *(kind for kind in bodies.values() if kind is not None),
        *(one.body for one in operations.values() if one.body is not None),
    ]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCES)
    of_type = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if isinstance(route, Route) and route.path != _OPERATIONS:
            kind = bodies.get(route.endpoint)
            path = paths.setdefault(_PARAMETER.sub(r"{\1}", route.path), {})
            for method in sorted((route.methods or set()) - _SKIPPED):
                path[method.lower()] = _described(route.path, method, of_type.get(id(kind)) if kind else None)
    for name, operation in operations.items():
        paths[f"/lgsp/{name}"] = _offered(name, of_type.get(id(operation.body)))
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1", "description": "docs/wire.md"},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "lgsp": {"type": "apiKey", "in": "header", "name": "X-Lgsp-Token"},
            },
        },
    }


def _described(path: str, method: str, schema: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{method.lower()} {path}",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in _PARAMETER.findall(path)
        ],
        "security": [{"bearer": []}, {}],
        "responses": _ANSWERS,
    }
    if method != "GET":
        key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
        told["parameters"].append(key)
        if schema is not None:
            told["requestBody"] = _json(schema)
    return told


def _offered(name: str, item: Any) -> dict[str, Any]:
    """An operation behind the LGSP: items of the outbox, or a question at once."""
    shared = {"security": [{"lgsp": []}], "responses": _ANSWERS}
    if item is None:
        anything = _json({})
        return {
            "get": {"operationId": name, **shared},
            "post": {"operationId": f"{name} (POST)", **shared, "requestBody": anything},
        }
    entry = {
        "type": "object",
        "properties": {"key": {"type": "string", "minLength": 1, "maxLength": 200}, "body": item},
        "required": ["key", "body"],
    }
    items = {"type": "object", "properties": {"items": {"type": "array", "items": entry}}, "required": ["items"]}
    return {"post": {"operationId": name, **shared, "requestBody": _json(items)}}


def _json(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
