"""The verdict in the terminal: the answer first, then why, then where to read on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from simulation.text import Text
from tinhmau import screen
from tinhmau.language import number, say, t
from verification.answer import WORDS
from verification.verdict import Verdict

_STYLE = {"KEPT": "green", "BROKEN": "red", "UNKNOWN": "yellow"}
_SIGN = {"KEPT": "✓", "BROKEN": "✗", "UNKNOWN": "?"}
_SHOWN = 5


def show(verdict: Verdict, run: Path) -> None:
    """Print the verdict. Fits 80 columns."""
    style = _STYLE[verdict.answer]
    screen.out.print()
    title = t("KẾT LUẬN", "VERDICT")
    screen.out.print(f"[bold {style}]{title}: {say(WORDS[verdict.answer])} ({verdict.answer})[/]")
    screen.out.print(_reasons(verdict))
    screen.out.print()
    screen.out.print(_laws(verdict))
    kept = sum(1 for one in verdict.requirements if one.answer == "KEPT")
    screen.out.print()
    screen.line(
        t(
            f"Yêu cầu đặt ra: {kept} trên {len(verdict.requirements)} đạt.",
            f"Requirements: {kept} of {len(verdict.requirements)} kept.",
        )
    )
    if verdict.objectives:
        reached = sum(1 for one in verdict.objectives if one.answer == "KEPT")
        screen.line(
            t(
                f"Mục tiêu: {reached} trên {len(verdict.objectives)} đạt.",
                f"Objectives: {reached} of {len(verdict.objectives)} kept.",
            )
        )
    counted = ", ".join(f"{_count(value)} {say(_COUNTED[name])}" for name, value in verdict.counts.items())
    screen.out.print(t(f"Đã diễn ra: {counted}.", f"What happened: {counted}."))
    screen.line(t(f"Báo cáo: {run / 'report.html'}", f"Report: {run / 'report.html'}"))


def _reasons(verdict: Verdict) -> Table:
    listed = Table.grid(padding=(0, 1))
    for reason in verdict.reasons[:_SHOWN]:
        listed.add_row(" •", escape(say(reason)))
    more = len(verdict.reasons) - _SHOWN
    if more > 0:
        listed.add_row(" …", t(f"và {number(more)} lý do nữa trong báo cáo", f"and {number(more)} more in the report"))
    return listed


def _laws(verdict: Verdict) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(t("kết quả", "answer"), no_wrap=True)
    table.add_column(t("định luật", "law"))
    for heading in (t("đã kiểm", "checked"), t("vi phạm", "violations")):
        table.add_column(heading, justify="right", no_wrap=True)
    for law in verdict.laws:
        mark = f"[{_STYLE[law.answer]}]{_SIGN[law.answer]} {say(WORDS[law.answer])}[/]"
        title = f"{law.id} {escape(say(law.title))}"
        table.add_row(mark, title, number(law.checked), number(len(law.violations)))
    return table


def _count(value: int | None) -> str:
    return "?" if value is None else number(value)


_COUNTED: Mapping[str, Text] = {
    "requests": Text("lượt yêu cầu", "requests"),
    "dossiers": Text("hồ sơ", "dossiers"),
    "documents": Text("văn bản", "documents"),
    "payments": Text("khoản thanh toán", "payments"),
    "calls": Text("lời gọi qua LGSP", "calls over the LGSP"),
}
