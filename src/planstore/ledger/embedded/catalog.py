"""The catalog of a store: opened in its folder, or else as a private copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import weakref
from collections import deque
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

from planstore.checks.regular_files import kind, unreadable_in
from planstore.database.extensions import DUCKLAKE
from planstore.database.lake import Opening
from planstore.database.session import Session
from planstore.errors import StoreError
from planstore.ledger.embedded.copy_bytes import can_be_opened, copy_bytes, wal_files
from planstore.ledger.layout import CATALOG, StoreLayout
from planstore.ledger.storage import CommitLock

COPIES = 3
"""Maximum number of copies at a time: readers of an earlier one continue."""
_State: TypeAlias = list[tuple[int, int, int] | None]


class Catalog:
    """The catalog of a store.

    SQLite writes files next to a catalog in WAL mode, even to read it. A process without write permission, as on a
    read-only medium, opens a copy, and makes another copy after the catalog has changed.

    Args:
        layout: the paths of the store.
        lock: the writers' lock.
    """

    extensions = (DUCKLAKE, "duckdb_extension_sqlite_scanner")
    row_group_rows = 20_480
    """Fewer than DuckDB's 122,880, because the rows that a thread collects for one are then still in the processor's
    cache when they are written, and memory is reused instead of allocated again."""
    stored_rows = "ledger/stored_rows"
    recent_rows = None
    parameters: Mapping[str, str] = {}

    def __init__(self, layout: StoreLayout, lock: CommitLock) -> None:
        self._path = layout.catalog.absolute()
        self._data = layout.data.absolute()
        self._lock = lock
        self._copies: deque[_Copy] = deque(maxlen=COPIES)
        self.is_quiet = False
        """Whether writers are excluded already, so that a copy needs no lock."""

    @property
    def is_writable(self) -> bool:
        """Whether this process may write the catalog and files next to it."""
        return can_be_opened(self._path)

    @property
    def name(self) -> str:
        """The store in messages."""
        return f"the store in {self._path.parent}"

    @property
    def catalog_name(self) -> str:
        """The catalog in messages."""
        return f"the catalog {self._path}"

    @property
    def directory(self) -> str:
        """The folder of the parquet files."""
        return str(self._data)

    def check(self) -> None:
        """Refuse an entry that cannot be read as a file in the place of a parquet file.

        Raises:
            StoreError: there is one.
        """
        for path, what in unreadable_in(self._data):
            raise StoreError(f"{path} is {what}, not a file: put the file back, or remove it if nothing names it")

    def open(self) -> Opening:
        """Return how to open the catalog, or a new copy of it.

        Raises:
            StoreError: the catalog is missing, or a copy is needed and cannot be made.
        """
        path = self._path
        if not path.is_file() or path.stat().st_size == 0:
            state = "not there" if not path.exists() else "empty" if path.is_file() else kind(path.stat().st_mode)
            raise StoreError(f"{self.name} has lost its catalog: {path} is {state}")
        if self.is_writable:
            return self._opening(path)
        copy = _Copy(_state(path))
        copy_bytes(path, copy.path, nullcontext() if self.is_quiet else self._lock.held_by_reader())
        self._copies.append(copy)
        return self._opening(copy.path)

    def _opening(self, opened: Path) -> Opening:
        return Opening(f"sqlite:{opened}", opened.with_name("tmp"), read_only=opened != self._path)

    def attach(self, session: Session, opening: Opening, *, read_only: bool) -> None:
        """Attach the lake to a session of a new database."""
        session.run("database/one_view_of_catalog")
        session.run("database/set_catalog", catalog=opening.catalog)
        session.run("database/set_data", data=str(self._data))
        session.run("database/secret")
        session.run("database/attach_read_only" if read_only else "database/attach")

    def is_outdated(self, opening: Opening) -> bool:
        """Return whether the catalog has changed since it was copied; False for the catalog itself."""
        if not opening.read_only:
            return False
        state = _state(self._path)
        copies = (copy for copy in self._copies if self._opening(copy.path).catalog == opening.catalog)
        return not any(copy.state == state for copy in copies)

    def foreign_objects(self, session: Session) -> list[tuple[Any, ...]]:
        """Return kind and name of the objects in the catalog which DuckLake does not make."""
        return session.rows("verify/foreign_objects")

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
