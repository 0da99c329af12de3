"""Standard input, output and error as a verb needs them: never closed, and with a code for every letter."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from planstore.errors import OutputError


def prepare() -> None:
    r"""Put streams in the place of the standard ones that behave the same whatever is behind them.

    Those that are closed are opened, because the next file that is opened would get their number, and the output with
    it. A letter that standard output has no code for is written as ``\xe9``.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        if not _is_open(number):
            os.open(os.devnull, mode)
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout = _text(_Output(1, "w", closefd=False), encoding)
    sys.stderr = _text(_Notes(2, "w", closefd=False), getattr(sys.stderr, "encoding", None) or encoding)


def drop_output() -> None:
    """Forget what standard output did not take, because Python would try once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def end_process(line: str, code: int) -> NoReturn:
    """Say a line and end the process, from any thread, when its main thread does not get at it."""
    shown = "\x1b[?25h" if os.isatty(2) else ""  # because a progress bar hides the cursor
    try:
        os.write(2, f"{shown}{line}\n".encode())
    finally:
        os._exit(code)


class _Output(io.FileIO):
    """Writes to standard output; an error is told apart from that of any other file."""

    def write(self, data: Any, /) -> int:
        try:
            return _written(super().write, self, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {error.strerror}") from error


class _Notes(io.FileIO):
    """Writes to standard error for as long as that takes anything; afterwards there is nowhere left to say so."""

    def write(self, data: Any, /) -> int:
        try:
            return _written(super().write, self, data)
        except OSError:
            return len(data)


def _written(write: Callable[[Any], int | None], stream: io.FileIO, data: Any) -> int:
    """Write until something is taken, because whoever shares a stream may have made it one that does not wait."""
    while (taken := write(data)) is None:
        select.select([], [stream], [])
    return taken


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _text(raw: io.FileIO, encoding: str) -> io.TextIOWrapper:
    is_live = raw.isatty() or isinstance(raw, _Notes)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=is_live)
