"""The console that tables and prose are printed on."""

from __future__ import annotations

from rich.console import Console


class Paper(Console):
    """Rich's console, which leaves it to the command line what happens when nobody reads on."""

    def on_broken_pipe(self) -> None:
        """Raise on, because Rich would end the process with exit code 1, which here means a finding."""
        raise
