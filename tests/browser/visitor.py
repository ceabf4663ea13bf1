"""Somebody in front of a browser, who notices every complaint and every request of the pages opened."""

from __future__ import annotations

from playwright.sync_api import Page


class Visitor:
    """A page, with what it complained about and what it asked for."""

    def __init__(self, page: Page) -> None:
        """Listen from the beginning."""
        self.page = page
        self.trouble: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda said: self.trouble.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("requestfailed", lambda request: self.trouble.append(request.url))
        page.on("request", lambda request: self.requests.append(request.url))

    def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        wide: bool = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return wide
