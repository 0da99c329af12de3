"""What a benchmark measures: a line of the table, and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, against what, and the ratio that is wanted."""

    what: str
    ours: str
    beside: str
    ratio: float
    wanted: str

    def line(self) -> str:
        """Return the line."""
        return f"| {self.what} | {self.ours} | {self.beside} | {self.ratio:.2f} | {self.wanted} |"


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
