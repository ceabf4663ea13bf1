"""What a search for the limit came to, in the terminal: the answer first, then what sets it."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from tinhmau import screen
from tinhmau.language import number, say, t
from verification.capacity.verdict import WHY, Found

_MORE = 2


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
        screen.line(
            t(
                f"Mức cao nhất còn đạt: {good} thao tác thành công mỗi giây. Dừng vì {say(WHY[found.why])}.",
                f"Highest load that kept them: {good} good operations a second. Ended: {say(WHY[found.why])}.",
            )
        )
    if not found.suspects:
        screen.line(t("Chỗ nghẽn: không thấy thứ gì khan hiếm.", "Bottleneck: nothing was seen to be scarce."))
    for place, suspect in enumerate(found.suspects[: 1 + _MORE]):
        head = t("CHỖ NGHẼN", "BOTTLENECK") if place == 0 else t("Đáng ngờ nữa", "Suspected as well")
        screen.out.print(f"[bold]{head}: {escape(say(suspect.what))}[/]")
        for told in suspect.evidence:
            screen.line(f"   • {say(told)}")
        screen.line(f"   → {say(suspect.way_out)}")
    screen.line(t(f"Báo cáo: {run / 'report.html'}", f"Report: {run / 'report.html'}"))
