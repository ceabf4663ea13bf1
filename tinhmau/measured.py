"""Measures of a simulated journal as a table, for a day and for a year."""

from __future__ import annotations

from rich.table import Table

from tinhmau.language import number, t
from verification.measures import OperationMeasure


def table(operations: tuple[OperationMeasure, ...], *, hours: bool = False) -> Table:
    """Counts and percentiles of latency, in milliseconds, or in hours on the wall."""
    unit = t("giờ", "hours") if hours else t("mili giây", "ms")
    factor = 1 / 3600 if hours else 1000
    shown = Table(
        title=t(f"Độ trễ mô phỏng ({unit}, từ lúc dự định)", f"Simulated latency ({unit}, from the intended start)"),
        box=None,
        title_justify="left",
    )
    shown.add_column(t("thao tác", "operation"))
    for heading in (t("số lần", "count"), "p50", "p95", "p99"):
        shown.add_column(heading, justify="right")
    for one in operations:
        row = (one.latency.p50, one.latency.p95, one.latency.p99)
        shown.add_row(
            one.operation, number(one.count), *(number(factor * seconds, places=2 if hours else 0) for seconds in row)
        )
    return shown
