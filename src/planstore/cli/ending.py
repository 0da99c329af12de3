"""How a verb ends: its exit code says what it found, also where nobody reads its output to the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from planstore.cli.exit_codes import READER_LEFT
from planstore.cli.streams import drop_output


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


def exit_code(code: int) -> int:
    """Pass on what was printed, and return the exit code: ``code``, or 141 where it is 0 and the reader has left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return code or READER_LEFT
    return code
