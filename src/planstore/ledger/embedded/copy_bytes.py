"""Copies a catalog that SQLite cannot open where it is: its bytes and those of commits beside it, as of one moment."""

from __future__ import annotations

import os
import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path

from planstore.errors import StoreError, store_error
from planstore.events.hashing import hasher

TRIES = 20
"""How often a catalog is copied that changes under the copying: first as it is, then while writers are kept out."""
PIECE = 1 << 20


def copy_bytes(source: Path, target: Path, quiet: AbstractContextManager[None]) -> None:
    """Copy the catalog ``source`` to ``target``, in WAL mode as DuckDB's writers need it.

    Args:
        source: the catalog.
        target: a file that is not there yet.
        quiet: keeps writers out, when they leave no moment to copy in.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        if not any(_is_copied(source, target) for _ in range(TRIES)):
            with quiet:
                if not any(_is_copied(source, target) for _ in range(TRIES)):
                    raise StoreError(f"the catalog {source} changed {2 * TRIES} times while it was copied: try again")
        with closing(sqlite3.connect(target)) as copied:
            copied.execute("PRAGMA journal_mode=WAL")
            copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (OSError, sqlite3.Error) as error:
        raise store_error(f"the catalog {source} could not be copied: {error}", error) from error


def can_be_opened(catalog: Path) -> bool:
    """Tell whether SQLite can open a catalog in WAL mode where it is: it writes beside it even to read."""
    folder = os.access(catalog.parent, os.W_OK | os.X_OK, effective_ids=True)
    files = [catalog, *(path for path in beside(catalog) if path.exists())]
    return folder and all(os.access(path, os.R_OK | os.W_OK, effective_ids=True) for path in files)


def beside(catalog: Path) -> list[Path]:
    """Return the files that SQLite keeps beside a catalog: commits that are not in it yet, and their index."""
    return [catalog.with_name(f"{catalog.name}{suffix}") for suffix in ("-wal", "-shm")]


def _is_copied(source: Path, target: Path) -> bool:
    """Copy the bytes of a catalog and of the commits beside it; tell whether they are as of one moment.

    They are when both are the same a second time, and the commits beside it between the two times as well. Commits are
    moved into the catalog only while they stand beside it. So whoever moved some into it while it was copied the first
    time is done when it is read the second time, or was seen beside it in between.
    """
    beside_source, beside_target = beside(source)[0], beside(target)[0]
    commits = _digest(beside_source, beside_target) if beside_source.exists() else None
    whole = _digest(source, target)
    return (
        _digest_or_none(beside_source) == commits
        and _digest(source) == whole
        and _digest_or_none(beside_source) == commits
    )


def _digest_or_none(path: Path) -> bytes | None:
    try:
        return _digest(path)
    except FileNotFoundError:
        return None


def _digest(source: Path, target: Path = Path(os.devnull)) -> bytes:
    """Return the digest of a file's bytes, and copy them."""
    digest = hasher()
    with source.open("rb") as file, target.open("wb") as copied:
        while piece := file.read(PIECE):
            digest.update(piece)
            copied.write(piece)
    return digest.digest()
