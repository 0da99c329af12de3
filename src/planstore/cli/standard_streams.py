"""Standard input, output and error for verbs: always open, with escapes for characters that cannot be encoded."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from planstore.errors import OutputError


def prepare() -> None:
    r"""Replace the standard streams by ones with the same behaviour on a terminal, a pipe and a file.

    Closed ones are opened on the null device, because the next opened file would get their number, and so the output.
    A character that standard output cannot encode is written as an escape, such as ``\xe9``.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        if not _is_open(number):
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout = _text(_Output(1, "w", closefd=False), encoding)
    sys.stderr = _text(_Notes(2, "w", closefd=False), getattr(sys.stderr, "encoding", None) or encoding)


def drop_output() -> None:
    """Discard unwritten output, because Python would write it again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def wait_with_reader(seconds: float) -> None:
    """Wait, unless the reader of standard output has left.

    Raises:
        BrokenPipeError: the reader has left.
    """
    waiting = select.poll()
    waiting.register(1, 0)  # because errors alone end the wait
    if any(event & select.POLLERR for _, event in waiting.poll(seconds * 1000)):
        raise BrokenPipeError


def end_process(line: str, code: int) -> NoReturn:
    """Print a line on standard error and end the process, from any thread, when the main thread is blocked."""
    show_cursor = "\x1b[?25h" if os.isatty(2) else ""  # because a progress bar hides the cursor
    try:
        os.write(2, f"{show_cursor}{line}\n".encode())
    finally:
        os._exit(code)


class _Output(io.FileIO):
    """Standard output; its errors are raised as `OutputError`, distinct from those of other files."""

    def write(self, data: Any, /) -> int:
        try:
            return _written(super().write, self, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {error.strerror}") from error


class _Notes(io.FileIO):
    """Standard error; its write errors are dropped, because there is no other stream to report them on."""

    def write(self, data: Any, /) -> int:
        try:
            return _written(super().write, self, data)
        except OSError:
            return len(data)


def _written(write: Callable[[Any], int | None], stream: io.FileIO, data: Any) -> int:
    """Write, and wait while the stream is full, because another process can set a shared stream to non-blocking."""
    while (written := write(data)) is None:
        select.select([], [stream], [])
    return written


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _text(raw: io.FileIO, encoding: str) -> io.TextIOWrapper:
    line_buffering = raw.isatty() or isinstance(raw, _Notes)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=line_buffering)
