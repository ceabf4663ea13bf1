"""The report of an inspection: a page for people and a file for machines, without any key or personal number."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from simulation.text import Language, Text
from verification.conformance.points import areas
from verification.conformance.rating import Judged, Rating
from verification.conformance.scenarios import SCENARIOS

_FOLDER = Path(__file__).resolve().parent / "templates"
GRADES = {
    "A": Text("Khớp: mọi điểm đều đạt", "Fits: every point kept"),
    "B": Text("Khớp, còn lệch nhỏ", "Fits, with slight mismatches"),
    "C": Text("Lệch gây tốn công cho cán bộ", "Mismatches that make work for officials"),
    "D": Text("Không khớp: có điểm lệch nghiêm trọng", "Does not fit: something grave is broken"),
    None: Text("Chưa kết luận được", "Cannot be told yet"),
}
WORDS = {"kept": Text("đạt", "kept"), "broken": Text("lệch", "broken"), "unknown": Text("chưa rõ", "unknown")}
WEIGHTS = {
    3: Text("nghiêm trọng", "grave"),
    2: Text("tốn công", "costly"),
    1: Text("nhỏ", "slight"),
}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What was inspected, when and how."""

    product: str
    dialect: str
    era: str
    planted: list[str]
    at: datetime
    version: str  #: of tinhmau


def write(folder: Path, head: Head, rating: Rating, language: Language) -> Path:
    """Write `conformance.json` and `report.html` into the folder; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    document = msgspec.json.format(msgspec.json.encode(as_json(head, rating)), indent=2)
    (folder / "conformance.json").write_bytes(document + b"\n")
    page = folder / "report.html"
    page.write_text(as_html(head, rating, language), encoding="utf-8")
    return page


def as_json(head: Head, rating: Rating) -> dict[str, Any]:
    """Say everything, by names that do not change."""
    return {
        **msgspec.to_builtins(head),
        "grade": rating.grade,
        "score": round(rating.score, 4),
        "exit_code": rating.exit_code,
        "minutes_per_dossier_assumed": rating.minutes,
        "points": [
            {
                "id": judged.point.id,
                "judgement": judged.judgement,
                "weight": judged.point.weight,
                "title": judged.point.title.vi,
                "cost": judged.point.cost.vi,
                "source": judged.point.source,
                "findings": [finding for finding in judged.findings if finding.judgement != "kept"],
            }
            for judged in rating.judged
        ],
    }


def as_html(head: Head, rating: Rating, language: Language) -> str:
    """Make one page that needs nothing else."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def t(vi: str, en: str) -> str:
        return Text(vi, en).into(language)

    by_area = {
        name.into(language): [judged for judged in rating.judged if judged.point.area == area]
        for area, name in areas().items()
    }
    titles = {scenario.name: scenario.title.into(language) for scenario in SCENARIOS}
    return environment.get_template("report.html.j2").render(
        head=head, rating=rating, language=language, t=t, by_area=by_area, titles=titles,
        grade=GRADES[rating.grade].into(language), words={name: text.into(language) for name, text in WORDS.items()},
        weights={weight: text.into(language) for weight, text in WEIGHTS.items()},
        witnesses=_witnesses, score=f"{rating.score * 100:.0f}",
    )  # fmt: skip


def _witnesses(judged: Judged) -> list[Any]:
    """Keep the first findings that show the judgement, each place once."""
    seen: dict[tuple[str, str], Any] = {}
    for finding in judged.findings:
        if finding.judgement == judged.judgement:
            seen.setdefault((finding.scenario, finding.expected), finding)
    return list(seen.values())[:4]
