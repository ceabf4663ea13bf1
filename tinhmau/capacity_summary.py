"""What a search for the limit came to, in the terminal and in Markdown: the answer first, then what sets it."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from tinhmau import screen
from tinhmau.language import number, say, t
from verification.answer import WORDS
from verification.capacity.verdict import WHY, Found, at_full_pace, why_unnamed

_MORE = 2
_MARKS = {"KEPT": "✅", "BROKEN": "❌", "UNKNOWN": "❔"}


def show(found: Found, run: Path) -> None:
    """Print it. Fits 100 columns."""
    screen.out.print()
    if found.limit is None:
        screen.out.print(f"[bold yellow]{t('CHƯA RÕ GIỚI HẠN', 'NO LIMIT FOUND')}[/]: {say(WHY[found.why])}")
    else:
        load, low, high = (number(value, places=2) for value in (found.limit.load, found.limit.low, found.limit.high))
        good = number(found.good_per_second, places=1)
        title = t("GIỚI HẠN", "LIMIT")
        screen.out.print(f"[bold]{title}: ×{load}[/] ({t('90 % chắc trong', '90 % sure within')} ×{low} … ×{high})")
        screen.line(say(at_full_pace(found)))
        screen.line(
            t(
                f"Mức cao nhất còn đạt: {good} thao tác thành công mỗi giây. Dừng vì {say(WHY[found.why])}.",
                f"Highest load that kept them: {good} good operations a second. Ended: {say(WHY[found.why])}.",
            )
        )
    if not found.suspects:
        screen.line(f"{t('Chỗ nghẽn', 'Bottleneck')}: {say(why_unnamed(found))}")
    for place, suspect in enumerate(found.suspects[: 1 + _MORE]):
        head = t("CHỖ NGHẼN", "BOTTLENECK") if place == 0 else t("Đáng ngờ nữa", "Suspected as well")
        screen.out.print(f"[bold]{head}: {escape(say(suspect.what))}[/]")
        for told in suspect.evidence:
            screen.line(f"   • {say(told)}")
        screen.line(f"   → {say(suspect.way_out)}")
    screen.line(t(f"Báo cáo: {run / 'report.html'}", f"Report: {run / 'report.html'}"))


def markdown(found: Found, *, scenario: str) -> str:
    """Write it to stand below a change request."""
    title = t(f"Giới hạn của {scenario}", f"Limit of {scenario}")
    lines = [f"### {_MARKS[found.answer]} {title}: {say(WORDS[found.answer])} ({found.answer})", ""]
    if found.limit is None:
        lines.append(f"{t('Chưa rõ giới hạn', 'No limit found')}: {say(WHY[found.why])}.")
    else:
        load, low, high = (number(value, places=2) for value in (found.limit.load, found.limit.low, found.limit.high))
        good = number(found.good_per_second, places=1)
        lines.append(
            t(
                f"×{load} khối lượng của kịch bản (90 % chắc trong ×{low} … ×{high}); {good} thao tác thành công/giây.",
                f"×{load} the scenario's volume (90 % sure within ×{low} … ×{high}); {good} good operations a second.",
            )
            + f" {say(at_full_pace(found))}"
        )
    lines += [
        f"- {say(suspect.what)}: {'; '.join(say(told) for told in suspect.evidence)}"
        for suspect in found.suspects[: 1 + _MORE]
    ]
    lines += [
        "",
        t(
            "| lần | tải | kết luận | p95, ms | lỗi, % | máy chậm, % |",
            "| probe | load | answer | p95, ms | errors, % | machine slow, % |",
        ),
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.number} | ×{number(one.load, places=2)} | {_MARKS[one.answer]} | {number(one.p95 * 1000)} "
        f"| {number(100 * one.errors, places=2)} | {number(100 * (one.slow - 1))} |"
        for one in found.probes
    ]
    return "\n".join(lines) + "\n"
