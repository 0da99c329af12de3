"""Ctrl-C, SIGTERM and SIGHUP: end the current work of a verb, also during native code of a library."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from types import FrameType

from planstore.training.execution.termination import TerminatedError

SIGNALS: Mapping[signal.Signals, type[KeyboardInterrupt]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: TerminatedError,
    signal.SIGHUP: TerminatedError,
}
"""The exception that each signal raises; a terminal that is gone sends SIGHUP, unless nohup ignores it."""
RETRY_INTERVAL = 0.05
"""Seconds between two interrupts of a query, because a query that is just starting misses the first one."""
CLEANUP_SECONDS = 0.6
"""Seconds for the main thread to roll back its work before queries are interrupted again."""
TIMEOUT = 1.3
"""Seconds until the process is killed; the store stays consistent after a kill."""
FINISH_SECONDS = 8.0
"""Extra seconds for a session that must finish, such as one that cancels jobs; containers are killed after ten."""


class Interrupts:
    """Signal handler: interrupts the main thread, and the queries that block it.

    Signals that the process inherited as ignored stay ignored.

    Args:
        give_up: callback on a separate thread when the main thread exceeds the timeout; None disables the timeout,
            and queries are interrupted until the block ends.

    Attributes:
        came: the first received signal; None before the first one.
        raises: whether a signal raises in the main thread; otherwise it is only recorded.
    """

    def __init__(self, give_up: Callable[[], None] | None = None) -> None:
        self.came: signal.Signals | None = None
        self.raises = True
        self._give_up = give_up
        self._handled = Event()
        self._disarmed = Event()
        self._query_lock = Lock()
        self._has_left = False

    def __enter__(self) -> Interrupts:
        try:
            self.arm()
        except BaseException:
            self.disarm()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.disarm()

    def arm(self) -> None:
        """Install the signal handlers and start the watcher thread; a signal meanwhile raises when that is done."""
        self.raises = False
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        self._previous_handlers = {
            one: signal.signal(one, self._interrupt) for one in SIGNALS if signal.getsignal(one) is not signal.SIG_IGN
        }
        self._previous_wakeup = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._watcher = Thread(target=self._watch, name="planstore-interrupts", daemon=True)
        self._watcher.start()
        self.raises = True
        if self.came is not None:
            raise SIGNALS[self.came]

    def disarm(self) -> None:
        """Restore the previous signal handlers, stop the watcher thread, and pass them a signal that came.

        They get it also where the work has ended well, because a library may have swallowed the exception.
        """
        self.raises = False
        signal.set_wakeup_fd(self._previous_wakeup)
        for one, handler in self._previous_handlers.items():
            signal.signal(one, handler)
        self._disarmed.set()
        os.close(self._write_end)
        self._watcher.join()
        os.close(self._read_end)
        if self.came is not None:
            signal.raise_signal(self.came)

    def leave(self, give_up: Callable[[], None]) -> None:
        """Stop interrupting queries, and call ``give_up`` when the process does not exit in time."""
        with self._query_lock:
            self._has_left = True
            self._give_up = give_up

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Raise in the main thread, once: a second exception would abort the rollback after the first one."""
        if self.came is None:
            self.came = signal.Signals(number)
            self._handled.set()
            if self.raises:
                raise SIGNALS[self.came]

    def _watch(self) -> None:
        while (received := os.read(self._read_end, 1)) and received[0] not in self._previous_handlers:
            continue
        if not received:
            return
        deadline = math.inf if self._give_up is None else time.monotonic() + TIMEOUT
        # because a thread that waits for a query in native code runs no Python signal handler
        self._interrupt_queries(self._handled, deadline)
        if not self._disarmed.wait(max(min(CLEANUP_SECONDS, deadline - time.monotonic()), 0)):
            self._interrupt_queries(self._disarmed, deadline)
        if self._give_up is not None and not self._disarmed.is_set():
            self.came = self.came or signal.Signals(received[0])
            self._give_up()

    def _interrupt_queries(self, until: Event, deadline: float) -> None:
        from planstore.database.interrupts import interrupt_queries

        last = deadline
        while not until.wait(RETRY_INTERVAL) and time.monotonic() < last:
            with self._query_lock:
                last = deadline if self._has_left or interrupt_queries() else deadline + FINISH_SECONDS


@contextmanager
def deferred(
    signals: Iterable[signal.Signals] = tuple(SIGNALS), on_signal: Callable[[], None] = lambda: None
) -> Iterator[list[int]]:
    """Handle signals at the end of the block, because its steps belong together.

    A verb that stays in the block for longer than the timeout of its `Interrupts` is ended there.

    Args:
        signals: the deferred signals, of those that have a handler.
        on_signal: callback when a signal arrives.

    Yields:
        The numbers of the received signals.
    """
    received: list[int] = []

    def record(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        on_signal()

    handlers = {one: handler for one in signals if callable(handler := signal.getsignal(one))}
    for one in handlers:
        signal.signal(one, record)
    try:
        yield received
    finally:
        for one, handler in handlers.items():
            signal.signal(one, handler)
        if received:
            signal.raise_signal(received[0])
