"""Limits on the computing time and memory of a user's query."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from planstore.errors import QueryError, RequestError

POLL_SECONDS = 0.05
"""Seconds between two checks of the memory, and between two interrupts of a query."""
GRACE_SECONDS = 1.5
"""Seconds that an interrupted query has to end; a query inside one long function call does not end in time."""
MIN_MEMORY = 100 * 10**6
"""Bytes of memory that reading a store needs."""
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_MEMORY = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([kmgt]i?)b", re.IGNORECASE)


def memory_bytes(text: str) -> int:
    """Return the number of bytes of an amount of memory such as ``2GB`` or ``512MiB``.

    Raises:
        RequestError: the text is no amount of memory, or the amount is too small to read a store.
    """
    match = _MEMORY.fullmatch(text.strip())
    if not match:
        raise RequestError(f"memory must be a number and a unit, as 2GB or 512MiB, got {text[:80]!r}")
    amount = int(float(match[1]) * _UNITS[match[2].lower()])
    if amount < MIN_MEMORY:
        raise RequestError(
            f"memory must be at least {MIN_MEMORY // 10**6}MB, which reading a store takes, got {text!r}"
        )
    return amount


class Bounds:
    """Limits a session's queries, and interrupts those that exceed the limits.

    Args:
        interrupt: interrupts the running query.
        seconds: maximum computing time; None means no limit. The caller's processing of the rows is not counted.
        memory: maximum of ``used()`` in bytes; None means no limit.
        used: returns the bytes in use.
        give_up: callback that receives the reason if an interrupted query does not end.
    """

    def __init__(
        self,
        interrupt: Callable[[], object],
        *,
        seconds: float | None = None,
        memory: int | None = None,
        used: Callable[[], int] = lambda: 0,
        give_up: Callable[[str], None] = lambda _: None,
    ) -> None:
        if seconds is not None and not 0 < seconds <= 10**9:
            raise RequestError(f"timeout must be seconds above 0, got {seconds!r}: leave it out to allow any number")
        self._interrupt = interrupt
        self._seconds = seconds
        self._seconds_left = seconds
        self._memory = memory
        self._used = used
        self._give_up = give_up
        self._exceeded: str | None = None

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Measure time and memory while the block runs.

        Raises:
            QueryError: the query exceeded a limit.
        """
        over = Event()
        watching = Thread(target=self._watch, args=(over,), name="planstore-bounds", daemon=True)
        started = time.monotonic()
        watching.start()
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            # because an interrupted query raises errors of many classes, among them a KeyboardInterrupt with a cause
            # from the database; the user's own KeyboardInterrupt has no cause
            if self._exceeded is None or (isinstance(error, KeyboardInterrupt) and error.__cause__ is None):
                raise
            raise QueryError(self._exceeded) from error
        finally:
            over.set()
            watching.join()
            if self._seconds_left is not None:
                self._seconds_left -= time.monotonic() - started
        if self._exceeded is not None:
            raise QueryError(self._exceeded)

    def _watch(self, over: Event) -> None:
        end = None if self._seconds_left is None else time.monotonic() + self._seconds_left
        while self._exceeded is None:
            if over.wait(POLL_SECONDS if end is None else min(POLL_SECONDS, max(end - time.monotonic(), 0))):
                return
            if end is not None and time.monotonic() >= end:
                self._exceeded = exceeded(f"{self._seconds:g} seconds (timeout)")
            elif self._memory is not None and self._used() > self._memory:
                self._exceeded = exceeded("memory")
        deadline = time.monotonic() + GRACE_SECONDS
        while not over.is_set():
            self._interrupt()
            if time.monotonic() > deadline:
                self._give_up(self._exceeded)
            over.wait(POLL_SECONDS)


def exceeded(bound: str) -> str:
    """Return the message for a query that exceeded a limit."""
    return f"the query has reached its bound of {bound}: ask for less, or allow it more"
