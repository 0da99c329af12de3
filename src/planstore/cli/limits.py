"""What the queries of ``planstore sql`` may use: memory and time."""

from __future__ import annotations

import psutil

from planstore.cli.exit_codes import WRONG_CALL
from planstore.cli.streams import end_process
from planstore.database.query_bounds import Bounds, memory_bytes
from planstore.database.session import interrupt_queries

MEMORY = 4 * 10**9
"""Bytes that queries may use when nobody says how many, on a machine that has twice as many."""
SHARE = 1.25
"""What the process may grow by, relative to what the database may use, which does not count everything."""
OPENING = 400 * 10**6
"""Bytes that the process grows by, at most, when it opens the store."""


class Limits:
    """Makes the bounds of queries.

    Args:
        memory: an amount, as ``2GB``; None: the default.
        timeout: seconds of computing.

    Attributes:
        memory: the amount, for :func:`planstore.open`.

    Raises:
        RequestError: one of them is none.
    """

    def __init__(self, memory: str | None, timeout: float) -> None:
        least = min(MEMORY, psutil.virtual_memory().total // 2)
        self.memory = memory or f"{least // 10**6}MB"
        self._timeout = timeout
        self._process = psutil.Process()
        self._most = self._used() + OPENING + int(SHARE * memory_bytes(self.memory))
        self.bounds()  # because what is wrong with them is told before anything runs

    def bounds(self) -> Bounds:
        """Return bounds of which nothing is used yet; a query that reaches them and does not end ends the process."""
        return Bounds(
            interrupt_queries,
            seconds=self._timeout,
            memory=self._most,
            used=self._used,
            give_up=_give_up,
        )

    def _used(self) -> int:
        return int(self._process.memory_info().rss)


def _give_up(reason: str) -> None:
    end_process(f"planstore: {reason}", WRONG_CALL)
