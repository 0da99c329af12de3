"""Interrupts of the queries of a process."""

from __future__ import annotations

import gc

from planstore.database.session import Session


def interrupt_queries() -> bool:
    """Interrupt the queries of all sessions of this process, on any thread; return whether that was done.

    No query is interrupted while a session has to finish.
    """
    # because an interrupt concerns the whole process, and a registry of sessions would be global state
    sessions = [item for item in gc.get_objects() if isinstance(item, Session)]
    if any(session.has_to_finish for session in sessions):
        return False
    for session in sessions:
        session.interrupt()
    return True
