"""Binding of values to the parameters of statements."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, enumerate as all_threads

WATCHERS = frozenset({"planstore-bounds", "planstore-interrupts"})
"""Names of threads that only watch others, and import nothing."""


class _NoPandas:
    """Finder of modules that refuses pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Refuse pandas; leave every other module to the finders that follow."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not imported in this process", name=name)


@contextmanager
def process_without_pandas() -> Iterator[None]:
    """Keep Arrow, too, from importing pandas while the block runs.

    Arrow compares values that it converts with classes of pandas, and remembers if pandas was missing: then it takes no
    frame for a table, ever. The block therefore belongs only in a process that makes no frames.
    """
    sys.meta_path.insert(0, _NoPandas)
    try:
        yield
    finally:
        sys.meta_path.remove(_NoPandas)


@contextmanager
def without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas while the block runs, unless pandas is imported already.

    DuckDB compares each bound value with ``pandas.NaT``, and imports pandas for it, which takes three times as long as
    the import of DuckDB itself. A blocked import is the same to it as a machine without pandas. Another thread may be
    importing pandas, so that nothing is blocked if there are others than watchers.
    """
    if "pandas" in sys.modules or _NoPandas in sys.meta_path or _others() - WATCHERS:
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
