"""Consoles for tables and prose: one for terminals, and one for pipes and files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO, TypeAlias

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

    Console: TypeAlias = "RichConsole | PipeConsole"

FORCED = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Environment variables by which Rich takes a pipe for a terminal, or a terminal for a pipe."""


def console(out: TextIO | None = None) -> Console:
    """Return a console over ``out`` or standard output."""
    file = sys.stdout if out is None else out
    if file.isatty() or any(os.environ.get(name) for name in FORCED):
        return terminal(out)
    return PipeConsole(file)


def terminal(out: TextIO | None = None) -> RichConsole:
    """Return Rich's console over ``out`` or standard output."""
    from rich.console import Console

    class Terminal(Console):
        """Console that raises BrokenPipeError to its caller when the reader of the output has left."""

        def on_broken_pipe(self) -> None:
            """Raise the error again, because Rich would exit with code 1, the code of a finding."""
            raise

    return Terminal(file=out, highlight=False, emoji=False)


class PipeConsole:
    """Console over a pipe or a file, which gets texts as they are.

    Rich is not imported for it, because that takes longer than the query of most verbs.
    """

    is_terminal = False

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.encoding = (getattr(file, "encoding", None) or "utf-8").lower()

    def print(self, text: str, **_style: object) -> None:
        """Print a text as a line."""
        self.file.write(f"{text}\n")
        self.file.flush()

    def rule(self, title: str, **style: object) -> None:
        """Print a line with a title."""
        terminal(self.file).rule(title, **style)  # type: ignore[arg-type]
