"""SIGTERM handled like Ctrl-C: running work releases its claims before the process exits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TerminatedError(KeyboardInterrupt):
    """The process received SIGTERM."""


@contextmanager
def delayed_sigterm() -> Iterator[None]:
    """Delay the end of the process by SIGTERM until the block has released its claims.

    SIGTERM raises TerminatedError in the main thread. Nothing changes where SIGTERM already has a handler, or in any
    other thread.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    is_received = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_received
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # because a second SIGTERM would interrupt the release of claims
        is_received = True
        raise TerminatedError

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if is_received:
            signal.raise_signal(signal.SIGTERM)


@contextmanager
def restored_sigterm_handler() -> Iterator[None]:
    """Restore the handler of SIGTERM after the block, because the block calls a library that replaces it."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handler)
