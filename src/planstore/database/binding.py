"""Binding of values to the parameters of statements."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, enumerate as all_threads

WATCHERS = frozenset({"planstore-bounds", "planstore-interrupts"})
"""Names of threads that only watch others, and import nothing."""


@contextmanager
def without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas while the block runs, unless pandas is imported already.

    DuckDB compares each bound value with ``pandas.NaT``, and imports pandas for it, which takes three times as long as
    the import of DuckDB itself. A blocked import is the same to it as a machine without pandas. Another thread may be
    importing pandas, so that nothing is blocked if there are others than watchers.
    """
    if "pandas" in sys.modules or _others() - WATCHERS:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]


def _others() -> set[str]:
    """Return the names of the other threads."""
    return {thread.name for thread in all_threads() if thread is not current_thread()}
