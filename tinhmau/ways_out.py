"""How a command ends when it does not end well: each kind of trouble has its sentence, way out and exit code."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping

import click

from simulation.mistakes import BadInputError
from simulation.trouble import TroubleError
from tinhmau import exits, screen
from tinhmau.commands import group
from tinhmau.language import current, number, say, t


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = group().main(args=arguments, prog_name="tinhmau", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        screen.complain(t("Đã dừng theo yêu cầu; mọi thứ đã được dọn.", "Stopped as asked; everything was put away."))
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the last line of defence: no traceback for the user
        return _told(error)
    return code if isinstance(code, int) else exits.KEPT


def _told(error: Exception) -> int:
    """Say what went wrong; returns the exit code."""
    match error:
        case click.UsageError():
            error.show()
            return exits.BAD_INPUT
        case click.exceptions.Exit():
            return error.exit_code
        case BadInputError():
            _list(error)
            return exits.BAD_INPUT
        case TroubleError():
            screen.complain(say(error.text))
            return exits.OUR_FAULT
        case OSError() if _number(error) in _DISK_TROUBLE:
            screen.complain(_DISK_TROUBLE[_number(error)](str(error.filename or "")))
            return exits.OUR_FAULT
        case ImportError():
            raise error
        case _:
            return _surprise(error)


def _list(error: BadInputError) -> None:
    if len(error.mistakes) > 1:
        count = number(len(error.mistakes))
        screen.complain(t(f"Dữ liệu đưa vào có {count} lỗi:", f"The input has {count} mistakes:"))
    else:
        screen.complain(t("Dữ liệu đưa vào có lỗi:", "The input has a mistake:"))
    for mistake in error.mistakes:
        screen.hint(mistake.into(current()))


def _surprise(error: Exception) -> int:
    name = type(error).__name__
    screen.complain(t(f"Lỗi của chính tinhmau: {name}: {error}", f"A fault of tinhmau's own: {name}: {error}"))
    try:
        fd, path = tempfile.mkstemp(prefix="tinhmau-fault-", suffix=".txt")
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return exits.OUR_FAULT
    screen.hint(t(f"Chi tiết ở {path}; xin gửi kèm khi báo lỗi.", f"Details in {path}; please attach it to a report."))
    return exits.OUR_FAULT


def _number(error: OSError) -> int:
    """The error's number. Copying a folder gathers the errors of its files into one that has none of its own."""
    if isinstance(error, shutil.Error) and os.strerror(errno.ENOSPC) in str(error):
        return errno.ENOSPC
    return error.errno or 0


def _full(name: str) -> str:
    where = f" ({name})" if name else ""
    return t(
        f"Hết chỗ trên đĩa{where}. Xoá bớt lần chạy cũ, chọn nơi khác bằng --runs THƯ_MỤC, hoặc đặt TMPDIR sang đĩa "
        "khác, rồi chạy lại.",
        f"The disk is full{where}. Delete old runs, choose another place with --runs FOLDER, or point TMPDIR at "
        "another disk, then run again.",
    )


def _unwritable(name: str) -> str:
    return t(
        f"Không ghi được vào “{name}”. Cấp quyền ghi, hoặc chọn thư mục khác bằng --runs THƯ_MỤC.",
        f"Cannot write to “{name}”. Grant write permission, or choose another folder with --runs FOLDER.",
    )


def _in_the_way(name: str) -> str:
    return t(
        f"Không tạo được thư mục “{name}”: một tệp chắn đường. Chuyển tệp đó đi, hoặc chọn thư mục khác.",
        f"Cannot make the folder “{name}”: a file is in the way. Move it, or choose another folder.",
    )


_DISK_TROUBLE: Mapping[int, Callable[[str], str]] = {
    errno.ENOSPC: _full,
    errno.EDQUOT: _full,
    errno.EFBIG: _full,  # a limit on the size of files (ulimit -f) is a disk that is full early
    errno.EACCES: _unwritable,
    errno.EPERM: _unwritable,
    errno.EROFS: _unwritable,
    errno.ENOTDIR: _in_the_way,
    errno.EEXIST: _in_the_way,
}
