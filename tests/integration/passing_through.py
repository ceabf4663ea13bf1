"""Lets the stand-in LGSP pass calls on to a real service."""

from __future__ import annotations

from typing import Any

import msgspec
import requests
from running_service import Running, lgsp_token
from standin_lgsp import Answerer, Call


def passing_to(service: Running, *, consumer: str) -> Answerer:
    """Answer what the service answers to that consumer."""

    def answer(call: Call) -> tuple[int, Any]:
        token = lgsp_token(provider=service.name, operation=call.operation, consumer=consumer)
        response = requests.request(
            "GET" if call.body is None else "POST",
            f"{service.url}/lgsp/{call.operation}",
            params=call.query,
            data=None if call.body is None else msgspec.json.encode(call.body),
            headers={"X-Lgsp-Token": token},
            timeout=30,
        )
        return response.status_code, response.json()

    return answer
