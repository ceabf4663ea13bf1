"""Somebody who reads pages and fills in their forms without JavaScript: what a plain browser does, over `requests`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html
from small_province import AGENCIES, COMPANIES, PEOPLE, STAFF

_MARKED = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")
#: Names that may stand inside an English sentence.
_NAMES = sorted(
    [
        str(one.get("name") or one.get("full_name"))
        for one in (*AGENCIES, *STAFF, *PEOPLE.values(), *COMPANIES.values())
    ],
    key=len,
    reverse=True,
)
_READ = ("aria-label", "data-label", "alt", "placeholder")


def untranslated(page: str) -> list[str]:
    """Vietnamese on a page in English that is not marked as such: labels that nobody translated.

    Names and data carry `lang="vi"`; what somebody has typed stands in fields; a title may hold names.
    """
    tree = html.fromstring(page)
    if tree.get("lang") != "en":
        return ["the page is not in English"]
    for marked in tree.xpath("//*[@lang='vi']|//style|//title|//textarea"):
        marked.text = ""
        for child in list(marked):
            marked.remove(child)
    texts = [text.strip() for text in tree.itertext()]
    texts += [node.get(name) for name in _READ for node in tree.xpath(f"//*[@{name}]")]
    for name in (*_NAMES, "đồng", "QĐ"):
        texts = [text.replace(name, "") for text in texts]
    return [text for text in texts if _MARKED.search(text)]


class PageReader:
    """One browser: cookies, the page that is open, and its forms."""

    def __init__(self, address: str) -> None:
        """Stand in front of the site at `address`."""
        self.session = requests.Session()
        self.address = address
        self.answer = requests.Response()

    def open(self, path: str, **params: str) -> PageReader:
        """Open a page, following redirects."""
        self.answer = self.session.get(urljoin(self.address, path), params=params, timeout=30)
        return self

    @property
    def status(self) -> int:
        """Status of the page."""
        return self.answer.status_code

    @property
    def tree(self) -> html.HtmlElement:
        """The page as a tree."""
        return html.fromstring(self.answer.text)

    @property
    def text(self) -> str:
        """What one reads, without extra blanks."""
        return " ".join(self.tree.find("body").text_content().split())

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [str(link) for link in self.tree.xpath("//a/@href")]

    @property
    def complaints(self) -> str:
        """What the page complains about."""
        return " ".join(" ".join(one.text_content().split()) for one in self.tree.xpath("//*[@role='alert']"))

    def fields(self, action: str) -> dict[str, str]:
        """Values of the form with this action, as a browser would send them."""
        return dict(self._form(action).form_values())

    def press(
        self, action: str, button: str = "", *, files: Mapping[str, tuple[str, bytes, str]] | None = None,
        follow: bool = True, **values: str,
    ) -> PageReader:  # fmt: skip
        """Fill in the form with this action and press a button (its value)."""
        form = self._form(action)
        sent: dict[str, Any] = {**dict(form.form_values()), **values} | ({"act": button} if button else {})
        uploads = files or {}
        if form.get("enctype") == "multipart/form-data" and not uploads:
            uploads = {"file.more": ("", b"", "application/octet-stream")}
        self.answer = self.session.post(
            urljoin(self.address, action), data=sent, files=uploads or None, timeout=30, allow_redirects=follow
        )
        return self

    def _form(self, action: str) -> Any:
        found = [form for form in self.tree.forms if form.get("action") == action]
        assert found, f"no form for {action} on {self.answer.url}: {self.text}"
        return found[0]

    def close(self) -> None:
        """Close the browser."""
        self.session.close()
