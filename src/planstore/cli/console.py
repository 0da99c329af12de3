"""Console for tables and prose."""

from __future__ import annotations

from rich.console import Console


class PipeConsole(Console):
    """Rich console that raises BrokenPipeError to its caller when the reader of the output has left."""

    def on_broken_pipe(self) -> None:
        """Raise the error again, because Rich would exit with code 1, the code of a finding."""
        raise
