"""How a verb ends: its exit code says what it found, also where nobody reads its output to the end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

READER_LEFT = 141
"""The exit code of what nobody reads to its end, as a shell has it for SIGPIPE."""

TERMINATED = 143
"""The exit code of what SIGTERM ended, as a shell has it."""


def take_streams() -> None:
    """Make standard streams that lose nothing silently: one that is closed is opened, output is buffered."""
    for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
        if stream is None:  # because a file of the store would take its number
            os.dup2(_nobody() if number == 1 else os.open(os.devnull, os.O_RDWR), number)
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w")
    elif isinstance(sys.stdout.buffer, io.FileIO):
        # because where Python's output is not buffered, the rest of what is written in part is lost
        whole = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(whole, sys.stdout.encoding, sys.stdout.errors, line_buffering=True)


def _nobody() -> int:
    """Return a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@contextmanager
def with_reader(code: int = 0) -> Iterator[None]:
    """End the verb when the reader of its output has left: with ``code``, or, where that is 0, with 141."""
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(code or READER_LEFT) from None


@contextmanager
def ending(code: int) -> Iterator[None]:
    """End the verb with ``code`` after the block, which prints what it found."""
    with with_reader(code):
        yield
    raise typer.Exit(code)


def exit_code(code: int | str | None) -> int | str | None:
    """Pass on what was printed, and return the exit code: ``code``, or 141 where it is 0 and the reader has left."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except BrokenPipeError:
            # because Python flushes both once more when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if stream is sys.stdout:
                code = code or READER_LEFT
    return code
