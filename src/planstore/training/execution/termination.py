"""SIGTERM taken as Ctrl-C is: whatever is under way gives back what it holds before the process ends."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TerminatedError(KeyboardInterrupt):
    """The process was asked to end, by SIGTERM."""


@contextmanager
def sigterm_ends_after() -> Iterator[None]:
    """Let SIGTERM end the process as it would have, but not before the block has given back what it holds.

    It raises TerminatedError in the main thread. Where SIGTERM has a handler already, or in any other thread, all stays
    as it is.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    came = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # because a second one would interrupt the giving back
        came = True
        raise TerminatedError

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if came:
            signal.raise_signal(signal.SIGTERM)


@contextmanager
def sigterm_kept() -> Iterator[None]:
    """Keep the handler of SIGTERM, because the block calls a library that sets one of its own."""
    kept = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, kept)
