"""How much a reader's query may use: seconds of computing, and memory."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from planstore.errors import QueryError, RequestError

LOOK = 0.05
"""Seconds between two looks at the memory, and between two tries to end a query."""
PATIENCE = 1.5
"""Seconds that a query has to end; one that is inside a single long function does not."""
LEAST_MEMORY = 100 * 10**6
"""Bytes that the store itself needs to be read."""
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_MEMORY = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*([kmgt]i?)b", re.IGNORECASE)


def memory_bytes(text: str) -> int:
    """Return an amount of memory, as ``2GB`` or ``512MiB``, in bytes.

    Raises:
        RequestError: the text is none, or says less than the store itself needs.
    """
    found = _MEMORY.fullmatch(text.strip())
    if not found:
        raise RequestError(f"memory must be a number and a unit, as 2GB or 512MiB, got {text[:80]!r}")
    amount = int(float(found[1]) * _UNITS[found[2].lower()])
    if amount < LEAST_MEMORY:
        raise RequestError(
            f"memory must be at least {LEAST_MEMORY // 10**6}MB, which reading a store takes, got {text!r}"
        )
    return amount


class Bounds:
    """Ends the queries of a session when they have used what they may.

    Args:
        interrupt: ends the query that runs.
        seconds: of computing; None: any number. What is done with the rows meanwhile does not count.
        memory: bytes that ``used`` may tell; None: any number.
        used: tells the bytes that are in use.
        give_up: is called with the reason when a query does not end.
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
        self._left = seconds
        self._memory = memory
        self._used = used
        self._give_up = give_up
        self._reached: str | None = None

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Count what is used while the block runs.

        Raises:
            QueryError: it was more than the query may use.
        """
        over = Event()
        watching = Thread(target=self._watch, args=(over,), name="planstore-bounds", daemon=True)
        started = time.monotonic()
        watching.start()
        try:
            yield
        except (Exception, KeyboardInterrupt) as error:
            # because what is interrupted ends with errors of many kinds, also with one that the database makes an
            # interrupt of; one of the user's own has no cause
            if self._reached is None or (isinstance(error, KeyboardInterrupt) and error.__cause__ is None):
                raise
            raise QueryError(self._reached) from error
        finally:
            over.set()
            watching.join()
            if self._left is not None:
                self._left -= time.monotonic() - started
        if self._reached is not None:
            raise QueryError(self._reached)

    def _watch(self, over: Event) -> None:
        end = None if self._left is None else time.monotonic() + self._left
        while self._reached is None:
            if over.wait(LOOK if end is None else min(LOOK, max(end - time.monotonic(), 0))):
                return
            if end is not None and time.monotonic() >= end:
                self._reached = reached(f"{self._seconds:g} seconds (timeout)")
            elif self._memory is not None and self._used() > self._memory:
                self._reached = reached("memory")
        patience = time.monotonic() + PATIENCE
        while not over.is_set():
            self._interrupt()
            if time.monotonic() > patience:
                self._give_up(self._reached)
            over.wait(LOOK)


def reached(bound: str) -> str:
    """Return a sentence that says which bound a query has reached, and what to do."""
    return f"the query has reached its bound of {bound}: ask for less, or allow it more"
