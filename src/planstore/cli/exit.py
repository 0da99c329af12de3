"""Exit of a verb with its exit code, also after the reader of its output has left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from planstore.cli.exit_codes import READER_LEFT
from planstore.cli.standard_streams import drop_output


@contextmanager
def exit_on_broken_pipe(code: int = 0) -> Iterator[None]:
    """Exit with ``code``, or 141 where it is 0, when the reader of the output has left."""
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(code or READER_LEFT) from None


@contextmanager
def exit_with(code: int) -> Iterator[None]:
    """Exit with ``code`` after the block, which prints the output."""
    with exit_on_broken_pipe(code):
        yield
    raise typer.Exit(code)


def exit_code(code: int) -> int:
    """Flush standard output and return ``code``, or 141 where it is 0 and the reader has left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return code or READER_LEFT
    return code
