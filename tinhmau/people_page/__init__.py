"""The page that says who a population is: `summary.html` beside its Parquet files, alone, in both languages."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from simulation.province import Province
from simulation.text import Text
from tinhmau.people_page import counts, figures
from verification import wording
from verification.report import drawing

FILE = "summary.html"
_TEMPLATES = Path(__file__).parent
_STYLE = Path(drawing.__file__).parent / "templates" / "style.css"


def render(folder: Path, province: Province, *, seed: int) -> Path:
    """Write the page from the tables in a folder; returns its path. Nothing is held but what is counted."""
    style = _STYLE.read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": lambda value: drawing.both(wording.number(value)),
        "percent": lambda share: drawing.both(wording.number(100 * share, places=1)),
    }
    environment.globals |= {"t": lambda vi, en: drawing.both(Text(vi, en))}
    seen = counts.read(folder, province)
    page = environment.get_template("page.html.j2").render(
        style=Markup(style),  # noqa: S704 -- our own style sheet
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        province=province,
        seed=seed,
        seen=seen,
        figures=figures,
    )
    path = folder / FILE
    path.write_text(page, encoding="utf-8")
    return path
