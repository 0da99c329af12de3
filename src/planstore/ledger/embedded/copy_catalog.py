"""Consistent copy of a catalog: ``python -m planstore.ledger.embedded.copy_catalog SOURCE TARGET``.

It runs in another process, because two SQLite libraries drop each other's locks on a file within one process.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing


def copy(source: str, target: str) -> None:
    """Copy the catalog ``source`` to ``target``, in WAL mode because DuckDB's writers need it."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=WAL")


if __name__ == "__main__":
    copy(*sys.argv[1:])
