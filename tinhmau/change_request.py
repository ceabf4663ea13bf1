"""A run in Markdown, to stand below a change request: the answer first, then why, the laws, the objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulation.text import Language, Text
from verification.answer import WORDS, Answer
from verification.objectives import writing
from verification.objectives.judging import ObjectiveResult

_MARKS = {"KEPT": "✅", "BROKEN": "❌", "UNKNOWN": "❔"}
_SHOWN = 8
_HEADS = Text("| | định luật | đã kiểm | vi phạm |", "| | law | checked | violations |")
_OBJECTIVES = Text("mục tiêu", "objectives")


def document(
    folder: Path,
    answer: Answer,
    verdict: Mapping[str, Any],
    objectives: Sequence[ObjectiveResult],
    *,
    language: Language,
) -> str:
    """Write what became of the run in `folder`; `verdict` is its verdict.json."""
    end = "" if language == "vi" else "_en"
    lines = [f"### {_MARKS[answer]} {verdict['scenario']}: {WORDS[answer].into(language)} ({answer})", ""]
    if verdict["answer"] != "KEPT":
        told = verdict[f"reasons{end}"]
        lines += [f"- {reason}" for reason in told[:_SHOWN]]
        more = len(told) - _SHOWN
        lines += [Text(f"- … {more} lý do nữa", f"- … {more} more").into(language)] if more > 0 else []
        lines.append("")
    lines += [_HEADS.into(language), "|---|---|---|---|"]
    lines += [
        f"| {_MARKS[law['answer']]} | {law['id']} {law[f'title{end}']} | {law['checked']} | {len(law['violations'])} |"
        for law in verdict["laws"]
    ]
    asked = verdict["requirements"]
    kept = sum(one["answer"] == "KEPT" for one in asked)
    lines += [
        "",
        Text(
            f"Yêu cầu đạt: {kept} trên {len(asked)}. Lần chạy: `{folder.name}`, mầm {verdict['seed']}.",
            f"Requirements kept: {kept} of {len(asked)}. Run: `{folder.name}`, seed {verdict['seed']}.",
        ).into(language),
    ]
    if objectives:
        title = f"{verdict['scenario']}, {_OBJECTIVES.into(language)}"
        lines += ["", writing.markdown(objectives, title=title, language=language).rstrip("\n")]
    return "\n".join(lines) + "\n"
