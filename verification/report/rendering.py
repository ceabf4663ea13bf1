"""Rendering: one template, one style sheet, one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from simulation.text import Text
from verification.report import drawing
from verification.wording import figure, number

_FOLDER = Path(__file__).resolve().parent / "templates"


def write(
    path: Path,
    template: str,
    content: Mapping[str, Any],
    *,
    filters: Mapping[str, Callable[..., Any]],
    words: Mapping[str, Callable[..., Any]],
) -> Path:
    """Fill a template and put it in place at once; returns the path. `words` are functions that templates may call."""
    style = (_FOLDER / "style.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "both": drawing.both,
        "number": lambda value: or_dash(value, number),
        "figure": lambda value: or_dash(value, figure),
        **filters,
    }
    environment.globals |= {"t": lambda vi, en: drawing.both(Text(vi, en)), **words}
    page = environment.get_template(template).render(
        style=Markup(style),  # noqa: S704 -- our own style sheet
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        **content,
    )
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)
    return path


def or_dash(value: Any, put: Callable[[Any], Text]) -> Markup:
    """The value in both languages, or a dash where there is none."""
    return escape("–") if value is None else drawing.both(put(value))
