"""Copies a catalog as of one moment: ``python -m planstore.ledger.embedded.copy_catalog SOURCE TARGET``.

A process of its own, because two SQLite libraries that have one file open in one process take each other's locks away.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing


def copy(source: str, target: str) -> None:
    """Copy the catalog ``source`` to ``target``, in WAL mode as DuckDB's writers need it."""
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=WAL")


if __name__ == "__main__":
    copy(*sys.argv[1:])
