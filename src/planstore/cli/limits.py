"""Memory and time limits of the queries of ``planstore sql``."""

from __future__ import annotations

import psutil

from planstore.cli.exit_codes import WRONG_CALL
from planstore.cli.standard_streams import end_process
from planstore.database.interrupts import interrupt_queries
from planstore.database.query_bounds import Bounds, memory_bytes

DEFAULT_MEMORY = 4 * 10**9
"""Default memory of queries in bytes, on a machine with at least twice as much."""
PROCESS_FACTOR = 1.25
"""Memory limit of the process relative to that of the database, because the database does not count all memory."""
OPEN_BYTES = 400 * 10**6
"""Maximum growth of the process in bytes when it opens the store."""


class Limits:
    """Memory and time limits from which the bounds of queries are created.

    Args:
        memory: an amount, such as ``2GB``; None means the default.
        timeout: computing time in seconds.

    Attributes:
        memory: the amount, for :func:`planstore.open`.

    Raises:
        RequestError: a limit is invalid.
    """

    def __init__(self, memory: str | None, timeout: float) -> None:
        default = min(DEFAULT_MEMORY, psutil.virtual_memory().total // 2)
        self.memory = memory or f"{default // 10**6}MB"
        self._timeout = timeout
        self._process = psutil.Process()
        self._process_limit = self._used() + OPEN_BYTES + int(PROCESS_FACTOR * memory_bytes(self.memory))
        self.bounds()  # because invalid limits must be reported before any query runs

    def bounds(self) -> Bounds:
        """Return new bounds; a query that exceeds them and cannot be interrupted ends the process."""
        return Bounds(
            interrupt_queries,
            seconds=self._timeout,
            memory=self._process_limit,
            used=self._used,
            give_up=_give_up,
        )

    def _used(self) -> int:
        return int(self._process.memory_info().rss)


def _give_up(reason: str) -> None:
    end_process(f"planstore: {reason}", WRONG_CALL)
