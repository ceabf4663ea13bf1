"""Papers as PDF, from a Typst template and data: letters right in Vietnamese, readable aloud (PDF/UA-1), no network.

Fonts: the template asks for Times New Roman, as NĐ 30/2020/NĐ-CP wants it, and falls back to what Typst carries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import typst
from starlette.responses import Response

_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


async def render(template: Path, data: Mapping[str, Any]) -> bytes:
    """Fill in a template, which reads its data as `json(bytes(sys.inputs.data))`; off the event loop."""
    return await asyncio.to_thread(_compile, template, msgspec.json.encode(data).decode())


def _compile(template: Path, data: str) -> bytes:
    return typst.compile(template.read_bytes(), format="pdf", sys_inputs={"data": data}, pdf_standards="ua-1")


def response(pdf: bytes, name: str) -> Response:
    """Answer with a paper that the browser shows; `name` is what it is saved under (ASCII)."""
    return Response(
        pdf, media_type="application/pdf", headers=_HEADERS | {"Content-Disposition": f'inline; filename="{name}"'}
    )
