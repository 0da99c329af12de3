"""Consistent copy of a catalog that SQLite cannot open in its folder: its bytes and those of its WAL file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path

from planstore.errors import StoreError, store_error
from planstore.events.hashing import hasher

MAX_ATTEMPTS = 20
"""Maximum attempts to copy a changing catalog: first alongside writers, then without them."""
CHUNK_BYTES = 1 << 20


def copy_bytes(source: Path, target: Path, quiet: AbstractContextManager[None]) -> None:
    """Copy the catalog ``source`` to ``target``, in WAL mode because DuckDB's writers need it.

    Args:
        source: the catalog.
        target: a new file.
        quiet: excludes writers, for when all attempts alongside them fail.

    Raises:
        StoreError: the catalog cannot be read.
    """
    try:
        if not any(_is_copied(source, target) for _ in range(MAX_ATTEMPTS)):
            with quiet:
                if not any(_is_copied(source, target) for _ in range(MAX_ATTEMPTS)):
                    raise StoreError(
                        f"the catalog {source} changed {2 * MAX_ATTEMPTS} times while it was copied: try again"
                    )
        with closing(sqlite3.connect(target)) as copied:
            copied.execute("PRAGMA journal_mode=WAL")
            copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (OSError, sqlite3.Error) as error:
        raise store_error(f"the catalog {source} could not be copied: {error}", error) from error


def can_be_opened(catalog: Path) -> bool:
    """Return whether SQLite can open a catalog in its folder: in WAL mode it writes other files, even to read."""
    folder = os.access(catalog.parent, os.W_OK | os.X_OK, effective_ids=True)
    files = [catalog, *(path for path in wal_files(catalog) if path.exists())]
    return folder and all(os.access(path, os.R_OK | os.W_OK, effective_ids=True) for path in files)


def wal_files(catalog: Path) -> list[Path]:
    """Return the WAL file of a catalog, which holds later commits, and the WAL index."""
    return [catalog.with_name(f"{catalog.name}{suffix}") for suffix in ("-wal", "-shm")]


def _is_copied(source: Path, target: Path) -> bool:
    """Copy the bytes of a catalog and of its WAL file; return whether the copies are consistent.

    They are consistent if both files are the same on a second read, and the WAL file also between the two reads. SQLite
    moves commits into the catalog only while they are in the WAL file. So commits moved during the first read are
    either complete at the second read, or were seen in the WAL file in between.
    """
    wal, wal_copy = wal_files(source)[0], wal_files(target)[0]
    commits = _digest(wal, wal_copy) if wal.exists() else None
    catalog = _digest(source, target)
    return _digest_or_none(wal) == commits and _digest(source) == catalog and _digest_or_none(wal) == commits


def _digest_or_none(path: Path) -> bytes | None:
    try:
        return _digest(path)
    except FileNotFoundError:
        return None


def _digest(source: Path, target: Path = Path(os.devnull)) -> bytes:
    """Copy a file and return the digest of its bytes."""
    digest = hasher()
    with source.open("rb") as file, target.open("wb") as copied:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            copied.write(chunk)
    return digest.digest()
