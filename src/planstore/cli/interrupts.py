"""Ctrl-C and SIGTERM: end whatever a verb is doing, also where the database or another library gives Python no turn."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from types import FrameType

AGAIN = 0.05
"""Seconds between two tries to end a query, because one that is just being started does not notice the first."""
CLEANING = 0.6
"""Seconds that the main thread may take to undo what it had begun, before queries are ended again."""
PATIENCE = 1.3
"""Seconds until the process is ended from outside, as by a kill, after which the next verb finds all in order."""
GIVING_BACK = 8.0
"""Seconds more for a session that has to finish, as one that cancels jobs; containers are killed after ten."""


class Interrupts:
    """Answers signals while it is armed: interrupts the main thread, and ends the queries that keep it from noticing.

    Args:
        signals: the signals, each with the interrupt that it is; those that the process was started to ignore stay so.
        give_up: is called, on a thread of its own, when the main thread has not ended in time; None: it has all time.

    Attributes:
        came: the first signal that came; None when there was none.
        raises: whether a signal interrupts the main thread, instead of being only noted.
    """

    def __init__(
        self, signals: Mapping[signal.Signals, type[KeyboardInterrupt]], give_up: Callable[[], None] | None = None
    ) -> None:
        self.came: signal.Signals | None = None
        self.raises = True
        self._signals = signals
        self._give_up = give_up
        self._noticed = Event()
        self._over = Event()
        self._ending = Lock()
        self._left = False

    def __enter__(self) -> Interrupts:
        self.arm()
        return self

    def __exit__(self, *_: object) -> None:
        self.disarm()

    def arm(self) -> None:
        """Begin to answer."""
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        self._before = {
            one: signal.signal(one, self._interrupt)
            for one in self._signals
            if signal.getsignal(one) is not signal.SIG_IGN
        }
        self._woken = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._watcher = Thread(target=self._watch, name="planstore-interrupts", daemon=True)
        self._watcher.start()

    def disarm(self) -> None:
        """Leave the signals to whoever answered them before."""
        signal.set_wakeup_fd(self._woken)
        for one, handler in self._before.items():
            signal.signal(one, handler)
        self._over.set()
        os.close(self._writing)
        self._watcher.join()

    def leave(self, give_up: Callable[[], None]) -> None:
        """End no more queries, because none is wanted; what is to end now is the process itself, or ``give_up``."""
        with self._ending:
            self._left = True
            self._give_up = give_up

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Raise in the main thread, once: a second time would break off the undoing that the first one began."""
        if self.came is None:
            self.came = signal.Signals(number)
            self._noticed.set()
            if self.raises:
                raise self._signals[self.came]

    def _watch(self) -> None:
        while (came := os.read(self._reading, 1)) and came[0] not in self._before:
            continue
        os.close(self._reading)
        if not came:
            return
        end = time.monotonic() + PATIENCE
        # because a thread that waits for a query in foreign code runs no Python, and so raises nothing
        self._end_queries(self._noticed, end)
        if not self._over.wait(max(min(CLEANING, end - time.monotonic()), 0)):
            self._end_queries(self._over, end)
        if self._give_up is not None and not self._over.is_set():
            self.came = self.came or signal.Signals(came[0])
            self._give_up()

    def _end_queries(self, until: Event, end: float) -> None:
        from planstore.database.session import interrupt_queries

        last = end
        while not until.wait(AGAIN) and time.monotonic() < last:
            with self._ending:
                last = end if self._left or interrupt_queries() else end + GIVING_BACK
