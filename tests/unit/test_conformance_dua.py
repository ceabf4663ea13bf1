"""Dừa's exchange by files: whatever a product leaves in its folder is read with limits, or said to be unreadable."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from verification.conformance.access import Access
from verification.conformance.dialects.dua import Dua
from verification.conformance.product import Unreadable

_HEAD = "MA_HO_SO;THU_TU;TRANG_THAI;MA_QG\r\n"
_ROW = "H1;1;Đang thụ lý;Q1"


def _product(folder: Path) -> Dua:
    (folder / "tin").mkdir()
    return Dua(Access(url=folder.as_uri()), Mock())


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_news_are_read_from_the_folder_whatever_a_row_has_beyond_its_columns(tmp_path: Path) -> None:
    """A vendor may add a remark to a row; a byte order mark stands before what Windows wrote."""
    product = _product(tmp_path)
    (tmp_path / "tin" / "TIN_1.csv").write_text(f"{_HEAD}{_ROW};thừa;nữa\r\n", encoding="utf-8-sig")

    (news,) = product.told("H1").portal

    assert (news.seq, news.state, news.national) == (1, "received", "Q1")


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        pytest.param(os.mkfifo, "không phải tệp thường", id="a pipe nobody writes to"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "TIN_1.csv", id="a link to what never ends"),
        pytest.param(lambda path: path.symlink_to(__file__), "TIN_1.csv", id="a link to a file of somebody else's"),
        pytest.param(Path.mkdir, "không phải tệp thường", id="a folder"),
        pytest.param(lambda path: path.write_bytes(b"\xff\xfe\x00"), "utf-8", id="another encoding"),
        pytest.param(lambda path: path.write_text(_HEAD + "x" * 200_000), "CSV", id="a field without an end"),
        pytest.param(lambda path: path.write_text(_HEAD * 40), "dài quá", id="too long"),
    ],
)
def test_what_cannot_be_read_is_said_and_neither_waited_for_nor_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave: Callable[[Path], object], said: str
) -> None:
    """The folder is the vendor's: a pipe would hold the trial up for ever, a link show what is not the product's."""
    if said == "dài quá":
        monkeypatch.setattr("verification.conformance.dialects.dua.LONGEST_ANSWER", 1000)
    product = _product(tmp_path)
    leave(tmp_path / "tin" / "TIN_1.csv")

    before = _open_files()
    with pytest.raises(Unreadable, match=said):
        product.told("H1")
    assert _open_files() <= before, "a vendor could use up all that may be open"
