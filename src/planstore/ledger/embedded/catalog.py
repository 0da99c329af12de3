"""The catalog of a store: opened in its folder, or else as a private copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import weakref
from collections import deque
from contextlib import nullcontext
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from planstore.errors import StoreError
from planstore.ledger.embedded.copy_bytes import can_be_opened, copy_bytes, wal_files
from planstore.ledger.layout import CATALOG
from planstore.ledger.storage import CommitLock

COPIES = 3
"""Maximum number of copies at a time: readers of an earlier one continue."""
_State: TypeAlias = list[tuple[int, int, int] | None]


class Catalog:
    """The catalog of a store.

    SQLite writes files next to a catalog in WAL mode, even to read it. A process without write permission, as on a
    read-only medium, opens a copy, and makes another copy after the catalog has changed.

    Args:
        path: the catalog.
        lock: the writers' lock.
    """

    def __init__(self, path: Path, lock: CommitLock) -> None:
        self._path = path
        self._lock = lock
        self._copies: deque[_Copy] = deque(maxlen=COPIES)
        self.is_quiet = False
        """Whether writers are excluded already, so that a copy needs no lock."""

    @property
    def is_writable(self) -> bool:
        """Whether this process may write the catalog and files next to it."""
        return can_be_opened(self._path)

    def opened(self) -> Path:
        """Return the path to open: the catalog, or a new copy of it.

        Raises:
            StoreError: a copy is needed and cannot be made.
        """
        if self.is_writable:
            return self._path
        copy = _Copy(_state(self._path))
        copy_bytes(self._path, copy.path, nullcontext() if self.is_quiet else self._lock.held_by_reader())
        self._copies.append(copy)
        return copy.path

    def is_outdated(self, opened: Path) -> bool:
        """Return whether the catalog has changed since it was copied to ``opened``; False for the catalog itself."""
        if opened == self._path:
            return False
        state = _state(self._path)
        return not any(copy.path == opened and copy.state == state for copy in self._copies)

    def close(self) -> None:
        """Remove the copies."""
        for copy in self._copies:
            copy.remove()
        self._copies.clear()


class _Copy:
    """A copy of a catalog in a temporary folder, which is removed when the copy is no longer referenced."""

    def __init__(self, state: _State) -> None:
        self.state = state
        try:
            folder = tempfile.mkdtemp(prefix="planstore-")
        except OSError as error:
            raise StoreError(f"the catalog must be copied to be read, and cannot be: {error}; set TMPDIR") from error
        self.path = Path(folder) / CATALOG
        self.remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)


def _state(catalog: Path) -> _State:
    """Return the inode, size and time of the catalog and of its WAL file; each commit changes them."""
    state: _State = []
    for path in (catalog, wal_files(catalog)[0]):
        try:
            status = path.stat()
        except OSError:
            state.append(None)
        else:
            state.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return state


def copy_catalog(source: Path, target: Path) -> None:
    """Copy the catalog ``source`` consistently to the new file ``target``, while writers are excluded.

    Raises:
        StoreError: the catalog cannot be copied.
    """
    if not can_be_opened(source):
        copy_bytes(source, target, nullcontext())
        return
    command = [
        sys.executable,
        "-m",
        "planstore.ledger.embedded.copy_catalog",
        quote(str(source.absolute())),
        str(target),
    ]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        reason = (process.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StoreError(f"the catalog {source} could not be copied: {reason}")
