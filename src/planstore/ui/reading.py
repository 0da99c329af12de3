"""Reads of the store on threads: so many of each kind at once, so that long ones leave the others answered."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import anyio
import anyio.to_thread

from planstore.errors import DeniedError

T = TypeVar("T")

WAITING = 60
"""Maximum number of reads of a kind that wait for their turn; further ones are refused at once."""


class ReadKind(StrEnum):
    """The kinds of reads: pages, comparisons that decide runs again, and queries of users."""

    PAGE = "page"
    COMPARISON = "comparison"
    QUERY = "query"


THREADS = {ReadKind.PAGE: 6, ReadKind.COMPARISON: 2, ReadKind.QUERY: 2}
"""Maximum number of reads of each kind at once."""


class Readers:
    """Threads that read the store."""

    def __init__(self) -> None:
        self._limiters = {kind: anyio.CapacityLimiter(number) for kind, number in THREADS.items()}

    async def run(self, read: Callable[[], T], kind: ReadKind) -> T:
        """Return the result of a read.

        Raises:
            DeniedError: too many reads of its kind wait already.
        """
        limiter = self._limiters[kind]
        if limiter.statistics().tasks_waiting >= WAITING:
            raise DeniedError(f"the server answers {WAITING} other requests first: try again in a few seconds")
        return await anyio.to_thread.run_sync(read, limiter=limiter)
