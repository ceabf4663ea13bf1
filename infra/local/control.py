"""How a supervisor is spoken to: one JSON object a line over a Unix socket that only its owner can open.

| act | with | answer |
|---|---|---|
| `status` | | `{"ok": true, "services": [ServiceStatus, ...]}` |
| `kill` | `service` | `{"ok": true, "pid": n}`; SIGKILL has been sent |
| `stop` | | `{"ok": true}` at once; the process ends when everything has ended |
| `sample` | `name`, `pid` | `{"ok": true}`; that process is in the samples from now on |
| `metrics` | `folder` | `{"ok": true}`; samples are appended to processes.ndjson there from now on |

What cannot be done is answered `{"ok": false, "vi": ..., "en": ...}`.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from infra.trouble import TargetError
from simulation.text import Text

Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
_LONGEST_LINE = 1 << 20
_CREDENTIALS = struct.Struct("3i")  # struct ucred: process, user, group (unix(7))


def ask(path: str, question: dict[str, Any], *, timeout_seconds: float = 10.0) -> dict[str, Any]:
    """Ask the supervisor and return its answer. Raises TargetError when it is gone, silent, or says no."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(timeout_seconds)
            line.connect(path)
            line.sendall(msgspec.json.encode(question) + b"\n")
            received = b""
            while not received.endswith(b"\n"):
                part = line.recv(65536)
                if not part:
                    break
                received += part
    except (OSError, TimeoutError) as error:
        raise TargetError(
            Text(
                f"Không liên lạc được với bộ giám sát ({error}). Stack này có lẽ đã dừng; hãy dựng lại.",
                f"Cannot reach the supervisor ({error}). The stack has probably stopped; place it again.",
            )
        ) from error
    try:
        answer: dict[str, Any] = msgspec.json.decode(received, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise TargetError(
            Text(
                "Bộ giám sát dừng giữa chừng khi đang trả lời.",
                "The supervisor ended in the middle of its answer.",
            )
        ) from error
    if not answer.get("ok"):
        raise TargetError(Text(str(answer.get("vi", "")), str(answer.get("en", ""))))
    return answer


def stop(path: str, *, timeout_seconds: float = 60.0) -> bool:
    """Tell the supervisor to end and wait until its process has. False when nobody was there to be told.

    Raises TargetError when it does not end in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout_seconds)
        try:
            line.connect(path)
            credentials = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            supervisor = os.pidfd_open(_CREDENTIALS.unpack(credentials)[0])
        except OSError:
            return False
        try:
            with suppress(OSError):  # it may be on its way out already
                line.sendall(b'{"act": "stop"}\n')
            waiting = select.poll()  # not select(): a load generator may have more files open than that can watch
            waiting.register(supervisor, select.POLLIN)
            ended = waiting.poll(timeout_seconds * 1000)
        finally:
            os.close(supervisor)
    if not ended:
        raise TargetError(
            Text(
                f"Bộ giám sát chưa dừng sau {timeout_seconds:.0f} giây. Xem logs/supervisor.log của stack.",
                f"The supervisor has not ended after {timeout_seconds:.0f} s. See the stack's logs/supervisor.log.",
            )
        )
    return True


def refusal(text: Text) -> dict[str, Any]:
    """The answer to what cannot be done."""
    return {"ok": False, "vi": text.vi, "en": text.en}


async def serve(path: Path, answer: Answer) -> asyncio.Server:
    """Answer questions on a socket that only this user can open."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.LimitOverrunError):
            while line := await reader.readline():
                try:
                    question = msgspec.json.decode(line, type=dict[str, Any])
                except msgspec.MsgspecError:
                    reply = refusal(Text("Câu hỏi không phải JSON.", "The question is not JSON."))
                else:
                    reply = await answer(question)
                writer.write(msgspec.json.encode(reply) + b"\n")
                await writer.drain()
        writer.close()

    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(talk, path, limit=_LONGEST_LINE)
    finally:
        os.umask(before)
