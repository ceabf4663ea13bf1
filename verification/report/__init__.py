"""The report: one HTML file that stands alone, prints, needs no script, and says the verdict first."""

from __future__ import annotations

from verification.report.page import render

__all__ = ["render"]
