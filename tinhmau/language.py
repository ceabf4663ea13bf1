"""The language of this process. Set once, before anything that shows text is imported."""

from __future__ import annotations

import gettext
import os
from collections.abc import MutableSequence
from typing import get_args

from simulation.text import Language, Text
from verification import wording

_current: Language = "vi"


class UnknownLanguageError(Exception):
    """`--lang` names a language that does not exist here."""


def take_from(arguments: MutableSequence[str]) -> None:
    """Set the language from `--lang X` anywhere in `arguments` (and remove it there), else from TINHMAU_LANG.

    It has to be known before help texts are made, so it is read before click sees the arguments.
    """
    wanted = os.environ.get("TINHMAU_LANG", "vi")
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            wanted = arguments[index + 1]
            del arguments[index : index + 2]
            break
        if argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
            del arguments[index]
            break
    for language in get_args(Language):
        if language == wanted:
            set_language(language)
            return
    raise UnknownLanguageError(wanted)


def set_language(language: Language) -> None:
    """Speak this language from now on; click's own sentences follow."""
    global _current  # noqa: PLW0603 -- one process speaks one language
    _current = language
    if language == "vi":
        # click looks its sentences up through these two functions, which it takes over when it is imported.
        gettext.gettext = lambda message: _CLICK.get(message, message)
        gettext.ngettext = lambda one, many, n: _CLICK.get(one, one if n == 1 else many)  # type: ignore[assignment]


def current() -> Language:
    """Language of this process."""
    return _current


def t(vi: str, en: str) -> str:
    """The sentence in the language of this process."""
    return en if _current == "en" else vi


def say(text: Text) -> str:
    """The text in the language of this process."""
    return text.into(_current)


def number(value: float, *, places: int = 0) -> str:
    """The number as people here write it: 1.234,5 in Vietnamese, 1,234.5 in English."""
    return say(wording.number(value, places=places))


def significant(value: float, *, sign: bool = False) -> str:
    """The number with three significant digits or so, with its sign if wanted."""
    return say(wording.significant(value, sign=sign))


_CLICK = {
    "%(prog)s, version %(version)s": "%(prog)s, phiên bản %(version)s",
    "Aborted!": "Đã dừng!",
    "Argument {name!r} takes {nargs} values.": "Đối số {name!r} cần {nargs} giá trị.",
    "Choose from:\n\t{choices}": "Chọn một trong:\n\t{choices}",
    "Commands": "Các lệnh",
    "Did you mean {possibility}?": "Có phải ý bạn là {possibility}?",
    "Error: {message}": "Lỗi: {message}",
    "Got unexpected extra argument ({args})": "Thừa đối số ({args})",
    "Invalid value for {param_hint}: {message}": "Giá trị không hợp lệ cho {param_hint}: {message}",
    "Invalid value: {message}": "Giá trị không hợp lệ: {message}",
    "Missing argument": "Thiếu đối số",
    "Missing command.": "Thiếu lệnh.",
    "Missing option": "Thiếu tuỳ chọn",
    "Missing parameter": "Thiếu tham số",
    "Missing parameter: {param_name}": "Thiếu tham số: {param_name}",
    "Missing {param_type}": "Thiếu {param_type}",
    "No such command {name!r}.": "Không có lệnh {name!r}.",
    "No such option {name!r}.": "Không có tuỳ chọn {name!r}.",
    "Option {name!r} does not take a value.": "Tuỳ chọn {name!r} không nhận giá trị.",
    "Option {name!r} requires an argument.": "Tuỳ chọn {name!r} cần một giá trị.",
    "Options": "Tuỳ chọn",
    "Positional arguments": "Đối số",
    "Show the version and exit.": "In phiên bản rồi thoát.",
    "Show this message and exit.": "In phần trợ giúp này rồi thoát.",
    "Try '{command} {option}' for help.": "Gõ '{command} {option}' để xem trợ giúp.",
    "Usage:": "Cách dùng:",
    "default: {default}": "mặc định: {default}",
    "directory": "thư mục",
    "env var: {var}": "biến môi trường: {var}",
    "file": "tệp",
    "required": "bắt buộc",
    "{name} {filename!r} does not exist.": "Không có {filename!r}.",
    "{name} {filename!r} is a directory.": "{filename!r} là một thư mục, ở đây cần một tệp.",
    "{name} {filename!r} is a file.": "{filename!r} là một tệp, ở đây cần một thư mục.",
    "{name} {filename!r} is not readable.": "Không đọc được {filename!r}.",
    "{name} {filename!r} is not writable.": "Không ghi được {filename!r}.",
    "{value!r} is not a valid {number_type}.": "{value!r} không phải là số.",
    "{value!r} is not one of {choices}.": "{value!r} không nằm trong {choices}.",
    "{value} is not in the range {range}.": "{value} không nằm trong khoảng {range}.",
}
